WITH pairs AS (SELECT campaign_id, influencer_id
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?)
  AND campaign_id IS NOT NULL
  AND influencer_id IS NOT NULL
  GROUP BY 1, 2
  ORDER BY 1 DESC, 2 DESC LIMIT 51) SELECT pairs.campaign_id, pairs.influencer_id, coalesce((SELECT t.name
  FROM campaigns t
  WHERE t.id = pairs.campaign_id
  AND t.advertiser_id = ?), ''), coalesce((SELECT t.name
  FROM influencers t
  WHERE t.id = pairs.influencer_id
  AND t.id IN (SELECT influencer_id
  FROM influencer_access
  WHERE advertiser_id = ?)), '')
  FROM pairs
  ORDER BY 1 DESC, 2 DESC;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1774821600000000
-- 4 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000

SELECT campaign_id, influencer_id, currency, commission_currency, count(*), count(*) FILTER (WHERE conversion), count(*) FILTER (WHERE conversion OR event_type = 'purchase'), CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint), CAST(coalesce(sum(commission_minor), 0) AS bigint)
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?)
  AND campaign_id IS NOT NULL
  AND influencer_id IS NOT NULL
  AND (campaign_id, influencer_id) <= (?, ?)
  AND (campaign_id, influencer_id) >= (?, ?)
  GROUP BY 1, 2, 3, 4;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1774821600000000
-- 4 ident.Of[github.com/superher/superher/campaigns.Campaign] 00000000-0000-0000-0000-000000000000
-- 5 ident.Of[github.com/superher/superher/campaigns.Influencer] 00000000-0000-0000-0000-000000000000
-- 6 ident.Of[github.com/superher/superher/campaigns.Campaign] 00000000-0000-0000-0000-000000000000
-- 7 ident.Of[github.com/superher/superher/campaigns.Influencer] 00000000-0000-0000-0000-000000000000

SELECT currency, commission_currency, count(*), count(*) FILTER (WHERE conversion), count(*) FILTER (WHERE conversion OR event_type = 'purchase'), CAST(coalesce(sum(value_minor) FILTER (WHERE conversion OR event_type = 'purchase'), 0) AS bigint), CAST(coalesce(sum(commission_minor), 0) AS bigint)
  FROM customer_events
  WHERE (customer_events.advertiser_id = ?
  AND customer_events.occurred_at >= ?
  AND customer_events.occurred_at < ?)
  AND campaign_id IS NOT NULL
  AND influencer_id IS NOT NULL
  GROUP BY 1, 2;
-- 1 ident.Of[github.com/superher/superher/tenant.Advertiser] ad000000-0000-0000-0000-000000000000
-- 2 int64 1774738800000000
-- 3 int64 1774821600000000

