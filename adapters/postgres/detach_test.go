package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/internal/filltest"
	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/storage"
)

// june is when the tests below take clicks out, of before April.
func june() time.Time { return month(2026, 6).AddDate(0, 0, 10) }

// monthly returns the URL of the owner of a database with the tables of January
// 2026 and after, and a store on it.
func monthly(t *testing.T) (owner string, store storage.Store) {
	t.Helper()
	owner, app := migrated(t, 4)
	_, err := postgres.Migrate(t.Context(), owner, postgres.MigrateConfig{Now: func() time.Time { return month(2026, 1) }, GrantTo: shared.role})
	require.NoError(t, err)
	opened, err := postgres.Open(t.Context(), postgres.Config{URL: app, LockTimeout: time.Minute})
	require.NoError(t, err)
	t.Cleanup(func() { _ = opened.Close() })
	return owner, opened
}

func detach(ctx context.Context, owner string) error {
	_, err := postgres.DetachClicks(ctx, owner, postgres.DetachConfig{KeepMonths: 2, Now: june})
	return err
}

// locked runs fn in a transaction that holds a lock on a table.
func locked(t *testing.T, p *pgxpool.Pool, table, mode string, fn func(tx pgx.Tx)) {
	t.Helper()
	tx, err := p.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), "LOCK TABLE "+table+" IN "+mode+" MODE")
	require.NoError(t, err)
	fn(tx)
}

// waiting returns the transactions that wait for a lock on a table, once some do.
func waiting(t *testing.T, p *pgxpool.Pool, table string) []string {
	t.Helper()
	for {
		rows, err := p.Query(t.Context(), "SELECT virtualtransaction FROM pg_locks WHERE NOT granted AND database = "+
			"(SELECT oid FROM pg_database WHERE datname = current_database()) AND relation = to_regclass($1)", table)
		require.NoError(t, err)
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		if len(found) > 0 {
			return found
		}
	}
}

// A comparison has its snapshot before it comes to the clicks.
func TestVerifyTotals_FindsNothingWhereMonthsAreTakenOutMeanwhile(t *testing.T) {
	owner, store := monthly(t)
	p := pool(t, owner)
	clicksAt(t, store, month(1970, 1), month(2026, 1), month(2026, 2), month(2026, 5))
	var check storage.TotalsCheck
	done := make(chan error, 1)
	locked(t, p, "event_types", "ACCESS EXCLUSIVE", func(pgx.Tx) {
		go func() {
			var err error
			check, err = store.System().VerifyTotals(context.Background(), filltest.Advertiser())
			done <- err
		}()
		waiting(t, p, "event_types")
		require.NoError(t, detach(t.Context(), owner))
	})
	require.NoError(t, <-done)
	require.Empty(t, check.Differences)
}

// Events take minutes, and a batch of clicks holds those of all brands.
func TestRebuildTotals_LetsClicksInUntilTheirTotalsAreMade(t *testing.T) {
	owner, store := monthly(t)
	p := pool(t, owner)
	done := make(chan error, 1)
	locked(t, p, "event_types", "ACCESS EXCLUSIVE", func(pgx.Tx) {
		go func() {
			_, err := store.System().RebuildTotals(context.Background(), filltest.Advertiser(), storage.Rebuild{At: june()})
			done <- err
		}()
		waiting(t, p, "event_types")
		clicksAt(t, postgres.NewHosted(pool(t, owner+"&lock_timeout=5000")), month(2026, 1))
	})
	require.NoError(t, <-done)
	check, err := store.System().VerifyTotals(t.Context(), filltest.Advertiser())
	require.NoError(t, err)
	require.Empty(t, check.Differences)
	require.EqualValues(t, 2, allClicks(t, store))
}
