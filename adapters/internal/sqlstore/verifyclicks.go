package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/storage"
)

// verifyClicks compares the totals of clicks with the clicks, as far back as
// these are all stored, and the months with their days. It returns the
// clicks_from that it went by.
func (t totals) verifyClicks(ctx context.Context, zone *time.Location, check *storage.TotalsCheck) (from sql.NullInt64, err error) {
	clicks, err := t.storedClicks(ctx, zone)
	if err != nil {
		return from, err
	}
	dayTable, visitorTable := clickTables()
	for kind := range t.clickKinds() {
		ofKind := squirrel.Expr("kind = ?", kind)
		byDays := []squirrel.SelectBuilder{t.stored(dayTable, "grain = 0").Where(ofKind).Where("utc_day >= ?", clicks.begin)}
		byVisitors := []squirrel.SelectBuilder{t.stored(visitorTable, "grain = 0").Where(ofKind).Where("day >= ?", clicks.begin)}
		if clicks.some {
			byDays = append(byDays, t.opposite(dayTable, t.rawClickDays(clicks.days, kind)))
			byVisitors = append(byVisitors, t.opposite(visitorTable, t.rawVisitors(clicks.days, kind)))
		}
		if err := t.differences(ctx, dayTable, check, byDays...); err != nil {
			return from, err
		}
		if err := t.differences(ctx, visitorTable, check, byVisitors...); err != nil {
			return from, err
		}
		if err := t.differences(ctx, dayTable, check, t.stored(dayTable, "grain = 1").Where(ofKind), t.opposite(dayTable, t.clickMonths(kind))); err != nil {
			return from, err
		}
		if err := t.differences(ctx, visitorTable, check, t.stored(visitorTable, "grain = 1").Where(ofKind), t.opposite(visitorTable, t.visitorMonths(kind))); err != nil {
			return from, err
		}
	}
	return clicks.from, nil
}
