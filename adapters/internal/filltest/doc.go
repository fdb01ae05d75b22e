// Package filltest fills the tables that the first version of the SQL adapters
// had, for tests of what becomes of the rows in later versions.
package filltest
