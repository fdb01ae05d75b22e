SELECT event_type AS event_type, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = $1
  AND customer_events.occurred_at >= $2
  AND customer_events.occurred_at < $3
  AND customer_events.campaign_id IN ($4,$5)
  AND customer_events.influencer_id IN ($6,$7)
  AND customer_events.link_id IN ($8)
  AND customer_events.coupon_id IN ($9)
  AND customer_events.event_type IN ($10,$11))
  GROUP BY 1, 2, 3;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 3 time.Time 2027-03-29 22:00:00 +0000 UTC
-- 4 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 6 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 7 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 8 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 9 ident.Of[github.com/superher/superher/coupons.Coupon] 06000000-0000-0000-0000-000000000000
-- 10 string purchase
-- 11 string lead

