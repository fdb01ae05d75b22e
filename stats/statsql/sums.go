package statsql

import (
	"context"
	"strconv"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/money"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// eventSums sums the covered events up for each combination of the dimensions
// and of both currencies. The result has the dimensions, then the columns that
// eventSum scans.
//
// A sum that does not fit is an error in both databases: the cast fails in
// Postgres, whose sum is wider than its terms, and the sum itself in SQLite.
func eventSums(view tenant.View, d Dialect, f stats.Filter, dims ...squirrel.Sqlizer) squirrel.SelectBuilder {
	q := d.Builder().Select()
	for _, dim := range dims {
		q = q.Column(dim)
	}
	return q.Columns("currency", "commission_currency", "count(*)", "count(*) FILTER (WHERE conversion)",
		"count(*) FILTER (WHERE "+isRevenue+")", "CAST(coalesce(sum(value_minor) FILTER (WHERE "+isRevenue+"), 0) AS bigint)",
		"CAST(coalesce(sum(commission_minor), 0) AS bigint)").
		From("customer_events").Where(EventsIn(view, d, f)).GroupBy(ordinals(len(dims) + 2)...)
}

// isRevenue holds for the events whose value is revenue, see stats.Figures.
const isRevenue = "conversion OR event_type = 'purchase'"

// orderColumns are the number and value of the orders, see stats.Overview.
func orderColumns() []string {
	const orders = "FILTER (WHERE event_type = 'purchase' AND currency <> '')"
	return []string{"count(*) " + orders, "CAST(coalesce(sum(value_minor) " + orders + ", 0) AS bigint)"}
}

// clickSums sums the covered clicks up for each combination of the dimensions.
func clickSums(view tenant.View, d Dialect, f stats.Filter, dims ...squirrel.Sqlizer) squirrel.SelectBuilder {
	q := d.Builder().Select()
	for _, dim := range dims {
		q = q.Column(dim)
	}
	return q.Columns(clickColumns()...).From("click_events").Where(ClicksIn(view, d, f)).GroupBy(ordinals(len(dims))...)
}

func clickColumns() []string {
	return []string{
		"count(*) AS all_clicks", "count(*) FILTER (WHERE class = 'human') AS clicks",
		"count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors",
	}
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
	if s.commission != "" {
		row.Payout = money.Totals{money.Of(s.payout, money.Currency(s.commission))}
	}
	return f.Add(row)
}

// clickSum is a row of clickSums, without the dimensions.
type clickSum struct{ all, human, visitors int64 }

func (s *clickSum) columns() []any { return []any{&s.all, &s.human, &s.visitors} }

// addTo sets the clicks of the figures; there is one row for each.
func (s *clickSum) addTo(f *stats.Figures) {
	f.AllClicks, f.Clicks, f.Visitors = s.all, s.human, s.visitors
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
