// Package sqlstore is the whole of storage.Store in SQL, once for Postgres and
// SQLite: what is read and written. An [Engine], which each of the two adapters
// brings, decides how a transaction begins, ends and is repeated, and what an
// error of its database means.
//
// Every statement on a tenant's rows is limited by statsql.Tenant.
package sqlstore
