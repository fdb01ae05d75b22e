package sqlstore

import (
	"context"

	"github.com/superher/superher/stats"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

type store struct{ engine Engine }

// New returns the store on an engine.
func New(engine Engine) storage.Store { return store{engine} }

// Write implements storage.Store.
func (s store) Write(ctx context.Context, scope tenant.Scope, fn func(ctx context.Context, tx storage.Tx) error) error {
	if err := scope.Check(); err != nil {
		return err
	}
	work := Work{Kind: Change, Reach: Reach{Advertiser: scope.Advertiser()}, Brief: storage.IsBrief(ctx)}
	return s.engine.Run(ctx, work, guarding(func(ctx context.Context, guarded *guard) error {
		within := func(ctx context.Context, _ Kind, fn func(context.Context, Querier) error) error {
			if err := guarded.check(); err != nil {
				return err
			}
			return fn(ctx, guarded)
		}
		return fn(ctx, tx{reader: newReader(s.engine.Dialect(), scope.View(), within), q: guarded})
	}))
}

// Read implements storage.Store.
func (s store) Read(view tenant.View) storage.Reader {
	return newReader(s.engine.Dialect(), view, func(ctx context.Context, kind Kind, fn func(context.Context, Querier) error) error {
		return s.engine.Run(ctx, Work{Kind: kind, Reach: reachOf(view)}, fn)
	})
}

// System implements storage.Store.
func (s store) System() storage.System { return system(s) }

// reader reads through a view. Its transaction is its own for each call, or
// the one of a unit of work.
type reader struct {
	dialect statsql.Dialect
	view    tenant.View
	within  func(ctx context.Context, kind Kind, fn func(context.Context, Querier) error) error
	stats   stats.Source
}

// tx is a unit of work. Its reader's view is that of the scope.
type tx struct {
	reader
	q Querier
}

func newReader(d statsql.Dialect, view tenant.View, within func(context.Context, Kind, func(context.Context, Querier) error) error) reader {
	r := reader{dialect: d, view: view, within: within}
	r.stats = statsql.New(d, view, func(ctx context.Context, fn func(context.Context, statsql.Querier) error) error {
		return r.snapshot(ctx, func(ctx context.Context, q Querier) error { return fn(ctx, q) })
	})
	return r
}

// Stats implements storage.Reader.
func (r reader) Stats() stats.Source { return r.stats }

// snapshot runs fn on one state of the data, once the view is known to be one.
func (r reader) snapshot(ctx context.Context, fn func(context.Context, Querier) error) error {
	if err := r.view.Check(); err != nil {
		return err
	}
	return r.within(ctx, Snapshot, fn)
}

// owner is the advertiser of a unit of work: what it creates is stamped with it.
func (t tx) owner() tenant.ID {
	advertiser, _ := t.view.One()
	return advertiser
}
