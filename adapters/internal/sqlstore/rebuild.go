package sqlstore

import (
	"context"
	"strings"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// totalsTimeout is how long it may take to go through all that one advertiser
// has: millions of rows are a matter of a minute.
const totalsTimeout = time.Hour

// RebuildTotals implements storage.TotalsStore.
//
// The changes that wait are left alone: the totals become what the events add
// up to, less what the changes add up to. Each statement sees both as they were
// at one moment, whenever that is, so what is recorded meanwhile is neither
// lost nor counted twice. Clicks are counted as they are stored, in turns, and so
// have to wait while theirs are made anew, but no longer.
func (s system) RebuildTotals(ctx context.Context, advertiser tenant.ID, how storage.Rebuild) (storage.Rebuilt, error) {
	var done storage.Rebuilt
	work := Work{Kind: Turn, Totals: advertiser, Timeout: totalsTimeout}
	err := s.keepTotals(ctx, work, advertiser, func(ctx context.Context, t totals) error {
		done = storage.Rebuilt{}
		is, err := t.kept(ctx)
		if err != nil {
			return err
		}
		if how.IfDue && is.zone == is.wanted { // another one made them while this one waited
			done.Skipped = true
			return nil
		}
		zone, err := tenant.LoadZone(is.wanted)
		if err != nil {
			return err
		}
		if err := t.rebuildEvents(ctx, zone); err != nil {
			return err
		}
		if err := t.q.TakeTurn(ctx, t.advertiser); err != nil {
			return err
		}
		from, lost, err := t.rebuildClicks(ctx, is, zone)
		if err != nil {
			return err
		}
		done.Lost = lost
		_, err = exec(ctx, t.q, t.dialect.Builder().Insert("totals").Columns("advertiser_id", "zone", "rebuilt_at", "clicks_from").
			Values(t.advertiser, is.wanted, t.dialect.Moment(how.At), from).
			Suffix("ON CONFLICT (advertiser_id) DO UPDATE SET zone = excluded.zone, rebuilt_at = excluded.rebuilt_at, clicks_from = excluded.clicks_from"))
		return err
	})
	if err != nil {
		return storage.Rebuilt{}, err
	}
	return done, nil
}

func (t totals) rebuildEvents(ctx context.Context, zone *time.Location) error {
	for _, table := range sumTables() {
		if _, err := exec(ctx, t.q, t.dialect.Builder().Delete(table.name).Where(t.own())); err != nil {
			return err
		}
	}
	days, some, err := t.newZoneDays(ctx, "customer_events", zone)
	if err != nil || !some {
		return err
	}
	for _, table := range sumTables() {
		if err := t.refill(ctx, table, t.summed(table, t.rawCells(table, days), t.changedCells(table, days, "-"))); err != nil {
			return err
		}
		if !table.grains {
			continue
		}
		if err := t.refill(ctx, table, t.summed(table, t.months(table, ""))); err != nil {
			return err
		}
	}
	return nil
}

// refill inserts what a query selects: the key and the figures of a table.
func (t totals) refill(ctx context.Context, table sumTable, cells squirrel.SelectBuilder) error {
	insert := t.dialect.Builder().Insert(table.name).Columns(table.columns()).
		Select(squirrel.Select().Column("?", t.advertiser).Columns(table.keys...).Columns(table.sums...).FromSelect(cells, "cells"))
	_, err := exec(ctx, t.q, insert)
	return err
}

// summed adds up what queries select, with the columns of the keys and the
// figures, and leaves out what is nothing.
func (t totals) summed(table sumTable, parts ...squirrel.SelectBuilder) squirrel.SelectBuilder {
	all := parts[0]
	for _, part := range parts[1:] {
		all = all.SuffixExpr(squirrel.Expr("UNION ALL ?", part))
	}
	query := squirrel.Select(table.keys...).FromSelect(all, "parts").GroupBy(table.keys...)
	some := make([]string, 0, len(table.sums))
	for _, column := range table.sums {
		query = query.Column("CAST(sum(" + column + ") AS bigint) AS " + column)
		some = append(some, "sum("+column+") <> 0")
	}
	return query.Having(strings.Join(some, " OR "))
}

// rawFigures are the expressions of the figures of an event, by their names:
// those of changeOf.
func rawFigures(column string) string {
	const sale = "CASE WHEN conversion OR event_type = 'purchase' THEN "
	const order = "CASE WHEN event_type = 'purchase' AND currency <> '' THEN "
	switch column {
	case "events":
		return "1"
	case "conversions":
		return "CASE WHEN conversion THEN 1 ELSE 0 END"
	case "sales":
		return sale + "1 ELSE 0 END"
	case "revenue_minor":
		return sale + "value_minor ELSE 0 END"
	case "orders":
		return order + "1 ELSE 0 END"
	case "orders_minor":
		return order + "value_minor ELSE 0 END"
	default:
		return "commission_minor"
	}
}

// rawCells selects a row for each event that the days reach; what was recorded
// behind them meanwhile still waits as a change.
func (t totals) rawCells(table sumTable, days zoneDays) squirrel.SelectBuilder {
	query := t.keyed(table, days)
	for _, column := range table.sums {
		query = query.Column(rawFigures(column) + " AS " + column)
	}
	return days.within(query.From("customer_events").Where(t.own()))
}

// changedCells selects a row for each change that waits, or for its opposite.
func (t totals) changedCells(table sumTable, days zoneDays, sign string) squirrel.SelectBuilder {
	query := t.keyed(table, days)
	for _, column := range table.sums {
		query = query.Column(sign + column + " AS " + column)
	}
	return days.within(query.From("event_changes").Where(t.own()))
}

// keyed selects the key of the finest grain from events or changes.
func (t totals) keyed(table sumTable, days zoneDays) squirrel.SelectBuilder {
	query := squirrel.Select()
	if table.grains {
		query = query.Column("0 AS grain")
	}
	query = query.Column(days.day() + " AS day")
	for _, column := range table.dimensions() {
		if strings.HasSuffix(column, "_id") {
			column = "coalesce(" + column + ", " + noID(t.dialect) + ") AS " + column
		}
		query = query.Column(column)
	}
	return query
}

// noID is the literal for the id that stands for none.
func noID(d statsql.Dialect) string {
	if d == statsql.SQLite {
		return "zeroblob(16)"
	}
	return "CAST('00000000-0000-0000-0000-000000000000' AS uuid)"
}

// months selects the days of a table as parts of months.
func (t totals) months(table sumTable, sign string) squirrel.SelectBuilder {
	query := squirrel.Select("1 AS grain", monthColumn(t.dialect, "day")+" AS day").Columns(table.dimensions()...)
	for _, column := range table.sums {
		query = query.Column(sign + column + " AS " + column)
	}
	return query.From(table.name).Where(t.own()).Where("grain = 0")
}

// within limits a query to the moments that the days reach.
func (z zoneDays) within(query squirrel.SelectBuilder) squirrel.SelectBuilder {
	return query.Where("occurred_at >= ?", z.dialect.Moment(z.first)).Where("occurred_at <= ?", z.dialect.Moment(z.last))
}

var _ storage.TotalsStore = system{}
