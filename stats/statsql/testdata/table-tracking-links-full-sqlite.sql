WITH clicked AS (SELECT link_id AS id, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?
  AND click_events.campaign_id IN (?,?)
  AND click_events.influencer_id IN (?,?)
  AND click_events.link_id IN (?)
  AND 1 = 0)
  AND link_id IS NOT NULL
  GROUP BY 1),
  happened AS (SELECT link_id AS id, CAST(coalesce(sum(value_minor) FILTER (WHERE (conversion OR event_type = 'purchase')
  AND currency = ?), 0) AS bigint) AS number
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?
  AND customer_events.campaign_id IN (?,?)
  AND customer_events.influencer_id IN (?,?)
  AND customer_events.link_id IN (?)
  AND customer_events.coupon_id IN (?)
  AND customer_events.event_type IN (?,?))
  AND link_id IS NOT NULL
  GROUP BY 1),
  listed AS (SELECT t.id AS id, t.code AS name, t.title AS title, coalesce(clicked.clicks, 0) AS clicks, coalesce(clicked.all_clicks, 0) AS all_clicks, coalesce(clicked.visitors, 0) AS visitors, coalesce(happened.number, 0) AS sort_key
  FROM tracking_links t
  LEFT JOIN clicked ON clicked.id = t.id
  LEFT JOIN happened ON happened.id = t.id
  WHERE t.advertiser_id = ?
  AND (clicked.id IS NOT NULL OR happened.id IS NOT NULL OR 1 = 0)
  AND (instr(lower(t.code), ?) > 0 OR instr(lower(t.title), ?) > 0))
  SELECT id, name, title, clicks, all_clicks, visitors
  FROM listed
  WHERE (sort_key > ? OR sort_key = ?
  AND id > ?)
  ORDER BY sort_key ASC, id LIMIT 4;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1806357600000000
-- 4 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 6 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 7 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 8 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 9 string EUR
-- 10 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 11 int64 1774738800000000
-- 12 int64 1806357600000000
-- 13 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 14 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 15 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 16 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 17 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 18 ident.Of[github.com/superher/superher/coupons.Coupon] 06000000-0000-0000-0000-000000000000
-- 19 string purchase
-- 20 string lead
-- 21 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 22 string sp%
-- 23 string sp%
-- 24 int64 12
-- 25 int64 12
-- 26 ident.Of[github.com/superher/superher/stats.Row] 07000000-0000-0000-0000-000000000000

SELECT link_id, currency, commission_currency, count(*), count(*) FILTER (WHERE conversion), count(*) FILTER (WHERE conversion OR event_type = 'purchase'), CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint), CAST(coalesce(sum(commission_minor), 0) AS bigint)
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?
  AND customer_events.campaign_id IN (?,?)
  AND customer_events.influencer_id IN (?,?)
  AND customer_events.link_id IN (?)
  AND customer_events.coupon_id IN (?)
  AND customer_events.event_type IN (?,?))
  AND link_id IN (?)
  GROUP BY 1, 2, 3;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1806357600000000
-- 4 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 6 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 7 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 8 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 9 ident.Of[github.com/superher/superher/coupons.Coupon] 06000000-0000-0000-0000-000000000000
-- 10 string purchase
-- 11 string lead
-- 12 ident.Of[github.com/superher/superher/stats.Row] 00000000-0000-0000-0000-000000000000

SELECT CASE WHEN link_id IS NULL THEN 0 ELSE 1 END, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?
  AND click_events.campaign_id IN (?,?)
  AND click_events.influencer_id IN (?,?)
  AND click_events.link_id IN (?)
  AND 1 = 0)
  AND (link_id IS NULL OR link_id IN (SELECT t.id
  FROM tracking_links t
  WHERE t.advertiser_id = ?
  AND (instr(lower(t.code), ?) > 0 OR instr(lower(t.title), ?) > 0)))
  GROUP BY 1;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1806357600000000
-- 4 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 6 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 7 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 8 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 9 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 10 string sp%
-- 11 string sp%

SELECT CASE WHEN link_id IS NULL THEN 0 ELSE 1 END, currency, commission_currency, count(*), count(*) FILTER (WHERE conversion), count(*) FILTER (WHERE conversion OR event_type = 'purchase'), CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint), CAST(coalesce(sum(commission_minor), 0) AS bigint)
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?
  AND customer_events.campaign_id IN (?,?)
  AND customer_events.influencer_id IN (?,?)
  AND customer_events.link_id IN (?)
  AND customer_events.coupon_id IN (?)
  AND customer_events.event_type IN (?,?))
  AND (link_id IS NULL OR link_id IN (SELECT t.id
  FROM tracking_links t
  WHERE t.advertiser_id = ?
  AND (instr(lower(t.code), ?) > 0 OR instr(lower(t.title), ?) > 0)))
  GROUP BY 1, 2, 3;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1806357600000000
-- 4 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 6 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 7 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 8 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 9 ident.Of[github.com/superher/superher/coupons.Coupon] 06000000-0000-0000-0000-000000000000
-- 10 string purchase
-- 11 string lead
-- 12 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 13 string sp%
-- 14 string sp%

