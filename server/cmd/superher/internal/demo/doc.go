// Package demo fills a store with ninety days of three invented brands, through
// the same calls that a real shop makes. It decides what the story is; every
// credit, class and commission in it is decided by superher itself.
//
// The same seed and the same end give the same data, bit by bit. Another end
// keeps people, codes and campaigns; only the ids, which hold their time, and
// the traffic, which follows the weekdays, differ.
package demo
