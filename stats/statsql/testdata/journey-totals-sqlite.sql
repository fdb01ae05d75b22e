SELECT source, method, event_type, currency, commission_currency, CAST(sum(events) AS bigint) AS events, CAST(sum(conversions) AS bigint) AS conversions, CAST(sum(sales) AS bigint) AS sales, CAST(sum(revenue_minor) AS bigint) AS revenue_minor, CAST(sum(payout_minor) AS bigint) AS payout_minor
  FROM (SELECT source, method, event_type, currency, commission_currency, -events AS events, -conversions AS conversions, -sales AS sales, -revenue_minor AS revenue_minor, -payout_minor AS payout_minor
  FROM event_paths
  WHERE (event_paths.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  UNION ALL SELECT source, method, event_type, currency, commission_currency, -events AS events, -conversions AS conversions, -sales AS sales, -revenue_minor AS revenue_minor, -payout_minor AS payout_minor
  FROM event_paths
  WHERE (event_paths.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  UNION ALL SELECT source, method, event_type, currency, commission_currency, events AS events, conversions AS conversions, sales AS sales, revenue_minor AS revenue_minor, payout_minor AS payout_minor
  FROM event_paths
  WHERE (event_paths.advertiser_id = ?
  AND grain = 1
  AND day >= ?
  AND day < ?)
  UNION ALL SELECT source AS source, method AS method, event_type AS event_type, currency, commission_currency, events, conversions, sales, revenue_minor, payout_minor
  FROM event_changes
  WHERE (event_changes.advertiser_id = ?
  AND event_changes.occurred_at >= ?
  AND event_changes.occurred_at < ?)
  UNION ALL SELECT source AS source, method AS method, event_type AS event_type, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?)
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
-- 11 int64 1773097200000000
-- 12 int64 1780092000000000
-- 13 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 14 int64 1773054000000000
-- 15 int64 1773097200000000

