// Package memory is a complete [storage.Store] in the memory of one process:
// for tests, for examples, and as the oracle that the public suite compares
// other adapters with. Nothing survives the process, and a report reads
// everything there is, so it is not meant for production.
//
// Transactions run one after another; reads never wait for a running one. A
// Write inside the fn of another Write of the same store waits until its
// context ends.
package memory
