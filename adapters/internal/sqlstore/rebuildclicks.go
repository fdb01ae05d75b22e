package sqlstore

import (
	"context"
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

// rebuildClicks makes the totals of clicks anew, as far back as the clicks are
// stored. Totals of UTC days before are kept, if they are in the same zone.
func (t totals) rebuildClicks(ctx context.Context, zone *time.Location, sameZone bool) error {
	days, some, err := t.newZoneDays(ctx, "click_events", zone)
	if err != nil {
		return err
	}
	first := int64(math.MinInt32) // UTC day from which they are made anew
	switch {
	case sameZone && some:
		first = floorDay(days.first)
	case sameZone:
		first = math.MaxInt32
	}
	if err := t.dropClickTotals(ctx, first); err != nil {
		return err
	}
	for kind := range t.clickKinds() {
		if some {
			if err := t.insertInto(ctx, "click_days", clickDayColumns, t.rawClickDays(days, kind)); err != nil {
				return err
			}
			if err := t.insertInto(ctx, "click_visitors", clickVisitorColumns, t.rawVisitors(days, kind)); err != nil {
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
