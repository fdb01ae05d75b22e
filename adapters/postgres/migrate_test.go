package postgres_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/internal/filltest"
	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func TestMigrate_KeepsEveryRowOfADatabaseOfAnEarlierVersion(t *testing.T) {
	c := server(t)
	name := c.database(t, "template0")
	owner := c.url(name, false)
	db, err := sql.Open("pgx", owner)
	require.NoError(t, err)
	require.NoError(t, postgres.MigrateTo(t.Context(), db, filltest.Prepared))
	p := pool(t, owner)
	require.NoError(t, filltest.Fill(t.Context(), postgres.NewHosted(p)))
	for _, statement := range filltest.Undo() {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
	before := dump(t, p)
	for table, rows := range before {
		require.NotEmpty(t, rows, table)
	}

	_, err = postgres.Open(t.Context(), postgres.Config{URL: c.url(name, false)})
	require.ErrorContains(t, err, "schema-older")
	applied, err := postgres.Migrate(t.Context(), owner, postgres.MigrateConfig{GrantTo: c.role})
	require.NoError(t, err)
	require.Positive(t, applied)
	require.Equal(t, before, dump(t, p))

	store, err := postgres.Open(t.Context(), postgres.Config{URL: c.url(name, true)})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	got, err := store.Read(tenant.For(filltest.Advertiser()).View()).Event(t.Context(), filltest.Event().ID)
	require.NoError(t, err)
	require.Equal(t, filltest.Event(), got)
	require.NoError(t, store.System().CreateUser(t.Context(), member("jessica", filltest.Advertiser())), "the new tables are there")
}

func TestMigrate_KeepsTheTotalsOfDaysOfAnEarlierVersion(t *testing.T) {
	c := server(t)
	owner := c.url(c.database(t, "template0"), false)
	db, err := sql.Open("pgx", owner)
	require.NoError(t, err)
	require.NoError(t, postgres.MigrateTo(t.Context(), db, filltest.WithDays))
	require.NoError(t, db.Close())
	p := pool(t, owner)
	const advertiser = "01000000-0000-0000-0000-000000000000"
	system := func(fn func(ctx context.Context, tx pgx.Tx)) {
		require.NoError(t, pgx.BeginFunc(t.Context(), p, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), "SELECT set_config('superher.reach', 'system', true)")
			fn(t.Context(), tx)
			return err
		}))
	}
	system(func(ctx context.Context, tx pgx.Tx) {
		_, err := tx.Exec(ctx, filltest.Days("'"+advertiser+"'"))
		require.NoError(t, err)
	})
	_, err = postgres.Migrate(t.Context(), owner, postgres.MigrateConfig{})
	require.NoError(t, err)
	system(func(ctx context.Context, tx pgx.Tx) {
		for query, want := range filltest.SplitDays() {
			rows, err := tx.Query(ctx, query)
			require.NoError(t, err)
			got, err := pgx.CollectRows(rows, pgx.RowTo[string])
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	})
}

func member(subject string, advertiser tenant.ID) tenant.User {
	u := tenant.NewUser(tenant.UserID{1}, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), "https://idp.example", subject, "")
	u.Advertiser = advertiser
	return u
}

// dump returns the rows of the first version's tables.
func dump(t *testing.T, p *pgxpool.Pool) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, table := range filltest.Tables() {
		rows, err := p.Query(t.Context(), "SELECT r::text FROM "+table+" r ORDER BY 1")
		require.NoError(t, err)
		out[table], err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
	}
	return out
}

// reached runs fn in a transaction of the application's role with the settings
// of a reach.
func reached(t *testing.T, p *pgxpool.Pool, advertiser, reach string, fn func(ctx context.Context, tx pgx.Tx)) {
	t.Helper()
	tx, err := p.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(context.WithoutCancel(t.Context()))) }()
	_, err = tx.Exec(t.Context(), "SELECT set_config('superher.advertiser', $1, true), set_config('superher.reach', $2, true)", advertiser, reach)
	require.NoError(t, err)
	fn(t.Context(), tx)
}

func TestRowSecurity_ARequestIsItsAdvertisersAndTheRestThePlatforms(t *testing.T) {
	store, name := fresh(t)
	a, b := newAdvertiser(t, store), newAdvertiser(t, store)
	request := storage.Request{Key: "key", At: a.CreatedAt}
	claim := func(w storage.RequestWriter) {
		_, first, err := w.ClaimRequest(t.Context(), request)
		require.NoError(t, err)
		require.True(t, first)
	}
	for _, owner := range []tenant.Advertiser{a, b} {
		require.NoError(t, store.Write(t.Context(), tenant.For(owner.ID), func(_ context.Context, tx storage.Tx) error {
			claim(tx)
			return nil
		}))
	}
	require.NoError(t, store.System().Administer(t.Context(), func(ctx context.Context, p storage.Platform) error {
		claim(p)
		return p.CreateTicket(ctx, storage.Ticket{Hash: [32]byte{1}, ExpiresAt: a.CreatedAt})
	}))
	require.NoError(t, store.System().CreateUser(t.Context(), member("jessica", a.ID)))

	p := pool(t, shared.url(name, true))
	for reach, want := range map[string]map[string]int64{
		"":         {"users": 0, "requests": 0, "tickets": 0},
		"one":      {"users": 0, "requests": 1, "tickets": 0},
		"everyone": {"users": 0, "requests": 0, "tickets": 0},
		"system":   {"users": 1, "requests": 3, "tickets": 1},
	} {
		advertiser := ""
		if reach == "one" {
			advertiser = a.ID.String()
		}
		for table, rows := range want {
			reached(t, p, advertiser, reach, func(ctx context.Context, tx pgx.Tx) {
				var n int64
				require.NoError(t, tx.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n))
				require.Equal(t, rows, n, "%s with the reach %q", table, reach)
				if table == "users" {
					return // nobody deletes people
				}
				if reach != "system" {
					rows = 0
				}
				tag, err := tx.Exec(ctx, "DELETE FROM "+table)
				require.NoError(t, err)
				require.Equal(t, rows, tag.RowsAffected(), "deleted from %s with the reach %q", table, reach)
			})
		}
	}
	for _, reach := range []string{"one", "system"} {
		reached(t, p, a.ID.String(), reach, func(ctx context.Context, tx pgx.Tx) {
			_, err := tx.Exec(ctx, "DELETE FROM users")
			require.ErrorContains(t, err, "permission denied")
		})
	}
	for _, insert := range []string{
		"INSERT INTO requests VALUES ('" + b.ID.String() + "', 'other', '', '', now())",
		"INSERT INTO requests VALUES ('00000000-0000-0000-0000-000000000000', 'other', '', '', now())",
		"INSERT INTO users VALUES ('" + b.ID.String() + "', '', '', '', '', '', NULL, now(), 1)",
	} {
		reached(t, p, a.ID.String(), "one", func(ctx context.Context, tx pgx.Tx) {
			_, err := tx.Exec(ctx, insert)
			require.ErrorContains(t, err, "row-level security", insert)
		})
	}
}
