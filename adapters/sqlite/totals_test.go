package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/internal/filltest"
	"github.com/superher/superher/adapters/internal/totalstest"
	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
	"github.com/superher/superher/tenant"
)

type tables struct{ *sql.DB }

func (t tables) Query(ctx context.Context, text string) (statsql.Rows, error) {
	return t.QueryContext(ctx, text) //nolint:rowserrcheck // handed to the caller
}

func (t tables) Exec(ctx context.Context, text string) error {
	_, err := t.ExecContext(ctx, text)
	return err
}

// Every report is the same from totals, whatever part of the events is in them.
func TestContract_FromTotals(t *testing.T) {
	seed := uint64(0)
	storagetest.RunStats(t, storagetest.Harness{Seeds: 10, New: func(t *testing.T) storage.Store {
		path := filepath.Join(t.TempDir(), "superher.db")
		store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		db, err := sql.Open("sqlite", "file:"+path)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		seed++
		return totalstest.Store(t, store, tables{db}, statsql.SQLite, seed)
	}})
}

// explained runs queries and keeps the lines of their plans.
type explained struct {
	tables
	plans []string
}

func (e *explained) Query(ctx context.Context, text string, args ...any) (statsql.Rows, error) {
	plan, err := e.QueryContext(ctx, "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = plan.Close() }()
	for plan.Next() {
		var id, parent, unused int
		var detail string
		if err := plan.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, err
		}
		e.plans = append(e.plans, detail)
	}
	if err := plan.Err(); err != nil {
		return nil, err
	}
	return e.QueryContext(ctx, text, args...) //nolint:rowserrcheck // handed to the caller
}

// A report reads the rows of its advertiser and period, of whatever table.
func TestReports_FromTotalsLookEverythingUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "superher.db")
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, filltest.Fill(t.Context(), store))
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	e := &explained{tables: tables{db}}
	view := tenant.For(filltest.Advertiser()).View()
	source := statsql.New(statsql.SQLite, view, func(ctx context.Context, fn func(context.Context, statsql.Querier) error) error { return fn(ctx, e) })
	at := filltest.Event().OccurredAt
	f := stats.Filter{From: at.AddDate(0, 0, -40), To: at.AddDate(0, 2, 0)}
	overview, err := source.Overview(t.Context(), f)
	require.NoError(t, err)
	require.EqualValues(t, 1, overview.Events)
	require.EqualValues(t, 1, overview.Visitors)
	for _, unit := range []stats.Unit{stats.Day, stats.Month} {
		_, err = source.Chart(t.Context(), f, unit)
		require.NoError(t, err)
	}
	_, err = source.Breakdown(t.Context(), f)
	require.NoError(t, err)
	_, err = source.Journey(t.Context(), f)
	require.NoError(t, err)
	_, err = source.Payouts(t.Context(), f, stats.PayoutQuery{})
	require.NoError(t, err)
	for _, kind := range stats.Kinds() {
		_, err = source.Table(t.Context(), kind, f, stats.TableQuery{})
		require.NoError(t, err)
	}
	uses, err := statsql.CouponUses(t.Context(), e, view, statsql.SQLite, []coupons.ID{filltest.Event().Decision.Coupon})
	require.NoError(t, err)
	require.Equal(t, map[coupons.ID]int64{filltest.Event().Decision.Coupon: 1}, uses)
	require.NotEmpty(t, e.plans)
	for _, line := range e.plans {
		require.NotRegexp(t, `^SCAN (totals|customer_events|click_events|event_\w+|click_\w+)`, line)
	}
	require.Contains(t, strings.Join(e.plans, "\n"), "event_coupons_by_coupon")
}
