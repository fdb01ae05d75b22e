package storagetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
)

// seedsOfAWorld is how many seeds share one world: filling a store takes
// longer than asking it.
const seedsOfAWorld = 5

// tableQueries is how many random queries each kind of table is asked for a
// view and seed.
const tableQueries = 3

// stats compares every report with stats.Fold on the same data, for random
// worlds, views, filters, zones, units and table queries.
func (h Harness) stats(t *testing.T) {
	t.Run("EveryReportAgreesWithFold", h.reportsOfWorlds)
	h.badReports(t)
	t.Run("ACurrencyThatOccurredIsListedWithZero", func(t *testing.T) {
		f := newFixture(t, h)
		free := f.newEvent(f.a, "free", 0)
		free.Value, free.Commission.Amount = money.Of(0, "KWD"), money.Of(0, "JPY")
		f.record(t, f.a, free)
		o, err := f.read(f.a).Stats().Overview(f.ctx, forever())
		require.NoError(t, err)
		require.Equal(t, money.Totals{money.Of(149_900, "INR"), money.Of(0, "KWD")}, o.Revenue)
		require.Equal(t, money.Totals{money.Of(14_990, "INR"), money.Of(0, "JPY")}, o.Payout)
	})
	t.Run("WhatLiesInTheOtherDaysOfAMonthIsNotThere", func(t *testing.T) {
		f := newFixture(t, h)
		inside, outside := f.newEvent(f.a, "inside", 100), f.newEvent(f.a, "outside", 100)
		inside.OccurredAt, outside.OccurredAt = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		other := f.newInfluencer(f.a, "Other")
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return tx.CreateInfluencer(ctx, other) })
		outside.Type, outside.Decision.Influencer = "custom_1", other.ID
		f.record(t, f.a, inside, outside)
		period := stats.Filter{From: time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)}
		page, err := f.read(f.a).Stats().Payouts(f.ctx, period, stats.PayoutQuery{})
		require.NoError(t, err)
		require.Len(t, page.Rows, 1)
		require.Equal(t, inside.Decision.Influencer, page.Rows[0].Influencer)
		types, err := f.read(f.a).Stats().Breakdown(f.ctx, period)
		require.NoError(t, err)
		require.Len(t, types, 1)
	})
	t.Run("AnEmptyStoreHasEmptyReports", func(t *testing.T) {
		f := newFixture(t, h)
		w := &world{fixture: f, random: newRandom(1), around: start()}
		filter := stats.Filter{From: start(), To: start().AddDate(0, 0, 3)}
		w.compare(t, f.read(f.unknown).Stats(), stats.Data{}, filter)
	})
}

func (h Harness) reportsOfWorlds(t *testing.T) {
	var w *world
	for seed := h.FirstSeed; seed < h.FirstSeed+uint64(h.Seeds); seed++ {
		if w == nil || seed%seedsOfAWorld == 0 {
			w = newWorld(t, h, seed/seedsOfAWorld)
		}
		random := *w
		random.random = newRandom(seed)
		filter := random.filter()
		for i, r := range w.views() {
			reader := w.store.Read(r.view)
			if !t.Run(fmt.Sprintf("Seed%d/%s", seed, r.name), func(t *testing.T) {
				t.Cleanup(func() {
					if t.Failed() {
						t.Logf("seed %d: Harness{FirstSeed: %d, Seeds: 1} repeats it; filter %+v", seed, seed, filter)
					}
				})
				random.compare(t, reader.Stats(), r.data, filter)
				random.compareEvents(t, collect(t, reader.EachEvent(w.ctx, filter)), r.data, filter)
				random.compareList(t, reader, r.data, storage.EventFilter{Filter: filter})
				random.compareList(t, reader, r.data, storage.EventFilter{Filter: filter, Method: pick(random.random, attribution.Methods())})
				if int(seed%3) == i { // one view for each seed, as it asks for every page of every table
					got, err := stats.Reconcile(w.ctx, reader.Stats(), filter, reader.EachEvent(w.ctx, filter))
					require.NoError(t, err)
					require.Empty(t, got.Differences(), "the reports agree with each other")
				}
			}) {
				return
			}
		}
	}
}

// badReports holds that what cannot be reported is refused.
func (h Harness) badReports(t *testing.T) {
	t.Run("ABadFilterIsInvalidInEveryReport", func(t *testing.T) {
		f := newFixture(t, h)
		long, many, backwards := forever(), forever(), forever()
		long.To = long.From.Add(stats.MaxPeriod + 1)
		many.Links = make([]links.ID, stats.MaxFilterIDs+1)
		backwards.From, backwards.To = backwards.To, backwards.From
		for _, bad := range []stats.Filter{{}, {From: start()}, {To: start()}, {From: start(), To: start()}, long, many, backwards} {
			eachReport(f.ctx, f.read(f.a).Stats(), bad, func(name string, err error) {
				has(t, err, fault.Invalid, "")
			})
		}
		full := forever()
		for range stats.MaxFilterIDs {
			full.Campaigns = append(full.Campaigns, newID[campaigns.Campaign](f.ids))
		}
		eachReport(f.ctx, f.read(f.a).Stats(), full, func(name string, err error) { require.NoError(t, err, name) })
	})
	t.Run("TooManyBucketsAreInvalid", func(t *testing.T) {
		f := newFixture(t, h)
		period := stats.Filter{From: start().Truncate(time.Hour)}
		period.To = period.From.Add(stats.MaxBuckets * time.Hour)
		chart, err := f.read(f.a).Stats().Chart(f.ctx, period, stats.Hour)
		require.NoError(t, err)
		require.Len(t, chart, stats.MaxBuckets)
		period.To = period.To.Add(time.Microsecond)
		_, err = f.read(f.a).Stats().Chart(f.ctx, period, stats.Hour)
		has(t, err, fault.Invalid, "too-many-buckets")
	})
	t.Run("AnUnknownUnitKindSortOrCursorIsInvalid", func(t *testing.T) {
		f := newFixture(t, h)
		source := f.read(f.a).Stats()
		_, err := source.Chart(f.ctx, forever(), "fortnight")
		has(t, err, fault.Invalid, "")
		_, err = source.Table(f.ctx, "brands", forever(), stats.TableQuery{})
		has(t, err, fault.Invalid, "")
		for _, bad := range []stats.TableQuery{
			{Sort: "name; DROP TABLE"}, {Sort: stats.SortRevenue}, {Limit: -1}, {Limit: stats.MaxRows + 1}, {Cursor: "garbage"},
			{Cursor: stats.TableQuery{Sort: stats.SortName}.After("x", [16]byte{1})}, {Search: strings.Repeat("x", stats.MaxSearch+1)},
		} {
			_, err = source.Table(f.ctx, stats.ByLink, forever(), bad)
			has(t, err, fault.Invalid, "")
		}
		for _, bad := range []stats.PayoutQuery{
			{Limit: -1}, {Limit: stats.MaxRows + 1}, {Cursor: "garbage"}, {Cursor: stats.TableQuery{Sort: stats.SortName}.After("x", [16]byte{1})},
		} {
			_, err = source.Payouts(f.ctx, forever(), bad)
			has(t, err, fault.Invalid, "")
		}
	})
}

func eachReport(ctx context.Context, s stats.Source, f stats.Filter, check func(name string, err error)) {
	_, err := s.Overview(ctx, f)
	check("Overview", err)
	_, err = s.Chart(ctx, f, stats.Month)
	check("Chart", err)
	_, err = s.Breakdown(ctx, f)
	check("Breakdown", err)
	_, err = s.Journey(ctx, f)
	check("Journey", err)
	_, err = s.Payouts(ctx, f, stats.PayoutQuery{})
	check("Payouts", err)
	for _, kind := range stats.Kinds() {
		_, err = s.Table(ctx, kind, f, stats.TableQuery{})
		check("Table", err)
	}
}

// filter draws what a report covers, with a foreign or unknown id now and then.
func (w *world) filter() stats.Filter {
	at := pick(w.random, places())
	if w.random.IntN(3) > 0 {
		for _, p := range places() {
			if p.around.Equal(w.around) {
				at = p
			}
		}
	}
	zone, err := time.LoadLocation(at.zone)
	if err != nil {
		panic("storagetest: no time zone database: " + err.Error())
	}
	f := stats.Filter{Zone: zone}
	if at.zone == "UTC" && w.random.IntN(2) == 0 {
		f.Zone = nil
	}
	from := w.around.In(zone)
	f.From = time.Date(from.Year(), from.Month(), from.Day()-w.random.IntN(4), 0, 0, 0, 0, zone)
	f.To = f.From.AddDate(0, 0, 1+w.random.IntN(6))
	switch w.random.IntN(4) {
	case 0:
		f.From, f.To = f.From.AddDate(0, -4, 0), f.To.AddDate(0, 3, 0)
	case 1: // bounds in the middle of nowhere, and of something
		f.From, f.To = f.From.Add(time.Duration(w.random.Int64N(int64(20*time.Hour)))), pick(w.random, w.both.Events).OccurredAt
		if !f.From.Before(f.To) {
			f.From = f.To.Add(-50 * time.Hour)
		}
	case 2: // days of UTC, whatever the zone
		f.From, f.To = f.From.Truncate(24*time.Hour), f.To.Truncate(24*time.Hour).AddDate(0, 0, 1)
	}
	some := func() bool { return w.random.IntN(5) == 0 }
	if some() {
		f.Campaigns = []campaigns.ID{pick(w.random, w.both.Campaigns).ID, pick(w.random, w.one[0].Campaigns).ID}
	}
	if some() {
		f.Influencers = []campaigns.InfluencerID{pick(w.random, w.both.Influencers).ID, {0xff}}
	}
	if some() {
		f.Links = []links.ID{pick(w.random, w.both.Links).ID, pick(w.random, w.one[0].Links).ID}
	}
	if some() {
		f.Coupons = []coupons.ID{pick(w.random, w.both.Coupons).ID, pick(w.random, w.one[1].Coupons).ID}
	}
	if some() {
		f.EventTypes = []campaigns.EventType{pick(w.random, eventTypes()), "never_seen"}
	}
	return f
}

// compare asks for every report twice: got of the store, want of stats.Fold.
func (w *world) compare(t *testing.T, source stats.Source, data stats.Data, f stats.Filter) {
	t.Helper()
	fold := stats.Fold(data)
	want, wantErr := fold.Overview(w.ctx, f)
	got, err := source.Overview(w.ctx, f)
	agree(t, wantErr, err, want, got, "overview")
	for _, unit := range []stats.Unit{stats.Hour, stats.Day, stats.Week, stats.Month} {
		want, wantErr := fold.Chart(w.ctx, f, unit)
		got, err := source.Chart(w.ctx, f, unit)
		agree(t, wantErr, err, want, got, "chart by "+string(unit))
		for _, b := range got {
			require.Equal(t, f.Location().String(), b.Start.Location().String(), "buckets start in the filter's zone")
		}
	}
	wantTypes, wantErr := fold.Breakdown(w.ctx, f)
	types, err := source.Breakdown(w.ctx, f)
	agree(t, wantErr, err, wantTypes, types, "breakdown")
	wantPaths, wantErr := fold.Journey(w.ctx, f)
	paths, err := source.Journey(w.ctx, f)
	agree(t, wantErr, err, wantPaths, paths, "journey")
	w.comparePayouts(t, source, fold, f)
	for _, kind := range stats.Kinds() {
		for range tableQueries {
			w.compareTable(t, kind, source, fold, f, w.query(pick(w.random, append(stats.Sorts(), ""))))
		}
	}
}

func agree[T any](t *testing.T, wantErr, gotErr error, want, got T, what string) {
	t.Helper()
	if wantErr != nil {
		require.Error(t, gotErr, what)
		require.Equal(t, fault.Of(wantErr).Reason, fault.Of(gotErr).Reason, what)
		return
	}
	require.NoError(t, gotErr, what)
	same(t, want, got, what)
}

// query draws how a table is asked for.
func (w *world) query(sort stats.Sort) stats.TableQuery {
	q := stats.TableQuery{Sort: sort, Reverse: w.random.IntN(2) == 0, Limit: pick(w.random, []int{0, 1, 2, 3, stats.MaxRows})}
	if sort == stats.SortRevenue || sort == stats.SortPayout {
		q.Currency = pick(w.random, append(currencies(), "USD"))
	}
	if w.random.IntN(3) == 0 {
		q.Search = pick(w.random, []string{"summer", "SUM", "%", "_", "\\", "é", "É", "É", "zo", "'", "a_b", "nothing", "-", "日", "İ", "ss"})
	}
	return q
}

// compareTable walks all pages of both sides, each with its own cursors.
func (w *world) compareTable(t *testing.T, kind stats.Kind, source, fold stats.Source, f stats.Filter, q stats.TableQuery) {
	t.Helper()
	wantQuery := q
	for range 100 {
		want, wantErr := fold.Table(w.ctx, kind, f, wantQuery)
		got, err := source.Table(w.ctx, kind, f, q)
		wantQuery.Cursor, q.Cursor = want.Next, got.Next
		require.Equal(t, want.Next == "", got.Next == "", "%s %+v: there is a next page", kind, q)
		want.Next, got.Next = "", ""
		agree(t, wantErr, err, want, got, string(kind)+" by "+string(q.Sort)+" search "+q.Search)
		if q.Cursor == "" {
			return
		}
	}
	require.Fail(t, "the table does not end", "%s %+v", kind, q)
}

// comparePayouts walks all pages of both sides, and requires that what was
// earned is what the overview says.
func (w *world) comparePayouts(t *testing.T, source, fold stats.Source, f stats.Filter) {
	t.Helper()
	overview, err := source.Overview(w.ctx, f)
	require.NoError(t, err)
	q := stats.PayoutQuery{Limit: pick(w.random, []int{0, 1, 2, 3, stats.MaxRows})}
	wantQuery := q
	for range 100 {
		want, wantErr := fold.Payouts(w.ctx, f, wantQuery)
		got, err := source.Payouts(w.ctx, f, q)
		wantQuery.Cursor, q.Cursor = want.Next, got.Next
		require.Equal(t, want.Next == "", got.Next == "", "payouts %+v: there is a next page", q)
		want.Next, got.Next = "", ""
		agree(t, wantErr, err, want, got, "payouts")
		same(t, overview.Payout, got.Totals.Payout, "the totals of every page are what the overview says")
		if q.Cursor == "" {
			return
		}
	}
	require.Fail(t, "the payouts do not end", "%+v", q)
}

// compareList requires the covered events on the pages of a list, the latest first.
func (w *world) compareList(t *testing.T, r storage.Reader, data stats.Data, f storage.EventFilter) {
	t.Helper()
	want := w.covered(data, f.Filter)
	slices.Reverse(want)
	if f.Method != "" {
		want = slices.DeleteFunc(want, func(e attribution.Event) bool { return e.Decision.Method != f.Method })
	}
	limit := pick(w.random, []int{0, 7, 40, storage.MaxPage})
	got := all(t, func(p storage.Page) (storage.List[attribution.Event], error) { return r.Events(w.ctx, f, p) }, limit)
	same(t, want, got, "the list of events")
}

// compareEvents requires the covered events, and in their order.
func (w *world) compareEvents(t *testing.T, got []attribution.Event, data stats.Data, f stats.Filter) {
	t.Helper()
	same(t, w.covered(data, f), got, "the events")
}

// covered is what a filter covers, by OccurredAt and then id.
func (w *world) covered(data stats.Data, f stats.Filter) []attribution.Event {
	var want []attribution.Event
	for _, e := range data.Events {
		if !e.OccurredAt.Before(f.From) && e.OccurredAt.Before(f.To) && listed(f.Campaigns, e.Decision.Campaign) &&
			listed(f.Influencers, e.Decision.Influencer) && listed(f.Links, e.Decision.Link) && listed(f.Coupons, e.Decision.Coupon) &&
			listed(f.EventTypes, e.Type) {
			want = append(want, e)
		}
	}
	slices.SortFunc(want, func(a, b attribution.Event) int {
		return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), bytes.Compare(a.ID[:], b.ID[:]))
	})
	return want
}

func listed[T comparable](list []T, value T) bool {
	return len(list) == 0 || slices.Contains(list, value)
}
