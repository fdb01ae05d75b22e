package stats

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
)

// Fold returns the source that computes every report from the slices, by the
// words of its definition. It is what the other sources are measured by, and
// good enough for small data: each report looks at everything once. The slices
// must hold everything the view reaches, and must not be changed afterwards.
func Fold(d Data) Source { return fold{d} }

type fold struct{ Data }

// covered hands the clicks and events that the filter covers to the functions.
func (s fold) covered(ctx context.Context, f Filter, click func(links.Click), event func(attribution.Event) error) error {
	if err := f.Check(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fault.Of(err)
	}
	for _, c := range s.Clicks {
		if f.CoversClick(c) {
			click(c)
		}
	}
	for _, e := range s.Events {
		if !f.CoversEvent(e) {
			continue
		}
		if err := event(e); err != nil {
			return err
		}
	}
	return nil
}

func ignoreClick(links.Click) {}

// Overview implements [Source].
func (s fold) Overview(ctx context.Context, f Filter) (Overview, error) {
	var all tally
	var values money.Totals
	orders := map[money.Currency]int64{}
	err := s.covered(ctx, f, all.click, func(e attribution.Event) (err error) {
		if isOrder(e) {
			orders[e.Value.Currency]++
			if values, err = values.Plus(e.Value); err != nil {
				return err
			}
		}
		return all.event(e)
	})
	if err != nil {
		return Overview{}, err
	}
	out := Overview{Figures: all.Figures}
	for _, c := range slices.Sorted(maps.Keys(orders)) {
		out.Purchases = append(out.Purchases, Count{c, orders[c]})
	}
	out.AverageOrder = AverageOrders(values, out.Purchases)
	return out, nil
}

// Chart implements [Source].
func (s fold) Chart(ctx context.Context, f Filter, unit Unit) ([]Bucket, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	calendar, err := NewCalendar(f, unit)
	if err != nil {
		return nil, err
	}
	out := calendar.Buckets()
	tallies := make([]tally, len(out))
	err = s.covered(ctx, f,
		func(c links.Click) { tallies[calendar.Find(c.At)].click(c) },
		func(e attribution.Event) error { return tallies[calendar.Find(e.OccurredAt)].event(e) })
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Figures = tallies[i].Figures
	}
	return out, nil
}

// Breakdown implements [Source].
func (s fold) Breakdown(ctx context.Context, f Filter) ([]TypeRow, error) {
	groups := groupsOf[campaigns.EventType]{}
	err := s.covered(ctx, f, ignoreClick, func(e attribution.Event) error { return groups.of(e.Type).event(e) })
	if err != nil {
		return nil, err
	}
	var out []TypeRow
	for _, t := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, TypeRow{Type: t, Figures: groups[t].Figures})
	}
	return out, nil
}

// Journey implements [Source].
func (s fold) Journey(ctx context.Context, f Filter) ([]JourneyRow, error) {
	type path struct {
		source attribution.Source
		method attribution.Method
		event  campaigns.EventType
	}
	groups := groupsOf[path]{}
	err := s.covered(ctx, f, ignoreClick, func(e attribution.Event) error {
		return groups.of(path{e.Decision.Source, e.Decision.Method, e.Type}).event(e)
	})
	if err != nil {
		return nil, err
	}
	var out []JourneyRow
	for p, t := range groups {
		out = append(out, JourneyRow{Source: p.source, Method: p.method, Type: p.event, Figures: t.Figures})
	}
	slices.SortFunc(out, func(a, b JourneyRow) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Type, b.Type))
	})
	return out, nil
}

// groupsOf holds a tally for each value of what a report groups by.
type groupsOf[K comparable] map[K]*tally

func (g groupsOf[K]) of(key K) *tally {
	if g[key] == nil {
		g[key] = &tally{}
	}
	return g[key]
}
