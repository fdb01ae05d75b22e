SELECT zone
  FROM totals
  WHERE totals.advertiser_id = $1;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000

SELECT coupon_id, count(*)
  FROM customer_events
  WHERE (customer_events.advertiser_id = $1
  AND coupon_id IN ($2,$3))
  AND conversion
  GROUP BY coupon_id;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 ident.Of[github.com/superher/superher/coupons.Coupon] 01000000-0000-0000-0000-000000000000
-- 3 ident.Of[github.com/superher/superher/coupons.Coupon] 02000000-0000-0000-0000-000000000000

