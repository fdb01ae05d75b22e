package statsql

import (
	"context"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// plan is where a report gets its rows from: the events and clicks themselves,
// or totals for the days that lie in the period as a whole, with what has
// changed since the totals were made, and events and clicks for the rest. Both
// come to the same figures.
type plan struct {
	d    Dialect
	view tenant.View
	f    stats.Filter
	zone *time.Location // of the totals; nil where they are of no use
	days                // whole ones of the zone
}

// shortestDay is a period that is not worth asking for totals: no day on a
// calendar of our time is as short.
const shortestDay = 20 * time.Hour

// newPlan decides by the filter and by the totals that the state of the data
// has. There are none of everyone, and none by the entities of a filter.
func newPlan(ctx context.Context, q Querier, d Dialect, view tenant.View, f stats.Filter) (plan, error) {
	p := plan{d: d, view: view, f: f}
	if len(f.Campaigns)+len(f.Influencers)+len(f.Links)+len(f.Coupons) > 0 || f.To.Sub(f.From) < shortestDay {
		return p, nil
	}
	zone, err := zoneOfTotals(ctx, q, d, view)
	if err != nil || zone == nil {
		return p, err
	}
	if whole, found := wholeDays(zone, p.period()); found {
		p.zone, p.days = zone, whole
	}
	return p, nil
}

// zoneOfTotals returns the zone that the totals of a view are in, nil if there
// are none.
func zoneOfTotals(ctx context.Context, q Querier, d Dialect, view tenant.View) (*time.Location, error) {
	if view.IsEveryone() {
		return nil, nil
	}
	var zone *time.Location
	err := each(ctx, q, d.Builder().Select("zone").From("totals").Where(Tenant(view, "totals.advertiser_id")), func(rows Rows) error {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		// A name that this program does not know is no error: the totals are of no use.
		zone, _ = tenant.LoadZone(name)
		return nil
	})
	return zone, err
}

// period returns what the filter covers, in the grain in which moments are stored.
func (p plan) period() period { return period{wholeMicros(p.f.From), wholeMicros(p.f.To)} }

// edges returns the parts of the period that are before and behind the whole days.
func (p plan) edges() []period {
	all := p.period()
	var out []period
	for _, edge := range []period{{all.from, p.from}, {p.to, all.to}} {
		if !edge.isEmpty() {
			out = append(out, edge)
		}
	}
	return out
}

// during returns the filter with another period.
func (p plan) during(in period) stats.Filter {
	f := p.f
	f.From, f.To = in.from, in.to
	return f
}

// spanned limits the rows of a table of totals to a span; table tells whether
// it has grains.
func (p plan) spanned(table string, grains bool, s span) squirrel.And {
	out := squirrel.And{Tenant(p.view, table+".advertiser_id")}
	if grains {
		out = append(out, squirrel.Expr("grain = "+grain(s)))
	}
	return append(out, squirrel.Expr("day >= ?", s.first), squirrel.Expr("day < ?", s.end))
}

func grain(s span) string {
	if s.months {
		return "1"
	}
	return "0"
}

// signed returns a column of totals as it counts in a span.
func signed(s span, column string) string {
	if s.minus {
		return "-" + column
	}
	return column
}

// dimension is a column that a report groups by: its name, by which the rows of
// totals and of changes have it as well, and what it is of an event or click.
type dimension struct {
	name string
	raw  squirrel.Sqlizer
}

func column(name string) dimension { return dimension{name, squirrel.Expr(name)} }

// nothing is the text of the id that stands for none in the totals.
func (d Dialect) nothing() string {
	if d == SQLite {
		return "zeroblob(16)"
	}
	return "'00000000-0000-0000-0000-000000000000'"
}

// oneOrNone turns an id of the totals into that of an event: NULL for none.
func (d Dialect) oneOrNone(column string) string {
	return "nullif(" + column + ", " + d.nothing() + ")"
}

// all joins queries by UNION ALL, to select from them under a name.
func all(from squirrel.SelectBuilder, name string, queries []squirrel.SelectBuilder) squirrel.SelectBuilder {
	first := queries[0]
	for _, q := range queries[1:] {
		first = first.SuffixExpr(squirrel.Expr("UNION ALL ?", q))
	}
	return from.FromSelect(first, name)
}
