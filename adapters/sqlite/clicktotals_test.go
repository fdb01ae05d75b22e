package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/internal/clicktest"
	"github.com/superher/superher/adapters/sqlite"
)

func clickDatabase(t *testing.T) clicktest.Database {
	t.Helper()
	path := filepath.Join(t.TempDir(), "superher.db")
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return clicktest.Database{
		Store:  store,
		Begin:  func(ctx context.Context) (*sql.Tx, error) { return db.BeginTx(ctx, nil) },
		Hex:    func(column string) string { return "coalesce(lower(hex(" + column + ")), '')" },
		Micros: func(column string) string { return column },
		ID:     func(id [16]byte) any { return id[:] },
		Now:    "0",
	}
}

func TestAppendClicks_TheTotalsEqualARecount(t *testing.T) { clicktest.Run(t, clickDatabase(t)) }

func TestAppendClicks_TheTotalsOfManyAdvertisersEqualARecount(t *testing.T) {
	clicktest.RunManyAdvertisers(t, clickDatabase(t))
}

func TestTotals_KeepTheClicksThatWereTakenOut(t *testing.T) {
	db := clickDatabase(t)
	clicktest.RunDetached(t, db, func(t *testing.T) { takeOut(t, db) })
}

func TestTotals_OfClicksThatWereTakenOutStayWhereTheZoneHasTheSameOffsets(t *testing.T) {
	db := clickDatabase(t)
	clicktest.RunRezoned(t, db, func(t *testing.T) { takeOut(t, db) })
}

// takeOut does what DetachClicks does on Postgres.
func takeOut(t *testing.T, db clicktest.Database) {
	t.Helper()
	tx, err := db.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(t.Context(), "DELETE FROM click_events WHERE occurred_at < $1", clicktest.Cut().UnixMicro())
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "UPDATE totals SET clicks_from = $1", clicktest.Cut().Unix()/(24*60*60))
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
}
