package stats_test

import (
	"context"
	"iter"
	"math"
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/stats"
)

func at(hour int) time.Time { return time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC) }

func firstOfMarch() stats.Filter { return stats.Filter{From: at(0), To: at(24)} }

func sale(hour int, minor int64, currency money.Currency) attribution.Event {
	e := attribution.Event{Conversion: true}
	e.Type, e.OccurredAt, e.Value = campaigns.Purchase, at(hour), money.Of(minor, currency)
	return e
}

func overview(t *testing.T, d stats.Data, f stats.Filter) stats.Overview {
	t.Helper()
	out, err := stats.Fold(d).Overview(context.Background(), f)
	require.NoError(t, err)
	return out
}

func TestFold_ClicksAreThoseOfPeopleAndVisitorsAreCountedOnce(t *testing.T) {
	var d stats.Data
	for i, class := range []links.Class{links.Human, links.Human, links.Human, links.Bot, links.Prefetch, links.Duplicate} {
		d.Clicks = append(d.Clicks, links.Click{At: at(1), Class: class, Visitor: links.Visitor{byte(i / 2)}})
	}
	out := overview(t, d, firstOfMarch())
	require.Equal(t, stats.Figures{Clicks: 3, AllClicks: 6, Visitors: 2}, out.Figures)
}

func TestFold_RevenueIsOfConversionsAndPayoutOfAllEvents(t *testing.T) {
	signup := sale(2, 999, "EUR")
	signup.Type, signup.Conversion = campaigns.Signup, false
	signup.Commission.Amount = money.Of(7, "INR")
	free := sale(3, 0, "JPY")
	free.Commission.Amount = money.Of(0, "USD")
	bare := sale(4, 0, "")
	out := overview(t, stats.Data{Events: []attribution.Event{sale(1, 100, "INR"), sale(1, 50, "INR"), signup, free, bare}}, firstOfMarch())
	require.Equal(t, stats.Figures{
		Events: 5, Conversions: 4,
		Revenue: money.Totals{money.Of(150, "INR"), money.Of(0, "JPY")},
		Payout:  money.Totals{money.Of(7, "INR"), money.Of(0, "USD")},
	}, out.Figures)
	require.Nil(t, overview(t, stats.Data{}, firstOfMarch()).Revenue)
}

func TestFold_APurchaseIsRevenueAlsoWhereTheCampaignPaysForSomethingElse(t *testing.T) {
	unpaid, cart := sale(1, 500, "EUR"), sale(1, 900, "EUR")
	unpaid.Conversion = false
	cart.Type, cart.Conversion = campaigns.AddToCart, false
	out := overview(t, stats.Data{Events: []attribution.Event{unpaid, cart}}, firstOfMarch())
	require.Zero(t, out.Conversions)
	require.Equal(t, money.Totals{money.Of(500, "EUR")}, out.Revenue)
}

func TestFold_AverageOrderIsOfPurchasesWithAValueAndRoundsHalfToEven(t *testing.T) {
	lead, unpaid := sale(1, 1000, "EUR"), sale(1, 4, "EUR")
	lead.Type, unpaid.Conversion = campaigns.Lead, false // a purchase counts also where the campaign pays for something else
	out := overview(t, stats.Data{Events: []attribution.Event{
		sale(1, 1, "EUR"), unpaid, lead, sale(1, 0, ""), // 2.5
		sale(1, 3, "INR"), sale(1, 4, "INR"), // 3.5
		sale(1, 1, "JPY"), sale(1, 2, "JPY"), sale(1, 2, "JPY"), // 1.67
		sale(1, 1, "USD"), sale(1, 1, "USD"), sale(1, 2, "USD"), // 1.33
	}}, firstOfMarch())
	require.Equal(t, money.Totals{money.Of(2, "EUR"), money.Of(4, "INR"), money.Of(2, "JPY"), money.Of(1, "USD")}, out.AverageOrder)
	require.Equal(t, []stats.Count{{"EUR", 2}, {"INR", 2}, {"JPY", 3}, {"USD", 3}}, out.Purchases)
}

func TestFold_ASumThatDoesNotFitIsAnError(t *testing.T) {
	d := stats.Data{Events: []attribution.Event{sale(1, math.MaxInt64, "EUR"), sale(1, 1, "EUR")}}
	_, err := stats.Fold(d).Overview(context.Background(), firstOfMarch())
	require.True(t, fault.HasReason(err, "amount-overflow"))
}

func TestFold_ThePeriodIncludesItsStartAndExcludesItsEnd(t *testing.T) {
	for moment, want := range map[time.Time]int64{
		at(0).Add(-1): 0, at(0): 1, at(24).Add(-1): 1, at(24): 0,
	} {
		e := sale(0, 1, "EUR")
		e.OccurredAt = moment
		out := overview(t, stats.Data{Events: []attribution.Event{e}, Clicks: []links.Click{{At: moment}}}, firstOfMarch())
		require.Equal(t, want, out.Events, moment)
		require.Equal(t, want, out.AllClicks, moment)
	}
}

func TestFold_EachListLimitsAlone(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	c, i, l, k := newID[campaigns.ID](r), newID[campaigns.InfluencerID](r), newID[links.ID](r), newID[coupons.ID](r)
	e := sale(1, 1, "EUR")
	e.Decision = attribution.Decision{Campaign: c, Influencer: i, Link: l, Coupon: k}
	d := stats.Data{
		Events: []attribution.Event{e, sale(1, 1, "EUR")},
		Clicks: []links.Click{{At: at(1), Campaign: c, Influencer: i, Link: l}, {At: at(1)}},
	}
	for name, tt := range map[string]struct {
		set            func(f *stats.Filter)
		events, clicks int64
	}{
		"none":                        {func(*stats.Filter) {}, 2, 2},
		"campaigns":                   {func(f *stats.Filter) { f.Campaigns = []campaigns.ID{newID[campaigns.ID](r), c} }, 1, 1},
		"influencers":                 {func(f *stats.Filter) { f.Influencers = []campaigns.InfluencerID{i} }, 1, 1},
		"links":                       {func(f *stats.Filter) { f.Links = []links.ID{l} }, 1, 1},
		"a coupon has no clicks":      {func(f *stats.Filter) { f.Coupons = []coupons.ID{k} }, 1, 0},
		"event types leave clicks be": {func(f *stats.Filter) { f.EventTypes = []campaigns.EventType{"lead"} }, 0, 2},
		"lists must all hold":         {func(f *stats.Filter) { f.Campaigns, f.Links = []campaigns.ID{c}, []links.ID{newID[links.ID](r)} }, 0, 0},
	} {
		f := firstOfMarch()
		tt.set(&f)
		out := overview(t, d, f)
		require.Equal(t, tt.events, out.Events, name)
		require.Equal(t, tt.clicks, out.AllClicks, name)
	}
}

func TestFold_BreakdownAndJourneyAreSortedAndHoldNoClicks(t *testing.T) {
	d := world(1, 200)
	src := stats.Fold(d)
	rows, err := src.Breakdown(context.Background(), year2026())
	require.NoError(t, err)
	require.Len(t, rows, 3)
	for i, want := range []campaigns.EventType{campaigns.Lead, campaigns.Purchase, campaigns.Signup} {
		require.Equal(t, want, rows[i].Type)
		require.Zero(t, rows[i].AllClicks)
	}
	paths, err := src.Journey(context.Background(), year2026())
	require.NoError(t, err)
	require.Len(t, paths, 2*4*3)
	for i, p := range paths[1:] {
		before := paths[i]
		require.Less(t, string(before.Source)+"\x00"+string(before.Method)+"\x00"+string(before.Type),
			string(p.Source)+"\x00"+string(p.Method)+"\x00"+string(p.Type))
	}
}

// exported yields the covered events, as a store's export does.
func exported(d stats.Data, f stats.Filter) iter.Seq2[attribution.Event, error] {
	return func(yield func(attribution.Event, error) bool) {
		for _, e := range d.Events {
			if f.CoversEvent(e) && !yield(e, nil) {
				return
			}
		}
	}
}

func someOf[T any](t *rapid.T, name string, list []T) []T {
	return rapid.SliceOfN(rapid.SampledFrom(list), 0, 2).Draw(t, name)
}

func anyFilter(t *rapid.T, d stats.Data) stats.Filter {
	name := rapid.SampledFrom([]string{
		"UTC", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Berlin", "America/Havana", "Africa/Cairo", "Pacific/Kiritimati",
	}).Draw(t, "zone")
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	f := year2026()
	f.Zone = loc
	f.From = f.From.Add(time.Duration(rapid.Int64Range(0, int64(300*24*time.Hour)).Draw(t, "from")))
	f.To = f.From.Add(time.Duration(rapid.Int64Range(1, int64(300*24*time.Hour)).Draw(t, "length")))
	for _, c := range someOf(t, "campaigns", d.Campaigns) {
		f.Campaigns = append(f.Campaigns, c.ID)
	}
	for _, i := range someOf(t, "influencers", d.Influencers) {
		f.Influencers = append(f.Influencers, i.ID)
	}
	for _, l := range someOf(t, "links", d.Links) {
		f.Links = append(f.Links, l.ID)
	}
	for _, c := range someOf(t, "coupons", d.Coupons) {
		f.Coupons = append(f.Coupons, c.ID)
	}
	f.EventTypes = someOf(t, "types", []campaigns.EventType{campaigns.Purchase, campaigns.Signup})
	return f
}

func TestFold_ReportsReconcileForAnyFilter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := world(rapid.Int64().Draw(t, "seed"), 60)
		f := anyFilter(t, d)
		out, err := stats.Reconcile(context.Background(), stats.Fold(d), f, exported(d, f))
		require.NoError(t, err)
		require.Empty(t, out.Differences())
		for _, unit := range []stats.Unit{stats.Day, stats.Week, stats.Month} {
			all := overviewOf(t, d, f)
			buckets, err := stats.Fold(d).Chart(context.Background(), f, unit)
			require.NoError(t, err)
			var sum stats.Figures
			for _, b := range buckets {
				require.NoError(t, sum.Add(b.Figures))
			}
			sum.Visitors = all.Visitors
			require.Equal(t, all, sum, unit)
		}
	})
}

func overviewOf(t *rapid.T, d stats.Data, f stats.Filter) stats.Figures {
	out, err := stats.Fold(d).Overview(context.Background(), f)
	require.NoError(t, err)
	return out.Figures
}

func TestFold_RefusesBadFiltersInEveryReport(t *testing.T) {
	src, ctx := stats.Fold(stats.Data{}), context.Background()
	bad := stats.Filter{From: at(1), To: at(1)}
	_, err := src.Overview(ctx, bad)
	require.ErrorIs(t, err, fault.Invalid)
	_, err = src.Chart(ctx, bad, stats.Day)
	require.ErrorIs(t, err, fault.Invalid)
	_, err = src.Breakdown(ctx, bad)
	require.ErrorIs(t, err, fault.Invalid)
	_, err = src.Journey(ctx, bad)
	require.ErrorIs(t, err, fault.Invalid)
	_, err = src.Table(ctx, stats.ByCoupon, bad, stats.TableQuery{})
	require.ErrorIs(t, err, fault.Invalid)
	_, err = src.Table(ctx, "people", firstOfMarch(), stats.TableQuery{})
	require.True(t, fault.HasReason(err, "unknown-kind"))
	_, err = src.Chart(ctx, firstOfMarch(), "year")
	require.True(t, fault.HasReason(err, "unknown-unit"))
}

func TestFold_StopsForACallerWhoGaveUp(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := stats.Fold(stats.Data{}).Overview(ctx, firstOfMarch())
	require.ErrorIs(t, err, fault.Unavailable)
}

func BenchmarkFold_Table(b *testing.B) {
	d := world(1, 10_000)
	src := stats.Fold(d)
	for b.Loop() {
		_, err := src.Table(context.Background(), stats.ByLink, year2026(), stats.TableQuery{})
		require.NoError(b, err)
	}
}
