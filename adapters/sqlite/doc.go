// Package sqlite keeps superher in one SQLite file: the embedded default, with
// no server to run. It decides files, connections and durability; what is
// stored is the contract of package storage.
//
// The file is in WAL mode with synchronous=FULL: when a write returns without
// an error it is on disk, and survives a crash of the process and of the
// machine. There is one writer at a time, over all processes that have the file
// open. Writes that are brief (storage.Brief) share a commit with those that wait
// behind them, each behind a savepoint of its own. Readers never wait for a
// writer and see the state of the last commit. Beside the file stand its -wal and
// -shm files, so it must be on a local disk.
//
// Within the function of a Write, read through tx: calling Write of the same
// store there waits for a writer that waits for it, and ends with
// fault.Unavailable when the deadline of the context is over, at the latest
// after Config.Timeout if it has none.
//
// SQLite has no row security; a store's own conditions are the only lock
// between tenants here.
package sqlite
