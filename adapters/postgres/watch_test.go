package postgres_test

import (
	"context"
	"sync"
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
			"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN superher%'").Scan(&n))
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
	t.Run("by its age, while nobody is told", func(t *testing.T) {
		l.Title = "by hand"
		l.Version++
		_, err := pool(t, c.url(name, false)).Exec(t.Context(), "UPDATE tracking_links SET title = $1, version = $2 WHERE code = $3", l.Title, l.Version, string(l.Code))
		require.NoError(t, err)
		require.LessOrEqual(t, shows(t, there, l), linkcache.MaxAge+time.Second/2)
	})
	t.Run("after the connections were killed", func(t *testing.T) {
		_, err := admin.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN superher%'")
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
		go func() { ended <- inner.WatchLinks(ctx, func(code links.Code) { heard <- code }) }()
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
