SELECT CAST(coalesce(sum(all_clicks), 0) AS bigint) AS all_clicks, CAST(coalesce(sum(clicks), 0) AS bigint) AS clicks, CAST(coalesce(sum(visitors), 0) AS bigint) AS visitors
  FROM (SELECT -all_clicks AS all_clicks, -clicks AS clicks, 0 AS visitors
  FROM click_days
  WHERE (click_days.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 0
  UNION ALL SELECT -all_clicks AS all_clicks, -clicks AS clicks, 0 AS visitors
  FROM click_days
  WHERE (click_days.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 0
  UNION ALL SELECT all_clicks AS all_clicks, clicks AS clicks, 0 AS visitors
  FROM click_days
  WHERE (click_days.advertiser_id = ?
  AND grain = 1
  AND day >= ?
  AND day < ?)
  AND kind = 0
  UNION ALL SELECT count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, 0 AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?)
  UNION ALL SELECT 0 AS all_clicks, 0 AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?)
  UNION ALL SELECT 0 AS all_clicks, 0 AS clicks, visitors AS visitors
  FROM click_days
  WHERE (click_days.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 0
  AND utc_day = ?
  UNION ALL SELECT 0 AS all_clicks, 0 AS clicks, -visitors AS visitors
  FROM click_visitors
  WHERE (click_visitors.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 0
  UNION ALL SELECT 0 AS all_clicks, 0 AS clicks, -visitors AS visitors
  FROM click_visitors
  WHERE (click_visitors.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 0
  UNION ALL SELECT 0 AS all_clicks, 0 AS clicks, visitors AS visitors
  FROM click_visitors
  WHERE (click_visitors.advertiser_id = ?
  AND grain = 1
  AND day >= ?
  AND day < ?)
  AND kind = 0) AS parts;
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
-- 11 int64 1773054000000000
-- 12 int64 1773097200000000
-- 13 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 14 int64 1773054000000000
-- 15 int64 1773100800000000
-- 16 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 17 int64 20602
-- 18 int64 20603
-- 19 int64 20602
-- 20 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 21 int64 20513
-- 22 int64 20522
-- 23 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 24 int64 20602
-- 25 int64 20605
-- 26 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 27 int64 20513
-- 28 int64 20605

SELECT currency, commission_currency, CAST(sum(events) AS bigint) AS events, CAST(sum(conversions) AS bigint) AS conversions, CAST(sum(sales) AS bigint) AS sales, CAST(sum(revenue_minor) AS bigint) AS revenue_minor, CAST(sum(payout_minor) AS bigint) AS payout_minor, CAST(sum(orders) AS bigint) AS orders, CAST(sum(orders_minor) AS bigint) AS orders_minor
  FROM (SELECT currency, commission_currency, events AS events, conversions AS conversions, sales AS sales, revenue_minor AS revenue_minor, payout_minor AS payout_minor, orders AS orders, orders_minor AS orders_minor
  FROM event_types
  WHERE (event_types.advertiser_id = ?
  AND day >= ?
  AND day < ?)
  UNION ALL SELECT currency, commission_currency, events, conversions, sales, revenue_minor, payout_minor, orders, orders_minor
  FROM event_changes
  WHERE (event_changes.advertiser_id = ?
  AND event_changes.occurred_at >= ?
  AND event_changes.occurred_at < ?)
  UNION ALL SELECT currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor, count(*) FILTER (WHERE event_type = 'purchase'
  AND currency <> '') AS orders, CAST(coalesce(sum(value_minor) FILTER (WHERE event_type = 'purchase'
  AND currency <> ''), 0) AS bigint) AS orders_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?)
  GROUP BY 1, 2) AS parts
  GROUP BY 1, 2 HAVING sum(events) <> 0;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 20522
-- 3 int64 20603
-- 4 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 5 int64 1773097200000000
-- 6 int64 1780092000000000
-- 7 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 8 int64 1773054000000000
-- 9 int64 1773097200000000

