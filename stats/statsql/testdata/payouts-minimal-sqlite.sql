SELECT zone
  FROM totals
  WHERE totals.advertiser_id = ?;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000

WITH
  sums AS MATERIALIZED (SELECT campaign_id AS campaign_id, influencer_id AS influencer_id, currency, commission_currency, count(*) AS events, count(*) FILTER (WHERE conversion) AS conversions, count(*) FILTER (WHERE conversion OR event_type = 'purchase') AS sales, CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint) AS revenue_minor, CAST(coalesce(sum(commission_minor), 0) AS bigint) AS payout_minor
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?)
  AND campaign_id IS NOT NULL
  AND influencer_id IS NOT NULL
  GROUP BY 1, 2, 3, 4),
  page AS (SELECT campaign_id, influencer_id
  FROM sums
  GROUP BY 1, 2
  ORDER BY 1 DESC, 2 DESC LIMIT 51) SELECT 0, page.campaign_id, page.influencer_id, coalesce((SELECT t.name
  FROM campaigns t
  WHERE t.id = page.campaign_id
  AND t.advertiser_id = ?), ''), coalesce((SELECT t.name
  FROM influencers t
  WHERE t.id = page.influencer_id
  AND t.id IN (SELECT influencer_id
  FROM influencer_access
  WHERE advertiser_id = ?)), ''), currency, commission_currency, events, conversions, sales, revenue_minor, payout_minor
  FROM page JOIN sums ON sums.campaign_id = page.campaign_id
  AND sums.influencer_id = page.influencer_id
  UNION ALL SELECT 1, CAST(NULL AS uuid), CAST(NULL AS uuid), '', '', currency, commission_currency, CAST(sum(events) AS bigint), CAST(sum(conversions) AS bigint), CAST(sum(sales) AS bigint), CAST(sum(revenue_minor) AS bigint), CAST(sum(payout_minor) AS bigint)
  FROM sums
  GROUP BY currency, commission_currency
  ORDER BY 1, 2 DESC, 3 DESC;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1774821600000000
-- 4 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000

