package sqlstore

import (
	"context"
	"time"

	"github.com/superher/superher/fault"
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
	Export                   // one stream of one state, for as long as a consumer takes, who may do anything else meanwhile
	Change                   // reads and writes, all or nothing, repeated after a collision
	Turn                     // as Change, one at a time for each advertiser of Work.Turns and Work.Totals, seeing all that earlier turns committed
)

// Work describes a transaction.
type Work struct {
	Kind  Kind
	Reach Reach
	Turns []tenant.ID // of a Turn; in any order, without repeats
	// Totals is, of a Turn, the advertiser whose totals are changed: one at a
	// time, beside the Turns of the same advertiser. It comes before these: who
	// has a turn never waits for totals.
	Totals tenant.ID
	// Timeout takes the place of the engine's own for what takes longer than any
	// call; 0 leaves that.
	Timeout time.Duration
	Brief   bool // of a Change; see storage.Brief
}

// Querier runs the statements of a transaction. Arguments are those of
// database/sql, ids included. Every error is a *fault.Error.
type Querier interface {
	statsql.Querier
	// Exec runs a statement and returns how many rows it touched.
	Exec(ctx context.Context, sql string, args ...any) (int64, error)
	// ExecEach runs one statement for each list of arguments.
	ExecEach(ctx context.Context, sql string, args [][]any) error
	// QueryAll runs several queries, in one round trip where the database can,
	// and hands each row of each to its Ask.
	QueryAll(ctx context.Context, asks ...Ask) error
	// InsertEach is ExecEach for a statement that inserts at most one row, and
	// reports for each list of arguments whether it did.
	InsertEach(ctx context.Context, sql string, args [][]any) ([]bool, error)
	// TakeTurn waits, in a Turn, for the turn of one more advertiser, as if it were
	// among Work.Turns, which are none then.
	TakeTurn(ctx context.Context, advertiser tenant.ID) error
	// Stream is Query for a result of any size: it is not held in memory, and
	// other statements may run before it is read to its end. What they change
	// does not show in it.
	Stream(ctx context.Context, sql string, args ...any) (statsql.Rows, error)
}

// Ask is one query of several that do not need each other's answers.
type Ask struct {
	SQL  string
	Args []any
	Row  func(rows statsql.Rows) error // is called with the rows at each of them, to scan it
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

// ExportWait is how long an export waits for others to end before it is
// refused: long enough for short ones to pass, short enough for a caller that
// waits.
const ExportWait = 2 * time.Second

// Exports bounds the exports of an engine to half of its connections. An
// export keeps its connection as long as its consumer likes; without a bound a
// few slow ones would keep everybody else out.
type Exports struct {
	places chan struct{}
	Wait   time.Duration // ExportWait; tests shorten it
}

// NewExports returns the bound for a pool of so many connections, which is at
// least one export.
func NewExports(connections int) *Exports {
	return &Exports{places: make(chan struct{}, max(1, connections/2)), Wait: ExportWait}
}

// Enter takes a place, which leave gives back. It fails with fault.Unavailable:
// "store-busy" after waiting in vain, or what the end of the context means.
func (e *Exports) Enter(ctx context.Context) (leave func(), err error) {
	timer := time.NewTimer(e.Wait)
	defer timer.Stop()
	select {
	case e.places <- struct{}{}:
		return func() { <-e.places }, nil
	case <-ctx.Done():
		return nil, fault.Of(ctx.Err())
	case <-timer.C:
		return nil, fault.New(fault.Unavailable, "store-busy", "as many exports as the store allows are under way; trying again may work")
	}
}

// LinksChanged is the channel on which PostgreSQL tells who listens the code of
// each link that was changed, when its transaction commits.
const LinksChanged = "superher_links_changed"
