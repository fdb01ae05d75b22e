// Package purity holds no code, only a test: the packages of the pure core use
// no floats, no clock, no random source of their own and no mutable package
// state. It decides which packages those are; which packages may import which
// is decided elsewhere.
package purity
