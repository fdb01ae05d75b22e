package statsql

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats"
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
	t := timeline{Calendar: calendar, d: s.d, unit: unit, anchor: anchor(f.From), last: f.To.Unix()}
	var out []stats.Bucket
	err = s.planned(ctx, f, func(ctx context.Context, q Querier, p plan) error {
		out = calendar.Buckets()
		if unit == stats.Hour || p.zone != nil && !stats.SameOffsets(p.zone, f.Location(), p.period().from, p.period().to) {
			p.zone = nil // the days of the totals are others than those of the chart
		}
		if err := t.readClicks(ctx, q, p, out); err != nil {
			return err
		}
		return t.readEvents(ctx, q, p, out)
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
	last   int64 // second since 1970 at which the period ends
}

// floatSeconds is the second, in the year 2242, up to which a float tells
// microseconds apart, so that it is never rounded up into the next second.
const floatSeconds = 1 << 33

// readEvents adds the events of each bucket, from totals in rows for each day.
func (t timeline) readEvents(ctx context.Context, q Querier, p plan, out []stats.Bucket) error {
	dims := t.dims()
	if p.zone != nil {
		dims = []dimension{t.day()}
	}
	return p.read(ctx, q, p.eventSums(measures(), dims...), func(rows Rows) error {
		var period, number int64
		var sum eventSum
		keys := []any{&period, &number}[2-len(dims):]
		if err := rows.Scan(append(keys, sum.columns()...)...); err != nil {
			return err
		}
		i := t.find(period, number)
		if p.zone != nil {
			i = t.FindDay(number)
		}
		return put(out, i, sum.addTo)
	})
}

// readClicks adds the clicks of each bucket.
func (t timeline) readClicks(ctx context.Context, q Querier, p plan, out []stats.Bucket) error {
	if p.zone != nil {
		if found, ok := pieces(p.zone, p.period(), t.FindDay); ok {
			return chartClicks{t, p, found}.read(ctx, q, out)
		}
	}
	query := p.rawClicks(allClicks, p.period(), t.dims(), hitCount, clickCount, visitorCount)
	return p.read(ctx, q, query, func(rows Rows) error {
		var period, number int64
		var sum clickSum
		if err := rows.Scan(append([]any{&period, &number}, sum.columns()...)...); err != nil {
			return err
		}
		return put(out, t.find(period, number), func(figures *stats.Figures) error {
			sum.addTo(figures)
			return nil
		})
	})
}

// anchor returns a Monday at least a day before the moment, as days since 1970.
// Counted from it, no moment of the filter's period is negative in any zone, so
// that integer division, which rounds towards zero, always rounds down.
func anchor(from time.Time) int64 {
	day := from.UTC().Truncate(24*time.Hour).Unix()/(24*60*60) - 2
	weekday := time.Unix(day*24*60*60, 0).UTC().Weekday()
	return day - (int64(weekday)+6)%7
}

// dims returns the two dimensions of a bucket: the number of the offset period,
// which only hours need, and the number of the hour, day, week or month.
func (t timeline) dims() []dimension {
	local, period := t.local(), squirrel.Expr("0")
	var number squirrel.Sqlizer
	switch t.unit {
	case stats.Hour:
		period = t.byPeriod(func(i int, _ int64) (string, []any) { return strconv.Itoa(i), nil })
		number = squirrel.ConcatExpr(local, " / 3600")
	case stats.Week:
		number = squirrel.ConcatExpr(local, " / 604800")
	case stats.Month:
		number = t.month(local)
	default:
		number = squirrel.ConcatExpr(local, " / 86400")
	}
	return []dimension{{"period", period}, {"number", number}}
}

// day returns the dimension that the rows of totals have: the day since 1970.
func (t timeline) day() dimension {
	return dimension{"day", squirrel.ConcatExpr(t.local(), squirrel.Expr(" / 86400 + CAST(? AS bigint)", t.anchor))}
}

// local returns the seconds from the anchor to the row's moment on the zone's clock.
func (t timeline) local() squirrel.Sqlizer {
	return squirrel.ConcatExpr("(", t.seconds(), " + ", t.byPeriod(func(_ int, offset int64) (string, []any) {
		return "CAST(? AS bigint)", []any{offset}
	}), ")")
}

// seconds returns the whole seconds from the anchor to the row's moment.
func (t timeline) seconds() squirrel.Sqlizer {
	second := t.anchor * 24 * 60 * 60
	if t.d == SQLite {
		return squirrel.Expr("(occurred_at - ?) / 1000000", second*1_000_000)
	}
	// date_part is a float and several times faster than extract, a numeric.
	epoch := "date_part('epoch', occurred_at)"
	if t.last > floatSeconds {
		epoch = "extract(epoch FROM occurred_at)"
	}
	return squirrel.Expr("CAST(floor("+epoch+") AS bigint) - CAST(? AS bigint)", second)
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

// find returns the bucket that the dimensions of a row name.
func (t timeline) find(period, number int64) int {
	switch t.unit {
	case stats.Hour:
		return t.FindHour(int(period), t.anchor*24+number)
	case stats.Week:
		return t.FindDay(t.anchor + number*7)
	case stats.Month:
		first := time.Date(0, time.Month(number), 1, 0, 0, 0, 0, time.UTC)
		return t.FindDay(first.Unix() / (24 * 60 * 60))
	default:
		return t.FindDay(t.anchor + number)
	}
}

// put adds a row to its bucket.
func put(buckets []stats.Bucket, i int, add func(*stats.Figures) error) error {
	if i < 0 {
		return fault.New(fault.Internal, "bucket-out-of-period", "the database counted something outside of the period")
	}
	return add(&buckets[i].Figures)
}
