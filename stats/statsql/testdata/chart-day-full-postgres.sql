SELECT 0 AS period, (CAST(floor(date_part('epoch', occurred_at)) AS bigint) - CAST($1 AS bigint) + CASE WHEN occurred_at < $2 THEN CAST($3 AS bigint) WHEN occurred_at < $4 THEN CAST($5 AS bigint) WHEN occurred_at < $6 THEN CAST($7 AS bigint) ELSE CAST($8 AS bigint) END) / 86400 AS number, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = $9
  AND click_events.occurred_at >= $10
  AND click_events.occurred_at < $11
  AND click_events.campaign_id IN ($12,$13)
  AND click_events.influencer_id IN ($14,$15)
  AND click_events.link_id IN ($16)
  AND 1 = 0)
  GROUP BY 1, 2;
-- 1 int64 1774224000
-- 2 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 3 int64 3600
-- 4 time.Time 2026-10-25 01:00:00 +0000 UTC
-- 5 int64 7200
-- 6 time.Time 2027-03-28 01:00:00 +0000 UTC
-- 7 int64 3600
-- 8 int64 7200
-- 9 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 10 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 11 time.Time 2027-03-29 22:00:00 +0000 UTC
-- 12 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 13 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 14 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 15 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 16 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000

SELECT 0 AS period, (CAST(floor(date_part('epoch', occurred_at)) AS bigint) - CAST($1 AS bigint) + CASE WHEN occurred_at < $2 THEN CAST($3 AS bigint) WHEN occurred_at < $4 THEN CAST($5 AS bigint) WHEN occurred_at < $6 THEN CAST($7 AS bigint) ELSE CAST($8 AS bigint) END) / 86400 AS number, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = $9
  AND customer_events.occurred_at >= $10
  AND customer_events.occurred_at < $11
  AND customer_events.campaign_id IN ($12,$13)
  AND customer_events.influencer_id IN ($14,$15)
  AND customer_events.link_id IN ($16)
  AND customer_events.coupon_id IN ($17)
  AND customer_events.event_type IN ($18,$19))
  GROUP BY 1, 2, 3, 4;
-- 1 int64 1774224000
-- 2 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 3 int64 3600
-- 4 time.Time 2026-10-25 01:00:00 +0000 UTC
-- 5 int64 7200
-- 6 time.Time 2027-03-28 01:00:00 +0000 UTC
-- 7 int64 3600
-- 8 int64 7200
-- 9 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 10 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 11 time.Time 2027-03-29 22:00:00 +0000 UTC
-- 12 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 13 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 14 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 15 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 16 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 17 ident.Of[github.com/superher/superher/coupons.Coupon] 06000000-0000-0000-0000-000000000000
-- 18 string purchase
-- 19 string lead

