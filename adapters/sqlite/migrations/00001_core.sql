-- +goose Up

-- The tables of the Postgres schema in SQLite's types: ids and hashes are
-- blobs, moments are microseconds since 1970 in UTC, truth is 0 or 1, and
-- lists are JSON text. Text compares bytewise.

CREATE TABLE advertisers (
    id          BLOB NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    time_zone   TEXT NOT NULL,
    currency    TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    advertiser_id BLOB NOT NULL REFERENCES advertisers (id),
    id            BLOB NOT NULL,
    name          TEXT NOT NULL,
    prefix        TEXT NOT NULL,
    last_four     TEXT NOT NULL,
    hash          BLOB NOT NULL,
    scopes        TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER,
    revoked_at    INTEGER,
    last_used_at  INTEGER,
    version       INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE campaigns (
    advertiser_id    BLOB NOT NULL REFERENCES advertisers (id),
    id               BLOB NOT NULL,
    name             TEXT NOT NULL,
    status           TEXT NOT NULL,
    starts_at        INTEGER,
    ends_at          INTEGER,
    budget_minor     INTEGER NOT NULL,
    budget_currency  TEXT NOT NULL,
    conversion_types TEXT NOT NULL,
    generic_coupon   TEXT NOT NULL,
    created_at       INTEGER NOT NULL,
    version          INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, id)
) STRICT, WITHOUT ROWID;

-- An influencer is a person of the platform; influencer_access says which
-- advertisers see the person, and is what the tenant tables refer to.
CREATE TABLE influencers (
    id          BLOB NOT NULL PRIMARY KEY,
    creator_id  BLOB NOT NULL REFERENCES advertisers (id),
    name        TEXT NOT NULL,
    email       TEXT NOT NULL,
    handle      TEXT NOT NULL,
    platforms   TEXT NOT NULL,
    country     TEXT NOT NULL,
    external_id TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE influencer_access (
    advertiser_id BLOB NOT NULL REFERENCES advertisers (id),
    influencer_id BLOB NOT NULL REFERENCES influencers (id),
    PRIMARY KEY (advertiser_id, influencer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX influencer_access_by_influencer ON influencer_access (influencer_id);

CREATE TABLE assignments (
    advertiser_id BLOB NOT NULL,
    campaign_id   BLOB NOT NULL,
    influencer_id BLOB NOT NULL,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, campaign_id, influencer_id),
    FOREIGN KEY (advertiser_id, campaign_id) REFERENCES campaigns (advertiser_id, id),
    FOREIGN KEY (advertiser_id, influencer_id) REFERENCES influencer_access (advertiser_id, influencer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX assignments_by_influencer ON assignments (advertiser_id, influencer_id);

CREATE TABLE terms (
    advertiser_id  BLOB NOT NULL,
    campaign_id    BLOB NOT NULL,
    influencer_id  BLOB NOT NULL,
    version        INTEGER NOT NULL,
    share_type     TEXT NOT NULL,
    rate           INTEGER NOT NULL, -- ten-thousandths of a percent
    fee_minor      INTEGER NOT NULL,
    fee_currency   TEXT NOT NULL,
    effective_from INTEGER NOT NULL,
    recorded_at    INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, campaign_id, influencer_id, version),
    FOREIGN KEY (advertiser_id, campaign_id, influencer_id) REFERENCES assignments (advertiser_id, campaign_id, influencer_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE coupons (
    advertiser_id     BLOB NOT NULL,
    id                BLOB NOT NULL,
    campaign_id       BLOB NOT NULL,
    influencer_id     BLOB,
    code              TEXT NOT NULL,
    status            TEXT NOT NULL,
    valid_from        INTEGER,
    valid_to          INTEGER,
    discount_percent  INTEGER NOT NULL, -- ten-thousandths of a percent
    discount_minor    INTEGER NOT NULL,
    discount_currency TEXT NOT NULL,
    created_at        INTEGER NOT NULL,
    version           INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, id),
    UNIQUE (advertiser_id, code),
    FOREIGN KEY (advertiser_id, campaign_id) REFERENCES campaigns (advertiser_id, id),
    FOREIGN KEY (advertiser_id, influencer_id) REFERENCES influencer_access (advertiser_id, influencer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX coupons_by_campaign ON coupons (advertiser_id, campaign_id);
CREATE INDEX coupons_by_influencer ON coupons (advertiser_id, influencer_id);

CREATE TABLE tracking_links (
    advertiser_id BLOB NOT NULL,
    id            BLOB NOT NULL,
    campaign_id   BLOB NOT NULL,
    influencer_id BLOB,
    code          TEXT NOT NULL,
    destination   TEXT NOT NULL,
    title         TEXT NOT NULL,
    utm_source    TEXT NOT NULL,
    utm_medium    TEXT NOT NULL,
    utm_campaign  TEXT NOT NULL,
    utm_term      TEXT NOT NULL,
    utm_content   TEXT NOT NULL,
    status        TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, id),
    UNIQUE (advertiser_id, code),
    FOREIGN KEY (advertiser_id, campaign_id) REFERENCES campaigns (advertiser_id, id),
    FOREIGN KEY (advertiser_id, influencer_id) REFERENCES influencer_access (advertiser_id, influencer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tracking_links_by_campaign ON tracking_links (advertiser_id, campaign_id);
CREATE INDEX tracking_links_by_influencer ON tracking_links (advertiser_id, influencer_id);

CREATE TABLE customer_events (
    advertiser_id       BLOB NOT NULL REFERENCES advertisers (id),
    id                  BLOB NOT NULL,
    event_type          TEXT NOT NULL,
    value_minor         INTEGER NOT NULL,
    currency            TEXT NOT NULL, -- '' when the event has no value
    coupon_code         TEXT NOT NULL,
    ref_code            TEXT NOT NULL,
    landing_url         TEXT NOT NULL,
    external_id         TEXT NOT NULL,
    customer_id         TEXT NOT NULL,
    metadata            TEXT NOT NULL,
    occurred_at         INTEGER NOT NULL,
    received_at         INTEGER NOT NULL,
    fingerprint         BLOB NOT NULL,
    method              TEXT NOT NULL,
    source              TEXT NOT NULL,
    campaign_id         BLOB,
    influencer_id       BLOB,
    coupon_id           BLOB,
    link_id             BLOB,
    candidates          TEXT NOT NULL,
    conversion          INTEGER NOT NULL,
    commission_minor    INTEGER NOT NULL,
    commission_currency TEXT NOT NULL, -- '' when nothing was earned
    commission_reason   TEXT NOT NULL,
    commission_terms    TEXT NOT NULL,
    PRIMARY KEY (advertiser_id, id),
    FOREIGN KEY (advertiser_id, campaign_id) REFERENCES campaigns (advertiser_id, id),
    FOREIGN KEY (advertiser_id, influencer_id) REFERENCES influencer_access (advertiser_id, influencer_id),
    FOREIGN KEY (advertiser_id, coupon_id) REFERENCES coupons (advertiser_id, id),
    FOREIGN KEY (advertiser_id, link_id) REFERENCES tracking_links (advertiser_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX customer_events_natural_key ON customer_events (advertiser_id, external_id, event_type) WHERE external_id <> '';
-- Reports read a period of one advertiser from these indexes alone, never the wide rows.
CREATE INDEX customer_events_by_time ON customer_events (advertiser_id, occurred_at, id,
        event_type, currency, value_minor, conversion, commission_minor, commission_currency,
        method, source, campaign_id, influencer_id, coupon_id, link_id);
CREATE INDEX customer_events_by_coupon ON customer_events (advertiser_id, coupon_id) WHERE coupon_id IS NOT NULL;

CREATE TABLE click_events (
    advertiser_id BLOB NOT NULL,
    id            BLOB NOT NULL,
    link_id       BLOB NOT NULL,
    campaign_id   BLOB NOT NULL,
    influencer_id BLOB,
    occurred_at   INTEGER NOT NULL,
    visitor       BLOB NOT NULL,
    agent         TEXT NOT NULL,
    referrer      TEXT NOT NULL,
    country       TEXT NOT NULL,
    class         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    PRIMARY KEY (advertiser_id, id),
    FOREIGN KEY (advertiser_id, campaign_id) REFERENCES campaigns (advertiser_id, id),
    FOREIGN KEY (advertiser_id, influencer_id) REFERENCES influencer_access (advertiser_id, influencer_id),
    FOREIGN KEY (advertiser_id, link_id) REFERENCES tracking_links (advertiser_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX click_events_by_time ON click_events (advertiser_id, occurred_at, class, visitor, link_id, campaign_id, influencer_id);
CREATE INDEX click_events_by_visit ON click_events (advertiser_id, link_id, visitor, occurred_at) WHERE class = 'human';

CREATE TABLE visitor_salts (
    advertiser_id BLOB NOT NULL REFERENCES advertisers (id),
    day           INTEGER NOT NULL, -- days since 1970 in UTC
    salt          BLOB NOT NULL,
    PRIMARY KEY (advertiser_id, day)
) STRICT, WITHOUT ROWID;

-- Lookup tables: what must be unique across advertisers, and where to find it.
CREATE TABLE link_codes (
    code          TEXT NOT NULL PRIMARY KEY,
    advertiser_id BLOB NOT NULL,
    link_id       BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key_hashes (
    hash          BLOB NOT NULL PRIMARY KEY,
    advertiser_id BLOB NOT NULL,
    key_id        BLOB NOT NULL
) STRICT, WITHOUT ROWID;
