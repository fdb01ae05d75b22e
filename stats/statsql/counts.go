package statsql

import (
	"context"
	"strconv"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/coupons"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
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
	return counts[coupons.Coupon](ctx, q, d, query)
}

// LinkClicks counts the human clicks of each of the links; a link without any
// is not among them. The state of the data that q reads has to be one. The
// error is that of q.
func LinkClicks(ctx context.Context, q Querier, view tenant.View, d Dialect, ids []links.ID) (map[links.ID]int64, error) {
	kept, err := zoneOfTotals(ctx, q, d, view)
	if err != nil {
		return nil, err
	}
	// The links come first, to which a cross join holds SQLite: with their
	// advertisers known, the clicks are found by click_events_by_visit also for a
	// view of everyone.
	query := squirrel.Select("l.id", "count(*)").From("tracking_links l").
		CrossJoin("click_events c").Where("c.advertiser_id = l.advertiser_id AND c.link_id = l.id AND c.class = 'human'").
		Where(Tenant(view, "l.advertiser_id")).Where(Tenant(view, "c.advertiser_id")).
		Where(squirrel.Eq{"l.id": values(ids)}).GroupBy("l.id")
	if kept != nil {
		query = squirrel.Select("thing_id", "CAST(sum(clicks) AS bigint)").From("click_days").
			Where(Tenant(view, "click_days.advertiser_id")).Where("kind = " + strconv.Itoa(int(linkClicks))).Where("grain = 1").
			Where(squirrel.Eq{"thing_id": values(ids)}).GroupBy("thing_id").Having("sum(clicks) <> 0")
	}
	return counts[links.Link](ctx, q, d, query)
}

// counts reads rows of an id and a number.
func counts[T any](ctx context.Context, q Querier, d Dialect, query squirrel.SelectBuilder) (map[ident.Of[T]]int64, error) {
	out := make(map[ident.Of[T]]int64)
	err := each(ctx, q, d.final(query), func(rows Rows) error {
		var id ident.Of[T]
		var n int64
		err := rows.Scan(&id, &n)
		out[id] = n
		return err
	})
	return out, err
}
