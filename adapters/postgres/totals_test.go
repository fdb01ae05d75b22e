package postgres_test

import (
	"context"
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/internal/totalstest"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
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
	server(t)
	seed := uint64(0)
	storagetest.RunStats(t, storagetest.Harness{Seeds: 10, New: func(t *testing.T) storage.Store {
		store, name := fresh(t)
		db, err := sql.Open("pgx", shared.url(name, false))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		seed++
		return totalstest.Store(t, store, tables{db}, statsql.Postgres, seed)
	}})
}
