package postgres_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/tenant"
)

// However many go through events slowly, half of the pool is left to the rest.
func TestEachEvent_SlowConsumersLeaveConnectionsToOthers(t *testing.T) {
	const conns = 4
	_, p, a, _ := recorder(t, 3)
	store, err := postgres.Open(t.Context(), postgres.Config{URL: p.Config().ConnString(), MaxConns: conns})
	require.NoError(t, err)
	defer func() { _ = store.Close() }()
	postgres.SetExportWait(store, 50*time.Millisecond)

	went, results := make(chan struct{}), make(chan error, conns)
	release := sync.OnceFunc(func() { close(went) })
	defer release() // before the store is closed, which waits for them
	begun := make(chan struct{}, conns)
	consume := func(wait bool) error {
		first := wait
		for _, err := range store.Read(tenant.For(a.ID).View()).EachEvent(t.Context(), always(a)) {
			if err != nil {
				return err
			}
			if first {
				first = false
				begun <- struct{}{}
				<-went
			}
		}
		return nil
	}
	for range conns {
		go func() { results <- consume(true) }()
	}
	for range conns / 2 {
		<-begun
		err := <-results
		require.ErrorIs(t, err, fault.Unavailable, "a consumer too many is refused")
		require.True(t, fault.HasReason(err, "store-busy"), "%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = store.System().LinkByCode(ctx, links.Code("nothing"))
	require.ErrorIs(t, err, fault.NotFound, "others are served meanwhile")

	release()
	for range conns / 2 {
		require.NoError(t, <-results)
	}
	require.NoError(t, consume(false), "the places are free again")
}

func TestOpen_TheSizeOfThePoolIsTheConfigsThenTheURLsThenByTheProcessors(t *testing.T) {
	c := server(t)
	url := c.url(c.clean(t), true)
	for _, tt := range []struct {
		config postgres.Config
		want   int
	}{
		{postgres.Config{URL: url + "&pool_max_conns=3", MaxConns: 2}, 2},
		{postgres.Config{URL: url + "&pool_max_conns=3"}, 3},
		{postgres.Config{URL: url}, max(postgres.DefaultMaxConns, 2*runtime.NumCPU())},
	} {
		store, err := postgres.Open(t.Context(), tt.config)
		require.NoError(t, err)
		require.EqualValues(t, tt.want, postgres.PoolSize(store))
		require.NoError(t, store.Close())
	}
}
