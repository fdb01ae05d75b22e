SELECT zone
  FROM totals
  WHERE totals.advertiser_id = ?;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000

WITH clicked AS MATERIALIZED (SELECT CAST(NULL AS uuid) AS id, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?)
  GROUP BY 1),
  sums AS MATERIALIZED (SELECT coupon_id AS coupon_id, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?)
  GROUP BY 1, 2, 3),
  happened AS (SELECT coupon_id AS id, CAST(sum(conversions) AS bigint) AS number
  FROM sums
  WHERE coupon_id IS NOT NULL
  GROUP BY 1),
  page AS (SELECT id, name, title, all_clicks, clicks, visitors, row_number() OVER (ORDER BY sort_key DESC, id) AS place
  FROM (SELECT t.id AS id, t.code AS name, '' AS title, coalesce(clicked.all_clicks, 0) AS all_clicks, coalesce(clicked.clicks, 0) AS clicks, coalesce(clicked.visitors, 0) AS visitors, coalesce(happened.number, 0) AS sort_key
  FROM coupons t
  LEFT JOIN clicked ON clicked.id = t.id
  LEFT JOIN happened ON happened.id = t.id
  WHERE t.advertiser_id = ?
  AND (clicked.id IS NOT NULL OR happened.id IS NOT NULL OR (1 = 1))) AS listed
  ORDER BY sort_key DESC, id LIMIT 51) SELECT 0, page.place, page.id, page.name, page.title, page.all_clicks, page.clicks, page.visitors, coalesce(sums.currency, ''), coalesce(sums.commission_currency, ''), coalesce(sums.events, 0), coalesce(sums.conversions, 0), coalesce(sums.sales, 0), coalesce(sums.revenue_minor, 0), coalesce(sums.payout_minor, 0)
  FROM page
  LEFT JOIN sums ON sums.coupon_id = page.id
  UNION ALL SELECT 1, CASE WHEN coupon_id IS NULL THEN 0 ELSE 1 END AS place, CAST(NULL AS uuid), '', '', 0, 0, 0, currency, commission_currency, CAST(sum(events) AS bigint), CAST(sum(conversions) AS bigint), CAST(sum(sales) AS bigint), CAST(sum(revenue_minor) AS bigint), CAST(sum(payout_minor) AS bigint)
  FROM sums
  WHERE (1=1)
  GROUP BY place, currency, commission_currency
  UNION ALL SELECT 2, CASE WHEN id IS NULL THEN 0 ELSE 1 END AS place, CAST(NULL AS uuid), '', '', CAST(sum(all_clicks) AS bigint), CAST(sum(clicks) AS bigint), CAST(coalesce(sum(visitors) FILTER (WHERE id IS NULL), 0) AS bigint), '', '', 0, 0, 0, 0, 0
  FROM clicked
  WHERE (1=1)
  GROUP BY place
  ORDER BY 1, 2;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1774821600000000
-- 4 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 5 int64 1774738800000000
-- 6 int64 1774821600000000
-- 7 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000

