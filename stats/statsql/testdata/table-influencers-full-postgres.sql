WITH clicked AS (SELECT influencer_id AS id, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = $1
  AND click_events.occurred_at >= $2
  AND click_events.occurred_at < $3
  AND click_events.campaign_id IN ($4,$5)
  AND click_events.influencer_id IN ($6,$7)
  AND click_events.link_id IN ($8)
  AND 1 = 0)
  AND influencer_id IS NOT NULL
  GROUP BY 1),
  happened AS (SELECT influencer_id AS id, CAST(coalesce(sum(value_minor) FILTER (WHERE (conversion OR event_type = 'purchase')
  AND currency = $9), 0) AS bigint) AS number
  FROM customer_events
  WHERE (customer_events.advertiser_id = $10
  AND customer_events.occurred_at >= $11
  AND customer_events.occurred_at < $12
  AND customer_events.campaign_id IN ($13,$14)
  AND customer_events.influencer_id IN ($15,$16)
  AND customer_events.link_id IN ($17)
  AND customer_events.coupon_id IN ($18)
  AND customer_events.event_type IN ($19,$20))
  AND influencer_id IS NOT NULL
  GROUP BY 1),
  listed AS (SELECT t.id AS id, t.name AS name, t.handle AS title, coalesce(clicked.clicks, 0) AS clicks, coalesce(clicked.all_clicks, 0) AS all_clicks, coalesce(clicked.visitors, 0) AS visitors, coalesce(happened.number, 0) AS sort_key
  FROM influencers t
  LEFT JOIN clicked ON clicked.id = t.id
  LEFT JOIN happened ON happened.id = t.id
  WHERE t.id IN (SELECT influencer_id
  FROM influencer_access
  WHERE advertiser_id = $21)
  AND (clicked.id IS NOT NULL OR happened.id IS NOT NULL OR (1 = 1
  AND t.id IN ($22,$23)
  AND t.id IN (SELECT influencer_id
  FROM assignments
  WHERE advertiser_id = $24
  AND (campaign_id IN ($25,$26))
  UNION ALL SELECT influencer_id
  FROM tracking_links
  WHERE advertiser_id = $27
  AND (campaign_id IN ($28,$29))
  UNION ALL SELECT influencer_id
  FROM coupons
  WHERE advertiser_id = $30
  AND (campaign_id IN ($31,$32)))
  AND t.id IN (SELECT influencer_id
  FROM tracking_links
  WHERE advertiser_id = $33
  AND (id IN ($34)))
  AND t.id IN (SELECT influencer_id
  FROM coupons
  WHERE advertiser_id = $35
  AND (id IN ($36)))))
  AND (strpos(lower(t.name COLLATE "C"), $37) > 0 OR strpos(lower(t.handle COLLATE "C"), $38) > 0))
  SELECT id, name, title, clicks, all_clicks, visitors
  FROM listed
  WHERE (sort_key > $39 OR sort_key = $40
  AND id > $41)
  ORDER BY sort_key ASC, id LIMIT 4;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 3 time.Time 2027-03-29 22:00:00 +0000 UTC
-- 4 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 6 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 7 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 8 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 9 string EUR
-- 10 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 11 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 12 time.Time 2027-03-29 22:00:00 +0000 UTC
-- 13 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 14 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 15 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 16 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 17 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 18 ident.Of[github.com/superher/superher/coupons.Coupon] 06000000-0000-0000-0000-000000000000
-- 19 string purchase
-- 20 string lead
-- 21 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 22 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 23 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 24 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 25 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 26 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 27 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 28 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 29 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 30 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 31 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 32 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 33 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 34 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 35 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 36 ident.Of[github.com/superher/superher/coupons.Coupon] 06000000-0000-0000-0000-000000000000
-- 37 string sp%
-- 38 string sp%
-- 39 int64 12
-- 40 int64 12
-- 41 ident.Of[github.com/superher/superher/stats.Row] 07000000-0000-0000-0000-000000000000

SELECT influencer_id, currency, commission_currency, count(*), count(*) FILTER (WHERE conversion), count(*) FILTER (WHERE conversion OR event_type = 'purchase'), CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint), CAST(coalesce(sum(commission_minor), 0) AS bigint)
  FROM customer_events
  WHERE (customer_events.advertiser_id = $1
  AND customer_events.occurred_at >= $2
  AND customer_events.occurred_at < $3
  AND customer_events.campaign_id IN ($4,$5)
  AND customer_events.influencer_id IN ($6,$7)
  AND customer_events.link_id IN ($8)
  AND customer_events.coupon_id IN ($9)
  AND customer_events.event_type IN ($10,$11))
  AND influencer_id IN ($12)
  GROUP BY 1, 2, 3;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 3 time.Time 2027-03-29 22:00:00 +0000 UTC
-- 4 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 6 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 7 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 8 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 9 ident.Of[github.com/superher/superher/coupons.Coupon] 06000000-0000-0000-0000-000000000000
-- 10 string purchase
-- 11 string lead
-- 12 ident.Of[github.com/superher/superher/stats.Row] 00000000-0000-0000-0000-000000000000

SELECT CASE WHEN influencer_id IS NULL THEN 0 ELSE 1 END, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = $1
  AND click_events.occurred_at >= $2
  AND click_events.occurred_at < $3
  AND click_events.campaign_id IN ($4,$5)
  AND click_events.influencer_id IN ($6,$7)
  AND click_events.link_id IN ($8)
  AND 1 = 0)
  AND (influencer_id IS NULL OR influencer_id IN (SELECT t.id
  FROM influencers t
  WHERE t.id IN (SELECT influencer_id
  FROM influencer_access
  WHERE advertiser_id = $9)
  AND (strpos(lower(t.name COLLATE "C"), $10) > 0 OR strpos(lower(t.handle COLLATE "C"), $11) > 0)))
  GROUP BY 1;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 3 time.Time 2027-03-29 22:00:00 +0000 UTC
-- 4 ident.Of[github.com/superher/superher/campaigns.Campaign] 01000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/campaigns.Campaign] 02000000-0000-0000-0000-000000000000
-- 6 ident.Of[github.com/superher/superher/campaigns.Influencer] 03000000-0000-0000-0000-000000000000
-- 7 ident.Of[github.com/superher/superher/campaigns.Influencer] 04000000-0000-0000-0000-000000000000
-- 8 ident.Of[github.com/superher/superher/links.Link] 05000000-0000-0000-0000-000000000000
-- 9 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 10 string sp%
-- 11 string sp%

SELECT CASE WHEN influencer_id IS NULL THEN 0 ELSE 1 END, currency, commission_currency, count(*), count(*) FILTER (WHERE conversion), count(*) FILTER (WHERE conversion OR event_type = 'purchase'), CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint), CAST(coalesce(sum(commission_minor), 0) AS bigint)
  FROM customer_events
  WHERE (customer_events.advertiser_id = $1
  AND customer_events.occurred_at >= $2
  AND customer_events.occurred_at < $3
  AND customer_events.campaign_id IN ($4,$5)
  AND customer_events.influencer_id IN ($6,$7)
  AND customer_events.link_id IN ($8)
  AND customer_events.coupon_id IN ($9)
  AND customer_events.event_type IN ($10,$11))
  AND (influencer_id IS NULL OR influencer_id IN (SELECT t.id
  FROM influencers t
  WHERE t.id IN (SELECT influencer_id
  FROM influencer_access
  WHERE advertiser_id = $12)
  AND (strpos(lower(t.name COLLATE "C"), $13) > 0 OR strpos(lower(t.handle COLLATE "C"), $14) > 0)))
  GROUP BY 1, 2, 3;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 time.Time 2026-03-28 23:00:00 +0000 UTC
-- 3 time.Time 2027-03-29 22:00:00 +0000 UTC
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

