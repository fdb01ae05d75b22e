package postgres_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/internal/filltest"
	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/fault"
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

// waiting returns a transaction that waits for a lock on a table, other than the
// one given, once there is one. What is waited for must not be done before.
func waiting(t *testing.T, p *pgxpool.Pool, done <-chan error, table, other string) (transaction string) {
	t.Helper()
	for {
		select {
		case err := <-done:
			require.FailNow(t, "it did not wait", "%v", err)
		default:
		}
		rows, err := p.Query(t.Context(), "SELECT virtualtransaction FROM pg_locks WHERE NOT granted AND virtualtransaction <> $2 AND database = "+
			"(SELECT oid FROM pg_database WHERE datname = current_database()) AND relation = to_regclass($1)", table, other)
		require.NoError(t, err)
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		if len(found) > 0 {
			return found[0]
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
		waiting(t, p, done, "event_types", "")
		require.NoError(t, detach(t.Context(), owner))
	})
	require.NoError(t, <-done)
	require.Empty(t, check.Differences)
}

// Events take minutes, and a batch of clicks holds those of all brands.
func TestRebuildTotals_LetsClicksInUntilTheirTotalsAreMade(t *testing.T) {
	owner, store := monthly(t)
	p := pool(t, owner)
	impatient, err := postgres.Open(t.Context(), postgres.Config{URL: owner, LockTimeout: 5 * time.Second})
	require.NoError(t, err)
	defer func() { _ = impatient.Close() }()
	done := make(chan error, 1)
	locked(t, p, "event_types", "ACCESS EXCLUSIVE", func(pgx.Tx) {
		go func() {
			_, err := store.System().RebuildTotals(context.Background(), filltest.Advertiser(), storage.Rebuild{At: june()})
			done <- err
		}()
		waiting(t, p, done, "event_types", "")
		clicksAt(t, impatient, month(2026, 1))
	})
	require.NoError(t, <-done)
	check, err := store.System().VerifyTotals(t.Context(), filltest.Advertiser())
	require.NoError(t, err)
	require.Empty(t, check.Differences)
	require.EqualValues(t, 2, allClicks(t, store))
}

func TestDetachClicks_RefusesClicksThatTheTotalsDoNotHold(t *testing.T) {
	for name, spoil := range map[string]string{
		"without totals":             "DELETE FROM totals",
		"a change of zone is due":    "UPDATE advertisers SET time_zone = 'Asia/Kolkata'",
		"the zone cannot be loaded":  "UPDATE advertisers SET time_zone = 'Mars/Base'",
		"nor that of its own totals": "WITH a AS (UPDATE advertisers SET time_zone = 'Mars/Base') UPDATE totals SET zone = 'Mars/Base'",
	} {
		t.Run(name, func(t *testing.T) {
			owner, store := monthly(t)
			p := pool(t, owner)
			clicksAt(t, store, month(1970, 1))
			_, err := p.Exec(t.Context(), spoil)
			require.NoError(t, err)
			tables, err := postgres.DetachClicks(t.Context(), owner, postgres.DetachConfig{KeepMonths: 2, Now: june})
			require.ErrorIs(t, err, fault.Unavailable)
			require.True(t, fault.HasReason(err, "totals-not-ready"), "%v", err)
			require.ErrorContains(t, err, "do not hold yet: 1;")
			require.NotContains(t, tables, "click_events_2026_03")
			require.EqualValues(t, 2, storedClicks(t, p))

			tables, err = postgres.DetachClicks(t.Context(), owner, postgres.DetachConfig{KeepMonths: 2, Now: june, Force: true})
			require.NoError(t, err)
			require.Contains(t, tables, "click_events_2026_03")
			require.Contains(t, tables, "click_events_rest_before_2026_04")
			require.Zero(t, storedClicks(t, p))
		})
	}
}

func TestDetachClicks_RefusesLateClicksThatTheTotalsDoNotHold(t *testing.T) {
	owner, store := monthly(t)
	p := pool(t, owner)
	require.NoError(t, detach(t.Context(), owner))
	clicksAt(t, store, month(1970, 1))
	_, err := p.Exec(t.Context(), "UPDATE advertisers SET time_zone = 'Asia/Kolkata'")
	require.NoError(t, err)
	require.True(t, fault.HasReason(detach(t.Context(), owner), "totals-not-ready"))
	require.EqualValues(t, 1, storedClicks(t, p))
	_, err = store.System().RebuildTotals(t.Context(), filltest.Advertiser(), storage.Rebuild{At: june()})
	require.NoError(t, err)
	require.NoError(t, detach(t.Context(), owner), "once they are made")
	require.Zero(t, storedClicks(t, p))
}

// storedClicks returns how many clicks are stored, for the owner.
func storedClicks(t *testing.T, owner *pgxpool.Pool) (n int64) {
	t.Helper()
	require.NoError(t, owner.QueryRow(t.Context(), "SELECT count(*) FROM click_events").Scan(&n))
	return n
}

// The owner gives way again and again to those who wait behind it.
func TestDetachClicks_WaitsForAReaderInTurnsAndThenGoesOn(t *testing.T) {
	owner, _ := monthly(t)
	p := pool(t, owner)
	done := make(chan error, 1)
	locked(t, p, "click_events", "ACCESS SHARE", func(pgx.Tx) {
		go func() { done <- detach(context.Background(), owner) }()
		waiting(t, p, done, "click_events", waiting(t, p, done, "click_events", ""))
	})
	require.NoError(t, <-done)
	require.Zero(t, storedClicks(t, p))
}

func TestOwner_GivesUpAfterAboutTwoMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, state := range []string{"55P03", "40P01"} {
			began, tries := time.Now(), 0
			inTheWay := &pgconn.PgError{Code: state}
			err := postgres.Patiently(t.Context(), func() error {
				tries++
				return inTheWay
			})
			require.Equal(t, inTheWay, err)
			require.True(t, fault.HasReason(postgres.Translate(t.Context(), err), "store-busy"))
			require.Equal(t, postgres.OwnerAttempts, tries)
			require.InDelta(t, 2*time.Minute, time.Since(began), float64(30*time.Second))
		}
		tries := 0
		require.ErrorIs(t, postgres.Patiently(t.Context(), func() error {
			tries++
			return fault.NotFound
		}), fault.NotFound)
		require.Equal(t, 1, tries, "anything else is not tried again")
		ctx, cancel := context.WithCancel(t.Context())
		require.Error(t, postgres.Patiently(ctx, func() error {
			cancel()
			return &pgconn.PgError{Code: "55P03"}
		}), "nor when nobody wants to know any more")
	})
}
