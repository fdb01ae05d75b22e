package conformance_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
)

// migrate makes the tables as the owner and gives the application its rights.
func migrate(t testing.TB, owner, application string) {
	t.Helper()
	_, err := postgres.Migrate(t.Context(), owner, postgres.MigrateConfig{GrantTo: application})
	require.NoError(t, err)
}

func openPostgres(t testing.TB, address string) storage.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), postgres.Config{URL: address})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// TestPostgresApplication runs the suite as the role of production: it owns
// nothing and is no superuser. With the build tag superher_cut_predicates it
// shows that row security alone keeps tenants apart.
func TestPostgresApplication(t *testing.T) {
	d := needDatabases(t)
	storagetest.Run(t, harness(t, func(t *testing.T) storage.Store {
		return openPostgres(t, d.clone(t, d.application))
	}))
}

// TestPostgresOwner runs the suite as the role that owns the tables, as small
// installations do: FORCE ROW LEVEL SECURITY holds for it as well. The code is
// that of the application's run, so the scale is the suite's own.
func TestPostgresOwner(t *testing.T) {
	d := needDatabases(t)
	h := harness(t, func(t *testing.T) storage.Store {
		return openPostgres(t, d.clone(t, d.owner))
	})
	h.Scale, h.Seeds = 0, 0
	storagetest.Run(t, h)
}

// TestPostgresInTx runs the suite inside one transaction of a host for each
// store. A transaction is one connection, so calls of several goroutines take
// turns, and the scale is the suite's own: nothing runs at the same time.
func TestPostgresInTx(t *testing.T) {
	d := needDatabases(t)
	h := harness(t, func(t *testing.T) storage.Store {
		return &turns{store: postgres.InTx(hostTransaction(t, d.clone(t, d.application)))}
	})
	h.Scale, h.Seeds = 0, 0
	storagetest.Run(t, h)
}

func hostTransaction(t *testing.T, address string) pgx.Tx {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	after := context.WithoutCancel(t.Context())
	t.Cleanup(func() { require.NoError(t, conn.Close(after)) })
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tx.Rollback(after)) })
	return tx
}
