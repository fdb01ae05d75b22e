-- +goose Up

-- Reports of one campaign read its rows alone, of a period. Without these indexes
-- they read all rows of the advertiser in the period.
CREATE INDEX customer_events_by_campaign ON customer_events (advertiser_id, campaign_id, occurred_at)
    INCLUDE (event_type, currency, value_minor, conversion, commission_minor, commission_currency,
        method, source, influencer_id, coupon_id, link_id) WHERE campaign_id IS NOT NULL;
CREATE INDEX click_events_by_campaign ON click_events (advertiser_id, campaign_id, occurred_at)
    INCLUDE (class, visitor, link_id, influencer_id);
