package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/linkcache"
	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// node is a store with a cache, as each process has one.
func node(t *testing.T, url string) (cached *linkcache.Store, inner *postgres.Store) {
	t.Helper()
	inner, err := postgres.Open(t.Context(), postgres.Config{URL: url})
	require.NoError(t, err)
	cached, err = linkcache.New(linkcache.Config{Store: inner, Watch: inner.WatchLinks})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var wait sync.WaitGroup
	wait.Go(func() { cached.Run(ctx) })
	t.Cleanup(func() {
		stop()
		wait.Wait()
		require.NoError(t, inner.Close())
	})
	return cached, inner
}

// link creates one of a new brand.
func link(t *testing.T, store storage.Store, code links.Code) links.Link {
	t.Helper()
	a := newAdvertiser(t, store)
	campaign, err := campaigns.Create(campaigns.ID(a.ID), a.ID, a.CreatedAt, campaigns.NewCampaign{Name: "Summer"})
	require.NoError(t, err)
	made, err := links.Create(links.ID(a.ID), a.ID, a.CreatedAt, code, links.NewLink{Campaign: campaign.ID, Destination: "https://shop.example/"})
	require.NoError(t, err)
	require.NoError(t, store.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error {
		if err := tx.CreateCampaign(ctx, campaign); err != nil {
			return err
		}
		return tx.CreateLink(ctx, made)
	}))
	return made
}

// rename changes a link and returns it as it is then.
func rename(t *testing.T, store storage.Store, l links.Link) links.Link {
	t.Helper()
	l.Title += "x"
	require.NoError(t, store.Write(t.Context(), tenant.For(l.Advertiser), func(ctx context.Context, tx storage.Tx) error {
		return tx.UpdateLink(ctx, l)
	}))
	l.Version++
	return l
}

// shows waits until a node answers with the link as it is, and returns how long
// that took.
func shows(t *testing.T, store storage.Store, want links.Link) time.Duration {
	t.Helper()
	began := time.Now()
	require.Eventually(t, func() bool {
		got, err := store.System().LinkByCode(t.Context(), want.Code)
		return err == nil && got == want
	}, 5*time.Second, time.Millisecond)
	return time.Since(began)
}

func TestWatchLinks_AnotherNodeSeesAChange(t *testing.T) {
	c := server(t)
	name := c.clean(t)
	url := c.url(name, true)
	here, _ := node(t, url)
	there, inner := node(t, url)
	admin := pool(t, url)
	count := func() (n int) {
		require.NoError(t, admin.QueryRow(t.Context(),
			"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT pg_backend_pid()'").Scan(&n))
		return n
	}
	both := func() { require.Eventually(t, func() bool { return count() == 2 }, 10*time.Second, 5*time.Millisecond) }
	both()

	l := link(t, here, "abcdefg")
	shows(t, there, l)
	var told time.Duration
	for range 20 {
		l = rename(t, here, l)
		got, err := here.System().LinkByCode(t.Context(), l.Code)
		require.NoError(t, err)
		require.Equal(t, l, got, "at once on the node that changed it")
		told += shows(t, there, l)
	}
	require.Less(t, told, 20*linkcache.RefreshAge/2, "because it is told, and not because of the age")

	t.Run("also past the cache", func(t *testing.T) {
		l = rename(t, inner, l)
		require.Less(t, shows(t, here, l)+shows(t, there, l), linkcache.RefreshAge)
	})
	t.Run("made by hand, if that is told", func(t *testing.T) {
		l.Title = "by hand"
		l.Version++
		hand := pool(t, c.url(name, false))
		_, err := hand.Exec(t.Context(), "UPDATE tracking_links SET title = $1, version = $2 WHERE code = $3", l.Title, l.Version, string(l.Code))
		require.NoError(t, err)
		_, err = hand.Exec(t.Context(), "SELECT pg_notify('superher_links_changed', $1)", string(l.Code))
		require.NoError(t, err)
		require.Less(t, shows(t, there, l), linkcache.RefreshAge)
	})
	t.Run("after the connections were killed", func(t *testing.T) {
		_, err := admin.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT pg_backend_pid()'")
		require.NoError(t, err)
		l = rename(t, here, l)
		require.LessOrEqual(t, shows(t, there, l), linkcache.MaxAge+time.Second/2)
		both()
		l = rename(t, here, l)
		require.Less(t, shows(t, there, l), linkcache.RefreshAge)
	})
	t.Run("not what was rolled back", func(t *testing.T) {
		heard := make(chan links.Code, 10)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- inner.WatchLinks(ctx, func(code links.Code) { heard <- code }, func(time.Time) {}) }()
		require.Eventually(t, func() bool { return count() == 3 }, 10*time.Second, 5*time.Millisecond)
		undone := fault.New(fault.Conflict, "x", "y")
		require.ErrorIs(t, here.Write(t.Context(), tenant.For(l.Advertiser), func(ctx context.Context, tx storage.Tx) error {
			require.NoError(t, tx.UpdateLink(ctx, l))
			return undone
		}), undone)
		other := link(t, here, "hijklmn")
		rename(t, here, other)
		require.Equal(t, other.Code, <-heard)
		stop()
		require.ErrorIs(t, <-ended, fault.Unavailable)
	})
}

// lookups counts the links that are asked of a store.
type lookups struct {
	storage.Store

	asked atomic.Int64
}

type lookupSystem struct {
	storage.System

	asked *atomic.Int64
}

func (l *lookups) System() storage.System { return lookupSystem{l.Store.System(), &l.asked} }

func (s lookupSystem) LinkByCode(ctx context.Context, code links.Code) (links.Link, error) {
	s.asked.Add(1)
	return s.System.LinkByCode(ctx, code)
}

// A watch whose connection is cut, so that neither end is told, must not make old
// links look fresh: they are as fresh as the last sign of life.
func TestWatchLinks_ACutThatNobodyNoticesKeepsThePromise(t *testing.T) {
	c := server(t)
	url := c.url(c.clean(t), true)
	direct, err := postgres.Open(t.Context(), postgres.Config{URL: url})
	require.NoError(t, err)
	network, proxied := newProxy(t, url, nil)
	far, err := postgres.Open(t.Context(), postgres.Config{URL: proxied})
	require.NoError(t, err)
	inner := &lookups{Store: direct}
	var signs atomic.Int64
	node, err := linkcache.New(linkcache.Config{Store: inner, Watch: func(ctx context.Context, changed func(links.Code), complete func(time.Time)) error {
		return far.WatchLinks(ctx, changed, func(until time.Time) {
			complete(until)
			signs.Add(1)
		})
	}})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var wait sync.WaitGroup
	wait.Go(func() { node.Run(ctx) })
	t.Cleanup(func() {
		stop()
		network.thaw()
		wait.Wait()
		require.NoError(t, errors.Join(far.Close(), direct.Close()))
	})
	// healthy waits for longer than a link would be believed without a watch.
	healthy := func() {
		until := signs.Load() + 6
		require.Eventually(t, func() bool { return signs.Load() >= until }, 20*time.Second, 5*time.Millisecond)
	}
	known := func(l links.Link) links.Link {
		got, _, ok := node.System().(storage.LinkCache).KnownLink(l.Code)
		require.True(t, ok)
		return got
	}
	healthy()
	l := link(t, direct, "abcdefg")
	shows(t, node, l)
	asked := inner.asked.Load()
	healthy()
	require.Equal(t, l, known(l), "nobody asked for it in this time, and it needs no reading")
	require.Equal(t, asked, inner.asked.Load())

	network.freeze()
	l = rename(t, direct, l)
	require.LessOrEqual(t, shows(t, node, l), linkcache.MaxAge+time.Second/2)
	l = rename(t, direct, l)
	require.LessOrEqual(t, shows(t, node, l), linkcache.MaxAge+time.Second/2, "nor does what is read after the cut count for longer")

	network.thaw()
	healthy()
	shows(t, node, l)
	asked = inner.asked.Load()
	healthy()
	require.Equal(t, l, known(l), "it is followed again")
	require.Equal(t, asked, inner.asked.Load())
	l = rename(t, direct, l)
	require.Less(t, shows(t, node, l), linkcache.RefreshAge)
}

// A pooler answers for the server, whether it passes on what the server tells or
// not. It names connections itself, by which it is found out.
func TestWatchLinks_ThroughAPoolerIsSureOfNothing(t *testing.T) {
	c := server(t)
	url := c.url(c.clean(t), true)
	_, pooled := newProxy(t, url, func(fromServer []byte) {
		if at := bytes.Index(fromServer, []byte{'K', 0, 0, 0, 12}); at >= 0 { // the message that names the connection
			fromServer[at+8] ^= 1
		}
	})
	for name, of := range map[string]string{"pooled": pooled, "direct": url} {
		store, err := postgres.Open(t.Context(), postgres.Config{URL: of})
		require.NoError(t, err)
		heard, sure := make(chan links.Code, 10), make(chan time.Time, 1000)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- store.WatchLinks(ctx, func(code links.Code) { heard <- code }, func(until time.Time) { sure <- until })
		}()
		l := link(t, store, links.Code(name))
		require.Eventually(t, func() bool { // it listens
			l = rename(t, store, l)
			return len(heard) > 0
		}, 10*time.Second, time.Millisecond)
		for range 2 { // the second one after the answer of the server
			for len(heard) > 0 {
				<-heard
			}
			l = rename(t, store, l)
			require.Equal(t, l.Code, <-heard)
		}
		require.Equal(t, name == "direct", len(sure) > 0)
		stop()
		require.ErrorIs(t, <-ended, fault.Unavailable)
		require.NoError(t, store.Close())
	}
}

// Redirects do not wait for reports.
func TestLinkByCode_HasConnectionsOfItsOwn(t *testing.T) {
	c := server(t)
	store, err := postgres.Open(t.Context(), postgres.Config{URL: c.url(c.clean(t), true), MaxConns: 1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	l := link(t, store, "abcdefg")
	require.NoError(t, store.Write(t.Context(), tenant.For(l.Advertiser), func(context.Context, storage.Tx) error {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		got, err := store.System().LinkByCode(ctx, l.Code) // while the one connection is taken
		require.NoError(t, err)
		require.Equal(t, l, got)
		ctx, cancel = context.WithTimeout(t.Context(), 20*time.Second)
		ended := make(chan error, 1)
		go func() { ended <- store.WatchLinks(ctx, func(links.Code) {}, func(time.Time) { cancel() }) }()
		require.ErrorIs(t, <-ended, fault.Unavailable)
		require.ErrorIs(t, ctx.Err(), context.Canceled, "the watch has one as well")
		return nil
	}))
}
