package postgres_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/superher/superher/tenant"
)

const (
	benchEvent = `INSERT INTO customer_events (advertiser_id, id, event_type, value_minor, currency, coupon_code, ref_code, landing_url,
		external_id, customer_id, metadata, occurred_at, received_at, fingerprint, method, source, candidates, conversion,
		commission_minor, commission_currency, commission_reason, commission_terms)
		VALUES ($1, gen_random_uuid(), 'purchase', 149900, 'INR', '', '', '', '', '', '{}', now(), now(), '', 'none', 'direct', '[]', true, 0, '', '', 'null')`
	benchChange = `INSERT INTO event_changes (advertiser_id, occurred_at, event_type, currency, commission_currency, method, source,
		events, conversions, sales, revenue_minor, orders, orders_minor, payout_minor)
		VALUES ($1, now(), 'purchase', 'INR', '', 'none', 'direct', 1, 1, 1, 149900, 1, 149900, 0)`
	benchDay = `INSERT INTO event_types VALUES ($1, 20000, 'purchase', 'INR', '', 1, 1, 1, 149900, 1, 149900, 0)
		ON CONFLICT (advertiser_id, day, event_type, currency, commission_currency) DO UPDATE SET
		events = event_types.events + excluded.events, revenue_minor = event_types.revenue_minor + excluded.revenue_minor`
	benchZero = `'00000000-0000-0000-0000-000000000000'`
	benchPair = `INSERT INTO event_pairs SELECT $1, g, 20000, ` + benchZero + `, ` + benchZero + `, 'INR', '', 1, 1, 1, 149900, 0 FROM generate_series(0, 1) g
		ON CONFLICT (advertiser_id, grain, day, campaign_id, influencer_id, currency, commission_currency) DO UPDATE SET events = event_pairs.events + 1`
	benchCoupon = `INSERT INTO event_coupons SELECT $1, g, 20000, ` + benchZero + `, 'INR', '', 1, 1, 1, 149900, 0 FROM generate_series(0, 1) g
		ON CONFLICT (advertiser_id, grain, day, coupon_id, currency, commission_currency) DO UPDATE SET events = event_coupons.events + 1`
	benchLink = `INSERT INTO event_links SELECT $1, g, 20000, ` + benchZero + `, 'INR', '', 1, 1, 1, 149900, 0 FROM generate_series(0, 1) g
		ON CONFLICT (advertiser_id, grain, day, link_id, currency, commission_currency) DO UPDATE SET events = event_links.events + 1`
)

// BenchmarkHotTotals measures what keeping totals costs those who record: 64
// writers of one advertiser, all on one day, each with one event a transaction.
// ADR 17 has the figures. The server needs fsync on to mean anything.
func BenchmarkHotTotals(b *testing.B) {
	upserts := []string{benchEvent, benchDay, benchPair, benchCoupon, benchLink}
	for _, way := range []struct {
		name  string
		level pgx.TxIsoLevel
		texts []string
		fold  bool
		open  bool // a transaction of the host's stays open, which has recorded an event
	}{
		{name: "events-alone", level: pgx.RepeatableRead, texts: []string{benchEvent}},
		{name: "changes-and-worker", level: pgx.RepeatableRead, texts: []string{benchEvent, benchChange}, fold: true},
		{name: "upserts", level: pgx.ReadCommitted, texts: upserts},
		{name: "upserts-repeatable-read", level: pgx.RepeatableRead, texts: upserts},
		{name: "host-open/changes-and-worker", level: pgx.RepeatableRead, texts: []string{benchEvent, benchChange}, fold: true, open: true},
		{name: "host-open/upserts", level: pgx.ReadCommitted, texts: upserts, open: true},
	} {
		b.Run(way.name, func(b *testing.B) {
			store, name := fresh(b)
			config, err := pgxpool.ParseConfig(shared.url(name, false))
			require.NoError(b, err)
			config.MaxConns = writers + 4
			p, err := pgxpool.NewWithConfig(b.Context(), config)
			require.NoError(b, err)
			defer p.Close()
			a := newAdvertiser(b, store)
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			var beside sync.WaitGroup
			defer beside.Wait()
			defer cancel()
			var folded atomic.Int64
			if way.fold {
				beside.Go(func() {
					for ctx.Err() == nil {
						done, err := store.System().FoldTotals(ctx, a.ID)
						folded.Add(done.Changes)
						if err == nil && !done.More {
							_ = pauseFor(ctx, 100*time.Millisecond)
						}
					}
				})
			}
			if way.open {
				beside.Go(func() {
					for ctx.Err() == nil { // a second of a host's own work in the same transaction
						_, _ = transact(ctx, p, way.level, a.ID, way.texts, time.Second)
					}
				})
			}
			took, retries := write(b, p, way.level, a.ID, way.texts)
			slices.Sort(took)
			b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(retries)/float64(len(took)), "retries/op")
			if way.fold {
				b.ReportMetric(float64(folded.Load())/b.Elapsed().Seconds(), "folded/s")
			}
		})
	}
}

const writers = 64

// write has the writers record until the benchmark is over, and returns how
// long each transaction took, repeats included, and how many were repeated.
func write(b *testing.B, p *pgxpool.Pool, level pgx.TxIsoLevel, id tenant.ID, texts []string) (took []time.Duration, retries int64) {
	b.Helper()
	took = make([]time.Duration, b.N)
	var next, repeated atomic.Int64
	var wait sync.WaitGroup
	b.ResetTimer()
	for range writers {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				began := time.Now()
				n, err := transact(b.Context(), p, level, id, texts, 0)
				if err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(began)
				repeated.Add(n)
			}
		})
	}
	wait.Wait()
	b.StopTimer()
	return took, repeated.Load()
}

// transact runs the statements in one transaction, which stays open for a
// while, again and again while it collides with others.
func transact(ctx context.Context, p *pgxpool.Pool, level pgx.TxIsoLevel, id tenant.ID, texts []string, open time.Duration) (retries int64, err error) {
	for {
		err := pgx.BeginTxFunc(ctx, p, pgx.TxOptions{IsoLevel: level}, func(tx pgx.Tx) error {
			batch := &pgx.Batch{}
			for _, text := range texts {
				batch.Queue(text, pgtype.UUID{Bytes: id, Valid: true})
			}
			if err := tx.SendBatch(ctx, batch).Close(); err != nil {
				return err
			}
			return pauseFor(ctx, open)
		})
		var failed *pgconn.PgError
		if !errors.As(err, &failed) || failed.Code != "40001" {
			return retries, err
		}
		retries++
	}
}

func pauseFor(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
