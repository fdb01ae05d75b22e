package stats_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/stats"
)

// structure has two campaigns, three people, and no events or clicks: Ann is
// assigned to Spring, Bob owns a link in Spring and a coupon in Fall, Cid
// nothing at all. Spring also has a coupon without an influencer.
func structure() stats.Data {
	spring, fall := campaigns.ID{1}, campaigns.ID{2}
	ann, bob, cid := campaigns.InfluencerID{1}, campaigns.InfluencerID{2}, campaigns.InfluencerID{3}
	return stats.Data{
		Campaigns:   []campaigns.Campaign{{ID: spring, Name: "Spring"}, {ID: fall, Name: "Fall"}},
		Influencers: []campaigns.Influencer{{ID: ann, Name: "Ann"}, {ID: bob, Name: "Bob", Handle: "@Bobby_100%"}, {ID: cid, Name: "Cid"}},
		Assignments: []campaigns.Assignment{{Campaign: spring, Influencer: ann}},
		Links:       []links.Link{{ID: links.ID{1}, Campaign: spring, Influencer: bob, Code: "bobs", Title: "Bio"}},
		Coupons: []coupons.Coupon{
			{ID: coupons.ID{1}, Campaign: fall, Influencer: bob, Code: "BOB10"},
			{ID: coupons.ID{2}, Campaign: spring, Code: "SPRING"},
		},
	}
}

func names(t testing.TB, d stats.Data, kind stats.Kind, f stats.Filter, q stats.TableQuery) []string {
	t.Helper()
	if q.Sort == "" {
		q.Sort = stats.SortName
	}
	table, err := stats.Fold(d).Table(context.Background(), kind, f, q)
	require.NoError(t, err)
	var out []string
	for _, r := range table.Rows {
		out = append(out, r.Name)
	}
	return out
}

func TestReach_RowsWithoutFigures(t *testing.T) {
	none := func(*stats.Filter) {}
	inSpring := func(f *stats.Filter) { f.Campaigns = []campaigns.ID{{1}} }
	ofAnn := func(f *stats.Filter) { f.Influencers = []campaigns.InfluencerID{{1}} }
	ofBob := func(f *stats.Filter) { f.Influencers = []campaigns.InfluencerID{{2}} }
	byLink := func(f *stats.Filter) { f.Links = []links.ID{{1}} }
	byCoupon := func(f *stats.Filter) { f.Coupons = []coupons.ID{{1}} }
	both := func(f *stats.Filter) { byLink(f); byCoupon(f) }
	leads := func(f *stats.Filter) { f.EventTypes = []campaigns.EventType{"lead"} }
	for _, tt := range []struct {
		name string
		kind stats.Kind
		set  func(*stats.Filter)
		want string
	}{
		{"everything is in reach without lists", stats.ByCampaign, none, "Fall Spring"},
		{"also who takes part in nothing", stats.ByInfluencer, none, "Ann Bob Cid"},
		{"all coupons", stats.ByCoupon, none, "BOB10 SPRING"},
		{"all links", stats.ByLink, none, "bobs"},
		{"event types do not matter", stats.ByLink, leads, "bobs"},
		{"a campaign by its own list", stats.ByCampaign, inSpring, "Spring"},
		{"a campaign by an assigned influencer", stats.ByCampaign, ofAnn, "Spring"},
		{"a campaign by the owner of a link or coupon", stats.ByCampaign, ofBob, "Fall Spring"},
		{"a campaign by its link", stats.ByCampaign, byLink, "Spring"},
		{"a campaign by its coupon", stats.ByCampaign, byCoupon, "Fall"},
		{"a campaign needs every list", stats.ByCampaign, both, ""},
		{"an influencer by assignment or ownership in a campaign", stats.ByInfluencer, inSpring, "Ann Bob"},
		{"an influencer by own list", stats.ByInfluencer, ofAnn, "Ann"},
		{"an influencer by own link", stats.ByInfluencer, byLink, "Bob"},
		{"an influencer by own coupon", stats.ByInfluencer, byCoupon, "Bob"},
		{"an influencer may own both", stats.ByInfluencer, both, "Bob"},
		{"a coupon by its campaign", stats.ByCoupon, inSpring, "SPRING"},
		{"a coupon by its influencer", stats.ByCoupon, ofBob, "BOB10"},
		{"a coupon by own list", stats.ByCoupon, byCoupon, "BOB10"},
		{"no coupon for a link", stats.ByCoupon, byLink, ""},
		{"a link by its influencer", stats.ByLink, ofAnn, ""},
		{"a link by own list", stats.ByLink, byLink, "bobs"},
		{"no link for a coupon", stats.ByLink, byCoupon, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := firstOfMarch()
			tt.set(&f)
			require.Equal(t, tt.want, strings.Join(names(t, structure(), tt.kind, f, stats.TableQuery{}), " "))
		})
	}
}

func TestTable_WhatIsCoveredHasARowOutOfReachToo(t *testing.T) {
	d := structure()
	e := sale(1, 5, "EUR")
	e.Decision = attribution.Decision{Campaign: campaigns.ID{2}, Influencer: campaigns.InfluencerID{3}, Coupon: coupons.ID{1}, Link: links.ID{1}}
	d.Events = append(d.Events, e)
	f := firstOfMarch()
	f.Coupons = []coupons.ID{{1}}
	require.Equal(t, []string{"bobs"}, names(t, d, stats.ByLink, f, stats.TableQuery{}))
	require.Equal(t, []string{"Bob", "Cid"}, names(t, d, stats.ByInfluencer, f, stats.TableQuery{}))
}

func TestTable_SearchIsPlainTextWithASCIILettersInAnyCase(t *testing.T) {
	for search, want := range map[string]string{
		"BOB": "Bob", "bobby": "Bob", "_1": "Bob", "0%": "Bob", "%": "Bob", "n": "Ann", "": "Ann Bob Cid", "x": "", "b_b": "",
	} {
		require.Equal(t, want, strings.Join(names(t, structure(), stats.ByInfluencer, firstOfMarch(), stats.TableQuery{Search: search}), " "), search)
	}
	d := structure()
	d.Campaigns[0].Name = "Ärger"
	require.Empty(t, names(t, d, stats.ByCampaign, firstOfMarch(), stats.TableQuery{Search: "ä"}))
	require.Len(t, names(t, d, stats.ByCampaign, firstOfMarch(), stats.TableQuery{Search: "Ä"}), 1)
}

func TestTable_TotalsFollowTheSearchAndUnattributedDoesNot(t *testing.T) {
	d := structure()
	visitor := links.Visitor{1}
	second := links.Link{ID: links.ID{2}, Campaign: campaigns.ID{1}, Code: "other"}
	d.Links = append(d.Links, second)
	for _, l := range d.Links {
		d.Clicks = append(d.Clicks, links.Click{At: at(1), Link: l.ID, Campaign: l.Campaign, Influencer: l.Influencer, Visitor: visitor, Class: links.Human})
	}
	d.Events = append(d.Events, sale(1, 5, "EUR"))
	table := func(kind stats.Kind, search string) stats.Table {
		out, err := stats.Fold(d).Table(context.Background(), kind, firstOfMarch(), stats.TableQuery{Search: search})
		require.NoError(t, err)
		return out
	}
	lone := stats.Figures{Events: 1, Conversions: 1, Revenue: money.Totals{money.Of(5, "EUR")}}
	all := table(stats.ByLink, "")
	require.Equal(t, stats.Figures{Clicks: 2, AllClicks: 2, Visitors: 1}, all.Totals, "a visitor of two rows is one")
	require.Equal(t, lone, all.Unattributed)
	found := table(stats.ByLink, "other")
	require.Equal(t, stats.Figures{Clicks: 1, AllClicks: 1, Visitors: 1}, found.Totals)
	require.Equal(t, lone, found.Unattributed)
	require.Equal(t, int64(1), table(stats.ByInfluencer, "").Unattributed.Clicks, "the link without an influencer")
	require.Equal(t, int64(2), table(stats.ByCoupon, "").Unattributed.Clicks, "no click belongs to a coupon")
}

func TestTable_Order(t *testing.T) {
	d := structure()
	for i, minor := range []int64{5, 7, 7} {
		e := sale(1, minor, "EUR")
		e.Decision.Influencer = d.Influencers[i].ID
		d.Events = append(d.Events, e)
	}
	byRevenue := stats.TableQuery{Sort: stats.SortRevenue, Currency: "EUR"}
	require.Equal(t, []string{"Bob", "Cid", "Ann"}, names(t, d, stats.ByInfluencer, firstOfMarch(), byRevenue))
	byRevenue.Reverse = true
	require.Equal(t, []string{"Ann", "Bob", "Cid"}, names(t, d, stats.ByInfluencer, firstOfMarch(), byRevenue), "ties stay in order of the ids")
	byRevenue.Currency = "INR"
	require.Equal(t, []string{"Ann", "Bob", "Cid"}, names(t, d, stats.ByInfluencer, firstOfMarch(), byRevenue), "zero without the currency")
	require.Equal(t, []string{"Cid", "Bob", "Ann"}, names(t, d, stats.ByInfluencer, firstOfMarch(), stats.TableQuery{Sort: stats.SortName, Reverse: true}))
	d.Influencers[0].Name = "ann"
	require.Equal(t, []string{"Bob", "Cid", "ann"}, names(t, d, stats.ByInfluencer, firstOfMarch(), stats.TableQuery{}), "bytewise")
}

func TestTable_PagesGiveEveryRowOnceInEveryOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := world(rapid.Int64().Draw(t, "seed"), 40)
		src, ctx := stats.Fold(d), context.Background()
		kind := rapid.SampledFrom(stats.Kinds()).Draw(t, "kind")
		q := stats.TableQuery{
			Sort: rapid.SampledFrom(stats.Sorts()).Draw(t, "sort"), Reverse: rapid.Bool().Draw(t, "reverse"), Currency: "EUR", Limit: stats.MaxRows,
		}
		whole, err := src.Table(ctx, kind, year2026(), q)
		require.NoError(t, err)
		require.Empty(t, whole.Next)
		q.Limit = rapid.IntRange(1, 4).Draw(t, "limit")
		var rows []stats.Row
		for {
			page, err := src.Table(ctx, kind, year2026(), q)
			require.NoError(t, err)
			require.Equal(t, whole.Totals, page.Totals)
			rows = append(rows, page.Rows...)
			require.LessOrEqual(t, len(rows), len(whole.Rows))
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
			require.Len(t, page.Rows, q.Limit)
		}
		require.True(t, slices.EqualFunc(whole.Rows, rows, func(a, b stats.Row) bool { return a.ID == b.ID }))
	})
}
