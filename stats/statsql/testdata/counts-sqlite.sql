SELECT zone
  FROM totals
  WHERE totals.advertiser_id = ?;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000

SELECT coupon_id, count(*)
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND coupon_id IN (?,?))
  AND conversion
  GROUP BY coupon_id;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 ident.Of[github.com/superher/superher/coupons.Coupon] 01000000-0000-0000-0000-000000000000
-- 3 ident.Of[github.com/superher/superher/coupons.Coupon] 02000000-0000-0000-0000-000000000000

SELECT zone
  FROM totals
  WHERE totals.advertiser_id = ?;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000

SELECT l.id, count(*)
  FROM tracking_links l CROSS JOIN click_events c
  WHERE c.advertiser_id = l.advertiser_id
  AND c.link_id = l.id
  AND c.class = 'human'
  AND l.advertiser_id = ?
  AND c.advertiser_id = ?
  AND l.id IN (?,?)
  GROUP BY l.id;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 3 ident.Of[github.com/superher/superher/links.Link] 01000000-0000-0000-0000-000000000000
-- 4 ident.Of[github.com/superher/superher/links.Link] 02000000-0000-0000-0000-000000000000

