// Package statsql builds the SQL of every report of package stats, for Postgres
// and SQLite from one set of builders, and answers [stats.Source] with it. It
// is for authors of SQL adapters, who bring a way to run queries on one
// consistent state; it opens no connections and knows no driver. Every builder
// takes the view first and limits every tenant table it reads to it with
// [Tenant].
package statsql
