SELECT source, method, event_type, currency, commission_currency, CAST(sum(events) AS bigint) AS events, CAST(sum(conversions) AS bigint) AS conversions, CAST(sum(sales) AS bigint) AS sales, CAST(sum(revenue_minor) AS bigint) AS revenue_minor, CAST(sum(payout_minor) AS bigint) AS payout_minor
  FROM (SELECT source, method, event_type, currency, commission_currency, -events AS events, -conversions AS conversions, -sales AS sales, -revenue_minor AS revenue_minor, -payout_minor AS payout_minor
  FROM event_paths
  WHERE (event_paths.advertiser_id = $1
  AND grain = 0
  AND day >= $2
  AND day < $3)
  UNION ALL SELECT source, method, event_type, currency, commission_currency, -events AS events, -conversions AS conversions, -sales AS sales, -revenue_minor AS revenue_minor, -payout_minor AS payout_minor
  FROM event_paths
  WHERE (event_paths.advertiser_id = $4
  AND grain = 0
  AND day >= $5
  AND day < $6)
  UNION ALL SELECT source, method, event_type, currency, commission_currency, events AS events, conversions AS conversions, sales AS sales, revenue_minor AS revenue_minor, payout_minor AS payout_minor
  FROM event_paths
  WHERE (event_paths.advertiser_id = $7
  AND grain = 1
  AND day >= $8
  AND day < $9)
  UNION ALL SELECT source AS source, method AS method, event_type AS event_type, currency, commission_currency, events, conversions, sales, revenue_minor, payout_minor
  FROM event_changes
  WHERE (event_changes.advertiser_id = $10
  AND event_changes.occurred_at >= $11
  AND event_changes.occurred_at < $12)
  UNION ALL SELECT source AS source, method AS method, event_type AS event_type, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = $13
  AND customer_events.occurred_at >= $14
  AND customer_events.occurred_at < $15)
  GROUP BY 1, 2, 3, 4, 5) AS parts
  GROUP BY 1, 2, 3, 4, 5 HAVING sum(events) <> 0;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 20513
-- 3 int64 20522
-- 4 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 5 int64 20603
-- 6 int64 20605
-- 7 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 8 int64 20513
-- 9 int64 20605
-- 10 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 11 time.Time 2026-03-09 23:00:00 +0000 UTC
-- 12 time.Time 2026-05-29 22:00:00 +0000 UTC
-- 13 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 14 time.Time 2026-03-09 11:00:00 +0000 UTC
-- 15 time.Time 2026-03-09 23:00:00 +0000 UTC

