package postgres_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/internal/filltest"
	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// hostDatabase returns a database with a table of the host's own.
func hostDatabase(t *testing.T) (*postgres.Store, *pgxpool.Pool) {
	t.Helper()
	store, name := fresh(t)
	admin := pool(t, shared.url(name, false))
	_, err := admin.Exec(t.Context(), "CREATE TABLE orders (n int PRIMARY KEY); GRANT ALL ON orders TO "+shared.role)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = admin.Exec(context.Background(), "DROP TABLE orders") })
	return store, pool(t, shared.url(name, true))
}

func TestInTx_CommitsAndRollsBackWithTheHost(t *testing.T) {
	store, p := hostDatabase(t)
	a := newAdvertiser(t, store)
	scope := tenant.For(a.ID)
	for _, c := range []struct {
		name   string
		end    func(pgx.Tx) error
		orders int
		sold   int
	}{
		{"rollback", func(tx pgx.Tx) error { return tx.Rollback(t.Context()) }, 0, 0},
		{"commit", func(tx pgx.Tx) error { return tx.Commit(t.Context()) }, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			tx, err := p.Begin(t.Context())
			require.NoError(t, err)
			_, err = tx.Exec(t.Context(), "INSERT INTO orders VALUES (1)")
			require.NoError(t, err)
			joined := postgres.InTx(tx)
			require.NoError(t, joined.Write(t.Context(), scope, createCampaign(t, a)))
			list, err := joined.Read(scope.View()).Campaigns(t.Context(), storage.Page{})
			require.NoError(t, err)
			require.Len(t, list.Items, 1, "it sees its own write")
			require.NoError(t, c.end(tx))

			var orders int
			require.NoError(t, p.QueryRow(t.Context(), "SELECT count(*) FROM orders").Scan(&orders))
			require.Equal(t, c.orders, orders)
			list, err = store.Read(scope.View()).Campaigns(t.Context(), storage.Page{})
			require.NoError(t, err)
			require.Len(t, list.Items, c.sold)
		})
	}
}

func TestInTx_AFailedWriteLeavesTheHostsTransactionUsable(t *testing.T) {
	store, p := hostDatabase(t)
	a := newAdvertiser(t, store)
	scope := tenant.For(a.ID)
	tx, err := p.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	joined := postgres.InTx(tx)
	oops := errors.New("no")
	require.Equal(t, oops, joined.Write(t.Context(), scope, func(ctx context.Context, tx storage.Tx) error {
		require.NoError(t, createCampaign(t, a)(ctx, tx))
		return oops
	}))
	require.Panics(t, func() {
		_ = joined.Write(t.Context(), scope, func(ctx context.Context, tx storage.Tx) error {
			require.NoError(t, createCampaign(t, a)(ctx, tx))
			panic("oops")
		})
	})
	_, err = tx.Exec(t.Context(), "INSERT INTO orders VALUES (1)")
	require.NoError(t, err)
	require.NoError(t, tx.Commit(t.Context()))
	list, err := store.Read(scope.View()).Campaigns(t.Context(), storage.Page{})
	require.NoError(t, err)
	require.Empty(t, list.Items)
}

func TestInTx_PutsTheSettingsBack(t *testing.T) {
	store, p := hostDatabase(t)
	a, b := newAdvertiser(t, store), newAdvertiser(t, store)
	tx, err := p.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	joined := postgres.InTx(tx)
	visible := func() (n int) {
		require.NoError(t, tx.QueryRow(t.Context(), "SELECT count(*) FROM advertisers").Scan(&n))
		return n
	}
	require.Zero(t, visible())
	require.NoError(t, joined.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, t1 storage.Tx) error {
		_, err := joined.Read(tenant.Everyone()).Advertiser(ctx, b.ID)
		require.NoError(t, err)
		require.NoError(t, joined.Write(ctx, tenant.For(b.ID), createCampaign(t, b)), "nested, for another advertiser")
		require.Equal(t, 1, visible(), "the outer scope again")
		return createCampaign(t, a)(ctx, t1)
	}))
	require.Zero(t, visible(), "after a write")
	_, err = joined.Read(tenant.Everyone()).Advertisers(t.Context(), storage.Page{})
	require.NoError(t, err)
	require.Zero(t, visible(), "after a read")
	require.NoError(t, joined.System().DropSalts(t.Context(), a.CreatedAt))
	require.Zero(t, visible(), "after a system call")
	require.Error(t, joined.Write(t.Context(), tenant.For(a.ID), func(context.Context, storage.Tx) error { return errors.New("no") }))
	require.Zero(t, visible(), "after a failure")
}

func TestInTx_ACollisionIsBusyAndNotRepeated(t *testing.T) {
	store, p := hostDatabase(t)
	a := newAdvertiser(t, store)
	tx, err := p.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	joined := postgres.InTx(tx)
	_, err = joined.Read(tenant.Everyone()).Advertiser(t.Context(), a.ID)
	require.NoError(t, err)
	change := func(ctx context.Context, tx storage.Tx) error { return tx.UpdateAdvertiser(ctx, a) }
	require.NoError(t, store.Write(t.Context(), tenant.For(a.ID), change))
	runs := 0
	err = joined.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error {
		runs++
		return change(ctx, tx)
	})
	require.True(t, fault.HasReason(err, "store-busy"), "%v", err)
	require.Equal(t, 1, runs)
	_, err = tx.Exec(t.Context(), "INSERT INTO orders VALUES (1)")
	require.NoError(t, err, "the host may go on")
}

func TestInTx_ClicksAreAppendedInReadCommittedOnly(t *testing.T) {
	store, p := hostDatabase(t)
	require.NoError(t, filltest.Fill(t.Context(), store))
	click := links.Click{ID: links.ClickID{10}, Advertiser: filltest.Advertiser(), Link: links.ID{5}, At: filltest.Event().OccurredAt, Class: links.Bot}
	for level, want := range map[pgx.TxIsoLevel]string{
		pgx.ReadCommitted: "", pgx.ReadUncommitted: "", pgx.RepeatableRead: "isolation-too-strict", pgx.Serializable: "isolation-too-strict",
	} {
		tx, err := p.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: level})
		require.NoError(t, err)
		err = postgres.InTx(tx).System().AppendClicks(t.Context(), []links.Click{click})
		if want == "" {
			require.NoError(t, err, level)
		} else {
			require.True(t, fault.HasReason(err, want), "%s: %v", level, err)
		}
		_, err = tx.Exec(t.Context(), "INSERT INTO orders VALUES (1)")
		require.NoError(t, err, "the host may go on")
		require.NoError(t, tx.Rollback(t.Context()))
	}
}

// recorder returns a host with one advertiser and its events, and what records
// another one.
func recorder(t *testing.T, events int) (*postgres.Store, *pgxpool.Pool, tenant.Advertiser, func(storage.Store) error) {
	t.Helper()
	store, p := hostDatabase(t)
	a := newAdvertiser(t, store)
	random := rand.NewChaCha8([32]byte{7})
	newEvent := func() attribution.Event {
		id, err := ident.New[attribution.Event](a.CreatedAt, random)
		require.NoError(t, err)
		e := attribution.Event{
			ID: id, Advertiser: a.ID, Submission: attribution.Submission{Type: campaigns.Purchase, OccurredAt: a.CreatedAt},
			ReceivedAt: a.CreatedAt, Decision: attribution.Decision{Method: attribution.None, Source: attribution.Direct},
			Commission: payouts.Commission{Reason: payouts.NoInfluencer},
		}
		e.Print = e.Fingerprint()
		return e
	}
	write := func(s storage.Store, n int) error {
		return s.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error {
			list := make([]attribution.Event, n)
			for i := range list {
				list[i] = newEvent()
			}
			_, err := tx.RecordEvents(ctx, list)
			return err
		})
	}
	require.NoError(t, write(store, events))
	return store, p, a, func(s storage.Store) error { return write(s, 1) }
}

func always(a tenant.Advertiser) stats.Filter {
	return stats.Filter{From: a.CreatedAt.AddDate(-1, 0, 0), To: a.CreatedAt.AddDate(1, 0, 0)}
}

func countOf(t *testing.T, p *pgxpool.Pool, store storage.Store, a tenant.Advertiser) (orders, events int) {
	t.Helper()
	require.NoError(t, p.QueryRow(t.Context(), "SELECT count(*) FROM orders").Scan(&orders))
	for _, err := range store.Read(tenant.For(a.ID).View()).EachEvent(t.Context(), always(a)) {
		require.NoError(t, err)
		events++
	}
	return orders, events
}

func TestInTx_WhatIsWrittenWhileGoingThroughEventsStays(t *testing.T) {
	for name, leave := range map[string]int{"to the end": 3, "left early": 2} {
		t.Run(name, func(t *testing.T) {
			store, p, a, record := recorder(t, 3)
			tx, err := p.Begin(t.Context())
			require.NoError(t, err)
			defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
			joined := postgres.InTx(tx)
			seen := 0
			for _, err := range joined.Read(tenant.For(a.ID).View()).EachEvent(t.Context(), always(a)) {
				require.NoError(t, err)
				seen++
				_, err = tx.Exec(t.Context(), "INSERT INTO orders VALUES ($1)", seen)
				require.NoError(t, err)
				require.NoError(t, record(joined))
				var visible int
				require.NoError(t, tx.QueryRow(t.Context(), "SELECT count(*) FROM advertisers").Scan(&visible))
				require.Zero(t, visible, "the host's own settings hold in the loop")
				if seen == leave {
					break
				}
			}
			require.Equal(t, leave, seen)
			var cursors int
			require.NoError(t, tx.QueryRow(t.Context(), "SELECT count(*) FROM pg_cursors WHERE name LIKE 'superher%'").Scan(&cursors))
			require.Zero(t, cursors, "the cursor is closed")
			require.NoError(t, tx.Commit(t.Context()))
			orders, events := countOf(t, p, store, a)
			require.Equal(t, leave, orders)
			require.Equal(t, 3+leave, events)
		})
	}
}

// More rows than one part of a cursor: later parts need the settings as well.
func TestInTx_EventsAreFetchedUnderTheirOwnSettings(t *testing.T) {
	const parts = 2*postgres.StreamChunk + 1
	_, p, a, _ := recorder(t, parts)
	other := newAdvertiser(t, postgres.NewHosted(p))
	tx, err := p.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	joined := postgres.InTx(tx)
	seen := 0
	for e, err := range joined.Read(tenant.For(a.ID).View()).EachEvent(t.Context(), always(a)) {
		require.NoError(t, err)
		require.Equal(t, a.ID, e.Advertiser)
		seen++
		if seen%500 == 1 {
			require.NoError(t, joined.Write(t.Context(), tenant.For(other.ID), createCampaign(t, other)))
		}
	}
	require.Equal(t, parts, seen)
}

func TestInTx_AHostThatFailsWhileGoingThroughEventsCanRollBack(t *testing.T) {
	store, p, a, record := recorder(t, 3)
	tx, err := p.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	joined := postgres.InTx(tx)
	_, err = tx.Exec(t.Context(), "INSERT INTO orders VALUES (1); SAVEPOINT host")
	require.NoError(t, err)
	for _, err := range joined.Read(tenant.For(a.ID).View()).EachEvent(t.Context(), always(a)) {
		require.NoError(t, err)
		require.NoError(t, record(joined))
		_, err = tx.Exec(t.Context(), "INSERT INTO orders VALUES (1)")
		require.Error(t, err)
		break
	}
	_, err = tx.Exec(t.Context(), "ROLLBACK TO SAVEPOINT host")
	require.NoError(t, err)
	require.NoError(t, record(joined))
	require.NoError(t, tx.Commit(t.Context()))
	orders, events := countOf(t, p, store, a)
	require.Equal(t, 1, orders)
	require.Equal(t, 4, events)
}
