package sqlstore

import (
	"context"

	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/tenant"
)

// Reach says whose rows the statements of a transaction are for, so that the
// engine can set the second lock of its database accordingly. The zero Reach
// is nobody's.
type Reach struct {
	Advertiser tenant.ID // the one advertiser, if there is one
	Everyone   bool      // all rows, to read
	System     bool      // all rows: what happens before a tenant is known
}

// reachOf returns the reach of a view that was checked.
func reachOf(view tenant.View) Reach {
	if view.IsEveryone() {
		return Reach{Everyone: true}
	}
	advertiser, _ := view.One()
	return Reach{Advertiser: advertiser}
}

// Kind is the kind of a transaction.
type Kind int

// The kinds.
const (
	Snapshot Kind = iota + 1 // reads of one state of the data
	Export                   // as Snapshot, for as long as a consumer takes
	Change                   // reads and writes, all or nothing, repeated after a collision
	Turn                     // as Change, one at a time for each advertiser of Work.Turns, seeing all that earlier turns committed
)

// Work describes a transaction.
type Work struct {
	Kind  Kind
	Reach Reach
	Turns []tenant.ID // of a Turn; in any order, without repeats
}

// Querier runs the statements of a transaction. Arguments are those of
// database/sql, ids included. Every error is a *fault.Error.
type Querier interface {
	statsql.Querier
	// Exec runs a statement and returns how many rows it touched.
	Exec(ctx context.Context, sql string, args ...any) (int64, error)
	// ExecEach runs one statement for each list of arguments.
	ExecEach(ctx context.Context, sql string, args [][]any) error
	// Stream is Query for a result of any size: it is not held in memory, and
	// other statements may run before it is read to its end.
	Stream(ctx context.Context, sql string, args ...any) (statsql.Rows, error)
}

// Engine runs transactions on one database. It is safe for concurrent use.
type Engine interface {
	// Dialect names the SQL to build.
	Dialect() statsql.Dialect
	// Run runs fn in a transaction of the given kind. It ends well when fn
	// returns nil and is undone when fn fails or panics. The error of fn is
	// returned as it is; all others are a *fault.Error.
	Run(ctx context.Context, work Work, fn func(ctx context.Context, q Querier) error) error
}
