-- +goose Up

-- Every tenant table has advertiser_id first in its primary key, its unique
-- indexes and its foreign keys, so that the schema also distributes by tenant.
-- What is unique across tenants lives in the small lookup tables at the end.
-- Codes and names compare bytewise (COLLATE "C"), never by a database locale.

CREATE TABLE advertisers (
    id          uuid PRIMARY KEY,
    name        text        NOT NULL,
    time_zone   text        NOT NULL,
    currency    text        NOT NULL,
    created_at  timestamptz NOT NULL,
    version     bigint      NOT NULL
);

CREATE TABLE api_keys (
    advertiser_id uuid        NOT NULL REFERENCES advertisers (id),
    id            uuid        NOT NULL,
    name          text        NOT NULL,
    prefix        text        NOT NULL,
    last_four     text        NOT NULL,
    hash          bytea       NOT NULL,
    scopes        jsonb       NOT NULL,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz,
    revoked_at    timestamptz,
    last_used_at  timestamptz,
    version       bigint      NOT NULL,
    PRIMARY KEY (advertiser_id, id)
);

CREATE TABLE campaigns (
    advertiser_id    uuid        NOT NULL REFERENCES advertisers (id),
    id               uuid        NOT NULL,
    name             text        NOT NULL COLLATE "C",
    status           text        NOT NULL,
    starts_at        timestamptz,
    ends_at          timestamptz,
    budget_minor     bigint      NOT NULL,
    budget_currency  text        NOT NULL,
    conversion_types jsonb       NOT NULL,
    generic_coupon   text        NOT NULL,
    created_at       timestamptz NOT NULL,
    version          bigint      NOT NULL,
    PRIMARY KEY (advertiser_id, id)
);

-- An influencer is a person of the platform; influencer_access says which
-- advertisers see the person, and is what the tenant tables refer to.
CREATE TABLE influencers (
    id          uuid PRIMARY KEY,
    creator_id  uuid        NOT NULL REFERENCES advertisers (id),
    name        text        NOT NULL COLLATE "C",
    email       text        NOT NULL,
    handle      text        NOT NULL COLLATE "C",
    platforms   jsonb       NOT NULL,
    country     text        NOT NULL,
    external_id text        NOT NULL,
    created_at  timestamptz NOT NULL,
    version     bigint      NOT NULL
);

CREATE TABLE influencer_access (
    advertiser_id uuid NOT NULL REFERENCES advertisers (id),
    influencer_id uuid NOT NULL REFERENCES influencers (id),
    PRIMARY KEY (advertiser_id, influencer_id)
);
CREATE INDEX influencer_access_by_influencer ON influencer_access (influencer_id);

CREATE TABLE assignments (
    advertiser_id uuid        NOT NULL,
    campaign_id   uuid        NOT NULL,
    influencer_id uuid        NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (advertiser_id, campaign_id, influencer_id),
    FOREIGN KEY (advertiser_id, campaign_id) REFERENCES campaigns (advertiser_id, id),
    FOREIGN KEY (advertiser_id, influencer_id) REFERENCES influencer_access (advertiser_id, influencer_id)
);
CREATE INDEX assignments_by_influencer ON assignments (advertiser_id, influencer_id);

CREATE TABLE terms (
    advertiser_id  uuid        NOT NULL,
    campaign_id    uuid        NOT NULL,
    influencer_id  uuid        NOT NULL,
    version        integer     NOT NULL,
    share_type     text        NOT NULL,
    rate           bigint      NOT NULL, -- ten-thousandths of a percent
    fee_minor      bigint      NOT NULL,
    fee_currency   text        NOT NULL,
    effective_from timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    PRIMARY KEY (advertiser_id, campaign_id, influencer_id, version),
    FOREIGN KEY (advertiser_id, campaign_id, influencer_id) REFERENCES assignments (advertiser_id, campaign_id, influencer_id)
);

CREATE TABLE coupons (
    advertiser_id     uuid        NOT NULL,
    id                uuid        NOT NULL,
    campaign_id       uuid        NOT NULL,
    influencer_id     uuid,
    code              text        NOT NULL COLLATE "C",
    status            text        NOT NULL,
    valid_from        timestamptz,
    valid_to          timestamptz,
    discount_percent  bigint      NOT NULL, -- ten-thousandths of a percent
    discount_minor    bigint      NOT NULL,
    discount_currency text        NOT NULL,
    created_at        timestamptz NOT NULL,
    version           bigint      NOT NULL,
    PRIMARY KEY (advertiser_id, id),
    UNIQUE (advertiser_id, code),
    FOREIGN KEY (advertiser_id, campaign_id) REFERENCES campaigns (advertiser_id, id),
    FOREIGN KEY (advertiser_id, influencer_id) REFERENCES influencer_access (advertiser_id, influencer_id)
);
CREATE INDEX coupons_by_campaign ON coupons (advertiser_id, campaign_id);
CREATE INDEX coupons_by_influencer ON coupons (advertiser_id, influencer_id);

CREATE TABLE tracking_links (
    advertiser_id uuid        NOT NULL,
    id            uuid        NOT NULL,
    campaign_id   uuid        NOT NULL,
    influencer_id uuid,
    code          text        NOT NULL COLLATE "C",
    destination   text        NOT NULL,
    title         text        NOT NULL COLLATE "C",
    utm_source    text        NOT NULL,
    utm_medium    text        NOT NULL,
    utm_campaign  text        NOT NULL,
    utm_term      text        NOT NULL,
    utm_content   text        NOT NULL,
    status        text        NOT NULL,
    created_at    timestamptz NOT NULL,
    version       bigint      NOT NULL,
    PRIMARY KEY (advertiser_id, id),
    UNIQUE (advertiser_id, code),
    FOREIGN KEY (advertiser_id, campaign_id) REFERENCES campaigns (advertiser_id, id),
    FOREIGN KEY (advertiser_id, influencer_id) REFERENCES influencer_access (advertiser_id, influencer_id)
);
CREATE INDEX tracking_links_by_campaign ON tracking_links (advertiser_id, campaign_id);
CREATE INDEX tracking_links_by_influencer ON tracking_links (advertiser_id, influencer_id);

CREATE TABLE customer_events (
    advertiser_id       uuid        NOT NULL REFERENCES advertisers (id),
    id                  uuid        NOT NULL,
    event_type          text        NOT NULL COLLATE "C",
    value_minor         bigint      NOT NULL,
    currency            text        NOT NULL COLLATE "C", -- '' when the event has no value
    coupon_code         text        NOT NULL,
    ref_code            text        NOT NULL,
    landing_url         text        NOT NULL,
    external_id         text        NOT NULL COLLATE "C",
    customer_id         text        NOT NULL,
    metadata            jsonb       NOT NULL,
    occurred_at         timestamptz NOT NULL,
    received_at         timestamptz NOT NULL,
    fingerprint         bytea       NOT NULL,
    method              text        NOT NULL COLLATE "C",
    source              text        NOT NULL COLLATE "C",
    campaign_id         uuid,
    influencer_id       uuid,
    coupon_id           uuid,
    link_id             uuid,
    candidates          jsonb       NOT NULL,
    conversion          boolean     NOT NULL,
    commission_minor    bigint      NOT NULL,
    commission_currency text        NOT NULL COLLATE "C", -- '' when nothing was earned
    commission_reason   text        NOT NULL,
    commission_terms    jsonb       NOT NULL,
    PRIMARY KEY (advertiser_id, id),
    FOREIGN KEY (advertiser_id, campaign_id) REFERENCES campaigns (advertiser_id, id),
    FOREIGN KEY (advertiser_id, influencer_id) REFERENCES influencer_access (advertiser_id, influencer_id),
    FOREIGN KEY (advertiser_id, coupon_id) REFERENCES coupons (advertiser_id, id),
    FOREIGN KEY (advertiser_id, link_id) REFERENCES tracking_links (advertiser_id, id)
);
CREATE UNIQUE INDEX customer_events_natural_key ON customer_events (advertiser_id, external_id, event_type) WHERE external_id <> '';
-- Reports read a period of one advertiser from these indexes alone, never the wide rows.
CREATE INDEX customer_events_by_time ON customer_events (advertiser_id, occurred_at, id)
    INCLUDE (event_type, currency, value_minor, conversion, commission_minor, commission_currency,
        method, source, campaign_id, influencer_id, coupon_id, link_id);
CREATE INDEX customer_events_by_coupon ON customer_events (advertiser_id, coupon_id) WHERE coupon_id IS NOT NULL;

CREATE TABLE click_events (
    advertiser_id uuid        NOT NULL,
    id            uuid        NOT NULL,
    link_id       uuid        NOT NULL,
    campaign_id   uuid        NOT NULL,
    influencer_id uuid,
    occurred_at   timestamptz NOT NULL,
    visitor       bytea       NOT NULL,
    agent         text        NOT NULL,
    referrer      text        NOT NULL,
    country       text        NOT NULL,
    class         text        NOT NULL,
    reason        text        NOT NULL,
    PRIMARY KEY (advertiser_id, id),
    FOREIGN KEY (advertiser_id, campaign_id) REFERENCES campaigns (advertiser_id, id),
    FOREIGN KEY (advertiser_id, influencer_id) REFERENCES influencer_access (advertiser_id, influencer_id),
    FOREIGN KEY (advertiser_id, link_id) REFERENCES tracking_links (advertiser_id, id)
);
CREATE INDEX click_events_by_time ON click_events (advertiser_id, occurred_at)
    INCLUDE (class, visitor, link_id, campaign_id, influencer_id);
CREATE INDEX click_events_by_visit ON click_events (advertiser_id, link_id, visitor, occurred_at) WHERE class = 'human';

CREATE TABLE visitor_salts (
    advertiser_id uuid  NOT NULL REFERENCES advertisers (id),
    day           date  NOT NULL, -- UTC
    salt          bytea NOT NULL,
    PRIMARY KEY (advertiser_id, day)
);

-- Lookup tables: what must be unique across advertisers, and where to find it.
CREATE TABLE link_codes (
    code          text PRIMARY KEY COLLATE "C",
    advertiser_id uuid NOT NULL,
    link_id       uuid NOT NULL
);

CREATE TABLE api_key_hashes (
    hash          bytea PRIMARY KEY,
    advertiser_id uuid NOT NULL,
    key_id        uuid NOT NULL
);

-- Row security is the second lock behind the store's own predicates. The
-- settings are made per transaction; without them no row is visible.
--   superher.advertiser  the one advertiser, or ''
--   superher.reach       'one', 'everyone' (reads only) or 'system'
-- The scalar subqueries are evaluated once for a statement, not for each row.
-- +goose StatementBegin
DO $$
DECLARE
    tenant_table text;
    tenant_column text;
    own text;
BEGIN
    FOREACH tenant_table IN ARRAY ARRAY['advertisers', 'api_keys', 'campaigns', 'influencer_access', 'assignments', 'terms',
        'coupons', 'tracking_links', 'customer_events', 'click_events', 'visitor_salts']
    LOOP
        tenant_column := CASE tenant_table WHEN 'advertisers' THEN 'id' ELSE 'advertiser_id' END;
        own := format('%I = (SELECT nullif(current_setting(''superher.advertiser'', true), '''')::uuid)', tenant_column);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format('CREATE POLICY tenant_reads ON %I FOR SELECT USING (%s OR (SELECT current_setting(''superher.reach'', true) IN (''everyone'', ''system'')))', tenant_table, own);
        EXECUTE format('CREATE POLICY tenant_inserts ON %I FOR INSERT WITH CHECK (%s OR (SELECT current_setting(''superher.reach'', true) = ''system''))', tenant_table, own);
        EXECUTE format('CREATE POLICY tenant_updates ON %I FOR UPDATE USING (%s OR (SELECT current_setting(''superher.reach'', true) = ''system'')) WITH CHECK (%s OR (SELECT current_setting(''superher.reach'', true) = ''system''))', tenant_table, own, own);
        EXECUTE format('CREATE POLICY tenant_deletes ON %I FOR DELETE USING ((SELECT current_setting(''superher.reach'', true) = ''system''))', tenant_table);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- An influencer is visible through influencer_access, whose own policy applies
-- inside the subquery, and may be changed by its creator alone.
ALTER TABLE influencers ENABLE ROW LEVEL SECURITY;
ALTER TABLE influencers FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_reads ON influencers FOR SELECT USING (
    creator_id = (SELECT nullif(current_setting('superher.advertiser', true), '')::uuid)
    OR EXISTS (SELECT 1 FROM influencer_access a WHERE a.influencer_id = influencers.id)
    OR (SELECT current_setting('superher.reach', true) IN ('everyone', 'system')));
CREATE POLICY tenant_inserts ON influencers FOR INSERT WITH CHECK (
    creator_id = (SELECT nullif(current_setting('superher.advertiser', true), '')::uuid));
CREATE POLICY tenant_updates ON influencers FOR UPDATE USING (
    creator_id = (SELECT nullif(current_setting('superher.advertiser', true), '')::uuid)) WITH CHECK (
    creator_id = (SELECT nullif(current_setting('superher.advertiser', true), '')::uuid));
