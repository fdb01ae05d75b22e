package postgres_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func newAdvertiser(t testing.TB, store storage.Store) tenant.Advertiser {
	t.Helper()
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	id, err := ident.New[tenant.Advertiser](now, rand.Reader)
	require.NoError(t, err)
	a, err := tenant.Create(id, now, tenant.NewAdvertiser{Name: "Brand", Currency: "INR"})
	require.NoError(t, err)
	require.NoError(t, store.System().CreateAdvertiser(t.Context(), a))
	return a
}

func TestMigrate_ManyAtOnceOneDoesTheWork(t *testing.T) {
	c := server(t)
	url := c.url(c.database(t, "template0"), false)
	var wait sync.WaitGroup
	var applied atomic.Int64
	errs := make([]error, 4)
	for i := range errs {
		wait.Go(func() {
			n, err := postgres.Migrate(t.Context(), url, postgres.MigrateConfig{GrantTo: c.role})
			applied.Add(int64(n))
			errs[i] = err
		})
	}
	wait.Wait()
	require.NoError(t, errors.Join(errs...))
	files, err := os.ReadDir("migrations")
	require.NoError(t, err)
	require.EqualValues(t, len(files), applied.Load(), "each migration ran once")
}

func TestOpen_RefusesADatabaseOfAnotherVersion(t *testing.T) {
	c := server(t)
	t.Run("not migrated", func(t *testing.T) {
		_, err := postgres.Open(t.Context(), postgres.Config{URL: c.url(c.database(t, "template0"), false)})
		require.True(t, fault.HasReason(err, "schema-older"), "%v", err)
		require.ErrorContains(t, err, "superher migrate")
	})
	t.Run("newer", func(t *testing.T) {
		name := c.database(t, c.template)
		p := pool(t, c.url(name, false))
		_, err := p.Exec(t.Context(), "INSERT INTO superher_migrations (version_id, is_applied) VALUES (99999, true)")
		require.NoError(t, err)
		_, err = postgres.Open(t.Context(), postgres.Config{URL: c.url(name, true)})
		require.ErrorIs(t, err, fault.Unavailable)
		require.True(t, fault.HasReason(err, "schema-newer"), "%v", err)
		_, err = postgres.Migrate(t.Context(), c.url(name, false), postgres.MigrateConfig{})
		require.True(t, fault.HasReason(err, "schema-newer"), "%v", err)
	})
}

func TestOpen_NamesTheBadSetting(t *testing.T) {
	for name, config := range map[string]postgres.Config{
		"url":          {},
		"timeout":      {URL: "postgres://localhost/x", Timeout: -1},
		"lock_timeout": {URL: "postgres://localhost/x", LockTimeout: -1},
		"attempts":     {URL: "postgres://localhost/x", Attempts: -1},
		"max_conns":    {URL: "postgres://localhost/x", MaxConns: -1},
	} {
		_, err := postgres.Open(t.Context(), config)
		require.ErrorIs(t, err, fault.Invalid)
		require.Equal(t, name, fault.Of(err).Fields[0].Name)
	}
	_, err := postgres.Open(t.Context(), postgres.Config{URL: "postgres://user:secret@host:99999999/x"})
	require.ErrorIs(t, err, fault.Invalid)
	require.NotContains(t, err.Error(), "secret")
}

func TestOpen_AnUnreachableServerIsUnavailable(t *testing.T) {
	_, err := postgres.Open(t.Context(), postgres.Config{URL: "postgres://nobody@127.0.0.1:1/x?connect_timeout=2"})
	require.ErrorIs(t, err, fault.Unavailable)
	require.True(t, fault.HasReason(err, "store-unreachable"), "%v", err)
}

func TestRowSecurity_WithoutSettingsThereAreNoRows(t *testing.T) {
	store, name := fresh(t)
	a := newAdvertiser(t, store)
	p := pool(t, shared.url(name, true))
	count := func(q interface {
		QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	}, table string,
	) int {
		var n int
		require.NoError(t, q.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
		return n
	}
	require.NoError(t, store.Write(t.Context(), tenant.For(a.ID), createCampaign(t, a)))
	for _, table := range []string{"advertisers", "campaigns"} {
		require.Zero(t, count(p, table), "no setting, no rows of "+table)
	}
	// An empty setting is what SET LOCAL leaves behind on a connection.
	_, err := p.Exec(t.Context(), "SELECT set_config('superher.advertiser', '', false), set_config('superher.reach', '', false)")
	require.NoError(t, err)
	require.Zero(t, count(p, "campaigns"))
	_, err = p.Exec(t.Context(), "INSERT INTO campaigns SELECT * FROM campaigns")
	require.NoError(t, err)
	tag, err := p.Exec(t.Context(), "UPDATE campaigns SET name = 'x'")
	require.NoError(t, err)
	require.Zero(t, tag.RowsAffected())
	_, err = p.Exec(t.Context(), "DELETE FROM campaigns")
	require.Error(t, err, "the application's role may not delete")
}

func createCampaign(t testing.TB, a tenant.Advertiser) func(context.Context, storage.Tx) error {
	return func(ctx context.Context, tx storage.Tx) error {
		id, err := ident.New[campaigns.Campaign](a.CreatedAt, rand.Reader)
		require.NoError(t, err)
		c, err := campaigns.Create(id, a.ID, a.CreatedAt, campaigns.NewCampaign{Name: "Summer"})
		require.NoError(t, err)
		return tx.CreateCampaign(ctx, c)
	}
}

func TestSettings_DoNotLeakOverThePool(t *testing.T) {
	_, name := fresh(t)
	p := pool(t, shared.url(name, true)+"&pool_max_conns=1")
	store, err := postgres.New(t.Context(), p, postgres.Config{})
	require.NoError(t, err)
	a := newAdvertiser(t, store)
	scope := tenant.For(a.ID)
	clean := func(after string) {
		var advertiser, reach *string
		var timeout string
		require.NoError(t, p.QueryRow(t.Context(),
			"SELECT nullif(current_setting('superher.advertiser', true), ''), nullif(current_setting('superher.reach', true), ''), current_setting('statement_timeout')").
			Scan(&advertiser, &reach, &timeout))
		require.Nil(t, advertiser, after)
		require.Nil(t, reach, after)
		require.Equal(t, "0", timeout, after)
	}
	require.NoError(t, store.Write(t.Context(), scope, createCampaign(t, a)))
	clean("a write")
	require.Error(t, store.Write(t.Context(), scope, func(context.Context, storage.Tx) error { return errors.New("no") }))
	clean("a failed write")
	_, err = store.Read(scope.View()).Campaigns(t.Context(), storage.Page{})
	require.NoError(t, err)
	clean("a read")
	require.Panics(t, func() {
		_ = store.Write(t.Context(), scope, func(context.Context, storage.Tx) error { panic("oops") })
	})
	clean("a panic")
	require.NoError(t, store.System().DropSalts(t.Context(), a.CreatedAt))
	clean("a system call")
}

func TestWrite_IsRepeatedAfterASerializationFailure(t *testing.T) {
	store, _ := fresh(t)
	a := newAdvertiser(t, store)
	runs := 0
	err := store.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error {
		runs++
		seen, err := tx.Advertiser(ctx, a.ID)
		require.NoError(t, err)
		if runs == 1 {
			// Another transaction changes the row after this one has seen it.
			other := a
			other.Name = "Other"
			require.NoError(t, store.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error {
				return tx.UpdateAdvertiser(ctx, other)
			}))
		}
		seen.Currency = "EUR"
		return tx.UpdateAdvertiser(ctx, seen)
	})
	require.NoError(t, err)
	require.Equal(t, 2, runs, "it was run again, on the new state")
	got, err := store.Read(tenant.Everyone()).Advertiser(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, "Other", got.Name)
	require.EqualValues(t, "EUR", got.Currency)
	require.EqualValues(t, 3, got.Version)
}

func TestWrite_ABoundedNumberOfCollisionsIsBusy(t *testing.T) {
	_, name := fresh(t)
	store, err := postgres.Open(t.Context(), postgres.Config{URL: shared.url(name, true), Attempts: 3})
	require.NoError(t, err)
	defer func() { _ = store.Close() }()
	a := newAdvertiser(t, store)
	runs := 0
	change := func(ctx context.Context, tx storage.Tx) error {
		seen, err := tx.Advertiser(ctx, a.ID)
		if err != nil {
			return err
		}
		return tx.UpdateAdvertiser(ctx, seen)
	}
	err = store.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error {
		runs++
		_, err := tx.Advertiser(ctx, a.ID)
		require.NoError(t, err)
		require.NoError(t, store.Write(t.Context(), tenant.For(a.ID), change))
		_ = change(ctx, tx) // swallowed, and yet it cannot be committed
		return nil
	})
	require.ErrorIs(t, err, fault.Unavailable)
	require.True(t, fault.HasReason(err, "store-busy"), "%v", err)
	require.Equal(t, 3, runs)
}

func TestCalls_ATableLockedByOthersIsBusy(t *testing.T) {
	_, name := fresh(t)
	store, err := postgres.Open(t.Context(), postgres.Config{URL: shared.url(name, true), LockTimeout: 20 * time.Millisecond})
	require.NoError(t, err)
	defer func() { _ = store.Close() }()
	admin := pool(t, shared.url(name, false))
	tx, err := admin.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), "LOCK TABLE advertisers IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	_, err = store.Read(tenant.Everyone()).Advertisers(t.Context(), storage.Page{})
	require.True(t, fault.HasReason(err, "store-busy"), "%v", err)
}

func TestCalls_GoOnAfterTheServerHasDroppedEveryConnection(t *testing.T) {
	store, name := fresh(t)
	a := newAdvertiser(t, store)
	admin := pool(t, shared.url("postgres", false))
	_, err := admin.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
	require.NoError(t, err)
	_, err = store.Read(tenant.Everyone()).Advertiser(t.Context(), a.ID)
	require.NoError(t, err)
}

func TestErrors_SayWhatHappened(t *testing.T) {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		ctx    context.Context
		err    error
		code   fault.Code
		reason string
	}{
		{t.Context(), &pgconn.PgError{Code: "40001"}, fault.Unavailable, "store-busy"},
		{t.Context(), &pgconn.PgError{Code: "40P01"}, fault.Unavailable, "store-busy"},
		{t.Context(), &pgconn.PgError{Code: "55P03"}, fault.Unavailable, "store-busy"},
		{t.Context(), &pgconn.PgError{Code: "23503"}, fault.NotFound, "not-found"},
		{t.Context(), &pgconn.PgError{Code: "22003"}, fault.Invalid, "amount-overflow"},
		{t.Context(), &pgconn.PgError{Code: "22021"}, fault.Invalid, "unstorable-text"},
		{t.Context(), &pgconn.PgError{Code: "22P05"}, fault.Invalid, "unstorable-text"},
		{t.Context(), &pgconn.PgError{Code: "57014"}, fault.Unavailable, "deadline-exceeded"},
		{over, &pgconn.PgError{Code: "57014"}, fault.Unavailable, "canceled"},
		{t.Context(), &pgconn.PgError{Code: "25006"}, fault.Unavailable, "store-unreachable"}, // a standby since a failover
		{t.Context(), &pgconn.PgError{Code: "25P03"}, fault.Unavailable, "store-unreachable"},
		{t.Context(), &pgconn.PgError{Code: "25P04"}, fault.Unavailable, "store-unreachable"},
		{t.Context(), &pgconn.PgError{Code: "57P01"}, fault.Unavailable, "store-unreachable"},
		{t.Context(), &pgconn.PgError{Code: "57P02"}, fault.Unavailable, "store-unreachable"},
		{t.Context(), &pgconn.PgError{Code: "57P03"}, fault.Unavailable, "store-unreachable"},
		{t.Context(), &pgconn.PgError{Code: "08006"}, fault.Unavailable, "store-unreachable"},
		{t.Context(), &pgconn.PgError{Code: "58030"}, fault.Unavailable, "store-unreachable"},
		{t.Context(), &pgconn.PgError{Code: "53300"}, fault.Unavailable, "store-busy"},
		{t.Context(), &pgconn.PgError{Code: "53100"}, fault.Unavailable, "store-full"},
		{t.Context(), &pgconn.PgError{Code: "42703"}, fault.Internal, "internal"},
		{t.Context(), context.DeadlineExceeded, fault.Unavailable, "deadline-exceeded"},
		{t.Context(), errors.New("something else"), fault.Internal, "internal"},
		{t.Context(), fault.New(fault.Conflict, "kept", ""), fault.Conflict, "kept"},
	} {
		got := fault.Of(postgres.Translate(c.ctx, c.err))
		require.Equal(t, c.code, got.Code, "%v", c.err)
		require.Equal(t, c.reason, got.Reason, "%v", c.err)
	}
}

func TestWrite_OnAServerThatOnlyReadsIsUnavailable(t *testing.T) {
	store, name := fresh(t)
	a := newAdvertiser(t, store)
	p := pool(t, shared.url(name, true))
	tx, err := p.BeginTx(t.Context(), pgx.TxOptions{AccessMode: pgx.ReadOnly})
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	err = postgres.InTx(tx).Write(t.Context(), tenant.For(a.ID), createCampaign(t, a))
	require.ErrorIs(t, err, fault.Unavailable)
	require.True(t, fault.HasReason(err, "store-unreachable"), "%v", err)
}

func TestOpen_ARefusedLoginIsUnavailable(t *testing.T) {
	c := server(t)
	_, err := postgres.Open(t.Context(), postgres.Config{URL: c.url("no_such_database", false)})
	require.ErrorIs(t, err, fault.Unavailable)
	require.True(t, fault.HasReason(err, "store-unreachable"), "%v", err)
}

func TestSkipsRowSecurity_TellsASuperuserFromAnOrdinaryRole(t *testing.T) {
	c := server(t)
	name := c.clean(t)
	for _, application := range []bool{true, false} {
		store, err := postgres.Open(t.Context(), postgres.Config{URL: c.url(name, application)})
		require.NoError(t, err)
		skips, err := store.SkipsRowSecurity(t.Context())
		require.NoError(t, err)
		require.Equal(t, !application, skips)
		require.NoError(t, store.Close())
	}
}
