SELECT zone
  FROM totals
  WHERE totals.advertiser_id = $1;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000

SELECT 0 AS period, (CAST(floor(date_part('epoch', occurred_at)) AS bigint) - CAST($1 AS bigint) + CASE WHEN occurred_at < $2 THEN CAST($3 AS bigint) ELSE CAST($4 AS bigint) END) / 86400 AS number, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = $5
  AND click_events.occurred_at >= $6
  AND click_events.occurred_at < $7)
  GROUP BY 1, 2;
-- 1 int64 1774224000
-- 2 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 3 int64 3600
-- 4 int64 7200
-- 5 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 6 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 7 time.Time 2026-03-29 22:00:00 +0000 UTC

SELECT 0 AS period, (CAST(floor(date_part('epoch', occurred_at)) AS bigint) - CAST($1 AS bigint) + CASE WHEN occurred_at < $2 THEN CAST($3 AS bigint) ELSE CAST($4 AS bigint) END) / 86400 AS number, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = $5
  AND customer_events.occurred_at >= $6
  AND customer_events.occurred_at < $7)
  GROUP BY 1, 2, 3, 4;
-- 1 int64 1774224000
-- 2 time.Time 2026-03-29 01:00:00 +0000 UTC
-- 3 int64 3600
-- 4 int64 7200
-- 5 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 6 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 7 time.Time 2026-03-29 22:00:00 +0000 UTC

