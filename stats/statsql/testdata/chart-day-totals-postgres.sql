SELECT 0 AS part, day, utc_day, all_clicks, clicks, visitors
  FROM click_days
  WHERE (click_days.advertiser_id = $1
  AND grain = 0
  AND day >= $2
  AND day < $3)
  AND kind = 0
  UNION ALL SELECT 1, day, 0, all_clicks, clicks, 0
  FROM (SELECT (CAST(floor(date_part('epoch', occurred_at)) AS bigint) - CAST($4 AS bigint) + CASE WHEN occurred_at < $5 THEN CAST($6 AS bigint) ELSE CAST($7 AS bigint) END) / 86400 + CAST($8 AS bigint) AS day, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, 0 AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = $9
  AND click_events.occurred_at >= $10
  AND click_events.occurred_at < $11)
  GROUP BY 1) AS edge
  UNION ALL SELECT 3, 0, 0, 0, 0, visitors
  FROM (SELECT 0 AS all_clicks, 0 AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = $12
  AND click_events.occurred_at >= $13
  AND click_events.occurred_at < $14)) AS piece;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 20522
-- 3 int64 20603
-- 4 int64 1772409600
-- 5 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 6 int64 3600
-- 7 int64 7200
-- 8 int64 20514
-- 9 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 10 time.Time 2026-03-09 11:00:00 +0000 UTC
-- 11 time.Time 2026-03-09 23:00:00 +0000 UTC
-- 12 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 13 time.Time 2026-03-09 11:00:00 +0000 UTC
-- 14 time.Time 2026-03-09 23:00:00 +0000 UTC

SELECT day, currency, commission_currency, CAST(sum(events) AS bigint) AS events, CAST(sum(conversions) AS bigint) AS conversions, CAST(sum(sales) AS bigint) AS sales, CAST(sum(revenue_minor) AS bigint) AS revenue_minor, CAST(sum(payout_minor) AS bigint) AS payout_minor
  FROM (SELECT day, currency, commission_currency, events AS events, conversions AS conversions, sales AS sales, revenue_minor AS revenue_minor, payout_minor AS payout_minor
  FROM event_types
  WHERE (event_types.advertiser_id = $1
  AND day >= $2
  AND day < $3)
  UNION ALL SELECT (CAST(floor(date_part('epoch', occurred_at)) AS bigint) - CAST($4 AS bigint) + CASE WHEN occurred_at < $5 THEN CAST($6 AS bigint) ELSE CAST($7 AS bigint) END) / 86400 + CAST($8 AS bigint) AS day, currency, commission_currency, events, conversions, sales, revenue_minor, payout_minor
  FROM event_changes
  WHERE (event_changes.advertiser_id = $9
  AND event_changes.occurred_at >= $10
  AND event_changes.occurred_at < $11)
  UNION ALL SELECT (CAST(floor(date_part('epoch', occurred_at)) AS bigint) - CAST($12 AS bigint) + CASE WHEN occurred_at < $13 THEN CAST($14 AS bigint) ELSE CAST($15 AS bigint) END) / 86400 + CAST($16 AS bigint) AS day, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = $17
  AND customer_events.occurred_at >= $18
  AND customer_events.occurred_at < $19)
  GROUP BY 1, 2, 3) AS parts
  GROUP BY 1, 2, 3 HAVING sum(events) <> 0;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 20522
-- 3 int64 20603
-- 4 int64 1772409600
-- 5 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 6 int64 3600
-- 7 int64 7200
-- 8 int64 20514
-- 9 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 10 time.Time 2026-03-09 23:00:00 +0000 UTC
-- 11 time.Time 2026-05-29 22:00:00 +0000 UTC
-- 12 int64 1772409600
-- 13 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 14 int64 3600
-- 15 int64 7200
-- 16 int64 20514
-- 17 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 18 time.Time 2026-03-09 11:00:00 +0000 UTC
-- 19 time.Time 2026-03-09 23:00:00 +0000 UTC

