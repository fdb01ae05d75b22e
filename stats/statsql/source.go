package statsql

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/money"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// New returns the source that answers every report of the view in SQL. Each
// report calls snapshot once and puts its answer together anew whenever the
// function it passes is called, so that a snapshot may repeat it. Errors of the
// snapshot are returned as they are.
func New(d Dialect, view tenant.View, snapshot Snapshot) stats.Source {
	return source{d: d, view: view, snapshot: snapshot}
}

type source struct {
	d        Dialect
	view     tenant.View
	snapshot Snapshot
}

// planned runs fn on one state of the data, with the plan that it allows.
func (s source) planned(ctx context.Context, f stats.Filter, fn func(ctx context.Context, q Querier, p plan) error) error {
	return s.snapshot(ctx, func(ctx context.Context, q Querier) error {
		p, err := newPlan(ctx, q, s.d, s.view, f)
		if err != nil {
			return err
		}
		return fn(ctx, q, p)
	})
}

// read runs a query of a plan and calls scan for each row.
func (p plan) read(ctx context.Context, q Querier, query squirrel.SelectBuilder, scan func(Rows) error) error {
	return each(ctx, q, p.d.final(query), scan)
}

// check refuses what no query should be made for.
func (s source) check(f stats.Filter) error {
	if err := s.view.Check(); err != nil {
		return err
	}
	return f.Check()
}

// Overview implements [stats.Source].
func (s source) Overview(ctx context.Context, f stats.Filter) (stats.Overview, error) {
	if err := s.check(f); err != nil {
		return stats.Overview{}, err
	}
	var out stats.Overview
	err := s.planned(ctx, f, func(ctx context.Context, q Querier, p plan) (err error) {
		out, err = overview(ctx, q, p)
		return err
	})
	return out, err
}

func overview(ctx context.Context, q Querier, p plan) (stats.Overview, error) {
	var out stats.Overview
	err := p.read(ctx, q, p.clickSums(allClicks), func(rows Rows) error {
		var sum clickSum
		err := rows.Scan(sum.columns()...)
		sum.addTo(&out.Figures)
		return err
	})
	if err != nil {
		return stats.Overview{}, err
	}
	number := map[money.Currency]int64{}
	var values money.Totals
	err = p.read(ctx, q, p.eventSums(append(measures(), orders()...)), func(rows Rows) error {
		var sum eventSum
		var orders, value int64
		if err := rows.Scan(append(sum.columns(), &orders, &value)...); err != nil {
			return err
		}
		if orders > 0 {
			number[money.Currency(sum.currency)] += orders
			var err error
			if values, err = values.Plus(money.Of(value, money.Currency(sum.currency))); err != nil {
				return err
			}
		}
		return sum.addTo(&out.Figures)
	})
	if err != nil {
		return stats.Overview{}, err
	}
	for _, c := range slices.Sorted(maps.Keys(number)) {
		out.Purchases = append(out.Purchases, stats.Count{Currency: c, N: number[c]})
	}
	out.AverageOrder = stats.AverageOrders(values, out.Purchases)
	return out, nil
}

// Breakdown implements [stats.Source].
func (s source) Breakdown(ctx context.Context, f stats.Filter) ([]stats.TypeRow, error) {
	if err := s.check(f); err != nil {
		return nil, err
	}
	var out []stats.TypeRow
	err := s.planned(ctx, f, func(ctx context.Context, q Querier, p plan) error {
		groups := map[string]*stats.Figures{}
		err := p.read(ctx, q, p.eventSums(measures(), column("event_type")), func(rows Rows) error {
			var name string
			return scanEvents(rows, groups, &name)
		})
		out = nil
		for _, name := range slices.Sorted(maps.Keys(groups)) {
			out = append(out, stats.TypeRow{Type: campaigns.EventType(name), Figures: *groups[name]})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// scanEvents adds a row of eventSums with one dimension to its group.
func scanEvents[K comparable](rows Rows, groups map[K]*stats.Figures, dim *K) error {
	var sum eventSum
	if err := rows.Scan(append([]any{dim}, sum.columns()...)...); err != nil {
		return err
	}
	return sum.addTo(group(groups, *dim))
}

func group[K comparable](groups map[K]*stats.Figures, key K) *stats.Figures {
	if groups[key] == nil {
		groups[key] = &stats.Figures{}
	}
	return groups[key]
}

// Journey implements [stats.Source].
func (s source) Journey(ctx context.Context, f stats.Filter) ([]stats.JourneyRow, error) {
	if err := s.check(f); err != nil {
		return nil, err
	}
	type path struct{ source, method, event string }
	var out []stats.JourneyRow
	err := s.planned(ctx, f, func(ctx context.Context, q Querier, p plan) error {
		groups := map[path]*stats.Figures{}
		query := p.eventSums(measures(), column("source"), column("method"), column("event_type"))
		err := p.read(ctx, q, query, func(rows Rows) error {
			var of path
			var sum eventSum
			if err := rows.Scan(append([]any{&of.source, &of.method, &of.event}, sum.columns()...)...); err != nil {
				return err
			}
			return sum.addTo(group(groups, of))
		})
		out = nil
		for of, figures := range groups {
			out = append(out, stats.JourneyRow{
				Source: attribution.Source(of.source), Method: attribution.Method(of.method),
				Type: campaigns.EventType(of.event), Figures: *figures,
			})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b stats.JourneyRow) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Type, b.Type))
	})
	return out, nil
}
