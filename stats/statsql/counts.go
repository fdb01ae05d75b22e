package statsql

import (
	"context"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/coupons"
	"github.com/superher/superher/tenant"
)

// CouponUses counts the conversions that each of the coupons won; a coupon
// without any is not among them. The state of the data that q reads has to be
// one. The error is that of q.
func CouponUses(ctx context.Context, q Querier, view tenant.View, d Dialect, ids []coupons.ID) (map[coupons.ID]int64, error) {
	kept, err := zoneOfTotals(ctx, q, d, view)
	if err != nil {
		return nil, err
	}
	query := squirrel.Select("coupon_id", "count(*)").From("customer_events").
		Where(squirrel.And{Tenant(view, "customer_events.advertiser_id"), squirrel.Eq{"coupon_id": values(ids)}}).
		Where("conversion").GroupBy("coupon_id")
	if kept != nil {
		months := squirrel.Select("coupon_id", "conversions").From("event_coupons").
			Where(Tenant(view, "event_coupons.advertiser_id")).Where("grain = 1").Where(squirrel.Eq{"coupon_id": values(ids)})
		changes := squirrel.Select("coupon_id", "conversions").From("event_changes").
			Where(Tenant(view, "event_changes.advertiser_id")).Where(squirrel.Eq{"coupon_id": values(ids)})
		query = all(squirrel.Select("coupon_id", "CAST(sum(conversions) AS bigint)"), "parts", []squirrel.SelectBuilder{months, changes}).
			GroupBy("coupon_id").Having("sum(conversions) <> 0")
	}
	out := make(map[coupons.ID]int64)
	err = each(ctx, q, d.final(query), func(rows Rows) error {
		var id coupons.ID
		var n int64
		err := rows.Scan(&id, &n)
		out[id] = n
		return err
	})
	return out, err
}
