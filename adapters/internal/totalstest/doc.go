// Package totalstest fills the tables of totals from events and clicks, row by
// row in Go, for tests of the reports that are answered from them.
package totalstest
