WITH clicked AS (SELECT campaign_id AS id, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?)
  AND campaign_id IS NOT NULL
  GROUP BY 1),
  happened AS (SELECT campaign_id AS id, count(*) FILTER (WHERE conversion) AS number
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?)
  AND campaign_id IS NOT NULL
  GROUP BY 1),
  listed AS (SELECT t.id AS id, t.name AS name, '' AS title, coalesce(clicked.clicks, 0) AS clicks, coalesce(clicked.all_clicks, 0) AS all_clicks, coalesce(clicked.visitors, 0) AS visitors, coalesce(happened.number, 0) AS sort_key
  FROM campaigns t
  LEFT JOIN clicked ON clicked.id = t.id
  LEFT JOIN happened ON happened.id = t.id
  WHERE t.advertiser_id = ?
  AND (clicked.id IS NOT NULL OR happened.id IS NOT NULL OR (1 = 1)))
  SELECT id, name, title, clicks, all_clicks, visitors
  FROM listed
  ORDER BY sort_key DESC, id LIMIT 51;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1774821600000000
-- 4 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 5 int64 1774738800000000
-- 6 int64 1774821600000000
-- 7 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000

SELECT campaign_id, currency, commission_currency, count(*), count(*) FILTER (WHERE conversion), count(*) FILTER (WHERE conversion OR event_type = 'purchase'), CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint), CAST(coalesce(sum(commission_minor), 0) AS bigint)
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?)
  AND campaign_id IN (?)
  GROUP BY 1, 2, 3;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1774821600000000
-- 4 ident.Of[github.com/superher/superher/stats.Row] 00000000-0000-0000-0000-000000000000

SELECT CASE WHEN campaign_id IS NULL THEN 0 ELSE 1 END, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?)
  AND (1=1)
  GROUP BY 1;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1774821600000000

SELECT CASE WHEN campaign_id IS NULL THEN 0 ELSE 1 END, currency, commission_currency, count(*), count(*) FILTER (WHERE conversion), count(*) FILTER (WHERE conversion OR event_type = 'purchase'), CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint), CAST(coalesce(sum(commission_minor), 0) AS bigint)
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?)
  AND (1=1)
  GROUP BY 1, 2, 3;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1774821600000000

