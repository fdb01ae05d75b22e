package memory

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// Store keeps everything in memory. It is made by [New] and safe for
// concurrent use.
type Store struct {
	writing chan struct{} // holds a token while a transaction runs; a mutex could not give up with the context
	mu      sync.RWMutex  // guards data, which changes only when a transaction commits
	data    *tables
}

var _ storage.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{writing: make(chan struct{}, 1), data: &tables{}}
}

// Write implements [storage.Store]. As transactions run one after another, fn
// runs exactly once.
func (s *Store) Write(ctx context.Context, scope tenant.Scope, fn func(ctx context.Context, tx storage.Tx) error) error {
	if err := scope.Check(); err != nil {
		return err
	}
	return s.work(ctx, func(data *tables, open *atomic.Bool) error {
		return fn(ctx, &tx{
			reader:     reader{store: s, view: scope.View(), data: data, open: open},
			advertiser: scope.Advertiser(),
		})
	})
}

// work runs a unit of work of a caller, who may keep what it was given beyond
// the end; open says whether that has come.
func (s *Store) work(ctx context.Context, fn func(data *tables, open *atomic.Bool) error) error {
	return s.transact(ctx, func(data *tables) error {
		open := &atomic.Bool{}
		open.Store(true)
		defer open.Store(false)
		return fn(data, open)
	})
}

// enter keeps the state still until leave is called, unless the unit of work
// is over; open is nil outside of one.
func (s *Store) enter(ctx context.Context, open *atomic.Bool) (leave func(), err error) {
	if open != nil && !open.Load() {
		return nil, storage.TransactionEnded()
	}
	if err := ctx.Err(); err != nil {
		return nil, fault.Of(err)
	}
	s.mu.RLock()
	return s.mu.RUnlock, nil
}

// transact runs fn on a layer over the data and merges it when fn returns nil.
// A panic leaves the layer to the garbage collector.
func (s *Store) transact(ctx context.Context, fn func(*tables) error) error {
	if err := ctx.Err(); err != nil {
		return fault.Of(err)
	}
	select {
	case s.writing <- struct{}{}:
		defer func() { <-s.writing }()
	case <-ctx.Done():
		return fault.Of(ctx.Err())
	}
	layer := s.data.layer()
	if err := fn(layer); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fault.Of(err) // what a database answers to a commit after the deadline
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	layer.merge()
	return nil
}

// Read implements [storage.Store].
func (s *Store) Read(view tenant.View) storage.Reader {
	return &reader{store: s, view: view, data: s.data}
}

// System implements [storage.Store].
func (s *Store) System() storage.System { return system{store: s} }
