SELECT event_type, currency, commission_currency, CAST(sum(events) AS bigint) AS events, CAST(sum(conversions) AS bigint) AS conversions, CAST(sum(sales) AS bigint) AS sales, CAST(sum(revenue_minor) AS bigint) AS revenue_minor, CAST(sum(payout_minor) AS bigint) AS payout_minor
  FROM (SELECT event_type, currency, commission_currency, events AS events, conversions AS conversions, sales AS sales, revenue_minor AS revenue_minor, payout_minor AS payout_minor
  FROM event_types
  WHERE (event_types.advertiser_id = $1
  AND day >= $2
  AND day < $3)
  UNION ALL SELECT event_type AS event_type, currency, commission_currency, events, conversions, sales, revenue_minor, payout_minor
  FROM event_changes
  WHERE (event_changes.advertiser_id = $4
  AND event_changes.occurred_at >= $5
  AND event_changes.occurred_at < $6)
  UNION ALL SELECT event_type AS event_type, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = $7
  AND customer_events.occurred_at >= $8
  AND customer_events.occurred_at < $9)
  GROUP BY 1, 2, 3) AS parts
  GROUP BY 1, 2, 3 HAVING sum(events) <> 0;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 20522
-- 3 int64 20603
-- 4 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 5 time.Time 2026-03-09 23:00:00 +0000 UTC
-- 6 time.Time 2026-05-29 22:00:00 +0000 UTC
-- 7 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 8 time.Time 2026-03-09 11:00:00 +0000 UTC
-- 9 time.Time 2026-03-09 23:00:00 +0000 UTC

