package statsql

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// Chart implements [stats.Source].
func (s source) Chart(ctx context.Context, f stats.Filter, unit stats.Unit) ([]stats.Bucket, error) {
	if err := s.check(f); err != nil {
		return nil, err
	}
	calendar, err := stats.NewCalendar(f, unit)
	if err != nil {
		return nil, err
	}
	t := timeline{Calendar: calendar, d: s.d, unit: unit, anchor: anchor(f.From)}
	var out []stats.Bucket
	err = s.snapshot(ctx, func(ctx context.Context, q Querier) error {
		out = calendar.Buckets()
		err := each(ctx, q, t.clicks(s.view, f), func(rows Rows) error {
			var period, number int64
			var sum clickSum
			if err := rows.Scan(append([]any{&period, &number}, sum.columns()...)...); err != nil {
				return err
			}
			return t.put(out, period, number, func(figures *stats.Figures) error {
				sum.addTo(figures)
				return nil
			})
		})
		if err != nil {
			return err
		}
		return each(ctx, q, t.events(s.view, f), func(rows Rows) error {
			var period, number int64
			var sum eventSum
			if err := rows.Scan(append([]any{&period, &number}, sum.columns()...)...); err != nil {
				return err
			}
			return t.put(out, period, number, sum.addTo)
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// timeline makes the expressions that find a row's bucket. The database adds
// the zone's offset to the moment, as it was in the row's offset period, and
// divides; it never sees a zone.
type timeline struct {
	stats.Calendar
	d      Dialect
	unit   stats.Unit
	anchor int64 // day since 1970 that seconds are counted from
}

// anchor returns a Monday at least a day before the moment, as days since 1970.
// Counted from it, no moment of the filter's period is negative in any zone, so
// that integer division, which rounds towards zero, always rounds down.
func anchor(from time.Time) int64 {
	day := from.UTC().Truncate(24*time.Hour).Unix()/(24*60*60) - 2
	weekday := time.Unix(day*24*60*60, 0).UTC().Weekday()
	return day - (int64(weekday)+6)%7
}

func (t timeline) clicks(view tenant.View, f stats.Filter) squirrel.SelectBuilder {
	return clickSums(view, t.d, f, t.dims()...)
}

func (t timeline) events(view tenant.View, f stats.Filter) squirrel.SelectBuilder {
	return eventSums(view, t.d, f, t.dims()...)
}

// dims returns the two dimensions of a bucket: the number of the offset period,
// which only hours need, and the number of the hour, day, week or month.
func (t timeline) dims() []squirrel.Sqlizer {
	local := squirrel.ConcatExpr("(", t.seconds(), " + ", t.byPeriod(func(_ int, offset int64) (string, []any) {
		return "CAST(? AS bigint)", []any{offset}
	}), ")")
	whole := squirrel.Expr("0")
	switch t.unit {
	case stats.Hour:
		period := t.byPeriod(func(i int, _ int64) (string, []any) { return strconv.Itoa(i), nil })
		return []squirrel.Sqlizer{period, squirrel.ConcatExpr(local, " / 3600")}
	case stats.Week:
		return []squirrel.Sqlizer{whole, squirrel.ConcatExpr(local, " / 604800")}
	case stats.Month:
		return []squirrel.Sqlizer{whole, t.month(local)}
	default:
		return []squirrel.Sqlizer{whole, squirrel.ConcatExpr(local, " / 86400")}
	}
}

// seconds returns the whole seconds from the anchor to the row's moment.
func (t timeline) seconds() squirrel.Sqlizer {
	second := t.anchor * 24 * 60 * 60
	if t.d == SQLite {
		return squirrel.Expr("(occurred_at - ?) / 1000000", second*1_000_000)
	}
	return squirrel.Expr("CAST(floor(extract(epoch FROM occurred_at)) AS bigint) - CAST(? AS bigint)", second)
}

// byPeriod returns an expression that is something else in each offset period.
func (t timeline) byPeriod(value func(i int, offset int64) (string, []any)) squirrel.Sqlizer {
	periods := t.Periods()
	var text strings.Builder
	var args []any
	for i, p := range periods {
		then, thenArgs := value(i, p.Offset)
		switch {
		case i < len(periods)-1 && i == 0:
			text.WriteString("CASE WHEN occurred_at < ? THEN " + then)
			args = append(args, t.d.Moment(p.End))
		case i < len(periods)-1:
			text.WriteString(" WHEN occurred_at < ? THEN " + then)
			args = append(args, t.d.Moment(p.End))
		case i > 0:
			text.WriteString(" ELSE " + then + " END")
		default:
			text.WriteString(then)
		}
		args = append(args, thenArgs...)
	}
	return squirrel.Expr(text.String(), args...)
}

// month returns the number of a month, twelve times the year and then from 1.
// The functions see a civil time as if it were UTC.
func (t timeline) month(local squirrel.Sqlizer) squirrel.Sqlizer {
	second := t.anchor * 24 * 60 * 60
	if t.d == SQLite {
		civil := squirrel.ConcatExpr(local, squirrel.Expr(" + ?", second))
		return squirrel.Expr("CAST(strftime('%Y', ?, 'unixepoch') AS bigint) * 12 + CAST(strftime('%m', ?, 'unixepoch') AS bigint)", civil, civil)
	}
	civil := squirrel.ConcatExpr("(timestamp '1970-01-01' + interval '1 second' * (", local, squirrel.Expr(" + CAST(? AS bigint)))", second))
	return squirrel.Expr("CAST(extract(year FROM ?) * 12 + extract(month FROM ?) AS bigint)", civil, civil)
}

// put adds a row to its bucket.
func (t timeline) put(buckets []stats.Bucket, period, number int64, add func(*stats.Figures) error) error {
	var i int
	switch t.unit {
	case stats.Hour:
		i = t.FindHour(int(period), t.anchor*24+number)
	case stats.Week:
		i = t.FindDay(t.anchor + number*7)
	case stats.Month:
		first := time.Date(0, time.Month(number), 1, 0, 0, 0, 0, time.UTC)
		i = t.FindDay(first.Unix() / (24 * 60 * 60))
	default:
		i = t.FindDay(t.anchor + number)
	}
	if i < 0 {
		return fault.New(fault.Internal, "bucket-out-of-period", "the database counted something outside of the period")
	}
	return add(&buckets[i].Figures)
}
