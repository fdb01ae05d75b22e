package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/internal/totalstest"
	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
)

type tables struct{ *sql.DB }

func (t tables) Query(ctx context.Context, text string) (statsql.Rows, error) {
	return t.QueryContext(ctx, text)
}

func (t tables) Exec(ctx context.Context, text string) error {
	_, err := t.ExecContext(ctx, text)
	return err
}

// Every report is the same from totals, whatever part of the events is in them.
func TestContract_FromTotals(t *testing.T) {
	seed := uint64(0)
	storagetest.Run(t, storagetest.Harness{Seeds: 30, New: func(t *testing.T) storage.Store {
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
