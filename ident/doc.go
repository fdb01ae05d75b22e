// Package ident makes and reads identifiers: time-ordered UUIDs with a type of
// their own for each kind of thing, and the opaque cursors that point into a
// list. It decides how they look; it never reads a clock or a random source
// that was not passed in.
package ident
