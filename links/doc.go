// Package links holds tracking links and their clicks: short codes, where a
// redirect leads, the ref code that a landing URL carries back, and what kind
// of visitor a hit was. It decides addresses and classes; it serves nothing
// and stores nothing.
package links
