package sqlstore

import (
	"strconv"
	"strings"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats/statsql"
)

// The figures of the tables of totals. What stands in a column of tables that
// are kept for their orders, the others lack.
const (
	figureColumns      = "events, conversions, sales, revenue_minor, orders, orders_minor, payout_minor"
	shortFigureColumns = "events, conversions, sales, revenue_minor, payout_minor"
)

// figures is what is added up of events.
type figures struct {
	events, conversions int64
	sales, revenue      int64 // events whose value is revenue, and the value
	orders, ordersValue int64 // purchases that have a value, and the value
	payout              int64
}

func (f figures) values() []any {
	return []any{f.events, f.conversions, f.sales, f.revenue, f.orders, f.ordersValue, f.payout}
}

func (f figures) shortValues() []any {
	return []any{f.events, f.conversions, f.sales, f.revenue, f.payout}
}

func (f *figures) columns() []*int64 {
	return []*int64{&f.events, &f.conversions, &f.sales, &f.revenue, &f.orders, &f.ordersValue, &f.payout}
}

// targets returns the columns as what a row is scanned into.
func (f *figures) targets() []any {
	columns := f.columns()
	out := make([]any, len(columns))
	for i, column := range columns {
		out[i] = column
	}
	return out
}

// plus adds up; fault.Invalid "amount-overflow" if a sum does not fit.
func (f figures) plus(g figures) (figures, error) { return f.combine(g, sum) }

// negative returns what takes the figures back, with the error of plus.
func (f figures) negative() (figures, error) { return figures{}.combine(f, difference) }

func (f figures) combine(g figures, with func(a, b int64) (int64, bool)) (figures, error) {
	a, b := f.columns(), g.columns()
	for i, into := range a {
		together, fits := with(*into, *b[i])
		if !fits {
			return figures{}, fault.New(fault.Invalid, "amount-overflow", "a sum does not fit in 64 bits of minor units")
		}
		*into = together
	}
	return f, nil
}

func sum(a, b int64) (int64, bool) {
	c := a + b
	return c, (c > a) == (b > 0)
}

func difference(a, b int64) (int64, bool) {
	c := a - b
	return c, (c < a) == (b > 0)
}

// writePlaceholders writes the list of the placeholders of one row, those after
// the first so many.
func writePlaceholders(b *strings.Builder, d statsql.Dialect, after, width int) {
	if d == statsql.SQLite {
		b.WriteString("(?" + strings.Repeat(",?", width-1) + ")")
		return
	}
	var number [20]byte
	for i := range width {
		if i == 0 {
			b.WriteString("($")
		} else {
			b.WriteString(",$")
		}
		b.Write(strconv.AppendInt(number[:0], int64(after+i+1), 10))
	}
	b.WriteByte(')')
}
