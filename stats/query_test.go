package stats_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
)

func reasons(t testing.TB, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var out []string
	for _, f := range fault.Of(err).Fields {
		out = append(out, f.Name+" "+f.Reason)
	}
	return out
}

func TestFilter_Limits(t *testing.T) {
	ok := firstOfMarch()
	for name, tt := range map[string]struct {
		set  func(f *stats.Filter)
		want []string
	}{
		"plain":            {func(*stats.Filter) {}, nil},
		"longest":          {func(f *stats.Filter) { f.To = f.From.Add(stats.MaxPeriod) }, nil},
		"too long":         {func(f *stats.Filter) { f.To = f.From.Add(stats.MaxPeriod + 1) }, []string{"to period-too-long"}},
		"shortest":         {func(f *stats.Filter) { f.To = f.From.Add(1) }, nil},
		"empty":            {func(f *stats.Filter) { f.To = f.From }, []string{"to ends-before-start"}},
		"no period":        {func(f *stats.Filter) { f.From, f.To = time.Time{}, time.Time{} }, []string{"from required", "to required", "to ends-before-start"}},
		"100 campaigns":    {func(f *stats.Filter) { f.Campaigns = slices.Repeat([]campaigns.ID{{1}}, 100) }, nil},
		"101 campaigns":    {func(f *stats.Filter) { f.Campaigns = slices.Repeat([]campaigns.ID{{1}}, 101) }, []string{"campaign_id too-many"}},
		"101 influencers":  {func(f *stats.Filter) { f.Influencers = slices.Repeat([]campaigns.InfluencerID{{1}}, 101) }, []string{"influencer_id too-many"}},
		"101 links":        {func(f *stats.Filter) { f.Links = slices.Repeat([]links.ID{{1}}, 101) }, []string{"tracking_link_id too-many"}},
		"101 coupons":      {func(f *stats.Filter) { f.Coupons = slices.Repeat([]coupons.ID{{1}}, 101) }, []string{"coupon_id too-many"}},
		"101 types":        {func(f *stats.Filter) { f.EventTypes = slices.Repeat([]campaigns.EventType{"lead"}, 101) }, []string{"event_type too-many"}},
		"a zero campaign":  {func(f *stats.Filter) { f.Campaigns = []campaigns.ID{{}} }, []string{"campaign_id malformed-id"}},
		"a malformed type": {func(f *stats.Filter) { f.EventTypes = []campaigns.EventType{"a\x00"} }, []string{"event_type malformed-action"}},
		"a zero person":    {func(f *stats.Filter) { f.Influencers = []campaigns.InfluencerID{{}} }, []string{"influencer_id malformed-id"}},
		"a zero link":      {func(f *stats.Filter) { f.Links = []links.ID{{}} }, []string{"tracking_link_id malformed-id"}},
		"a zero coupon":    {func(f *stats.Filter) { f.Coupons = []coupons.ID{{}} }, []string{"coupon_id malformed-id"}},
	} {
		f := ok
		tt.set(&f)
		require.Equal(t, tt.want, reasons(t, f.Check()), name)
	}
	require.Equal(t, time.UTC, stats.Filter{}.Location())
}

func TestTableQuery_Check(t *testing.T) {
	number := stats.TableQuery{Sort: stats.SortClicks}.After("12", [16]byte{1})
	name := stats.TableQuery{Sort: stats.SortName}.After("Ann", [16]byte{1})
	notANumber := ident.Cursor{Sort: "clicks", Key: "Ann", ID: [16]byte{1}}.String()
	longest := stats.TableQuery{Sort: stats.SortName, Reverse: true}.After(strings.Repeat("😀", campaigns.MaxName), [16]byte{1})
	for label, tt := range map[string]struct {
		q    stats.TableQuery
		want []string
	}{
		"defaults":                       {stats.TableQuery{}, nil},
		"largest page":                   {stats.TableQuery{Limit: stats.MaxRows}, nil},
		"too large a page":               {stats.TableQuery{Limit: stats.MaxRows + 1}, []string{"limit out-of-range"}},
		"a negative page":                {stats.TableQuery{Limit: -1}, []string{"limit out-of-range"}},
		"unknown column":                 {stats.TableQuery{Sort: "id; DROP"}, []string{"sort unknown-sort"}},
		"money without currency":         {stats.TableQuery{Sort: stats.SortPayout}, []string{"currency unknown-currency"}},
		"money":                          {stats.TableQuery{Sort: stats.SortRevenue, Currency: "EUR"}, nil},
		"longest search":                 {stats.TableQuery{Search: strings.Repeat("ä", stats.MaxSearch)}, nil},
		"too long a search":              {stats.TableQuery{Search: strings.Repeat("ä", stats.MaxSearch+1)}, []string{"search too-long"}},
		"a cursor":                       {stats.TableQuery{Sort: stats.SortClicks, Cursor: number}, nil},
		"a cursor of another column":     {stats.TableQuery{Sort: stats.SortEvents, Cursor: number}, []string{"cursor cursor-of-another-order"}},
		"a cursor of the other way":      {stats.TableQuery{Sort: stats.SortClicks, Reverse: true, Cursor: number}, []string{"cursor cursor-of-another-order"}},
		"a name where a number belongs":  {stats.TableQuery{Sort: stats.SortClicks, Cursor: notANumber}, []string{"cursor cursor-of-another-order"}},
		"a name's cursor":                {stats.TableQuery{Sort: stats.SortName, Cursor: name}, nil},
		"the cursor of the longest name": {stats.TableQuery{Sort: stats.SortName, Reverse: true, Cursor: longest}, nil},
		"not a cursor":                   {stats.TableQuery{Cursor: "?"}, []string{"cursor malformed-cursor"}},
	} {
		_, _, err := tt.q.Check()
		require.Equal(t, tt.want, reasons(t, err), label)
	}
	q, _, err := stats.TableQuery{}.Check()
	require.NoError(t, err)
	require.Equal(t, stats.TableQuery{Sort: stats.SortConversions, Limit: stats.DefaultRows}, q)

	euros := stats.TableQuery{Sort: stats.SortRevenue, Currency: "EUR"}
	rupees := stats.TableQuery{Sort: stats.SortRevenue, Currency: "INR", Cursor: euros.After("1", [16]byte{1})}
	_, _, err = rupees.Check()
	require.True(t, fault.HasReason(err, "cursor-of-another-order"))
}
