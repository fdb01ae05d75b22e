SELECT coupon_id, CAST(sum(conversions) AS bigint)
  FROM (SELECT coupon_id, conversions
  FROM event_coupons
  WHERE event_coupons.advertiser_id = ?
  AND grain = 1
  AND coupon_id IN (?,?)
  UNION ALL SELECT coupon_id, conversions
  FROM event_changes
  WHERE event_changes.advertiser_id = ?
  AND coupon_id IN (?,?)) AS parts
  GROUP BY coupon_id HAVING sum(conversions) <> 0;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 ident.Of[github.com/superher/superher/coupons.Coupon] 01000000-0000-0000-0000-000000000000
-- 3 ident.Of[github.com/superher/superher/coupons.Coupon] 02000000-0000-0000-0000-000000000000
-- 4 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/coupons.Coupon] 01000000-0000-0000-0000-000000000000
-- 6 ident.Of[github.com/superher/superher/coupons.Coupon] 02000000-0000-0000-0000-000000000000

