SELECT CASE WHEN occurred_at < $1 THEN 0 ELSE 1 END AS period, (CAST(floor(date_part('epoch', occurred_at)) AS bigint) - CAST($2 AS bigint) + CASE WHEN occurred_at < $3 THEN CAST($4 AS bigint) ELSE CAST($5 AS bigint) END) / 3600 AS number, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = $6
  AND click_events.occurred_at >= $7
  AND click_events.occurred_at < $8
  AND click_events.campaign_id IN ($9,$10)
  AND click_events.influencer_id IN ($11,$12)
  AND click_events.link_id IN ($13)
  AND 1 = 0)
  GROUP BY 1, 2;
-- 1 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 2 int64 1774224000
-- 3 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 4 int64 3600
-- 5 int64 7200
-- 6 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 7 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 8 time.Time 2026-04-27 22:00:00 +0000 UTC
-- 9 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 10 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 11 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 12 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 13 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000

SELECT CASE WHEN occurred_at < $1 THEN 0 ELSE 1 END AS period, (CAST(floor(date_part('epoch', occurred_at)) AS bigint) - CAST($2 AS bigint) + CASE WHEN occurred_at < $3 THEN CAST($4 AS bigint) ELSE CAST($5 AS bigint) END) / 3600 AS number, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = $6
  AND customer_events.occurred_at >= $7
  AND customer_events.occurred_at < $8
  AND customer_events.campaign_id IN ($9,$10)
  AND customer_events.influencer_id IN ($11,$12)
  AND customer_events.link_id IN ($13)
  AND customer_events.coupon_id IN ($14)
  AND customer_events.event_type IN ($15,$16))
  GROUP BY 1, 2, 3, 4;
-- 1 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 2 int64 1774224000
-- 3 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 4 int64 3600
-- 5 int64 7200
-- 6 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 7 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 8 time.Time 2026-04-27 22:00:00 +0000 UTC
-- 9 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 10 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 11 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 12 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 13 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 14 ident.Of[github.com/superher/superher/coupons.Coupon] 06000000-0000-0000-0000-000000000000
-- 15 string purchase
-- 16 string lead

