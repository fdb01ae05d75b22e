package sqlstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/stats"
	"github.com/superher/superher/stats/statsql"
)

// zoneDays makes the expressions for the day and month of a row. The database
// adds the zone's offset to the moment, as it was then, and divides; it never
// sees a zone. All that stands in them are whole numbers.
type zoneDays struct {
	dialect statsql.Dialect
	first   time.Time // moments from here
	last    time.Time // to here, which is included, are understood
	periods []stats.OffsetPeriod
	anchor  int64 // day from which seconds are counted, so that none are negative
}

// newZoneDays returns the days of a zone for moments of a table of the
// advertiser, as far as there are any; ok is false if there are none.
func (t totals) newZoneDays(ctx context.Context, table string, zone *time.Location) (days zoneDays, ok bool, err error) {
	return t.zoneDaysOf(ctx, t.dialect.Builder().Select().From(table).Where(t.own()), zone)
}

// zoneDaysOf returns the days of a zone for the moments of some rows.
func (t totals) zoneDaysOf(ctx context.Context, bounds squirrel.SelectBuilder, zone *time.Location) (days zoneDays, ok bool, err error) {
	days.dialect = t.dialect
	if days.first, err = one(ctx, t.q, bounds.Column("min(occurred_at)"), scanMoment); err != nil || days.first.IsZero() {
		return zoneDays{}, false, err
	}
	if days.last, err = one(ctx, t.q, bounds.Column("max(occurred_at)"), scanMoment); err != nil {
		return zoneDays{}, false, err
	}
	days.periods = stats.OffsetPeriods(zone, days.first, days.last.Add(time.Microsecond))
	days.anchor = floorDay(days.first) - 2
	return days, true, nil
}

func scanMoment(r row) (time.Time, error) {
	var at time.Time
	err := r.Scan(moment{&at})
	return at, err
}

func floorDay(at time.Time) int64 { return at.Truncate(24*time.Hour).Unix() / secondsPerDay }

// day returns the expression for the number of the date in the zone.
func (z zoneDays) day() string {
	var b strings.Builder
	last := len(z.periods) - 1
	for i := last; i > 0; i-- { // the latest first, most rows are there
		if i == last {
			b.WriteString("CASE")
		}
		fmt.Fprintf(&b, " WHEN occurred_at >= %s THEN %d", z.literal(z.periods[i].Start), z.periods[i].Offset)
	}
	if last > 0 {
		fmt.Fprintf(&b, " ELSE %d END", z.periods[0].Offset)
	} else {
		fmt.Fprintf(&b, "%d", z.periods[0].Offset)
	}
	return z.divided("(" + b.String() + ")")
}

// utcDay returns the expression for the number of the date in UTC.
func (z zoneDays) utcDay() string { return z.divided("0") }

func (z zoneDays) divided(offset string) string {
	second := z.anchor * secondsPerDay
	if z.dialect == statsql.SQLite {
		return fmt.Sprintf("(((occurred_at - %d) / 1000000 + %s) / 86400 + %d)", second*1_000_000, offset, z.anchor)
	}
	return fmt.Sprintf("CAST((CAST(floor(date_part('epoch', occurred_at)) AS bigint) - %d + %s) / 86400 + %d AS integer)", second, offset, z.anchor)
}

// literal returns a moment at which an offset begins: a whole second.
func (z zoneDays) literal(at time.Time) string {
	if z.dialect == statsql.SQLite {
		return fmt.Sprint(at.UnixMicro())
	}
	return fmt.Sprintf("to_timestamp(%d)", at.Unix())
}

// monthColumn returns the expression for the number of the first day of the month
// of a day.
func monthColumn(d statsql.Dialect, day string) string {
	if d == statsql.SQLite {
		return "CAST(strftime('%s', " + day + " * 86400, 'unixepoch', 'start of month') AS integer) / 86400"
	}
	return "(CAST(date_trunc('month', CAST(date '1970-01-01' + " + day + " AS timestamp)) AS date) - date '1970-01-01')"
}
