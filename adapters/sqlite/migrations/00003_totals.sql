-- +goose Up

-- What reports have added up already, for each advertiser in the days of one
-- zone. Days are numbered from 1970-01-01 on that zone's calendar; the numbers
-- come from the program, never from the database's own zone data. An id of all
-- zeros stands for "none", since a key holds no NULL.

-- The zone that an advertiser's totals are in. Without a row there are no
-- totals: reports read the events and clicks themselves.
CREATE TABLE totals (
    advertiser_id       BLOB PRIMARY KEY REFERENCES advertisers (id),
    zone                TEXT NOT NULL,
    rebuilt_at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the totals do not hold yet: a row for each new event, and two for each
-- changed one (the old figures negative, then the new). Reports add them to
-- the totals; the worker moves them there.
CREATE TABLE event_changes (
    advertiser_id       BLOB NOT NULL,
    seq                 INTEGER PRIMARY KEY AUTOINCREMENT,
    occurred_at         INTEGER NOT NULL,
    event_type          TEXT NOT NULL,
    currency            TEXT NOT NULL,
    commission_currency TEXT NOT NULL,
    method              TEXT NOT NULL,
    source              TEXT NOT NULL,
    campaign_id         BLOB,
    influencer_id       BLOB,
    coupon_id           BLOB,
    link_id             BLOB,
    events              INTEGER NOT NULL, -- 1, or -1
    conversions         INTEGER NOT NULL,
    sales               INTEGER NOT NULL, -- events whose value is revenue
    revenue_minor       INTEGER NOT NULL,
    orders              INTEGER NOT NULL, -- purchases with a value
    orders_minor        INTEGER NOT NULL,
    payout_minor        INTEGER NOT NULL
) STRICT;
CREATE INDEX event_changes_by_advertiser ON event_changes (advertiser_id, occurred_at);

-- Events by day and path: overview, chart, breakdown and journey.
CREATE TABLE event_days (
    advertiser_id       BLOB NOT NULL,
    day                 INTEGER NOT NULL,
    source              TEXT NOT NULL,
    method              TEXT NOT NULL,
    event_type          TEXT NOT NULL,
    currency            TEXT NOT NULL,
    commission_currency TEXT NOT NULL,
    events              INTEGER NOT NULL,
    conversions         INTEGER NOT NULL,
    sales               INTEGER NOT NULL,
    revenue_minor       INTEGER NOT NULL,
    orders              INTEGER NOT NULL,
    orders_minor        INTEGER NOT NULL,
    payout_minor        INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, day, source, method, event_type, currency, commission_currency)
) STRICT, WITHOUT ROWID;

-- Events by what they are credited to. Grain 0 is a day, grain 1 a month, whose
-- day is its first.
CREATE TABLE event_pairs (
    advertiser_id       BLOB NOT NULL,
    grain               INTEGER NOT NULL,
    day                 INTEGER NOT NULL,
    campaign_id         BLOB NOT NULL,
    influencer_id       BLOB NOT NULL,
    currency            TEXT NOT NULL,
    commission_currency TEXT NOT NULL,
    events              INTEGER NOT NULL,
    conversions         INTEGER NOT NULL,
    sales               INTEGER NOT NULL,
    revenue_minor       INTEGER NOT NULL,
    payout_minor        INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, grain, day, campaign_id, influencer_id, currency, commission_currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_coupons (
    advertiser_id       BLOB NOT NULL,
    grain               INTEGER NOT NULL,
    day                 INTEGER NOT NULL,
    coupon_id           BLOB NOT NULL,
    currency            TEXT NOT NULL,
    commission_currency TEXT NOT NULL,
    events              INTEGER NOT NULL,
    conversions         INTEGER NOT NULL,
    sales               INTEGER NOT NULL,
    revenue_minor       INTEGER NOT NULL,
    payout_minor        INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, grain, day, coupon_id, currency, commission_currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_links (
    advertiser_id       BLOB NOT NULL,
    grain               INTEGER NOT NULL,
    day                 INTEGER NOT NULL,
    link_id             BLOB NOT NULL,
    currency            TEXT NOT NULL,
    commission_currency TEXT NOT NULL,
    events              INTEGER NOT NULL,
    conversions         INTEGER NOT NULL,
    sales               INTEGER NOT NULL,
    revenue_minor       INTEGER NOT NULL,
    payout_minor        INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, grain, day, link_id, currency, commission_currency)
) STRICT, WITHOUT ROWID;

-- Clicks by day. kind is what thing_id names: 0 nothing (all clicks of the
-- advertiser), 1 campaigns, 2 influencers, 3 links, 4 nothing (all clicks with
-- an influencer, whose visitors are not the sum of theirs); what has none is
-- under an id of zeros. A row of grain 0 is the part of a day that lies in one UTC day,
-- since a visitor's pseudonym is that of a UTC day; visitors are the distinct
-- ones in that part. A row of grain 1 is a month, without UTC day and visitors.
CREATE TABLE click_days (
    advertiser_id       BLOB NOT NULL,
    kind                INTEGER NOT NULL,
    grain               INTEGER NOT NULL,
    day                 INTEGER NOT NULL,
    utc_day             INTEGER NOT NULL,
    thing_id            BLOB NOT NULL,
    clicks              INTEGER NOT NULL,
    all_clicks          INTEGER NOT NULL,
    visitors            INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, kind, grain, day, utc_day, thing_id)
) STRICT, WITHOUT ROWID;

-- Distinct visitors of whole UTC days (grain 0), and their sums over whole UTC
-- months (grain 1, by the month's first day): nobody has one pseudonym on two days.
CREATE TABLE click_visitors (
    advertiser_id       BLOB NOT NULL,
    kind                INTEGER NOT NULL,
    grain               INTEGER NOT NULL,
    day                 INTEGER NOT NULL,
    thing_id            BLOB NOT NULL,
    visitors            INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, kind, grain, day, thing_id)
) STRICT, WITHOUT ROWID;
