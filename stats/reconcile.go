package stats

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
)

// Comparison is one figure of the overview and what another report comes to.
type Comparison struct {
	Report   string         // "chart", "breakdown", "journey", "export"; of a table "campaigns totals" and "campaigns rows", and of "payouts" alike, with what is unattributed
	Figure   Sort           // the figure by the name of its column
	Currency money.Currency // of money, otherwise empty
	Overview int64          // number, or minor units
	Other    int64          // the same by the other report
}

// Agrees reports whether both sides are the same.
func (c Comparison) Agrees() bool { return c.Overview == c.Other }

// Reconciliation is every comparison of [Reconcile], those that agree included.
type Reconciliation struct {
	Comparisons []Comparison
}

// Agrees reports whether all reports agree.
func (r Reconciliation) Agrees() bool { return len(r.Differences()) == 0 }

// Differences lists the comparisons that do not agree.
func (r Reconciliation) Differences() []Comparison {
	var out []Comparison
	for _, c := range r.Comparisons {
		if !c.Agrees() {
			out = append(out, c)
		}
	}
	return out
}

// Reconcile asks for every report of the filter and compares what each comes to
// with the overview: the chart in the narrowest unit it has room for, the
// breakdown, the journey, for each kind the totals and the rows of all pages
// with what is unattributed, the payouts in the same way with what no influencer
// is credited for, and the events of the export, which must be those of the same
// filter and view. Clicks are left out where a report has none, and visitors
// everywhere, as they do not add up.
//
// Each report is a state of its own, so events that come in meanwhile show as
// differences: reconcile a period that is over. The error is the first one of a
// report or of the export.
func Reconcile(ctx context.Context, src Source, f Filter, export iter.Seq2[attribution.Event, error]) (Reconciliation, error) {
	overview, err := src.Overview(ctx, f)
	if err != nil {
		return Reconciliation{}, err
	}
	r := reconciler{src: src, f: f, overview: overview.Figures}
	for _, step := range []func(context.Context) error{r.chart, r.breakdown, r.journey, r.tables, r.payouts} {
		if err := step(ctx); err != nil {
			return Reconciliation{}, err
		}
	}
	if err := r.export(ctx, export); err != nil {
		return Reconciliation{}, err
	}
	return Reconciliation{Comparisons: r.out}, nil
}

type reconciler struct {
	src      Source
	f        Filter
	overview Figures
	nobody   Figures // of what no influencer is credited for
	out      []Comparison
}

func (r *reconciler) chart(ctx context.Context) error {
	unit := Month // ten years of them always fit
	for _, narrow := range []Unit{Hour, Day, Week} {
		if _, err := NewCalendar(r.f, narrow); err == nil {
			unit = narrow
			break
		}
	}
	buckets, err := r.src.Chart(ctx, r.f, unit)
	if err != nil {
		return err
	}
	return r.compareSum("chart", true, len(buckets), func(i int) Figures { return buckets[i].Figures })
}

func (r *reconciler) breakdown(ctx context.Context) error {
	rows, err := r.src.Breakdown(ctx, r.f)
	if err != nil {
		return err
	}
	return r.compareSum("breakdown", false, len(rows), func(i int) Figures { return rows[i].Figures })
}

func (r *reconciler) journey(ctx context.Context) error {
	rows, err := r.src.Journey(ctx, r.f)
	if err != nil {
		return err
	}
	return r.compareSum("journey", false, len(rows), func(i int) Figures { return rows[i].Figures })
}

func (r *reconciler) tables(ctx context.Context) error {
	for _, kind := range Kinds() {
		q := TableQuery{Sort: SortName, Limit: MaxRows}
		table, err := r.src.Table(ctx, kind, r.f, q)
		if err != nil {
			return err
		}
		if kind == ByInfluencer {
			r.nobody = table.Unattributed
		}
		parts := []Figures{table.Totals, table.Unattributed}
		if err := r.compareSum(string(kind)+" totals", true, len(parts), func(i int) Figures { return parts[i] }); err != nil {
			return err
		}
		sum := table.Unattributed
		for {
			for _, row := range table.Rows {
				if err := sum.Add(row.Figures); err != nil {
					return err
				}
			}
			if q.Cursor = table.Next; q.Cursor == "" {
				break
			}
			if table, err = r.src.Table(ctx, kind, r.f, q); err != nil {
				return err
			}
		}
		r.compare(string(kind)+" rows", true, sum)
	}
	return nil
}

// payouts needs what the tables have found to be nobody's. Whoever is credited
// is so in a campaign, so both together are everything.
func (r *reconciler) payouts(ctx context.Context) error {
	q := PayoutQuery{Limit: MaxRows}
	sum := r.nobody
	for first := true; first || q.Cursor != ""; first = false {
		page, err := r.src.Payouts(ctx, r.f, q)
		if err != nil {
			return err
		}
		if first {
			parts := []Figures{page.Totals, r.nobody}
			if err := r.compareSum("payouts totals", false, len(parts), func(i int) Figures { return parts[i] }); err != nil {
				return err
			}
		}
		for _, row := range page.Rows {
			if err := sum.Add(row.Figures); err != nil {
				return err
			}
		}
		q.Cursor = page.Next
	}
	r.compare("payouts rows", false, sum)
	return nil
}

func (r *reconciler) export(ctx context.Context, events iter.Seq2[attribution.Event, error]) error {
	var all tally
	for e, err := range events {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = all.event(e)
		}
		if err != nil {
			return fault.Of(err)
		}
	}
	r.compare("export", false, all.Figures)
	return nil
}

func (r *reconciler) compareSum(report string, clicks bool, n int, part func(i int) Figures) error {
	var sum Figures
	for i := range n {
		if err := sum.Add(part(i)); err != nil {
			return err
		}
	}
	r.compare(report, clicks, sum)
	return nil
}

// compare records the figures of a report next to those of the overview.
func (r *reconciler) compare(report string, clicks bool, other Figures) {
	number := func(figure Sort, a, b int64) {
		r.out = append(r.out, Comparison{Report: report, Figure: figure, Overview: a, Other: b})
	}
	if clicks {
		number(SortClicks, r.overview.Clicks, other.Clicks)
		number(SortAllClicks, r.overview.AllClicks, other.AllClicks)
	}
	number(SortEvents, r.overview.Events, other.Events)
	number(SortConversions, r.overview.Conversions, other.Conversions)
	r.money(report, SortRevenue, r.overview.Revenue, other.Revenue)
	r.money(report, SortPayout, r.overview.Payout, other.Payout)
}

// money compares the amounts in every currency of either side.
func (r *reconciler) money(report string, figure Sort, a, b money.Totals) {
	both := slices.Concat(a, b)
	slices.SortFunc(both, func(x, y money.Amount) int { return cmp.Compare(x.Currency, y.Currency) })
	both = slices.CompactFunc(both, func(x, y money.Amount) bool { return x.Currency == y.Currency })
	for _, amount := range both {
		r.out = append(r.out, Comparison{
			Report: report, Figure: figure, Currency: amount.Currency,
			Overview: a.In(amount.Currency).Minor, Other: b.In(amount.Currency).Minor,
		})
	}
}
