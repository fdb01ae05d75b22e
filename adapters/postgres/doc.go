// Package postgres keeps superher in a PostgreSQL database, version 13 or
// later. It decides connections, transactions, row security and migrations;
// what is stored is the contract of package storage.
//
// # Setting up
//
// [Migrate] creates the tables, as a role that owns them. The application
// connects as another role, neither owner nor superuser and without BYPASSRLS,
// which MigrateConfig.GrantTo gives what it needs; row security then holds even
// where a condition in a statement should be missing. [Open] and [New] refuse a
// database that has not been migrated, or that a later version has.
//
// The tables are made in, and looked for in, the first schema of the role's
// search_path, which the URL may set (…?search_path=superher).
//
// # Transactions
//
// Reads and writes are REPEATABLE READ; a write that collides with another is
// repeated, a bounded number of times. Whose rows a transaction may touch is
// set with SET LOCAL in the same round trip as BEGIN, and gone at its end. When
// a write returns without an error it is as durable as synchronous_commit of
// the database says.
//
// [InTx] joins a transaction of the host, so that its own rows and superher's
// commit together or not at all.
//
// # PgBouncer
//
// Nothing here outlives a transaction, so transaction pooling works. pgx caches
// prepared statements by default, which PgBouncer supports from 1.21 on; for an
// older one add default_query_exec_mode=cache_describe to the URL. The modes
// exec and simple_protocol are not supported. Migrate takes an advisory lock
// of the session and must connect to the server itself.
package postgres
