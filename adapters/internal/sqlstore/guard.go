package sqlstore

import (
	"context"
	"sync/atomic"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats/statsql"
)

// guard is the querier of a unit of work. It refuses every statement once the
// work is over: the connection behind it belongs to somebody else by then.
type guard struct {
	q     Querier
	ended atomic.Bool
}

func (g *guard) check() error {
	if g.ended.Load() {
		return fault.New(fault.Internal, "transaction-ended", "a transaction was used after its function had returned")
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
	return g.q.Stream(ctx, sql, args...)
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
