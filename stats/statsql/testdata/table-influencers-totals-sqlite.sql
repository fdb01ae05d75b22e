WITH clicked AS MATERIALIZED (SELECT id, CAST(coalesce(sum(all_clicks), 0) AS bigint) AS all_clicks, CAST(coalesce(sum(clicks), 0) AS bigint) AS clicks, CAST(coalesce(sum(visitors), 0) AS bigint) AS visitors
  FROM (SELECT nullif(thing_id, zeroblob(16)) AS id, -all_clicks AS all_clicks, -clicks AS clicks, 0 AS visitors
  FROM click_days
  WHERE (click_days.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 2
  UNION ALL SELECT nullif(thing_id, zeroblob(16)) AS id, -all_clicks AS all_clicks, -clicks AS clicks, 0 AS visitors
  FROM click_days
  WHERE (click_days.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 2
  UNION ALL SELECT nullif(thing_id, zeroblob(16)) AS id, all_clicks AS all_clicks, clicks AS clicks, 0 AS visitors
  FROM click_days
  WHERE (click_days.advertiser_id = ?
  AND grain = 1
  AND day >= ?
  AND day < ?)
  AND kind = 2
  UNION ALL SELECT influencer_id AS id, count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, 0 AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?)
  GROUP BY 1
  UNION ALL SELECT influencer_id AS id, 0 AS all_clicks, 0 AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?)
  GROUP BY 1
  UNION ALL SELECT nullif(thing_id, zeroblob(16)) AS id, 0 AS all_clicks, 0 AS clicks, visitors AS visitors
  FROM click_days
  WHERE (click_days.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 2
  AND utc_day = ?
  UNION ALL SELECT nullif(thing_id, zeroblob(16)) AS id, 0 AS all_clicks, 0 AS clicks, -visitors AS visitors
  FROM click_visitors
  WHERE (click_visitors.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 2
  UNION ALL SELECT nullif(thing_id, zeroblob(16)) AS id, 0 AS all_clicks, 0 AS clicks, -visitors AS visitors
  FROM click_visitors
  WHERE (click_visitors.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 2
  UNION ALL SELECT nullif(thing_id, zeroblob(16)) AS id, 0 AS all_clicks, 0 AS clicks, visitors AS visitors
  FROM click_visitors
  WHERE (click_visitors.advertiser_id = ?
  AND grain = 1
  AND day >= ?
  AND day < ?)
  AND kind = 2) AS parts
  GROUP BY 1),
  sums AS MATERIALIZED (SELECT influencer_id, currency, commission_currency, CAST(sum(events) AS bigint) AS events, CAST(sum(conversions) AS bigint) AS conversions, CAST(sum(sales) AS bigint) AS sales, CAST(sum(revenue_minor) AS bigint) AS revenue_minor, CAST(sum(payout_minor) AS bigint) AS payout_minor
  FROM (SELECT nullif(influencer_id, zeroblob(16)) AS influencer_id, currency, commission_currency, -events AS events, -conversions AS conversions, -sales AS sales, -revenue_minor AS revenue_minor, -payout_minor AS payout_minor
  FROM event_pairs
  WHERE (event_pairs.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  UNION ALL SELECT nullif(influencer_id, zeroblob(16)) AS influencer_id, currency, commission_currency, -events AS events, -conversions AS conversions, -sales AS sales, -revenue_minor AS revenue_minor, -payout_minor AS payout_minor
  FROM event_pairs
  WHERE (event_pairs.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  UNION ALL SELECT nullif(influencer_id, zeroblob(16)) AS influencer_id, currency, commission_currency, events AS events, conversions AS conversions, sales AS sales, revenue_minor AS revenue_minor, payout_minor AS payout_minor
  FROM event_pairs
  WHERE (event_pairs.advertiser_id = ?
  AND grain = 1
  AND day >= ?
  AND day < ?)
  UNION ALL SELECT influencer_id AS influencer_id, currency, commission_currency, events, conversions, sales, revenue_minor, payout_minor
  FROM event_changes
  WHERE (event_changes.advertiser_id = ?
  AND event_changes.occurred_at >= ?
  AND event_changes.occurred_at < ?)
  UNION ALL SELECT influencer_id AS influencer_id, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?)
  GROUP BY 1, 2, 3) AS parts
  GROUP BY 1, 2, 3 HAVING sum(events) <> 0),
  happened AS (SELECT influencer_id AS id, CAST(sum(conversions) AS bigint) AS number
  FROM sums
  WHERE influencer_id IS NOT NULL
  GROUP BY 1),
  page AS (SELECT id, name, title, all_clicks, clicks, visitors, row_number() OVER (ORDER BY sort_key DESC, id) AS place
  FROM (SELECT t.id AS id, t.name AS name, t.handle AS title, coalesce(clicked.all_clicks, 0) AS all_clicks, coalesce(clicked.clicks, 0) AS clicks, coalesce(clicked.visitors, 0) AS visitors, coalesce(happened.number, 0) AS sort_key
  FROM influencers t
  LEFT JOIN clicked ON clicked.id = t.id
  LEFT JOIN happened ON happened.id = t.id
  WHERE t.id IN (SELECT influencer_id
  FROM influencer_access
  WHERE advertiser_id = ?)
  AND (clicked.id IS NOT NULL OR happened.id IS NOT NULL OR (1 = 1))) AS listed
  ORDER BY sort_key DESC, id LIMIT 51) SELECT 0, page.place, page.id, page.name, page.title, page.all_clicks, page.clicks, page.visitors, coalesce(sums.currency, ''), coalesce(sums.commission_currency, ''), coalesce(sums.events, 0), coalesce(sums.conversions, 0), coalesce(sums.sales, 0), coalesce(sums.revenue_minor, 0), coalesce(sums.payout_minor, 0)
  FROM page
  LEFT JOIN sums ON sums.influencer_id = page.id
  UNION ALL SELECT 1, CASE WHEN influencer_id IS NULL THEN 0 ELSE 1 END AS place, CAST(NULL AS uuid), '', '', 0, 0, 0, currency, commission_currency, CAST(sum(events) AS bigint), CAST(sum(conversions) AS bigint), CAST(sum(sales) AS bigint), CAST(sum(revenue_minor) AS bigint), CAST(sum(payout_minor) AS bigint)
  FROM sums
  WHERE (1=1)
  GROUP BY place, currency, commission_currency
  UNION ALL SELECT 2, CASE WHEN id IS NULL THEN 0 ELSE 1 END AS place, CAST(NULL AS uuid), '', '', CAST(sum(all_clicks) AS bigint), CAST(sum(clicks) AS bigint), CAST(coalesce(sum(visitors) FILTER (WHERE id IS NULL), 0) AS bigint), '', '', 0, 0, 0, 0, 0
  FROM clicked
  WHERE (1=1)
  GROUP BY place
  UNION ALL SELECT 3, 1 AS place, CAST(NULL AS uuid), '', '', 0, 0, visitors, '', '', 0, 0, 0, 0, 0
  FROM (SELECT CAST(coalesce(sum(all_clicks), 0) AS bigint) AS all_clicks, CAST(coalesce(sum(clicks), 0) AS bigint) AS clicks, CAST(coalesce(sum(visitors), 0) AS bigint) AS visitors
  FROM (SELECT -all_clicks AS all_clicks, -clicks AS clicks, 0 AS visitors
  FROM click_days
  WHERE (click_days.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 4
  UNION ALL SELECT -all_clicks AS all_clicks, -clicks AS clicks, 0 AS visitors
  FROM click_days
  WHERE (click_days.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 4
  UNION ALL SELECT all_clicks AS all_clicks, clicks AS clicks, 0 AS visitors
  FROM click_days
  WHERE (click_days.advertiser_id = ?
  AND grain = 1
  AND day >= ?
  AND day < ?)
  AND kind = 4
  UNION ALL SELECT count(*) AS all_clicks, count(*) FILTER (WHERE class = 'human') AS clicks, 0 AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?)
  AND influencer_id IS NOT NULL
  UNION ALL SELECT 0 AS all_clicks, 0 AS clicks, count(DISTINCT visitor) FILTER (WHERE class = 'human') AS visitors
  FROM click_events
  WHERE (click_events.advertiser_id = ?
  AND click_events.occurred_at >= ?
  AND click_events.occurred_at < ?)
  AND influencer_id IS NOT NULL
  UNION ALL SELECT 0 AS all_clicks, 0 AS clicks, visitors AS visitors
  FROM click_days
  WHERE (click_days.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 4
  AND utc_day = ?
  UNION ALL SELECT 0 AS all_clicks, 0 AS clicks, -visitors AS visitors
  FROM click_visitors
  WHERE (click_visitors.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 4
  UNION ALL SELECT 0 AS all_clicks, 0 AS clicks, -visitors AS visitors
  FROM click_visitors
  WHERE (click_visitors.advertiser_id = ?
  AND grain = 0
  AND day >= ?
  AND day < ?)
  AND kind = 4
  UNION ALL SELECT 0 AS all_clicks, 0 AS clicks, visitors AS visitors
  FROM click_visitors
  WHERE (click_visitors.advertiser_id = ?
  AND grain = 1
  AND day >= ?
  AND day < ?)
  AND kind = 4) AS parts) AS visited
  ORDER BY 1, 2;
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
-- 29 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 30 int64 20513
-- 31 int64 20522
-- 32 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 33 int64 20603
-- 34 int64 20605
-- 35 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 36 int64 20513
-- 37 int64 20605
-- 38 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 39 int64 1773097200000000
-- 40 int64 1780092000000000
-- 41 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 42 int64 1773054000000000
-- 43 int64 1773097200000000
-- 44 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 45 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 46 int64 20513
-- 47 int64 20522
-- 48 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 49 int64 20603
-- 50 int64 20605
-- 51 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 52 int64 20513
-- 53 int64 20605
-- 54 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 55 int64 1773054000000000
-- 56 int64 1773097200000000
-- 57 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 58 int64 1773054000000000
-- 59 int64 1773100800000000
-- 60 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 61 int64 20602
-- 62 int64 20603
-- 63 int64 20602
-- 64 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 65 int64 20513
-- 66 int64 20522
-- 67 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 68 int64 20602
-- 69 int64 20605
-- 70 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 71 int64 20513
-- 72 int64 20605

