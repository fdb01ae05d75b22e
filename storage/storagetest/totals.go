package storagetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// totals holds that whatever a store has added up in advance never shows in an
// answer: not before it is brought up to date, not after, not meanwhile. A
// store that adds nothing up passes as it is.
func (h Harness) totals(t *testing.T) {
	t.Run("ReportsAgreeWithFoldWhateverIsDoneToTheTotals", func(t *testing.T) {
		const worlds = 2
		for seed := h.FirstSeed; seed < h.FirstSeed+worlds; seed++ {
			h.totalsOfAWorld(t, seed)
		}
	})
	t.Run("WhatIsDoneIsNoLongerDue", h.totalsDue)
	t.Run("FoldingAgainChangesNothing", func(t *testing.T) {
		w := newWorld(t, h, 7)
		w.foldAll(t, w.a)
		again, err := w.store.System().FoldTotals(w.ctx, w.a.scope.Advertiser())
		require.NoError(t, err)
		require.Equal(t, storage.Folded{}, again)
		w.agrees(t, "after the second time")
	})
	t.Run("ManyMayFoldAndRebuildAtOnceWhileEventsAreRecorded", h.totalsTogether)
	t.Run("ReportsAgreeWithTheEventsAtEveryMoment", h.totalsAtEveryMoment)
	t.Run("WhatIsCutShortChangesNothing", h.totalsCutShort)
	t.Run("AnUnknownAdvertiserIsNotFound", func(t *testing.T) {
		f := newFixture(t, h)
		system := f.store.System()
		for _, id := range []tenant.ID{f.unknown.scope.Advertiser(), {}} {
			_, err := system.FoldTotals(f.ctx, id)
			has(t, err, fault.NotFound, "not-found")
			has(t, rebuild(f.ctx, f.store, id), fault.NotFound, "not-found")
			_, err = system.VerifyTotals(f.ctx, id)
			has(t, err, fault.NotFound, "not-found")
		}
	})
	t.Run("TheTotalsOfOneAreNotThoseOfAnother", func(t *testing.T) {
		w := newWorld(t, h, 8)
		w.foldAll(t, w.a)
		require.NoError(t, rebuild(w.ctx, w.store, w.a.scope.Advertiser()))
		w.agrees(t, "with the totals of one up to date")
		w.foldAll(t, w.b)
		w.agrees(t, "with the totals of both up to date")
	})
	t.Run("ASumThatDoesNotFitIsLeftOutOfTheTotals", h.totalsOverflow)
}

// totalsOfAWorld does at random what changes events and totals, and compares
// after each step.
func (h Harness) totalsOfAWorld(t *testing.T, seed uint64) {
	w := newWorld(t, h, seed)
	w.random = rand.New(rand.NewPCG(seed, 0x707a15))
	t.Logf("seed %d", seed)
	w.agrees(t, "at first")
	for range 12 {
		i := w.random.IntN(2)
		p, d := []party{w.a, w.b}[i], &w.one[i]
		var what string
		switch w.random.IntN(7) {
		case 0:
			what = "late events"
			w.more(t, p, d)
		case 1:
			what = "another rate"
			w.rerate(t, p, d)
		case 2:
			what = "another time zone"
			w.moveZone(t, p)
		case 3:
			what = "a rebuild"
			require.NoError(t, rebuild(w.ctx, w.store, p.scope.Advertiser()))
		default:
			what = "a fold"
			_, err := w.store.System().FoldTotals(w.ctx, p.scope.Advertiser())
			require.NoError(t, err)
		}
		w.agrees(t, "after "+what)
	}
}

// agrees requires that reports are those of stats.Fold and that the store's own
// comparison finds nothing.
func (w *world) agrees(t *testing.T, when string) {
	t.Helper()
	w.both.Events = slices.Concat(w.one[0].Events, w.one[1].Events)
	filter := w.filter()
	for _, r := range w.views() {
		reader := w.store.Read(r.view)
		want, err := stats.Fold(r.data).Overview(w.ctx, filter)
		require.NoError(t, err)
		got, err := reader.Stats().Overview(w.ctx, filter)
		agree(t, nil, err, want, got, "overview of "+r.name+" "+when)
		w.compareTable(t, pick(w.random, stats.Kinds()), reader.Stats(), stats.Fold(r.data), filter, w.query(stats.SortName))
	}
	w.sound(t, when)
}

// sound requires that the store's own comparison finds nothing.
func (w *world) sound(t *testing.T, when string) {
	t.Helper()
	for _, p := range []party{w.a, w.b} {
		check, err := w.store.System().VerifyTotals(w.ctx, p.scope.Advertiser())
		require.NoError(t, err, when)
		require.Empty(t, check.Differences[:min(3, len(check.Differences))], when)
	}
}

// foldAll folds until nothing is left.
func (w *world) foldAll(t *testing.T, p party) {
	t.Helper()
	for {
		folded, err := w.store.System().FoldTotals(w.ctx, p.scope.Advertiser())
		require.NoError(t, err)
		if !folded.More {
			return
		}
	}
}

// more records further events, which happened at any time.
func (w *world) more(t *testing.T, p party, d *stats.Data) {
	t.Helper()
	before := d.Events
	d.Events = nil
	w.write(t, p, func(ctx context.Context, tx storage.Tx) error { return w.sales(ctx, tx, p, d) })
	d.Events = slices.Concat(before, d.Events)
}

// rerate changes the commissions of some events; of some to what they are.
func (w *world) rerate(t *testing.T, p party, d *stats.Data) {
	t.Helper()
	d.Events = slices.Clone(d.Events)
	var changes []storage.Recommission
	for range 1 + w.random.IntN(20) {
		e := &d.Events[w.random.IntN(len(d.Events))]
		if w.random.IntN(4) > 0 {
			e.Commission.Amount = w.amount()
		}
		changes = append(changes, storage.Recommission{Event: e.ID, Commission: e.Commission})
	}
	w.write(t, p, func(ctx context.Context, tx storage.Tx) error { return tx.SetCommissions(ctx, changes) })
}

// moveZone changes the reporting time zone of a party.
func (w *world) moveZone(t *testing.T, p party) {
	t.Helper()
	zone := pick(w.random, places()).zone
	w.write(t, p, func(ctx context.Context, tx storage.Tx) error { return w.setZone(ctx, tx, p.scope.Advertiser(), zone) })
}

// due walks through all that is due.
func (w *world) due(t *testing.T) map[tenant.ID]storage.DueTotals {
	t.Helper()
	out := map[tenant.ID]storage.DueTotals{}
	for after := (tenant.ID{}); ; {
		due, err := w.store.System().DueTotals(w.ctx, after)
		require.NoError(t, err)
		if due.Advertiser.IsZero() {
			require.Equal(t, storage.DueTotals{}, due)
			return out
		}
		require.Greater(t, due.Advertiser.String(), after.String(), "in order of the ids")
		require.True(t, due.Waiting > 0 || due.Rebuild)
		out[due.Advertiser], after = due, due.Advertiser
	}
}

func (h Harness) totalsDue(t *testing.T) {
	w := newWorld(t, h, 9)
	for id, due := range w.due(t) {
		require.False(t, due.Rebuild, "new advertisers have totals")
		if due.Waiting > 0 {
			_, err := w.store.System().FoldTotals(w.ctx, id)
			require.NoError(t, err)
		}
	}
	w.foldAll(t, w.a)
	w.foldAll(t, w.b)
	require.Empty(t, w.due(t))
	w.moveZone(t, w.a)
	for id, due := range w.due(t) {
		require.Equal(t, w.a.scope.Advertiser(), id)
		require.Equal(t, storage.DueTotals{Advertiser: id, Rebuild: true}, due)
	}
	w.rebuildDue(t, w.a)
	require.Empty(t, w.due(t))
	made, err := w.store.System().RebuildTotals(w.ctx, w.a.scope.Advertiser(), storage.Rebuild{At: start()})
	require.NoError(t, err)
	require.Equal(t, storage.Rebuilt{}, made, "what is asked for is done, due or not")
	w.agrees(t, "at the end")
}

// rebuildDue has several make the totals of a party at once, which are due if
// the store keeps any: one does it.
func (w *world) rebuildDue(t *testing.T, p party) {
	t.Helper()
	_, due := w.due(t)[p.scope.Advertiser()]
	var made atomic.Int64
	together(t, 3, workers, func(int) error {
		return patiently(func() error {
			rebuilt, err := w.store.System().RebuildTotals(w.ctx, p.scope.Advertiser(), storage.Rebuild{At: start(), IfDue: true})
			if err == nil && !rebuilt.Skipped {
				made.Add(1)
			}
			return err
		})
	})
	if due {
		require.EqualValues(t, 1, made.Load(), "of several at once, one makes them")
	} else {
		require.Zero(t, made.Load(), "nothing is due")
	}
}

// rebuild makes totals anew, due or not.
func rebuild(ctx context.Context, s storage.Store, advertiser tenant.ID) error {
	_, err := s.System().RebuildTotals(ctx, advertiser, storage.Rebuild{At: start()})
	return err
}

func (h Harness) totalsTogether(t *testing.T) {
	w := newWorld(t, h, 10)
	id := w.a.scope.Advertiser()
	made := make([][]attribution.Event, 24)
	for i := range made {
		d := w.one[0]
		for range 1 + w.random.IntN(5) {
			e := w.newEvent(w.a, "", w.random.Int64N(1_000_00))
			e.OccurredAt, e.Decision.Link = w.moment(), pick(w.random, d.Links).ID
			e.Decision.Campaign, e.Decision.Influencer, e.Decision.Coupon = pick(w.random, d.Campaigns).ID, w.someone(&d), pick(w.random, d.Coupons).ID
			e.ExternalID = ""
			e.Print = e.Fingerprint()
			made[i] = append(made[i], e)
		}
	}
	together(t, 3*len(made), workers, func(n int) error {
		i := n / 3
		switch {
		case n%3 == 0:
			return w.insist(w.a, func(ctx context.Context, tx storage.Tx) error {
				_, err := tx.RecordEvents(ctx, made[i])
				return err
			})
		case n%3 == 1 || i%8 != 0:
			return patiently(func() error {
				_, err := w.store.System().FoldTotals(w.ctx, id)
				return err
			})
		default:
			return patiently(func() error { return rebuild(w.ctx, w.store, id) })
		}
	})
	w.one[0].Events = append(slices.Clone(w.one[0].Events), slices.Concat(made...)...)
	w.agrees(t, "after all at once")
	w.foldAll(t, w.a)
	w.agrees(t, "when all is folded")
}

// patiently tries again as long as the store is busy.
func patiently(call func() error) error {
	for {
		if err := call(); !errors.Is(err, fault.Unavailable) {
			return err
		}
	}
}

// totalsCutShort ends the context of a step at some moment or other.
func (h Harness) totalsCutShort(t *testing.T) {
	w := newWorld(t, h, 11)
	id := w.a.scope.Advertiser()
	for i := range 15 {
		within := time.Duration(w.random.IntN(6000)) * time.Microsecond
		if i < 3 { // the quickest store does not get to its end either
			within = 0
		}
		ctx, cancel := context.WithTimeout(w.ctx, within)
		var err error
		if i%3 == 0 {
			err = rebuild(ctx, w.store, id)
		} else {
			_, err = w.store.System().FoldTotals(ctx, id)
		}
		cancel()
		if err != nil {
			has(t, err, fault.Unavailable, "")
		}
		w.sound(t, "after a step that was cut short")
		w.more(t, w.a, &w.one[0])
	}
	w.agrees(t, "at the end")
}

func (h Harness) totalsOverflow(t *testing.T) {
	w := newWorld(t, h, 12)
	var huge []attribution.Event
	for range 2 {
		e := w.newEvent(w.a, "", 0)
		e.Decision, e.Commission.Amount, e.Conversion = attribution.Decision{Method: attribution.None, Source: attribution.Direct}, money.Amount{}, true
		e.ExternalID, e.Value, e.OccurredAt = "", money.Of(1<<62+1<<61, "CLP"), w.around
		e.Print = e.Fingerprint()
		huge = append(huge, e)
	}
	w.one[0].Events = append(slices.Clone(w.one[0].Events), huge...)
	// One is in the totals when the other one comes, so that a fold would have to
	// add it to what is there.
	for i := range huge {
		w.write(t, w.a, func(ctx context.Context, tx storage.Tx) error {
			_, err := tx.RecordEvents(ctx, huge[i:i+1])
			return err
		})
		if i == 0 {
			w.foldAll(t, w.a)
		}
	}
	for _, step := range []func() error{
		func() error {
			_, err := w.store.System().FoldTotals(w.ctx, w.a.scope.Advertiser())
			return err
		},
		func() error { return rebuild(w.ctx, w.store, w.a.scope.Advertiser()) },
	} {
		if err := step(); err != nil {
			has(t, err, fault.Invalid, "amount-overflow")
		}
		day := stats.Filter{From: w.around.Add(-time.Hour), To: w.around.Add(time.Hour)}
		_, err := w.store.Read(w.a.scope.View()).Stats().Overview(w.ctx, day)
		has(t, err, fault.Invalid, "amount-overflow")
		day.From, day.To = w.around.Add(24*time.Hour), w.around.Add(48*time.Hour)
		want, err := stats.Fold(w.one[0]).Overview(w.ctx, day)
		require.NoError(t, err)
		got, err := w.store.Read(w.a.scope.View()).Stats().Overview(w.ctx, day)
		agree(t, nil, err, want, got, "another day")
	}
	w.foldAll(t, w.b)
	w.more(t, w.a, &w.one[0])
}
