package statsql

import (
	"context"
	"time"

	"github.com/Masterminds/squirrel"
)

// Dialect is what differs between the databases that the builders serve. Both
// have the same tables and columns; they differ in placeholders, in how a
// moment is stored and in time arithmetic.
type Dialect int

// The dialects.
const (
	Postgres Dialect = iota + 1 // moments are timestamptz
	SQLite                      // moments are microseconds since 1970 in UTC
)

// String returns the name of the dialect.
func (d Dialect) String() string {
	if d == SQLite {
		return "sqlite"
	}
	return "postgres"
}

// Builder returns the statement builder with the dialect's placeholders.
func (d Dialect) Builder() squirrel.StatementBuilderType {
	if d == SQLite {
		return squirrel.StatementBuilder.PlaceholderFormat(squirrel.Question)
	}
	return squirrel.StatementBuilder.PlaceholderFormat(squirrel.Dollar)
}

// final gives a query the dialect's placeholders. The parts of a query have
// plain ones.
func (d Dialect) final(q squirrel.SelectBuilder) squirrel.SelectBuilder {
	if d == SQLite {
		return q
	}
	return q.PlaceholderFormat(squirrel.Dollar)
}

// Moment returns the argument that stands for a moment, NULL for the zero time.
func (d Dialect) Moment(t time.Time) any {
	switch {
	case t.IsZero():
		return nil
	case d == SQLite:
		return t.UnixMicro()
	default:
		return t.UTC()
	}
}

// Rows is the part of a result set that is read here; both database/sql and
// pgx have it, but for the error of Close.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// Querier runs a query.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (Rows, error)
}

// Snapshot runs fn with a querier whose queries all see one state of the data,
// limited to the view by whatever second lock the database has.
type Snapshot func(ctx context.Context, fn func(ctx context.Context, q Querier) error) error
