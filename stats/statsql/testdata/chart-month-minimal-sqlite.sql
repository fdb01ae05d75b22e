SELECT zone
  FROM totals
  WHERE totals.advertiser_id = ?;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000

SELECT 0 AS period, CAST(strftime('%Y', ((occurred_at - ?) / 1000000 + CASE WHEN occurred_at < ? THEN CAST(? AS bigint) ELSE CAST(? AS bigint) END) + ?, 'unixepoch') AS bigint) * 12 + CAST(strftime('%m', ((occurred_at - ?) / 1000000 + CASE WHEN occurred_at < ? THEN CAST(? AS bigint) ELSE CAST(? AS bigint) END) + ?, 'unixepoch') AS bigint) AS number, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?)
  GROUP BY 1, 2;
-- 1 int64 1774224000000000
-- 2 int64 1774746000000000
-- 3 int64 3600
-- 4 int64 7200
-- 5 int64 1774224000
-- 6 int64 1774224000000000
-- 7 int64 1774746000000000
-- 8 int64 3600
-- 9 int64 7200
-- 10 int64 1774224000
-- 11 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 12 int64 1774738800000000
-- 13 int64 1774821600000000

SELECT 0 AS period, CAST(strftime('%Y', ((occurred_at - ?) / 1000000 + CASE WHEN occurred_at < ? THEN CAST(? AS bigint) ELSE CAST(? AS bigint) END) + ?, 'unixepoch') AS bigint) * 12 + CAST(strftime('%m', ((occurred_at - ?) / 1000000 + CASE WHEN occurred_at < ? THEN CAST(? AS bigint) ELSE CAST(? AS bigint) END) + ?, 'unixepoch') AS bigint) AS number, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?)
  GROUP BY 1, 2, 3, 4;
-- 1 int64 1774224000000000
-- 2 int64 1774746000000000
-- 3 int64 3600
-- 4 int64 7200
-- 5 int64 1774224000
-- 6 int64 1774224000000000
-- 7 int64 1774746000000000
-- 8 int64 3600
-- 9 int64 7200
-- 10 int64 1774224000
-- 11 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 12 int64 1774738800000000
-- 13 int64 1774821600000000

