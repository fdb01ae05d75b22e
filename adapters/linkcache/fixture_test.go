package linkcache_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/linkcache"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// counted is a store whose lookups of links are counted and may be held up.
type counted struct {
	storage.Store

	asked atomic.Int64
	mu    sync.Mutex
	hook  func(ctx context.Context, answer func() (links.Link, error)) (links.Link, error)
}

// on sets what happens to lookups from now on; nil: nothing.
func (c *counted) on(hook func(ctx context.Context, answer func() (links.Link, error)) (links.Link, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hook = hook
}

func (c *counted) System() storage.System { return countedSystem{c.Store.System(), c} }

type countedSystem struct {
	storage.System

	counted *counted
}

func (s countedSystem) LinkByCode(ctx context.Context, code links.Code) (links.Link, error) {
	s.counted.asked.Add(1)
	answer := func() (links.Link, error) { return s.System.LinkByCode(ctx, code) }
	s.counted.mu.Lock()
	hook := s.counted.hook
	s.counted.mu.Unlock()
	if hook == nil {
		return answer()
	}
	return hook(ctx, answer)
}

// refused is a database whose port is closed.
func refused(context.Context, func() (links.Link, error)) (links.Link, error) {
	return links.Link{}, fault.New(fault.Unavailable, "store-unreachable", "connection refused")
}

// swallowed is a database behind a network that drops everything.
func swallowed(ctx context.Context, _ func() (links.Link, error)) (links.Link, error) {
	<-ctx.Done()
	return links.Link{}, fault.Of(ctx.Err())
}

// after is a database that takes its time.
func after(d time.Duration) func(context.Context, func() (links.Link, error)) (links.Link, error) {
	return func(ctx context.Context, answer func() (links.Link, error)) (links.Link, error) {
		select {
		case <-time.After(d):
			return answer()
		case <-ctx.Done():
			return links.Link{}, fault.Of(ctx.Err())
		}
	}
}

// world is one brand with a campaign, a database, and a node with a cache.
type world struct {
	t     testing.TB
	inner *counted
	node  *linkcache.Store
	scope tenant.Scope
	made  byte
}

func newWorld(t testing.TB, config linkcache.Config) *world {
	t.Helper()
	w := &world{t: t, inner: &counted{Store: memory.New()}, scope: tenant.For(tenant.ID{1})}
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	brand := tenant.Advertiser{ID: tenant.ID{1}, Name: "Sunrise Tea", Zone: "UTC", Currency: "INR", CreatedAt: now, Version: 1}
	require.NoError(t, w.inner.Store.System().CreateAdvertiser(t.Context(), brand))
	campaign, err := campaigns.Create(campaigns.ID{2}, brand.ID, now, campaigns.NewCampaign{Name: "Summer"})
	require.NoError(t, err)
	require.NoError(t, w.inner.Write(t.Context(), w.scope, func(ctx context.Context, tx storage.Tx) error {
		return tx.CreateCampaign(ctx, campaign)
	}))
	config.Store = w.inner
	w.node, err = linkcache.New(config)
	require.NoError(t, err)
	return w
}

// create stores a link through a store.
func (w *world) create(through storage.Store, code links.Code) links.Link {
	w.t.Helper()
	w.made++
	return w.createAs(through, code, links.ID{3, w.made})
}

func (w *world) createAs(through storage.Store, code links.Code, id links.ID) links.Link {
	w.t.Helper()
	made, err := links.Create(id, tenant.ID{1}, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), code,
		links.NewLink{Campaign: campaigns.ID{2}, Destination: "https://shop.example/1"})
	require.NoError(w.t, err)
	require.NoError(w.t, through.Write(context.Background(), w.scope, func(ctx context.Context, tx storage.Tx) error {
		return tx.CreateLink(ctx, made)
	}))
	return made
}

// move changes where a link leads, through a store, and returns it as it is then.
func (w *world) move(through storage.Store, l links.Link) links.Link {
	w.t.Helper()
	l.Destination = fmt.Sprintf("https://shop.example/%d", l.Version+1)
	require.NoError(w.t, through.Write(context.Background(), w.scope, func(ctx context.Context, tx storage.Tx) error {
		return tx.UpdateLink(ctx, l)
	}))
	l.Version++
	return l
}

// get asks the node for a link.
func (w *world) get(code links.Code) (links.Link, error) {
	return w.node.System().LinkByCode(context.Background(), code)
}

// known asks the node for what it knows at once.
func (w *world) known(code links.Code) (links.Link, bool) {
	w.t.Helper()
	found, url, ok := w.node.System().(storage.LinkCache).KnownLink(code)
	if ok {
		require.Equal(w.t, found.RedirectURL(), url)
	}
	return found, ok
}
