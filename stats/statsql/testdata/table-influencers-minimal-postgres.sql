WITH clicked AS (SELECT influencer_id AS id, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = $1
  AND click_events.occurred_at >= $2
  AND click_events.occurred_at < $3)
  AND influencer_id IS NOT NULL
  GROUP BY 1),
  happened AS (SELECT influencer_id AS id, count(*) FILTER (WHERE conversion) AS number
  FROM customer_events
  WHERE (customer_events.advertiser_id = $4
  AND customer_events.occurred_at >= $5
  AND customer_events.occurred_at < $6)
  AND influencer_id IS NOT NULL
  GROUP BY 1),
  listed AS (SELECT t.id AS id, t.name AS name, t.handle AS title, coalesce(clicked.clicks, 0) AS clicks, coalesce(clicked.all_clicks, 0) AS all_clicks, coalesce(clicked.visitors, 0) AS visitors, coalesce(happened.number, 0) AS sort_key
  FROM influencers t
  LEFT JOIN clicked ON clicked.id = t.id
  LEFT JOIN happened ON happened.id = t.id
  WHERE t.id IN (SELECT influencer_id
  FROM influencer_access
  WHERE advertiser_id = $7)
  AND (clicked.id IS NOT NULL OR happened.id IS NOT NULL OR (1 = 1)))
  SELECT id, name, title, clicks, all_clicks, visitors
  FROM listed
  ORDER BY sort_key DESC, id LIMIT 51;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 3 time.Time 2026-03-29 22:00:00 +0000 UTC
-- 4 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 5 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 6 time.Time 2026-03-29 22:00:00 +0000 UTC
-- 7 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000

SELECT influencer_id, currency, commission_currency, count(*), count(*) FILTER (WHERE conversion), count(*) FILTER (WHERE conversion OR event_type = 'purchase'), CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint), CAST(coalesce(sum(commission_minor), 0) AS bigint)
  FROM customer_events
  WHERE (customer_events.advertiser_id = $1
  AND customer_events.occurred_at >= $2
  AND customer_events.occurred_at < $3)
  AND influencer_id IN ($4)
  GROUP BY 1, 2, 3;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 3 time.Time 2026-03-29 22:00:00 +0000 UTC
-- 4 ident.Of[github.com/superher/superher/stats.Row] 00000000-0000-0000-0000-000000000000

SELECT CASE WHEN influencer_id IS NULL THEN 0 ELSE 1 END, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = $1
  AND click_events.occurred_at >= $2
  AND click_events.occurred_at < $3)
  AND (1=1)
  GROUP BY 1;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 3 time.Time 2026-03-29 22:00:00 +0000 UTC

SELECT CASE WHEN influencer_id IS NULL THEN 0 ELSE 1 END, currency, commission_currency, count(*), count(*) FILTER (WHERE conversion), count(*) FILTER (WHERE conversion OR event_type = 'purchase'), CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint), CAST(coalesce(sum(commission_minor), 0) AS bigint)
  FROM customer_events
  WHERE (customer_events.advertiser_id = $1
  AND customer_events.occurred_at >= $2
  AND customer_events.occurred_at < $3)
  AND (1=1)
  GROUP BY 1, 2, 3;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 3 time.Time 2026-03-29 22:00:00 +0000 UTC

