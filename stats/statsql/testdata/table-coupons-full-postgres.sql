WITH clicked AS MATERIALIZED (SELECT CAST(NULL AS uuid) AS id, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = $1
  AND click_events.occurred_at >= $2
  AND click_events.occurred_at < $3
  AND click_events.campaign_id IN ($4,$5)
  AND click_events.influencer_id IN ($6,$7)
  AND click_events.link_id IN ($8)
  AND 1 = 0)
  GROUP BY 1),
  sums AS MATERIALIZED (SELECT coupon_id AS coupon_id, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = $9
  AND customer_events.occurred_at >= $10
  AND customer_events.occurred_at < $11
  AND customer_events.campaign_id IN ($12,$13)
  AND customer_events.influencer_id IN ($14,$15)
  AND customer_events.link_id IN ($16)
  AND customer_events.coupon_id IN ($17)
  AND customer_events.event_type IN ($18,$19))
  GROUP BY 1, 2, 3),
  happened AS (SELECT coupon_id AS id, CAST(coalesce(sum(revenue_minor) FILTER (WHERE currency = $20), 0) AS bigint) AS number
  FROM sums
  WHERE coupon_id IS NOT NULL
  GROUP BY 1),
  page AS (SELECT id, name, title, all_clicks, clicks, visitors, row_number() OVER (ORDER BY sort_key, id) AS place
  FROM (SELECT t.id AS id, t.code AS name, '' AS title, coalesce(clicked.all_clicks, 0) AS all_clicks, coalesce(clicked.clicks, 0) AS clicks, coalesce(clicked.visitors, 0) AS visitors, coalesce(happened.number, 0) AS sort_key
  FROM coupons t
  LEFT JOIN clicked ON clicked.id = t.id
  LEFT JOIN happened ON happened.id = t.id
  WHERE t.advertiser_id = $21
  AND (clicked.id IS NOT NULL OR happened.id IS NOT NULL OR 1 = 0)
  AND (strpos(lower(t.code COLLATE "C"), $22) > 0 OR strpos(lower('' COLLATE "C"), $23) > 0)) AS listed
  WHERE (sort_key > $24 OR sort_key = $25
  AND id > $26)
  ORDER BY sort_key, id LIMIT 4) SELECT 0, page.place, page.id, page.name, page.title, page.all_clicks, page.clicks, page.visitors, coalesce(sums.currency, ''), coalesce(sums.commission_currency, ''), coalesce(sums.events, 0), coalesce(sums.conversions, 0), coalesce(sums.sales, 0), coalesce(sums.revenue_minor, 0), coalesce(sums.payout_minor, 0)
  FROM page
  LEFT JOIN sums ON sums.coupon_id = page.id
  UNION ALL SELECT 1, CASE WHEN coupon_id IS NULL THEN 0 ELSE 1 END AS place, CAST(NULL AS uuid), '', '', 0, 0, 0, currency, commission_currency, CAST(sum(events) AS bigint), CAST(sum(conversions) AS bigint), CAST(sum(sales) AS bigint), CAST(sum(revenue_minor) AS bigint), CAST(sum(payout_minor) AS bigint)
  FROM sums
  WHERE (coupon_id IS NULL OR coupon_id IN (SELECT t.id
  FROM coupons t
  WHERE t.advertiser_id = $27
  AND (strpos(lower(t.code COLLATE "C"), $28) > 0 OR strpos(lower('' COLLATE "C"), $29) > 0)))
  GROUP BY place, currency, commission_currency
  UNION ALL SELECT 2, CASE WHEN id IS NULL THEN 0 ELSE 1 END AS place, CAST(NULL AS uuid), '', '', CAST(sum(all_clicks) AS bigint), CAST(sum(clicks) AS bigint), CAST(coalesce(sum(visitors) FILTER (WHERE id IS NULL), 0) AS bigint), '', '', 0, 0, 0, 0, 0
  FROM clicked
  WHERE (id IS NULL OR id IN (SELECT t.id
  FROM coupons t
  WHERE t.advertiser_id = $30
  AND (strpos(lower(t.code COLLATE "C"), $31) > 0 OR strpos(lower('' COLLATE "C"), $32) > 0)))
  GROUP BY place
  ORDER BY 1, 2;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 3 time.Time 2027-03-29 22:00:00 +0000 UTC
-- 4 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 6 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 7 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 8 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 9 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 10 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 11 time.Time 2027-03-29 22:00:00 +0000 UTC
-- 12 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 13 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 14 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 15 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 16 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 17 ident.Of[github.com/superher/superher/coupons.Coupon] 06000000-0000-0000-0000-000000000000
-- 18 string purchase
-- 19 string lead
-- 20 string EUR
-- 21 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 22 string sp%
-- 23 string sp%
-- 24 int64 12
-- 25 int64 12
-- 26 ident.Of[github.com/superher/superher/stats.Row] 07000000-0000-0000-0000-000000000000
-- 27 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 28 string sp%
-- 29 string sp%
-- 30 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 31 string sp%
-- 32 string sp%

