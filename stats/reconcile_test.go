package stats_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/stats"
)

// liar is a source with one wrong report.
type liar struct {
	stats.Source
	report string
}

func (l liar) Chart(ctx context.Context, f stats.Filter, u stats.Unit) ([]stats.Bucket, error) {
	out, err := l.Source.Chart(ctx, f, u)
	if l.report == "chart" {
		out[0].AllClicks++
	}
	return out, err
}

func (l liar) Breakdown(ctx context.Context, f stats.Filter) ([]stats.TypeRow, error) {
	out, err := l.Source.Breakdown(ctx, f)
	if l.report == "breakdown" {
		out[0].Revenue, _ = out[0].Revenue.Plus(money.Of(1, "USD"))
	}
	return out, err
}

func (l liar) Journey(ctx context.Context, f stats.Filter) ([]stats.JourneyRow, error) {
	out, err := l.Source.Journey(ctx, f)
	if l.report == "journey" {
		out = out[1:]
	}
	return out, err
}

func (l liar) Table(ctx context.Context, k stats.Kind, f stats.Filter, q stats.TableQuery) (stats.Table, error) {
	out, err := l.Source.Table(ctx, k, f, q)
	if l.report == string(k)+" totals" {
		out.Totals.Conversions++
	}
	if l.report == string(k)+" rows" {
		out.Rows[0].Clicks++
	}
	return out, err
}

func (l liar) Payouts(ctx context.Context, f stats.Filter, q stats.PayoutQuery) (stats.PayoutTable, error) {
	out, err := l.Source.Payouts(ctx, f, q)
	if l.report == "payouts totals" {
		out.Totals.Payout, _ = out.Totals.Payout.Plus(money.Of(1, "EUR"))
	}
	if l.report == "payouts rows" {
		out.Rows = out.Rows[1:]
	}
	return out, err
}

func TestReconcile_NamesTheReportThatDiffers(t *testing.T) {
	d := world(3, 200)
	truth := stats.Fold(d)
	for _, report := range []string{
		"", "chart", "breakdown", "journey", "campaigns totals", "influencers totals", "coupons totals", "tracking-links totals",
		"campaigns rows", "influencers rows", "coupons rows", "tracking-links rows",
		"payouts totals", "payouts rows",
	} {
		out, err := stats.Reconcile(context.Background(), liar{truth, report}, year2026(), exported(d, year2026()))
		require.NoError(t, err)
		require.Equal(t, report == "", out.Agrees(), report)
		require.NotEmpty(t, out.Comparisons)
		for _, c := range out.Differences() {
			require.Equal(t, report, c.Report)
			require.NotEqual(t, c.Overview, c.Other)
		}
	}
	out, err := stats.Reconcile(context.Background(), truth, year2026(), exported(stats.Data{Events: d.Events[1:]}, year2026()))
	require.NoError(t, err)
	require.Contains(t, out.Differences(), stats.Comparison{Report: "export", Figure: stats.SortEvents, Overview: 200, Other: 199})
}

func TestReconcile_ComparesEveryFigureThatAReportHas(t *testing.T) {
	d := world(3, 200)
	out, err := stats.Reconcile(context.Background(), stats.Fold(d), year2026(), exported(d, year2026()))
	require.NoError(t, err)
	figures := map[string]map[stats.Sort]bool{}
	for _, c := range out.Comparisons {
		if figures[c.Report] == nil {
			figures[c.Report] = map[stats.Sort]bool{}
		}
		figures[c.Report][c.Figure] = true
		require.Equal(t, c.Figure == stats.SortRevenue || c.Figure == stats.SortPayout, c.Currency != "")
	}
	require.Len(t, figures, 4+2*4+2)
	for report, columns := range figures {
		want := 6
		if report == "breakdown" || report == "journey" || report == "export" || strings.HasPrefix(report, "payouts ") {
			want = 4 // no clicks
		}
		require.Len(t, columns, want, report)
	}
}

func TestReconcile_ReadsEveryPage(t *testing.T) {
	var d stats.Data
	for i := range 2*stats.MaxRows + 1 {
		e := credited(1, 1, 100, "EUR")
		e.Decision.Influencer = campaigns.InfluencerID{1, byte(i >> 8), byte(i)}
		d.Events = append(d.Events, e)
		d.Influencers = append(d.Influencers, campaigns.Influencer{ID: e.Decision.Influencer})
	}
	d.Campaigns = []campaigns.Campaign{{ID: campaigns.ID{1}}}
	out, err := stats.Reconcile(context.Background(), stats.Fold(d), firstOfMarch(), exported(d, firstOfMarch()))
	require.NoError(t, err)
	require.Empty(t, out.Differences())
}

func TestReconcile_TakesTheNarrowestUnitWithRoom(t *testing.T) {
	f := year2026()
	f.To = f.From.Add(stats.MaxPeriod)
	out, err := stats.Reconcile(context.Background(), stats.Fold(world(1, 20)), f, exported(world(1, 20), f))
	require.NoError(t, err)
	require.True(t, out.Agrees())
}

func TestReconcile_PassesErrorsOn(t *testing.T) {
	src := stats.Fold(stats.Data{})
	_, err := stats.Reconcile(context.Background(), src, stats.Filter{}, exported(stats.Data{}, stats.Filter{}))
	require.ErrorIs(t, err, fault.Invalid)

	broken := func(yield func(attribution.Event, error) bool) { yield(attribution.Event{}, errors.New("gone")) }
	_, err = stats.Reconcile(context.Background(), src, year2026(), broken)
	require.ErrorIs(t, err, fault.Internal)

	ctx, cancel := context.WithTimeout(context.Background(), -time.Second)
	defer cancel()
	_, err = stats.Reconcile(ctx, src, year2026(), exported(stats.Data{}, year2026()))
	require.ErrorIs(t, err, fault.Unavailable)
}
