package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/Masterminds/squirrel"
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
		midnight := time.Unix(c.from.Int64*secondsPerDay, 0)
		later := t.dialect.Builder().Select().From("click_events").Where(t.own()).Where("occurred_at >= ?", t.dialect.Moment(midnight))
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
// before are kept, if they are in the same zone.
func (t totals) rebuildClicks(ctx context.Context, zone *time.Location, sameZone bool) (from sql.NullInt64, err error) {
	clicks, err := t.storedClicks(ctx, zone)
	if err == nil && !sameZone {
		// All that is stored, also what came late: nothing else is left of these days.
		clicks.days, clicks.some, err = t.newZoneDays(ctx, "click_events", zone)
		clicks.from, clicks.begin = sql.NullInt64{}, math.MinInt32
	}
	if err != nil {
		return from, err
	}
	if err := t.dropClickTotals(ctx, clicks.begin); err != nil {
		return from, err
	}
	for kind := range t.clickKinds() {
		if clicks.some {
			if err := t.insertInto(ctx, "click_days", clickDayColumns, t.rawClickDays(clicks.days, kind)); err != nil {
				return from, err
			}
			if err := t.insertInto(ctx, "click_visitors", clickVisitorColumns, t.rawVisitors(clicks.days, kind)); err != nil {
				return from, err
			}
		}
		if err := t.insertInto(ctx, "click_days", clickDayColumns, t.clickMonths(kind)); err != nil {
			return from, err
		}
		if err := t.insertInto(ctx, "click_visitors", clickVisitorColumns, t.visitorMonths(kind)); err != nil {
			return from, err
		}
	}
	return clicks.from, nil
}

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
