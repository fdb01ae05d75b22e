package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

func clickTables() (days, visitors sumTable) {
	return sumTable{name: "click_days", keys: []string{"kind", "grain", "day", "utc_day", "thing_id"}, grains: true, sums: []string{"clicks", "all_clicks", "visitors"}},
		sumTable{name: "click_visitors", keys: []string{"kind", "grain", "day", "thing_id"}, grains: true, sums: []string{"visitors"}}
}

// clickKinds are the things that clicks are counted by, at their numbers: the
// expressions for their ids, NULL where a click is not of the kind.
func (t totals) clickKinds() []string {
	none := noID(t.dialect)
	return []string{none, "campaign_id", "coalesce(influencer_id, " + none + ")", "link_id", "CASE WHEN influencer_id IS NOT NULL THEN " + none + " END"}
}

// storedClicks is what the totals of clicks are made of, and compared with.
type storedClicks struct {
	days  zoneDays
	some  bool          // there are clicks from the beginning on
	from  sql.NullInt64 // totals.clicks_from
	begin int64         // UTC day; totals of days before are of clicks that are not all stored
}

// storedClicks finds where the clicks that are stored begin. One that came late
// for days whose clicks were taken out is no beginning: the totals of these days
// hold more than it.
//
// Clicks are taken out by transactions that say so in clicks_from and that wait
// for all who read clicks. So clicks_from is asked for behind the clicks: from
// then on it holds until the end of a transaction that makes totals.
func (t totals) storedClicks(ctx context.Context, zone *time.Location) (c storedClicks, err error) {
	if c.days, c.some, err = t.newZoneDays(ctx, "click_events", zone); err != nil {
		return c, err
	}
	if c.from, err = t.clicksFrom(ctx); err != nil {
		return c, err
	}
	if c.from.Valid && c.some && floorDay(c.days.first) < c.from.Int64 {
		later := t.dialect.Builder().Select().From("click_events").Where(t.own()).Where("occurred_at >= ?", t.dialect.Moment(utcMidnight(c.from.Int64)))
		if c.days, c.some, err = t.zoneDaysOf(ctx, later, zone); err != nil {
			return c, err
		}
	}
	switch {
	case c.some:
		c.begin = floorDay(c.days.first)
	case c.from.Valid:
		c.begin = c.from.Int64
	default:
		c.begin = math.MaxInt32
	}
	return c, nil
}

// clicksFrom returns totals.clicks_from, NULL also where there are no totals.
func (t totals) clicksFrom(ctx context.Context) (sql.NullInt64, error) {
	return one(ctx, t.q, t.dialect.Builder().Select("max(clicks_from)").From("totals").Where(t.own()), func(r row) (from sql.NullInt64, err error) {
		err = r.Scan(&from)
		return from, err
	})
}

// rebuildClicks makes the totals of clicks anew, as far back as the clicks are
// stored, and returns the clicks_from that they have then. Totals of UTC days
// before are kept if they can be; else it returns how many clicks are lost.
func (t totals) rebuildClicks(ctx context.Context, is kept, zone *time.Location) (from sql.NullInt64, lost int64, err error) {
	clicks, err := t.storedClicks(ctx, zone)
	if err != nil {
		return from, 0, err
	}
	same, err := t.sameDays(ctx, is, zone, clicks.begin)
	if err != nil {
		return from, 0, err
	}
	if same {
		return clicks.from, 0, t.refillClicks(ctx, clicks)
	}
	// All that is stored, also what came late: nothing else is left of these days.
	if clicks.days, clicks.some, err = t.newZoneDays(ctx, "click_events", zone); err != nil {
		return from, 0, err
	}
	clicks.begin = math.MinInt32
	before, err := t.countedClicks(ctx)
	if err != nil {
		return from, 0, err
	}
	if err := t.refillClicks(ctx, clicks); err != nil {
		return from, 0, err
	}
	after, err := t.countedClicks(ctx)
	return from, max(0, before-after), err
}

// sameDays reports whether the totals of clicks of before a UTC day are right in
// a zone as they are. That of another name may have had the same offsets.
func (t totals) sameDays(ctx context.Context, is kept, zone *time.Location, before int64) (bool, error) {
	if is.zone == is.wanted {
		return true, nil
	}
	was, err := tenant.LoadZone(is.zone)
	if is.zone == "" || err != nil {
		return false, nil //nolint:nilerr // no totals, or in days that nobody knows
	}
	type days struct{ first, last sql.NullInt64 }
	kept, err := one(ctx, t.q, t.dialect.Builder().Select("min(utc_day)", "max(utc_day)").From("click_days").Where(t.own()).
		Where("kind = 0 AND grain = 0").Where("utc_day < ?", before), func(r row) (d days, err error) {
		err = r.Scan(&d.first, &d.last)
		return d, err
	})
	if err != nil {
		return false, err
	}
	return kept.first.Valid && stats.SameOffsets(was, zone, utcMidnight(kept.first.Int64), utcMidnight(kept.last.Int64+1)), nil
}

// countedClicks returns how many clicks the totals count.
func (t totals) countedClicks(ctx context.Context) (int64, error) {
	return one(ctx, t.q, t.dialect.Builder().Select("CAST(coalesce(sum(all_clicks), 0) AS bigint)").From("click_days").Where(t.own()).
		Where("kind = 0 AND grain = 1"), func(r row) (n int64, err error) {
		err = r.Scan(&n)
		return n, err
	})
}

// refillClicks makes the totals of clicks anew, from their beginning on.
func (t totals) refillClicks(ctx context.Context, clicks storedClicks) error {
	if err := t.dropClickTotals(ctx, clicks.begin); err != nil {
		return err
	}
	for kind := range t.clickKinds() {
		if clicks.some {
			if err := t.insertInto(ctx, "click_days", clickDayColumns, t.rawClickDays(clicks.days, kind)); err != nil {
				return err
			}
			if err := t.insertInto(ctx, "click_visitors", clickVisitorColumns, t.rawVisitors(clicks.days, kind)); err != nil {
				return err
			}
		}
		if err := t.insertInto(ctx, "click_days", clickDayColumns, t.clickMonths(kind)); err != nil {
			return err
		}
		if err := t.insertInto(ctx, "click_visitors", clickVisitorColumns, t.visitorMonths(kind)); err != nil {
			return err
		}
	}
	return nil
}

func utcMidnight(day int64) time.Time { return time.Unix(day*secondsPerDay, 0).UTC() }

const (
	clickDayColumns     = "advertiser_id, kind, grain, day, utc_day, thing_id, clicks, all_clicks, visitors"
	clickVisitorColumns = "advertiser_id, kind, grain, day, thing_id, visitors"
)

// dropClickTotals deletes the months, and the UTC days from the first on.
func (t totals) dropClickTotals(ctx context.Context, first int64) error {
	for _, table := range []struct{ name, utcDay string }{{"click_days", "utc_day"}, {"click_visitors", "day"}} {
		_, err := exec(ctx, t.q, t.dialect.Builder().Delete(table.name).Where(t.own()).Where("(grain = 1 OR "+table.utcDay+" >= ?)", first))
		if err != nil {
			return err
		}
	}
	return nil
}

// insertInto inserts what a query selects into a table.
func (t totals) insertInto(ctx context.Context, table, columns string, query squirrel.SelectBuilder) error {
	_, err := exec(ctx, t.q, t.dialect.Builder().Insert(table).Columns(columns).Select(query))
	return err
}

// rawClickDays selects the cells of a kind by days.
func (t totals) rawClickDays(days zoneDays, kind int) squirrel.SelectBuilder {
	clicks := squirrel.Select(days.day()+" AS day", days.utcDay()+" AS utc_day", t.clickKinds()[kind]+" AS thing_id", "class", "visitor").
		From("click_events").Where(t.own())
	return squirrel.Select().Column("?", t.advertiser).Columns(fmt.Sprint(kind)+" AS kind", "0 AS grain", "day", "utc_day", "thing_id",
		"count(*) FILTER (WHERE class = 'human') AS clicks", "count(*) AS all_clicks",
		"count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors").
		FromSelect(days.within(clicks), "c").Where("thing_id IS NOT NULL").GroupBy("day", "utc_day", "thing_id")
}

// rawVisitors selects the visitors of a kind by UTC days.
func (t totals) rawVisitors(days zoneDays, kind int) squirrel.SelectBuilder {
	clicks := squirrel.Select(days.utcDay()+" AS day", t.clickKinds()[kind]+" AS thing_id", "visitor").
		From("click_events").Where(t.own()).Where("class = 'human'")
	return squirrel.Select().Column("?", t.advertiser).Columns(fmt.Sprint(kind)+" AS kind", "0 AS grain", "day", "thing_id", "count(DISTINCT visitor) AS visitors").
		FromSelect(days.within(clicks), "c").Where("thing_id IS NOT NULL").GroupBy("day", "thing_id")
}

func (t totals) clickMonths(kind int) squirrel.SelectBuilder {
	days := squirrel.Select(monthColumn(t.dialect, "day")+" AS month", "thing_id", "clicks", "all_clicks").
		From("click_days").Where(t.own()).Where("grain = 0").Where(squirrel.Expr("kind = ?", kind))
	return squirrel.Select().Column("?", t.advertiser).Columns(fmt.Sprint(kind)+" AS kind", "1 AS grain", "month AS day", "0 AS utc_day", "thing_id",
		"CAST(sum(clicks) AS bigint) AS clicks", "CAST(sum(all_clicks) AS bigint) AS all_clicks", "0 AS visitors").FromSelect(days, "d").GroupBy("month", "thing_id")
}

func (t totals) visitorMonths(kind int) squirrel.SelectBuilder {
	days := squirrel.Select(monthColumn(t.dialect, "day")+" AS month", "thing_id", "visitors").
		From("click_visitors").Where(t.own()).Where("grain = 0").Where(squirrel.Expr("kind = ?", kind))
	return squirrel.Select().Column("?", t.advertiser).Columns(fmt.Sprint(kind)+" AS kind", "1 AS grain", "month AS day", "thing_id",
		"CAST(sum(visitors) AS bigint) AS visitors").FromSelect(days, "d").GroupBy("month", "thing_id")
}
