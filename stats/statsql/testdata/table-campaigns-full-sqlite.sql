WITH clicked AS MATERIALIZED (SELECT campaign_id AS id, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?
  AND click_events.campaign_id IN (?,?)
  AND click_events.influencer_id IN (?,?)
  AND click_events.link_id IN (?)
  AND 1 = 0)
  GROUP BY 1),
  sums AS MATERIALIZED (SELECT campaign_id AS campaign_id, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?
  AND customer_events.campaign_id IN (?,?)
  AND customer_events.influencer_id IN (?,?)
  AND customer_events.link_id IN (?)
  AND customer_events.coupon_id IN (?)
  AND customer_events.event_type IN (?,?))
  GROUP BY 1, 2, 3),
  happened AS (SELECT campaign_id AS id, CAST(coalesce(sum(revenue_minor) FILTER (WHERE currency = ?), 0) AS bigint) AS number
  FROM sums
  WHERE campaign_id IS NOT NULL
  GROUP BY 1),
  page AS (SELECT id, name, title, all_clicks, clicks, visitors, row_number() OVER (ORDER BY sort_key, id) AS place
  FROM (SELECT t.id AS id, t.name AS name, '' AS title, coalesce(clicked.all_clicks, 0) AS all_clicks, coalesce(clicked.clicks, 0) AS clicks, coalesce(clicked.visitors, 0) AS visitors, coalesce(happened.number, 0) AS sort_key
  FROM campaigns t
  LEFT JOIN clicked ON clicked.id = t.id
  LEFT JOIN happened ON happened.id = t.id
  WHERE t.advertiser_id = ?
  AND (clicked.id IS NOT NULL OR happened.id IS NOT NULL OR (1 = 1
  AND t.id IN (?,?)
  AND t.id IN (SELECT campaign_id
  FROM assignments
  WHERE advertiser_id = ?
  AND (influencer_id IN (?,?))
  UNION ALL SELECT campaign_id
  FROM tracking_links
  WHERE advertiser_id = ?
  AND (influencer_id IN (?,?))
  UNION ALL SELECT campaign_id
  FROM coupons
  WHERE advertiser_id = ?
  AND (influencer_id IN (?,?)))
  AND t.id IN (SELECT campaign_id
  FROM tracking_links
  WHERE advertiser_id = ?
  AND (id IN (?)))
  AND t.id IN (SELECT campaign_id
  FROM coupons
  WHERE advertiser_id = ?
  AND (id IN (?)))))
  AND (instr(lower(t.name), ?) > 0 OR instr(lower(''), ?) > 0)) AS listed
  WHERE (sort_key > ? OR sort_key = ?
  AND id > ?)
  ORDER BY sort_key, id LIMIT 4) SELECT 0, page.place, page.id, page.name, page.title, page.all_clicks, page.clicks, page.visitors, coalesce(sums.currency, ''), coalesce(sums.commission_currency, ''), coalesce(sums.events, 0), coalesce(sums.conversions, 0), coalesce(sums.sales, 0), coalesce(sums.revenue_minor, 0), coalesce(sums.payout_minor, 0)
  FROM page
  LEFT JOIN sums ON sums.campaign_id = page.id
  UNION ALL SELECT 1, CASE WHEN campaign_id IS NULL THEN 0 ELSE 1 END AS place, CAST(NULL AS uuid), '', '', 0, 0, 0, currency, commission_currency, CAST(sum(events) AS bigint), CAST(sum(conversions) AS bigint), CAST(sum(sales) AS bigint), CAST(sum(revenue_minor) AS bigint), CAST(sum(payout_minor) AS bigint)
  FROM sums
  WHERE (campaign_id IS NULL OR campaign_id IN (SELECT t.id
  FROM campaigns t
  WHERE t.advertiser_id = ?
  AND (instr(lower(t.name), ?) > 0 OR instr(lower(''), ?) > 0)))
  GROUP BY place, currency, commission_currency
  UNION ALL SELECT 2, CASE WHEN id IS NULL THEN 0 ELSE 1 END AS place, CAST(NULL AS uuid), '', '', CAST(sum(all_clicks) AS bigint), CAST(sum(clicks) AS bigint), CAST(coalesce(sum(visitors) FILTER (WHERE id IS NULL), 0) AS bigint), '', '', 0, 0, 0, 0, 0
  FROM clicked
  WHERE (id IS NULL OR id IN (SELECT t.id
  FROM campaigns t
  WHERE t.advertiser_id = ?
  AND (instr(lower(t.name), ?) > 0 OR instr(lower(''), ?) > 0)))
  GROUP BY place
  UNION ALL SELECT 3, 1 AS place, CAST(NULL AS uuid), '', '', 0, 0, visitors, '', '', 0, 0, 0, 0, 0
  FROM (SELECT 0 AS all_clicks, 0 AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?
  AND click_events.campaign_id IN (?,?)
  AND click_events.influencer_id IN (?,?)
  AND click_events.link_id IN (?)
  AND 1 = 0)
  AND (campaign_id IS NULL OR campaign_id IN (SELECT t.id
  FROM campaigns t
  WHERE t.advertiser_id = ?
  AND (instr(lower(t.name), ?) > 0 OR instr(lower(''), ?) > 0)))) AS visited
  ORDER BY 1, 2;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1806357600000000
-- 4 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 6 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 7 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 8 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 9 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 10 int64 1774738800000000
-- 11 int64 1806357600000000
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
-- 22 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 23 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 24 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 25 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 26 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 27 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 28 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 29 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 30 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 31 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 32 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 33 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 34 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 35 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 36 ident.Of[github.com/superher/superher/coupons.Coupon] 06000000-0000-0000-0000-000000000000
-- 37 string sp%
-- 38 string sp%
-- 39 int64 12
-- 40 int64 12
-- 41 ident.Of[github.com/superher/superher/stats.Row] 07000000-0000-0000-0000-000000000000
-- 42 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 43 string sp%
-- 44 string sp%
-- 45 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 46 string sp%
-- 47 string sp%
-- 48 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 49 int64 1774738800000000
-- 50 int64 1806357600000000
-- 51 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 52 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 53 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 54 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 55 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 56 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 57 string sp%
-- 58 string sp%

