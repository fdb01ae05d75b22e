package sqlstore

import (
	"context"
	"sync/atomic"

	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// guard is the querier of a unit of work. It refuses every statement once the
// work is over: the connection behind it belongs to somebody else by then.
type guard struct {
	q     Querier
	ended atomic.Bool
}

// guarding returns the transaction of a unit of work: fn may hand its querier
// to somebody who keeps it.
func guarding(fn func(context.Context, *guard) error) func(context.Context, Querier) error {
	return func(ctx context.Context, q Querier) error {
		guarded := &guard{q: q}
		defer guarded.ended.Store(true)
		return fn(ctx, guarded)
	}
}

func (g *guard) check() error {
	if g.ended.Load() {
		return storage.TransactionEnded()
	}
	return nil
}

// Query implements Querier.
func (g *guard) Query(ctx context.Context, sql string, args ...any) (statsql.Rows, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	return g.q.Query(ctx, sql, args...)
}

// Stream implements Querier.
func (g *guard) Stream(ctx context.Context, sql string, args ...any) (statsql.Rows, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	found, err := g.q.Stream(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return &guardedRows{Rows: found, guard: g}, nil
}

// guardedRows is a stream of a unit of work, which a consumer may keep beyond
// its end.
type guardedRows struct {
	statsql.Rows
	guard *guard
	err   error // the work was over before the rows were
}

// Next implements statsql.Rows.
func (r *guardedRows) Next() bool {
	if r.err = r.guard.check(); r.err != nil {
		return false
	}
	return r.Rows.Next()
}

// Err implements statsql.Rows.
func (r *guardedRows) Err() error {
	if r.err != nil {
		return r.err
	}
	return r.Rows.Err()
}

// Close implements statsql.Rows. What is behind a stream has gone with the
// transaction.
func (r *guardedRows) Close() error {
	if r.guard.check() != nil {
		return r.err
	}
	return r.Rows.Close()
}

// Exec implements Querier.
func (g *guard) Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	if err := g.check(); err != nil {
		return 0, err
	}
	return g.q.Exec(ctx, sql, args...)
}

// ExecEach implements Querier.
func (g *guard) ExecEach(ctx context.Context, sql string, args [][]any) error {
	if err := g.check(); err != nil {
		return err
	}
	return g.q.ExecEach(ctx, sql, args)
}

// QueryAll implements Querier.
func (g *guard) QueryAll(ctx context.Context, asks ...Ask) error {
	if err := g.check(); err != nil {
		return err
	}
	return g.q.QueryAll(ctx, asks...)
}

// InsertEach implements Querier.
func (g *guard) InsertEach(ctx context.Context, sql string, args [][]any) ([]bool, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	return g.q.InsertEach(ctx, sql, args)
}

// TakeTurn implements Querier.
func (g *guard) TakeTurn(ctx context.Context, advertiser tenant.ID) error {
	if err := g.check(); err != nil {
		return err
	}
	return g.q.TakeTurn(ctx, advertiser)
}
