SELECT 0 AS period, CAST(extract(year
  FROM (timestamp '1970-01-01' + interval '1 second' * ((CAST(floor(date_part('epoch', occurred_at)) AS bigint) - CAST($1 AS bigint) + CASE WHEN occurred_at < $2 THEN CAST($3 AS bigint) WHEN occurred_at < $4 THEN CAST($5 AS bigint) WHEN occurred_at < $6 THEN CAST($7 AS bigint) ELSE CAST($8 AS bigint) END) + CAST($9 AS bigint)))) * 12 + extract(month
  FROM (timestamp '1970-01-01' + interval '1 second' * ((CAST(floor(date_part('epoch', occurred_at)) AS bigint) - CAST($10 AS bigint) + CASE WHEN occurred_at < $11 THEN CAST($12 AS bigint) WHEN occurred_at < $13 THEN CAST($14 AS bigint) WHEN occurred_at < $15 THEN CAST($16 AS bigint) ELSE CAST($17 AS bigint) END) + CAST($18 AS bigint)))) AS bigint) AS number, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = $19
  AND click_events.occurred_at >= $20
  AND click_events.occurred_at < $21
  AND click_events.campaign_id IN ($22,$23)
  AND click_events.influencer_id IN ($24,$25)
  AND click_events.link_id IN ($26)
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
-- 9 int64 1774224000
-- 10 int64 1774224000
-- 11 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 12 int64 3600
-- 13 time.Time 2026-10-25 01:00:00 +0000 UTC
-- 14 int64 7200
-- 15 time.Time 2027-03-28 01:00:00 +0000 UTC
-- 16 int64 3600
-- 17 int64 7200
-- 18 int64 1774224000
-- 19 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 20 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 21 time.Time 2027-03-29 22:00:00 +0000 UTC
-- 22 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 23 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 24 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 25 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 26 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000

SELECT 0 AS period, CAST(extract(year
  FROM (timestamp '1970-01-01' + interval '1 second' * ((CAST(floor(date_part('epoch', occurred_at)) AS bigint) - CAST($1 AS bigint) + CASE WHEN occurred_at < $2 THEN CAST($3 AS bigint) WHEN occurred_at < $4 THEN CAST($5 AS bigint) WHEN occurred_at < $6 THEN CAST($7 AS bigint) ELSE CAST($8 AS bigint) END) + CAST($9 AS bigint)))) * 12 + extract(month
  FROM (timestamp '1970-01-01' + interval '1 second' * ((CAST(floor(date_part('epoch', occurred_at)) AS bigint) - CAST($10 AS bigint) + CASE WHEN occurred_at < $11 THEN CAST($12 AS bigint) WHEN occurred_at < $13 THEN CAST($14 AS bigint) WHEN occurred_at < $15 THEN CAST($16 AS bigint) ELSE CAST($17 AS bigint) END) + CAST($18 AS bigint)))) AS bigint) AS number, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = $19
  AND customer_events.occurred_at >= $20
  AND customer_events.occurred_at < $21
  AND customer_events.campaign_id IN ($22,$23)
  AND customer_events.influencer_id IN ($24,$25)
  AND customer_events.link_id IN ($26)
  AND customer_events.coupon_id IN ($27)
  AND customer_events.event_type IN ($28,$29))
  GROUP BY 1, 2, 3, 4;
-- 1 int64 1774224000
-- 2 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 3 int64 3600
-- 4 time.Time 2026-10-25 01:00:00 +0000 UTC
-- 5 int64 7200
-- 6 time.Time 2027-03-28 01:00:00 +0000 UTC
-- 7 int64 3600
-- 8 int64 7200
-- 9 int64 1774224000
-- 10 int64 1774224000
-- 11 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 12 int64 3600
-- 13 time.Time 2026-10-25 01:00:00 +0000 UTC
-- 14 int64 7200
-- 15 time.Time 2027-03-28 01:00:00 +0000 UTC
-- 16 int64 3600
-- 17 int64 7200
-- 18 int64 1774224000
-- 19 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 20 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 21 time.Time 2027-03-29 22:00:00 +0000 UTC
-- 22 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 23 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 24 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 25 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 26 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 27 ident.Of[github.com/superher/superher/coupons.Coupon] 06000000-0000-0000-0000-000000000000
-- 28 string purchase
-- 29 string lead

