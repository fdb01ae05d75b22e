package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/internal/filltest"
	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// A loop that is left early gives its connection up, with all that the server
// still had to send; the pool makes another.
func TestEachEvent_ALoopLeftEarlyOrByAPanicCostsOneConnection(t *testing.T) {
	_, p, a, _ := recorder(t, 5*postgres.StreamChunk)
	store, err := postgres.Open(t.Context(), postgres.Config{URL: p.Config().ConnString(), MaxConns: 1})
	require.NoError(t, err)
	defer func() { _ = store.Close() }()
	events := store.Read(tenant.For(a.ID).View()).EachEvent(t.Context(), always(a))
	for range 5 {
		for _, err := range events {
			require.NoError(t, err)
			break
		}
		require.PanicsWithValue(t, "oops", func() {
			for range events {
				panic("oops")
			}
		})
	}
	n := 0
	for _, err := range events {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 5*postgres.StreamChunk, n)
	// Those who are to stop do so soon.
	require.Eventually(t, func() bool {
		var busy int
		err := p.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()").Scan(&busy)
		return err == nil && busy == 0
	}, 20*time.Second, 10*time.Millisecond)
}

// What is remembered of one event's documents is not shared with the next.
func TestEachEvent_EventsShareNothing(t *testing.T) {
	store, _ := fresh(t)
	require.NoError(t, filltest.Fill(t.Context(), store))
	e := filltest.Event()
	e.Metadata = map[string]string{"city": "Pune"}
	e.Decision.Candidates = []attribution.Candidate{{Method: attribution.ByCoupon, Text: "SUMMER20", Verdict: attribution.Won}}
	for i := range 2 {
		e.ID, e.ExternalID = attribution.ID{30, byte(i)}, "other-"+string(rune('a'+i))
		recordIn(t, store, e)
	}
	seen := 0
	for got, err := range store.Read(tenant.For(filltest.Advertiser()).View()).EachEvent(t.Context(), around(e.OccurredAt)) {
		require.NoError(t, err)
		if got.ID[0] != 30 {
			continue
		}
		seen++
		require.Equal(t, "Pune", got.Metadata["city"])
		require.Equal(t, "SUMMER20", got.Decision.Candidates[0].Text)
		got.Metadata["city"], got.Decision.Candidates[0].Text = "changed", "changed"
	}
	require.Equal(t, 2, seen)
}

func recordIn(t *testing.T, store storage.Store, e attribution.Event) {
	t.Helper()
	require.NoError(t, store.Write(t.Context(), tenant.For(filltest.Advertiser()), func(ctx context.Context, tx storage.Tx) error {
		_, err := tx.RecordEvents(ctx, []attribution.Event{e})
		return err
	}))
}

func around(at time.Time) stats.Filter {
	return stats.Filter{From: at.Add(-time.Hour), To: at.Add(time.Hour)}
}
