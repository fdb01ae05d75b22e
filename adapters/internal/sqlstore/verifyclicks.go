package sqlstore

import (
	"context"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/storage"
)

// verifyClicks compares the totals of clicks with the clicks, as far back as
// these are stored, and the months with their days.
func (t totals) verifyClicks(ctx context.Context, zone *time.Location, check *storage.TotalsCheck) error {
	days, some, err := t.newZoneDays(ctx, "click_events", zone)
	if err != nil {
		return err
	}
	dayTable, visitorTable := clickTables()
	for kind := range t.clickKinds() {
		ofKind := squirrel.Expr("kind = ?", kind)
		if some {
			byDays := t.stored(dayTable, "grain = 0").Where(ofKind).Where("utc_day >= ?", floorDay(days.first))
			raw := t.rawClickDays(days, kind)
			if err := t.differences(ctx, dayTable, check, byDays, t.opposite(dayTable, raw)); err != nil {
				return err
			}
			byDays = t.stored(visitorTable, "grain = 0").Where(ofKind).Where("day >= ?", floorDay(days.first))
			raw = t.rawVisitors(days, kind)
			if err := t.differences(ctx, visitorTable, check, byDays, t.opposite(visitorTable, raw)); err != nil {
				return err
			}
		}
		if err := t.differences(ctx, dayTable, check, t.stored(dayTable, "grain = 1").Where(ofKind), t.opposite(dayTable, t.clickMonths(kind))); err != nil {
			return err
		}
		if err := t.differences(ctx, visitorTable, check, t.stored(visitorTable, "grain = 1").Where(ofKind), t.opposite(visitorTable, t.visitorMonths(kind))); err != nil {
			return err
		}
	}
	return nil
}
