package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/ident"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// VerifyTotals implements storage.TotalsStore. The database compares: it adds
// the totals and the changes up with the opposite of the events, and whatever
// is not zero is a difference.
func (s system) VerifyTotals(ctx context.Context, advertiser tenant.ID) (storage.TotalsCheck, error) {
	for {
		check, from, err := s.compareTotals(ctx, advertiser)
		if err != nil || len(check.Differences) == 0 {
			return check, err
		}
		// Which tables hold the clicks is no part of a snapshot: if months were taken
		// out meanwhile, clicks are missing that the snapshot takes for stored.
		var now sql.NullInt64
		err = s.keepTotals(ctx, Work{Kind: Snapshot}, advertiser, func(ctx context.Context, t totals) (err error) {
			now, err = t.clicksFrom(ctx)
			return err
		})
		if err != nil || now == from {
			return check, err
		}
	}
}

// compareTotals compares once, and returns the clicks_from that it went by.
func (s system) compareTotals(ctx context.Context, advertiser tenant.ID) (check storage.TotalsCheck, from sql.NullInt64, err error) {
	err = s.keepTotals(ctx, Work{Kind: Snapshot, Timeout: totalsTimeout}, advertiser, func(ctx context.Context, t totals) error {
		check, from = storage.TotalsCheck{}, sql.NullInt64{}
		is, err := t.kept(ctx)
		if err != nil || is.zone == "" {
			return err
		}
		check.Zone = is.zone
		zone, err := tenant.LoadZone(is.zone)
		if err != nil {
			return err
		}
		if err := t.verifyEvents(ctx, zone, &check); err != nil {
			return err
		}
		from, err = t.verifyClicks(ctx, zone, &check)
		return err
	})
	if err != nil {
		return storage.TotalsCheck{}, from, err
	}
	return check, from, nil
}

func (t totals) verifyEvents(ctx context.Context, zone *time.Location, check *storage.TotalsCheck) error {
	days, some, err := t.newZoneDays(ctx, "customer_events", zone)
	if err != nil {
		return err
	}
	for _, table := range sumTables() {
		parts := []squirrel.SelectBuilder{t.stored(table, "grain = 0")}
		if some {
			parts = append(parts, t.changedCells(table, days, ""), t.opposite(table, t.rawCells(table, days)))
		}
		if err := t.differences(ctx, table, check, parts...); err != nil {
			return err
		}
		if !table.grains {
			continue
		}
		if err := t.differences(ctx, table, check, t.stored(table, "grain = 1"), t.months(table, "-")); err != nil {
			return err
		}
	}
	return nil
}

// stored selects the cells of a table, of one grain where there are several.
func (t totals) stored(table sumTable, grain string) squirrel.SelectBuilder {
	query := squirrel.Select(table.keys...).Columns(table.sums...).From(table.name).Where(t.own())
	if table.grains {
		query = query.Where(grain)
	}
	return query
}

// opposite turns the signs of the figures of a query.
func (t totals) opposite(table sumTable, of squirrel.SelectBuilder) squirrel.SelectBuilder {
	query := squirrel.Select(table.keys...)
	for _, column := range table.sums {
		query = query.Column("-" + column + " AS " + column)
	}
	return query.FromSelect(of, "o")
}

// differences adds up the parts of a table, which ought to come to nothing, and
// notes what does not.
func (t totals) differences(ctx context.Context, table sumTable, check *storage.TotalsCheck, parts ...squirrel.SelectBuilder) error {
	room := storage.MaxTotalsDifferences - len(check.Differences)
	if room <= 0 {
		return nil
	}
	query := t.summed(table, parts...).Limit(uint64(room))
	found, err := collect(ctx, t.q, t.dialect.Builder().Select("*").FromSelect(query, "d"), func(r row) ([]storage.TotalsDifference, error) { return scanDifferences(r, table) })
	for _, differences := range found {
		check.Differences = append(check.Differences, differences[:min(len(differences), storage.MaxTotalsDifferences-len(check.Differences))]...)
	}
	return err
}

// scanDifferences returns a difference for each figure of a cell that is not
// zero.
func scanDifferences(r row, table sumTable) ([]storage.TotalsDifference, error) {
	keys, offs := make([]any, len(table.keys)), make([]int64, len(table.sums))
	dest := make([]any, 0, len(keys)+len(offs))
	for i, column := range table.keys {
		switch {
		case strings.HasSuffix(column, "_id"):
			keys[i] = new(ident.Of[anything])
		case column == "day", column == "grain", column == "utc_day", column == "kind":
			keys[i] = new(int64)
		default:
			keys[i] = new(string)
		}
		dest = append(dest, keys[i])
	}
	for i := range offs {
		dest = append(dest, &offs[i])
	}
	if err := r.Scan(dest...); err != nil {
		return nil, err
	}
	var cell strings.Builder
	cell.WriteString(table.name)
	for i, column := range table.keys {
		switch key := keys[i].(type) {
		case *ident.Of[anything]:
			cell.WriteString(" " + column + "=" + key.String())
		case *string:
			cell.WriteString(" " + column + "=" + *key)
		case *int64:
			cell.WriteString(" " + column + "=" + keyText(column, *key))
		}
	}
	var out []storage.TotalsDifference
	for i, off := range offs {
		if off != 0 {
			out = append(out, storage.TotalsDifference{Cell: cell.String(), Figure: table.sums[i], Off: off})
		}
	}
	return out, nil
}

func keyText(column string, key int64) string {
	switch {
	case column == "grain" && key == dayGrain:
		return "day"
	case column == "grain":
		return "month"
	case strings.HasSuffix(column, "day"):
		return time.Unix(key*secondsPerDay, 0).UTC().Format(time.DateOnly)
	}
	return fmt.Sprint(key)
}
