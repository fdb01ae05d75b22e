package demo_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/links"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/server/cmd/superher/internal/demo"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func end() time.Time { return time.Date(2026, 6, 17, 15, 42, 7, 0, time.UTC) }

// fill returns a filled store with its story.
func fill(t *testing.T, seed uint64, end time.Time) (demo.Story, *superher.Client) {
	t.Helper()
	store := memory.New()
	story, err := demo.Fill(t.Context(), demo.Config{Store: store, End: end, Seed: seed})
	require.NoError(t, err)
	client, err := superher.New(superher.Config{Store: store, Now: func() time.Time { return end }})
	require.NoError(t, err)
	return story, client
}

func overviews(t *testing.T, story demo.Story, client *superher.Client) []stats.Overview {
	t.Helper()
	var all []stats.Overview
	for _, b := range story.Brands {
		o, err := client.For(tenant.For(b.Advertiser.ID)).Stats().Overview(t.Context(), stats.Filter{From: b.From, To: b.To})
		require.NoError(t, err)
		all = append(all, o)
	}
	return all
}

func TestFill_SameSeedAndEndGiveTheSameData(t *testing.T) {
	one, first := fill(t, 1, end())
	two, second := fill(t, 1, end().Add(12*time.Minute)) // the same whole hour
	require.Equal(t, one, two)
	require.Equal(t, overviews(t, one, first), overviews(t, two, second))
}

func TestFill_PeopleAndCodesDoNotDependOnTheEnd_TrafficDependsOnTheSeed(t *testing.T) {
	one, first := fill(t, 1, end())
	later, _ := fill(t, 1, end().AddDate(0, 2, 3))
	for i := range one.Brands {
		a, b := one.Brands[i], later.Brands[i]
		require.Equal(t, a.Influencer.Name, b.Influencer.Name)
		require.Equal(t, a.Link.Code, b.Link.Code)
		require.Equal(t, a.Coupon, b.Coupon)
	}
	other, third := fill(t, 2, end())
	require.NotEqual(t, overviews(t, one, first), overviews(t, other, third))
}

// The story itself, looked at from all sides.
func TestFill(t *testing.T) {
	story, client := fill(t, 1, end())
	for name, look := range map[string]func(*testing.T, demo.Story, *superher.Client){
		"IsOfTheExpectedSize":              isOfTheExpectedSize,
		"EveryReportAgreesWithTheOverview": everyReportAgrees,
		"ShowsEveryKindOfCreditAndVerdict": showsEveryKind,
		"CampaignsStandInEveryState":       campaignsStandInEveryState,
	} {
		t.Run(name, func(t *testing.T) { look(t, story, client) })
	}
}

func isOfTheExpectedSize(t *testing.T, story demo.Story, client *superher.Client) {
	t.Helper()
	t.Logf("%d clicks, %d events, %d repeats", story.Clicks, story.Events, story.Repeats)
	require.InDelta(t, 80_000, story.Clicks, 20_000)
	require.InDelta(t, 11_500, story.Events, 3_500)
	require.Positive(t, story.Repeats)
	require.Len(t, story.Brands, 3)
	var clicks, events int64
	for i, o := range overviews(t, story, client) {
		t.Logf("%s: %d of %d clicks, %d events, %d conversions, revenue %v, payout %v",
			story.Brands[i].Advertiser.Name, o.Clicks, o.AllClicks, o.Events, o.Conversions, o.Revenue, o.Payout)
		clicks, events = clicks+o.AllClicks, events+o.Events
		require.Len(t, o.Revenue, 3, "several currencies")
		require.Less(t, o.Clicks, o.AllClicks)
	}
	require.EqualValues(t, story.Clicks, clicks, "every hit is in a report")
	require.EqualValues(t, story.Events, events, "every event is in a report")
}

func everyReportAgrees(t *testing.T, story demo.Story, client *superher.Client) {
	t.Helper()
	for _, b := range story.Brands {
		r, err := client.For(tenant.For(b.Advertiser.ID)).Reconcile(t.Context(), stats.Filter{From: b.From, To: b.To})
		require.NoError(t, err)
		require.True(t, r.Agrees(), "%+v", r)
	}
}

// Whatever superher can tell apart should be there to be looked at.
func showsEveryKind(t *testing.T, story demo.Story, client *superher.Client) {
	t.Helper()
	methods := map[attribution.Method]bool{}
	types := map[campaigns.EventType]bool{}
	reasons := map[payouts.Reason]bool{}
	verdicts := map[attribution.Verdict]bool{}
	terms := map[int]bool{}
	for _, b := range story.Brands {
		for e, err := range client.For(tenant.For(b.Advertiser.ID)).EachEvent(t.Context(), stats.Filter{From: b.From, To: b.To}) {
			require.NoError(t, err)
			methods[e.Decision.Method], types[e.Type] = true, true
			reasons[e.Commission.Reason], terms[e.Commission.Terms.Version] = true, true
			for _, c := range e.Decision.Candidates {
				verdicts[c.Verdict] = true
			}
		}
	}
	require.Len(t, methods, len(attribution.Methods()))
	require.Len(t, types, 4)
	for _, r := range []payouts.Reason{payouts.Earned, payouts.NoInfluencer, payouts.NotConversion, payouts.NoTerms} {
		require.Contains(t, reasons, r)
	}
	require.Contains(t, terms, 2, "terms change in the middle")
	for _, v := range []attribution.Verdict{
		attribution.Won, attribution.CreditedByCoupon, attribution.Outranked, attribution.UnknownCode, attribution.IsDisabled,
		attribution.NotYetValid, attribution.Expired, attribution.CampaignPaused, attribution.CampaignOver,
	} {
		require.Contains(t, verdicts, v)
	}
}

func campaignsStandInEveryState(t *testing.T, story demo.Story, client *superher.Client) {
	t.Helper()
	states := map[campaigns.Status]bool{}
	people := map[campaigns.InfluencerID]int{}
	for _, b := range story.Brands {
		account := client.For(tenant.For(b.Advertiser.ID))
		list, err := account.Campaigns(t.Context(), storage.Page{Limit: storage.MaxPage})
		require.NoError(t, err)
		for _, c := range list.Items {
			states[c.Status] = true
		}
		known, err := account.Influencers(t.Context(), campaigns.ID{}, storage.Page{Limit: storage.MaxPage})
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(known.Items), 6)
		require.LessOrEqual(t, len(known.Items), 12)
		for _, p := range known.Items {
			people[p.ID]++
		}
		open, err := account.Links(t.Context(), storage.Of{}, storage.Page{Limit: storage.MaxPage})
		require.NoError(t, err)
		require.InDelta(t, 20, len(open.Items), 6)
	}
	require.Len(t, states, len(campaigns.Statuses()))
	shared := 0
	for _, brands := range people {
		if brands > 1 {
			shared++
		}
	}
	require.Equal(t, 1, shared, "one person works for two brands")
}

func TestPeople_AreHumanAndRobotsAreNot(t *testing.T) {
	for _, agent := range demo.People() {
		class, reason := links.Classify(links.Hit{Method: "GET", UserAgent: agent})
		require.Equal(t, links.Human, class, "%s: %s", agent, reason)
	}
	for _, agent := range demo.Robots() {
		class, _ := links.Classify(links.Hit{Method: "GET", UserAgent: agent})
		require.NotEqual(t, links.Human, class, agent)
	}
}

func TestFill_ReportsACancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := demo.Fill(ctx, demo.Config{Store: memory.New(), End: end(), Seed: 1})
	require.Error(t, err)
}
