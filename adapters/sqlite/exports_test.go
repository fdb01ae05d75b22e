package sqlite_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func recordEvents(t *testing.T, store storage.Store, a tenant.Advertiser, n int) {
	t.Helper()
	random := rand.NewChaCha8([32]byte{7})
	list := make([]attribution.Event, n)
	for i := range list {
		id, err := ident.New[attribution.Event](a.CreatedAt, random)
		require.NoError(t, err)
		list[i] = attribution.Event{
			ID: id, Advertiser: a.ID, Submission: attribution.Submission{Type: campaigns.Purchase, OccurredAt: a.CreatedAt},
			ReceivedAt: a.CreatedAt, Decision: attribution.Decision{Method: attribution.None, Source: attribution.Direct},
			Commission: payouts.Commission{Reason: payouts.NoInfluencer},
		}
		list[i].Print = list[i].Fingerprint()
	}
	require.NoError(t, store.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error {
		_, err := tx.RecordEvents(ctx, list)
		return err
	}))
}

func always(a tenant.Advertiser) stats.Filter {
	return stats.Filter{From: a.CreatedAt.AddDate(-1, 0, 0), To: a.CreatedAt.AddDate(1, 0, 0)}
}

// However many go through events slowly, half of the readers are left to the rest.
func TestEachEvent_SlowConsumersLeaveReadersToOthers(t *testing.T) {
	const readers = 4
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "superher.db"), Readers: readers})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	a := newAdvertiser(t, store)
	recordEvents(t, store, a, 3)
	sqlite.SetExportWait(store, 50*time.Millisecond)

	went, results := make(chan struct{}), make(chan error, readers)
	release := sync.OnceFunc(func() { close(went) })
	defer release() // before the store is closed, which waits for them
	begun := make(chan struct{}, readers)
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
	for range readers {
		go func() { results <- consume(true) }()
	}
	for range readers / 2 {
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
	for range readers / 2 {
		require.NoError(t, <-results)
	}
	require.NoError(t, consume(false), "the places are free again")
}

func TestEachEvent_InAWriteLeavesNoCopyBehind(t *testing.T) {
	store := fresh(t)
	a := newAdvertiser(t, store)
	recordEvents(t, store, a, 3)
	for name, leave := range map[string]int{"to the end": 4, "left early": 1} {
		for _, end := range []error{nil, fault.New(fault.Invalid, "oops", "")} {
			err := store.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error {
				for range 2 {
					seen := 0
					for _, err := range tx.EachEvent(ctx, always(a)) {
						require.NoError(t, err)
						seen++
						if seen == leave {
							break
						}
					}
				}
				return end
			})
			require.Equal(t, end == nil, err == nil, "%v", err)
			require.Zero(t, sqlite.TemporaryTables(t, store), name)
		}
	}
	require.Panics(t, func() {
		_ = store.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error {
			for range tx.EachEvent(ctx, always(a)) {
				panic("oops")
			}
			return nil
		})
	})
	require.Zero(t, sqlite.TemporaryTables(t, store), "after a panic")
	require.Equal(t, "1", sqlite.Pragma(t, store, "temp_store"), "copies are in files")
}
