package stats_test

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/stats"
)

// credited is a sale whose commission is a tenth of its value.
func credited(campaign, influencer byte, minor int64, currency money.Currency) attribution.Event {
	e := sale(1, minor, currency)
	if campaign > 0 {
		e.Decision.Campaign = campaigns.ID{campaign}
	}
	if influencer > 0 {
		e.Decision.Influencer = campaigns.InfluencerID{influencer}
		e.Commission.Amount = money.Of(minor/10, currency)
	}
	return e
}

func payoutsOf(t testing.TB, d stats.Data, f stats.Filter, q stats.PayoutQuery) stats.PayoutTable {
	t.Helper()
	out, err := stats.Fold(d).Payouts(context.Background(), f, q)
	require.NoError(t, err)
	return out
}

func TestPayouts_ARowForEachPairNewestFirstWithItsNames(t *testing.T) {
	d := structure()
	d.Clicks = []links.Click{{At: at(1), Campaign: campaigns.ID{1}, Influencer: campaigns.InfluencerID{1}, Class: links.Human}}
	d.Events = []attribution.Event{
		credited(1, 1, 100, "EUR"), credited(2, 1, 200, "EUR"), credited(2, 3, 300, "INR"),
		credited(1, 1, 50, "EUR"), credited(1, 1, 70, "INR"), credited(9, 9, 10, "EUR"),
	}
	out := payoutsOf(t, d, firstOfMarch(), stats.PayoutQuery{})
	figures := func(n int64, amounts ...money.Amount) stats.Figures {
		out := stats.Figures{Events: n, Conversions: n, Revenue: amounts}
		for _, a := range amounts {
			out.Payout = append(out.Payout, money.Of(a.Minor/10, a.Currency))
		}
		return out
	}
	require.Equal(t, stats.PayoutTable{
		Rows: []stats.PayoutRow{
			{campaigns.ID{9}, campaigns.InfluencerID{9}, "", "", figures(1, money.Of(10, "EUR"))},
			{campaigns.ID{2}, campaigns.InfluencerID{3}, "Fall", "Cid", figures(1, money.Of(300, "INR"))},
			{campaigns.ID{2}, campaigns.InfluencerID{1}, "Fall", "Ann", figures(1, money.Of(200, "EUR"))},
			{campaigns.ID{1}, campaigns.InfluencerID{1}, "Spring", "Ann", figures(3, money.Of(150, "EUR"), money.Of(70, "INR"))},
		},
		Totals: figures(6, money.Of(360, "EUR"), money.Of(370, "INR")),
	}, out)
}

func TestPayouts_OnlyEventsWithACampaignAndAnInfluencerMakeRows(t *testing.T) {
	for _, e := range []attribution.Event{credited(0, 0, 100, "EUR"), credited(1, 0, 100, "EUR"), credited(0, 1, 100, "EUR")} {
		d := structure()
		d.Events = []attribution.Event{e}
		require.Equal(t, stats.PayoutTable{}, payoutsOf(t, d, firstOfMarch(), stats.PayoutQuery{}))
	}
}

func TestPayouts_APairWithoutCommissionHasARowToo(t *testing.T) {
	e := credited(1, 1, 0, "")
	e.Conversion = false
	d := structure()
	d.Events = []attribution.Event{e}
	out := payoutsOf(t, d, firstOfMarch(), stats.PayoutQuery{})
	require.Len(t, out.Rows, 1)
	require.Equal(t, stats.Figures{Events: 1}, out.Totals)
}

func TestPayouts_FollowTheFilter(t *testing.T) {
	d := structure()
	early, late := credited(1, 1, 10, "EUR"), credited(1, 2, 10, "EUR")
	late.OccurredAt = at(24)
	d.Events = []attribution.Event{early, late, credited(2, 2, 10, "EUR")}
	f := firstOfMarch()
	require.Len(t, payoutsOf(t, d, f, stats.PayoutQuery{}).Rows, 2, "the period excludes its end")
	f.Campaigns = []campaigns.ID{{2}}
	require.Len(t, payoutsOf(t, d, f, stats.PayoutQuery{}).Rows, 1)
	f.Influencers = []campaigns.InfluencerID{{1}}
	require.Empty(t, payoutsOf(t, d, f, stats.PayoutQuery{}).Rows, "lists must all hold")
}

func TestPayouts_ASumThatDoesNotFitIsAnErrorInTheTotalsToo(t *testing.T) {
	for _, second := range []byte{1, 2} {
		d := structure()
		d.Events = []attribution.Event{credited(1, 1, math.MaxInt64, "EUR"), credited(1, second, 1, "EUR")}
		_, err := stats.Fold(d).Payouts(context.Background(), firstOfMarch(), stats.PayoutQuery{})
		require.True(t, fault.HasReason(err, "amount-overflow"))
	}
}

func TestPayouts_RowsSumToTheTotalsAndPayoutIsThatOfTheOverview(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := world(rapid.Int64().Draw(t, "seed"), 60)
		f := anyFilter(t, d)
		out, err := stats.Fold(d).Payouts(context.Background(), f, stats.PayoutQuery{Limit: stats.MaxRows})
		require.NoError(t, err)
		var sum stats.Figures
		for _, r := range out.Rows {
			require.NotZero(t, r.Events)
			require.NotEmpty(t, r.CampaignName)
			require.NotEmpty(t, r.InfluencerName)
			require.NoError(t, sum.Add(r.Figures))
		}
		require.Equal(t, out.Totals, sum)
		require.Zero(t, sum.AllClicks)
		require.Equal(t, overviewOf(t, d, f).Payout, out.Totals.Payout)
	})
}

func TestPayouts_PagesGiveEveryRowOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := world(rapid.Int64().Draw(t, "seed"), 60)
		src, ctx := stats.Fold(d), context.Background()
		whole, err := src.Payouts(ctx, year2026(), stats.PayoutQuery{Limit: stats.MaxRows})
		require.NoError(t, err)
		require.Empty(t, whole.Next)
		require.True(t, slices.IsSortedFunc(whole.Rows, func(a, b stats.PayoutRow) int {
			return cmp.Or(bytes.Compare(b.Campaign[:], a.Campaign[:]), bytes.Compare(b.Influencer[:], a.Influencer[:]))
		}))
		q := stats.PayoutQuery{Limit: rapid.IntRange(1, len(whole.Rows)).Draw(t, "limit")}
		var rows []stats.PayoutRow
		for {
			page, err := src.Payouts(ctx, year2026(), q)
			require.NoError(t, err)
			require.Equal(t, whole.Totals, page.Totals)
			require.NotEmpty(t, page.Rows, "a next page has rows")
			rows = append(rows, page.Rows...)
			require.LessOrEqual(t, len(rows), len(whole.Rows))
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
			require.Len(t, page.Rows, q.Limit)
		}
		require.Equal(t, whole.Rows, rows)
	})
}

func TestPayouts_ACursorOfARowThatIsGoneContinuesBehindItsPlace(t *testing.T) {
	d := structure()
	d.Events = []attribution.Event{credited(1, 1, 10, "EUR"), credited(2, 3, 10, "EUR"), credited(3, 1, 10, "EUR")}
	after := func(campaign, influencer byte) []stats.PayoutRow {
		row := stats.PayoutRow{Campaign: campaigns.ID{campaign}, Influencer: campaigns.InfluencerID{influencer}}
		return payoutsOf(t, d, firstOfMarch(), stats.PayoutQuery{Cursor: stats.PayoutQuery{}.After(row)}).Rows
	}
	require.Len(t, after(9, 9), 3)
	require.Len(t, after(3, 1), 2)
	require.Len(t, after(2, 4), 2)
	require.Len(t, after(2, 3), 1)
	require.Len(t, after(2, 1), 1)
	require.Empty(t, after(1, 1))
}

func TestPayoutQuery_Check(t *testing.T) {
	row := stats.PayoutRow{Campaign: campaigns.ID{3}, Influencer: campaigns.InfluencerID{4}}
	good := stats.PayoutQuery{}.After(row)
	made := func(sort, key string) stats.PayoutQuery {
		return stats.PayoutQuery{Cursor: ident.Cursor{Sort: sort, Key: key, ID: [16]byte{4}}.String()}
	}
	for label, tt := range map[string]struct {
		q    stats.PayoutQuery
		want []string
	}{
		"defaults":                  {stats.PayoutQuery{}, nil},
		"smallest page":             {stats.PayoutQuery{Limit: 1}, nil},
		"a negative page":           {stats.PayoutQuery{Limit: -1}, []string{"limit out-of-range"}},
		"largest page":              {stats.PayoutQuery{Limit: stats.MaxRows}, nil},
		"too large a page":          {stats.PayoutQuery{Limit: stats.MaxRows + 1}, []string{"limit out-of-range"}},
		"a cursor":                  {stats.PayoutQuery{Cursor: good}, nil},
		"a made-up cursor":          {made("payouts", row.Campaign.String()), nil},
		"not a cursor":              {stats.PayoutQuery{Cursor: "?"}, []string{"cursor malformed-cursor"}},
		"a cursor of another order": {made("name", row.Campaign.String()), []string{"cursor cursor-of-another-order"}},
		"a cursor of a table":       {stats.PayoutQuery{Cursor: stats.TableQuery{Sort: stats.SortClicks}.After("1", row.Campaign)}, []string{"cursor cursor-of-another-order"}},
		"a cursor without a campaign": {
			made("payouts", "x"), []string{"cursor cursor-of-another-order"},
		},
		"a cursor of the zero campaign": {made("payouts", campaigns.ID{}.String()), []string{"cursor cursor-of-another-order"}},
		"both wrong":                    {stats.PayoutQuery{Limit: 501, Cursor: "?"}, []string{"limit out-of-range", "cursor malformed-cursor"}},
	} {
		_, _, _, err := tt.q.Check()
		require.Equal(t, tt.want, reasons(t, err), label)
		_, reported := stats.Fold(stats.Data{}).Payouts(context.Background(), firstOfMarch(), tt.q)
		require.Equal(t, err, reported, label)
	}
	q, campaign, influencer, err := stats.PayoutQuery{Cursor: good}.Check()
	require.NoError(t, err)
	require.Equal(t, stats.PayoutQuery{Limit: stats.DefaultRows, Cursor: good}, q)
	require.Equal(t, row.Campaign, campaign)
	require.Equal(t, row.Influencer, influencer)
}
