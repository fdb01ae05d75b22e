package postgres_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/internal/clicktest"
	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/storage"
)

func clickDatabase(t *testing.T, store storage.Store, name string) clicktest.Database {
	t.Helper()
	db, err := sql.Open("pgx", shared.url(name, false))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return clicktest.Database{
		Store: store,
		Begin: func(ctx context.Context) (*sql.Tx, error) {
			tx, err := db.BeginTx(ctx, nil)
			if err == nil {
				_, err = tx.ExecContext(ctx, "SET LOCAL superher.reach = 'system'")
			}
			return tx, err
		},
		Hex: func(column string) string {
			if column == "visitor" {
				return "encode(visitor, 'hex')"
			}
			return "coalesce(encode(uuid_send(" + column + "), 'hex'), '')"
		},
		Micros: func(column string) string { return "(extract(epoch FROM " + column + ") * 1000000)::bigint" },
		ID:     func(id [16]byte) any { return hex.EncodeToString(id[:]) },
		Now:    "now()",
	}
}

func TestAppendClicks_TheTotalsEqualARecount(t *testing.T) {
	store, name := fresh(t)
	clicktest.Run(t, clickDatabase(t, store, name))
}

func TestAppendClicks_TheTotalsOfManyAdvertisersEqualARecount(t *testing.T) {
	_, name := fresh(t)
	clicktest.RunManyAdvertisers(t, clickDatabase(t, postgres.NewHosted(pool(t, shared.url(name, true))), name))
}

func TestDetachClicks_TheTotalsKeepWhatIsTakenOut(t *testing.T) {
	db, takeOut := monthlyClicks(t)
	clicktest.RunDetached(t, db, takeOut)
}

func TestDetachClicks_TheTotalsKeepWhatIsTakenOutWhereTheZoneHasTheSameOffsets(t *testing.T) {
	db, takeOut := monthlyClicks(t)
	clicktest.RunRezoned(t, db, takeOut)
}

// monthlyClicks returns a database with tables of the months before and after
// clicktest.Cut, and what takes out the clicks of before.
func monthlyClicks(t *testing.T) (db clicktest.Database, takeOut func(t *testing.T)) {
	t.Helper()
	c := server(t)
	name := c.database(t, c.template)
	owner, cut := c.url(name, false), clicktest.Cut()
	_, err := postgres.Migrate(t.Context(), owner, postgres.MigrateConfig{GrantTo: c.role, Now: func() time.Time { return cut.AddDate(0, -1, 0) }})
	require.NoError(t, err)
	return clickDatabase(t, postgres.NewHosted(pool(t, c.url(name, true))), name), func(t *testing.T) {
		t.Helper()
		_, err := postgres.DetachClicks(t.Context(), owner, postgres.DetachConfig{KeepMonths: 2, Now: func() time.Time { return cut.AddDate(0, 2, 0) }})
		require.NoError(t, err)
	}
}
