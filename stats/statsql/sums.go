package statsql

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/money"
	"github.com/superher/superher/stats"
)

// measure is a number that events add up to: its column in the rows of totals
// and of changes, and what it is of events.
type measure struct{ name, raw string }

// measures are what eventSum scans, after the currencies.
func measures() []measure {
	return []measure{
		{"events", "count(*)"}, {"conversions", "count(*) FILTER (WHERE conversion)"}, {"sales", "count(*) FILTER (WHERE " + isRevenue + ")"},
		{"revenue_minor", "CAST(coalesce(sum(value_minor) FILTER (WHERE " + isRevenue + "), 0) AS bigint)"},
		{"payout_minor", "CAST(coalesce(sum(commission_minor), 0) AS bigint)"},
	}
}

// orders are the number and value of the orders, see stats.Overview.
func orders() []measure {
	const orders = "FILTER (WHERE event_type = 'purchase' AND currency <> '')"
	return []measure{{"orders", "count(*) " + orders}, {"orders_minor", "CAST(coalesce(sum(value_minor) " + orders + ", 0) AS bigint)"}}
}

// isRevenue holds for the events whose value is revenue, see stats.Figures.
const isRevenue = "conversion OR event_type = 'purchase'"

// eventSums sums the covered events up for each combination of the dimensions
// and of both currencies. The result has the dimensions, then the currencies
// and the measures.
//
// A sum that does not fit is an error in both databases: the cast fails in
// Postgres, whose sum is wider than its terms, and the sum itself in SQLite.
func (p plan) eventSums(of []measure, dims ...dimension) squirrel.SelectBuilder {
	table := p.eventTable(dims)
	if table == "" {
		return p.rawEvents(p.f, of, dims)
	}
	parts := append(p.eventTotals(table, of, dims), p.eventChanges(of, dims))
	for _, edge := range p.edges() {
		parts = append(parts, p.rawEvents(p.during(edge), of, dims))
	}
	q := squirrel.Select(names(dims)...).Columns("currency", "commission_currency")
	for _, m := range of {
		q = q.Column("CAST(sum(" + m.name + ") AS bigint) AS " + m.name)
	}
	// What a correction took away leaves zeros behind, where nothing occurred.
	return all(q, "parts", parts).GroupBy(ordinals(len(dims) + 2)...).Having("sum(events) <> 0")
}

// eventTable returns the table of totals that has the dimensions and what the
// filter asks for, "" if none has.
func (p plan) eventTable(dims []dimension) string {
	if p.zone == nil {
		return ""
	}
	table := "event_types"
	for _, d := range dims {
		switch d.name {
		case "source", "method":
			table = "event_paths"
		case "campaign_id", "influencer_id":
			table = "event_pairs"
		case "coupon_id":
			table = "event_coupons"
		case "link_id":
			table = "event_links"
		}
	}
	if table != "event_types" && table != "event_paths" && len(p.f.EventTypes) > 0 {
		return ""
	}
	return table
}

// rawEvents sums up the events themselves.
func (p plan) rawEvents(f stats.Filter, of []measure, dims []dimension) squirrel.SelectBuilder {
	q := squirrel.Select()
	for _, d := range dims {
		q = q.Column(as(d))
	}
	q = q.Columns("currency", "commission_currency")
	for _, m := range of {
		q = q.Column(m.raw + " AS " + m.name)
	}
	return q.From("customer_events").Where(EventsIn(p.view, p.d, f)).GroupBy(ordinals(len(dims) + 2)...)
}

// eventTotals returns the rows of a table of totals for the whole days.
func (p plan) eventTotals(table string, of []measure, dims []dimension) []squirrel.SelectBuilder {
	byDay := []span{{first: p.first, end: p.end}}
	grains := table != "event_types"
	if grains {
		byDay = spans(p.first, p.end)
	}
	var out []squirrel.SelectBuilder
	for _, s := range byDay {
		q := squirrel.Select()
		for _, d := range dims {
			if strings.HasSuffix(d.name, "_id") {
				q = q.Column(p.d.oneOrNone(d.name) + " AS " + d.name)
			} else {
				q = q.Column(d.name)
			}
		}
		q = q.Columns("currency", "commission_currency")
		for _, m := range of {
			q = q.Column(signed(s, m.name) + " AS " + m.name)
		}
		out = append(out, q.From(table).Where(append(p.spanned(table, grains, s), ofTypes(table, p.f)...)))
	}
	return out
}

// eventChanges returns what the totals of the whole days do not hold yet.
func (p plan) eventChanges(of []measure, dims []dimension) squirrel.SelectBuilder {
	q := squirrel.Select()
	for _, d := range dims {
		q = q.Column(as(d))
	}
	q = q.Columns("currency", "commission_currency")
	for _, m := range of {
		q = q.Column(m.name)
	}
	return q.From("event_changes").Where(eventsIn(p.view, p.d, p.during(p.days.period), "event_changes"))
}

// as returns the dimension of an event or click under its name.
func as(d dimension) squirrel.Sqlizer { return squirrel.ConcatExpr(d.raw, " AS "+d.name) }

func names(dims []dimension) []string {
	out := make([]string, len(dims))
	for i, d := range dims {
		out[i] = d.name
	}
	return out
}

// ordinals names the first n columns of the result. A group by position stays
// the same where an expression with arguments would be two different ones.
func ordinals(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strconv.Itoa(i + 1)
	}
	return out
}

// eventSum is a row of eventSums, without the dimensions.
type eventSum struct {
	currency, commission                        string
	events, conversions, sales, revenue, payout int64
}

func (s *eventSum) columns() []any {
	return []any{&s.currency, &s.commission, &s.events, &s.conversions, &s.sales, &s.revenue, &s.payout}
}

// addTo adds the row to the figures. A currency occurred where something was
// counted in it, if only zeros.
func (s *eventSum) addTo(f *stats.Figures) error {
	row := stats.Figures{Events: s.events, Conversions: s.conversions}
	if s.sales > 0 && s.currency != "" {
		row.Revenue = money.Totals{money.Of(s.revenue, money.Currency(s.currency))}
	}
	if s.events > 0 && s.commission != "" {
		row.Payout = money.Totals{money.Of(s.payout, money.Currency(s.commission))}
	}
	return f.Add(row)
}

// eventColumns are the columns that eventSum scans.
func eventColumns() []string {
	out := []string{"currency", "commission_currency"}
	for _, m := range measures() {
		out = append(out, m.name)
	}
	return slices.Clip(out)
}

// each runs a query and calls scan for each row.
func each(ctx context.Context, q Querier, query squirrel.Sqlizer, scan func(Rows) error) (err error) {
	text, args, err := query.ToSql()
	if err != nil {
		return err
	}
	rows, err := q.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() {
		if closing := rows.Close(); err == nil {
			err = closing
		}
	}()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
