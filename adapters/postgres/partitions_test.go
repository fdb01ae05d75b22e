package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/internal/filltest"
	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// migrated returns a database at the version, filled, and the URL of its owner.
func migrated(t *testing.T, version int64) (url, app string) {
	t.Helper()
	c := server(t)
	name := c.database(t, "template0")
	db, err := sql.Open("pgx", c.url(name, false))
	require.NoError(t, err)
	require.NoError(t, postgres.MigrateTo(t.Context(), db, version))
	require.NoError(t, db.Close())
	require.NoError(t, filltest.Fill(t.Context(), postgres.NewHosted(pool(t, c.url(name, false)))))
	return c.url(name, false), c.url(name, true)
}

// clicksAt stores a click of a machine at each of the moments.
func clicksAt(t *testing.T, store storage.Store, moments ...time.Time) {
	t.Helper()
	var clicks []links.Click
	for i, at := range moments {
		clicks = append(clicks, links.Click{ID: links.ClickID{20, byte(i)}, Advertiser: filltest.Advertiser(), Link: links.ID{5}, At: at, Class: links.Bot})
	}
	require.NoError(t, store.System().AppendClicks(t.Context(), clicks))
}

// tables returns how many clicks each table has, for its owner.
func tablesOf(t *testing.T, owner *pgxpool.Pool) map[string]int64 {
	t.Helper()
	rows, err := owner.Query(t.Context(), "SELECT tableoid::regclass::text, count(*) FROM click_events GROUP BY 1")
	require.NoError(t, err)
	out := map[string]int64{}
	var table string
	var n int64
	for rows.Next() {
		require.NoError(t, rows.Scan(&table, &n))
		out[table] = n
	}
	require.NoError(t, rows.Err())
	return out
}

func month(year int, m time.Month) time.Time { return time.Date(year, m, 1, 0, 0, 0, 0, time.UTC) }

// allClicks returns how many clicks a store counts, in the years of the tests.
func allClicks(t *testing.T, store storage.Store) (n int64) {
	t.Helper()
	for _, year := range []int{1966, 2022, 2296} {
		o, err := store.Read(tenant.Everyone()).Stats().Overview(t.Context(), stats.Filter{From: month(year, 1), To: month(year+8, 1)})
		require.NoError(t, err)
		n += o.AllClicks
	}
	return n
}

func TestMigrate_PutsEachClickIntoItsMonth(t *testing.T) {
	owner, _ := migrated(t, 3)
	p := pool(t, owner)
	before := postgres.NewHosted(p)
	now := time.Now().UTC()
	last := month(now.Year(), now.Month()).AddDate(0, -3, 0)
	clicksAt(t, before, month(1970, 1), last, last.Add(-time.Microsecond), last.AddDate(0, 0, 3), month(2299, 1))
	was := dump(t, p)["click_events"]
	_, err := postgres.Migrate(t.Context(), owner, postgres.MigrateConfig{})
	require.NoError(t, err)
	require.Equal(t, was, dump(t, p)["click_events"])
	got := tablesOf(t, p)
	require.EqualValues(t, 2, got["click_events_rest"], "those of clocks that were wrong")
	require.EqualValues(t, 2, got["click_events_"+last.Format("2006_01")])
	require.EqualValues(t, 6, allClicks(t, before))

	_, err = postgres.Migrate(t.Context(), owner, postgres.MigrateConfig{})
	require.NoError(t, err, "again")
	require.Equal(t, got, tablesOf(t, p))
}

func TestMigrate_MakesTheMonthsAheadAndMovesWhatWaitedForThem(t *testing.T) {
	owner, _ := migrated(t, 4)
	p := pool(t, owner)
	store := postgres.NewHosted(p)
	ahead := func(now time.Time, months int) {
		_, err := postgres.Migrate(t.Context(), owner, postgres.MigrateConfig{MonthsAhead: months, Now: func() time.Time { return now }})
		require.NoError(t, err)
	}
	ahead(month(2026, 3), 1)
	clicksAt(t, store, month(2026, 4), month(2026, 5).Add(-time.Microsecond), month(2026, 5), month(2026, 7))
	require.Equal(t, map[string]int64{"click_events_2026_03": 1, "click_events_2026_04": 2, "click_events_rest": 2}, tablesOf(t, p))
	ahead(month(2026, 5), 1)
	require.Equal(t, map[string]int64{"click_events_2026_03": 1, "click_events_2026_04": 2, "click_events_2026_05": 1, "click_events_rest": 1}, tablesOf(t, p))

	var wait sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wait.Go(func() {
			_, errs[i] = postgres.Migrate(context.Background(), owner, postgres.MigrateConfig{MonthsAhead: 3, Now: func() time.Time { return month(2026, 6) }})
		})
	}
	wait.Wait()
	require.NoError(t, errors.Join(errs...), "several at once")
	require.EqualValues(t, 1, tablesOf(t, p)["click_events_2026_07"])
	require.EqualValues(t, 5, allClicks(t, store))

	for _, wrong := range []int{-1, 121} {
		_, err := postgres.Migrate(t.Context(), owner, postgres.MigrateConfig{MonthsAhead: wrong})
		require.ErrorIs(t, err, fault.Invalid)
	}
}

func TestDetachClicks_TakesOldMonthsOut(t *testing.T) {
	owner, app := migrated(t, 4)
	now := func() time.Time { return month(2026, 6).AddDate(0, 0, 10) }
	_, err := postgres.Migrate(t.Context(), owner, postgres.MigrateConfig{Now: func() time.Time { return month(2026, 1) }, GrantTo: shared.role})
	require.NoError(t, err)
	p := pool(t, owner)
	store, err := postgres.Open(t.Context(), postgres.Config{URL: app})
	require.NoError(t, err)
	defer func() { _ = store.Close() }()
	clicksAt(t, store, month(1970, 1), month(2026, 1), month(2026, 2), month(2026, 4).Add(-time.Microsecond), month(2026, 4), month(2026, 6))

	for _, keep := range []int{-1, 0, 1, 1201} {
		_, err := postgres.DetachClicks(t.Context(), owner, postgres.DetachConfig{KeepMonths: keep, Now: now})
		require.ErrorIs(t, err, fault.Invalid)
	}
	gone, err := postgres.DetachClicks(t.Context(), owner, postgres.DetachConfig{KeepMonths: 1200, Now: now})
	require.NoError(t, err)
	require.Empty(t, gone)

	gone, err = postgres.DetachClicks(t.Context(), owner, postgres.DetachConfig{KeepMonths: 4, Drop: true, Now: now})
	require.NoError(t, err)
	require.Equal(t, []string{"click_events_2026_01", "click_events_rest"}, gone)
	require.EqualValues(t, 5, allClicks(t, store))

	clicksAt(t, store, month(1970, 1))
	gone, err = postgres.DetachClicks(t.Context(), owner, postgres.DetachConfig{KeepMonths: 2, Now: now})
	require.NoError(t, err)
	require.Equal(t, []string{"click_events_2026_02", "click_events_2026_03", "click_events_rest_before_2026_04"}, gone)
	require.EqualValues(t, 2, allClicks(t, store))
	for _, table := range gone {
		var n int
		require.NoError(t, p.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
		require.Positive(t, n, "the owner can archive %s", table)
		_, err := pool(t, app).Exec(t.Context(), "SELECT 1 FROM "+table)
		require.ErrorContains(t, err, "permission denied", table)
	}
	clicksAt(t, store, month(2026, 2))
	require.EqualValues(t, 3, allClicks(t, store), "a late click of a month that is gone is stored")
}

// A grant on all tables of the schema, as operators give it, opens no partition.
func TestRowSecurity_APartitionShowsNothingToWhoComesDirectly(t *testing.T) {
	store, name := fresh(t)
	require.NoError(t, filltest.Fill(t.Context(), store))
	clicksAt(t, store, month(1970, 1), filltest.Event().OccurredAt)
	admin, p := pool(t, shared.url(name, false)), pool(t, shared.url(name, true))
	for table, n := range tablesOf(t, admin) {
		require.Positive(t, n)
		_, err := p.Exec(t.Context(), "SELECT 1 FROM "+table)
		require.ErrorContains(t, err, "permission denied", table)
		_, err = admin.Exec(t.Context(), "GRANT ALL ON "+table+" TO "+shared.role)
		require.NoError(t, err)
		var direct int
		_, err = p.Exec(t.Context(), "SELECT set_config('superher.reach', 'system', false)")
		require.NoError(t, err)
		require.NoError(t, p.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&direct))
		require.Zero(t, direct, table)
		_, err = admin.Exec(t.Context(), "REVOKE ALL ON "+table+" FROM "+shared.role)
		require.NoError(t, err)
	}
}

// Reports of one campaign are only as fast as this index, in each table of clicks.
func TestMigrate_EveryMonthOfClicksHasTheIndexByCampaign(t *testing.T) {
	owner, _ := monthly(t)
	rows, err := pool(t, owner).Query(t.Context(), `SELECT p.inhrelid::regclass::text FROM pg_inherits p WHERE p.inhparent = 'click_events'::regclass
		AND NOT EXISTS (SELECT FROM pg_indexes i WHERE i.tablename = p.inhrelid::regclass::text
			AND i.indexdef LIKE '%(advertiser_id, campaign_id, occurred_at) INCLUDE (class, visitor, link_id, influencer_id)')`)
	require.NoError(t, err)
	without, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Empty(t, without)
}
