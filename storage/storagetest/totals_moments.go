package storagetest

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// totalsAtEveryMoment compares reports with the events of the same transaction,
// again and again, while others record events late, change commissions, move
// the reporting time zone, and bring the totals up to date, some of them only
// until they are cut short.
func (h Harness) totalsAtEveryMoment(t *testing.T) {
	w := newWorld(t, h, 13)
	var mu sync.Mutex // of the world, whose random draws are not for many at once
	draw := func(fn func()) {
		mu.Lock()
		defer mu.Unlock()
		fn()
	}
	var compare []func() // in the end, where the case may fail
	id, known := w.a.scope.Advertiser(), slices.Clone(w.one[0].Events)
	together(t, 96, workers, func(i int) error {
		random := rand.New(rand.NewPCG(uint64(i), 0x303e27))
		switch i % 8 {
		case 0, 1:
			var filter stats.Filter
			draw(func() { filter = w.filter() })
			agrees, err := w.atOneMoment(t, filter)
			draw(func() { compare = append(compare, agrees) })
			return err
		case 2, 3:
			var events []attribution.Event
			draw(func() { events = w.like(pick(w.random, known), 1+w.random.IntN(4)) })
			return w.insist(w.a, func(ctx context.Context, tx storage.Tx) error {
				_, err := tx.RecordEvents(ctx, events)
				return err
			})
		case 4:
			var changes []storage.Recommission
			draw(func() {
				for range 3 {
					e := pick(w.random, known)
					e.Commission.Amount = w.amount()
					changes = append(changes, storage.Recommission{Event: e.ID, Commission: e.Commission})
				}
			})
			return w.insist(w.a, func(ctx context.Context, tx storage.Tx) error { return tx.SetCommissions(ctx, changes) })
		case 5:
			return patiently(func() error {
				check, err := w.store.System().VerifyTotals(w.ctx, id)
				draw(func() {
					compare = append(compare, func() { require.Empty(t, check.Differences[:min(3, len(check.Differences))]) })
				})
				return err
			})
		case 6:
			return w.cutShort(random, func(ctx context.Context) error { return rebuild(ctx, w.store, id) })
		default:
			if random.IntN(4) == 0 {
				zone := pick(random, places()).zone
				return w.insist(w.a, func(ctx context.Context, tx storage.Tx) error { return w.setZone(ctx, tx, id, zone) })
			}
			return w.cutShort(random, func(ctx context.Context) error {
				_, err := w.store.System().FoldTotals(ctx, id)
				return err
			})
		}
	})
	for _, agrees := range compare {
		agrees()
	}
	w.sound(t, "at the end")
}

// like makes further events that are credited as a known one, at any time.
func (w *world) like(known attribution.Event, n int) []attribution.Event {
	out := make([]attribution.Event, n)
	for i := range out {
		e := known
		e.ID, e.Type, e.Value, e.OccurredAt = newID[attribution.Event](w.ids), pick(w.random, eventTypes()), w.amount(), w.moment()
		e.Print = e.Fingerprint()
		out[i] = e
	}
	return out
}

// cutShort makes a call that may be given up halfway, as by a worker that
// crashes.
func (w *world) cutShort(random *rand.Rand, call func(context.Context) error) error {
	if random.IntN(3) > 0 {
		return patiently(func() error { return call(w.ctx) })
	}
	ctx, cancel := context.WithTimeout(w.ctx, time.Duration(random.IntN(5000))*time.Microsecond)
	defer cancel()
	_ = call(ctx)
	return nil
}

// atOneMoment asks for reports and for the events that the same transaction
// sees, and returns what compares them.
func (w *world) atOneMoment(t *testing.T, f stats.Filter) (compare func(), err error) {
	var data stats.Data
	var overview stats.Overview
	var paths []stats.JourneyRow
	var paid stats.PayoutTable
	all := stats.PayoutQuery{Limit: stats.MaxRows}
	err = w.insist(w.a, func(ctx context.Context, tx storage.Tx) (err error) {
		data.Events = nil
		for e, err := range tx.EachEvent(ctx, f) {
			if err != nil {
				return err
			}
			data.Events = append(data.Events, e)
		}
		if overview, err = tx.Stats().Overview(ctx, f); err != nil {
			return err
		}
		if paths, err = tx.Stats().Journey(ctx, f); err != nil {
			return err
		}
		paid, err = tx.Stats().Payouts(ctx, f, all)
		return err
	})
	return func() {
		fold := stats.Fold(data)
		want, err := fold.Overview(w.ctx, f)
		require.NoError(t, err)
		want.Clicks, want.AllClicks, want.Visitors = overview.Clicks, overview.AllClicks, overview.Visitors
		same(t, want, overview, "overview at one moment")
		wantPaths, err := fold.Journey(w.ctx, f)
		require.NoError(t, err)
		same(t, wantPaths, paths, "journey at one moment")
		wantPaid, err := fold.Payouts(w.ctx, f, all)
		require.NoError(t, err)
		same(t, wantPaid.Totals, paid.Totals, "payouts at one moment")
	}, err
}

func (w *world) setZone(ctx context.Context, tx storage.Tx, id tenant.ID, zone string) error {
	a, err := tx.Advertiser(ctx, id)
	if err != nil {
		return err
	}
	a.Zone = zone
	return tx.UpdateAdvertiser(ctx, a)
}
