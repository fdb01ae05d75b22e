SELECT coupon_id, count(*) FROM customer_events WHERE (customer_events.advertiser_id = $1 AND coupon_id IN ($2,$3)) AND conversion GROUP BY coupon_id;
-- ident.Of[github.com/superher/superher/coupons.Coupon] [ad000000-0000-0000-0000-000000000000 01000000-0000-0000-0000-000000000000 02000000-0000-0000-0000-000000000000]
