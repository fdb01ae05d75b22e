-- +goose Up

-- What reports have added up already, for each advertiser in the days of one
-- zone. Days are numbered from 1970-01-01 on that zone's calendar; the numbers
-- come from the program, never from the database's own zone data. An id of all
-- zeros stands for "none", since a key holds no NULL.

-- The zone that an advertiser's totals are in. Without a row there are no
-- totals: reports read the events and clicks themselves.
CREATE TABLE totals (
    advertiser_id uuid        PRIMARY KEY REFERENCES advertisers (id),
    zone          text        NOT NULL,
    rebuilt_at    timestamptz NOT NULL
);

-- What the totals do not hold yet: a row for each new event, and two for each
-- changed one (the old figures negative, then the new). Reports add them to
-- the totals; the worker moves them there.
CREATE TABLE event_changes (
    advertiser_id       uuid        NOT NULL,
    seq                 bigint      GENERATED ALWAYS AS IDENTITY,
    occurred_at         timestamptz NOT NULL,
    event_type          text        NOT NULL COLLATE "C",
    currency            text        NOT NULL COLLATE "C",
    commission_currency text        NOT NULL COLLATE "C",
    method              text        NOT NULL COLLATE "C",
    source              text        NOT NULL COLLATE "C",
    campaign_id         uuid,
    influencer_id       uuid,
    coupon_id           uuid,
    link_id             uuid,
    events              bigint      NOT NULL, -- 1, or -1
    conversions         bigint      NOT NULL,
    sales               bigint      NOT NULL, -- events whose value is revenue
    revenue_minor       bigint      NOT NULL,
    orders              bigint      NOT NULL, -- purchases with a value
    orders_minor        bigint      NOT NULL,
    payout_minor        bigint      NOT NULL,
    PRIMARY KEY (advertiser_id, seq)
);

-- Events by day and path: overview, chart, breakdown and journey.
CREATE TABLE event_days (
    advertiser_id       uuid    NOT NULL,
    day                 integer NOT NULL,
    source              text    NOT NULL COLLATE "C",
    method              text    NOT NULL COLLATE "C",
    event_type          text    NOT NULL COLLATE "C",
    currency            text    NOT NULL COLLATE "C",
    commission_currency text    NOT NULL COLLATE "C",
    events              bigint  NOT NULL,
    conversions         bigint  NOT NULL,
    sales               bigint  NOT NULL,
    revenue_minor       bigint  NOT NULL,
    orders              bigint  NOT NULL,
    orders_minor        bigint  NOT NULL,
    payout_minor        bigint  NOT NULL,
    PRIMARY KEY (advertiser_id, day, source, method, event_type, currency, commission_currency)
);

-- Events by what they are credited to. Grain 0 is a day, grain 1 a month, whose
-- day is its first.
CREATE TABLE event_pairs (
    advertiser_id       uuid     NOT NULL,
    grain               smallint NOT NULL,
    day                 integer  NOT NULL,
    campaign_id         uuid     NOT NULL,
    influencer_id       uuid     NOT NULL,
    currency            text     NOT NULL COLLATE "C",
    commission_currency text     NOT NULL COLLATE "C",
    events              bigint   NOT NULL,
    conversions         bigint   NOT NULL,
    sales               bigint   NOT NULL,
    revenue_minor       bigint   NOT NULL,
    payout_minor        bigint   NOT NULL,
    PRIMARY KEY (advertiser_id, grain, day, campaign_id, influencer_id, currency, commission_currency)
);

CREATE TABLE event_coupons (
    advertiser_id       uuid     NOT NULL,
    grain               smallint NOT NULL,
    day                 integer  NOT NULL,
    coupon_id           uuid     NOT NULL,
    currency            text     NOT NULL COLLATE "C",
    commission_currency text     NOT NULL COLLATE "C",
    events              bigint   NOT NULL,
    conversions         bigint   NOT NULL,
    sales               bigint   NOT NULL,
    revenue_minor       bigint   NOT NULL,
    payout_minor        bigint   NOT NULL,
    PRIMARY KEY (advertiser_id, grain, day, coupon_id, currency, commission_currency)
);

CREATE TABLE event_links (
    advertiser_id       uuid     NOT NULL,
    grain               smallint NOT NULL,
    day                 integer  NOT NULL,
    link_id             uuid     NOT NULL,
    currency            text     NOT NULL COLLATE "C",
    commission_currency text     NOT NULL COLLATE "C",
    events              bigint   NOT NULL,
    conversions         bigint   NOT NULL,
    sales               bigint   NOT NULL,
    revenue_minor       bigint   NOT NULL,
    payout_minor        bigint   NOT NULL,
    PRIMARY KEY (advertiser_id, grain, day, link_id, currency, commission_currency)
);

-- Clicks by day. kind is what thing_id names: 0 nothing (all clicks of the
-- advertiser), 1 campaigns, 2 influencers, 3 links, 4 nothing (all clicks with
-- an influencer, whose visitors are not the sum of theirs); what has none is
-- under an id of zeros. A row of grain 0 is the part of a day that lies in one UTC day,
-- since a visitor's pseudonym is that of a UTC day; visitors are the distinct
-- ones in that part. A row of grain 1 is a month, without UTC day and visitors.
CREATE TABLE click_days (
    advertiser_id uuid     NOT NULL,
    kind          smallint NOT NULL,
    grain         smallint NOT NULL,
    day           integer  NOT NULL,
    utc_day       integer  NOT NULL,
    thing_id      uuid     NOT NULL,
    clicks        bigint   NOT NULL,
    all_clicks    bigint   NOT NULL,
    visitors      bigint   NOT NULL,
    PRIMARY KEY (advertiser_id, kind, grain, day, utc_day, thing_id)
);

-- Distinct visitors of whole UTC days (grain 0), and their sums over whole UTC
-- months (grain 1, by the month's first day): nobody has one pseudonym on two days.
CREATE TABLE click_visitors (
    advertiser_id uuid     NOT NULL,
    kind          smallint NOT NULL,
    grain         smallint NOT NULL,
    day           integer  NOT NULL,
    thing_id      uuid     NOT NULL,
    visitors      bigint   NOT NULL,
    PRIMARY KEY (advertiser_id, kind, grain, day, thing_id)
);

-- Row security as for the other tables of tenants; these may be deleted by
-- their tenant as well, to be made anew from what they sum up.
-- +goose StatementBegin
DO $$
DECLARE
    tenant_table text;
    own text := 'advertiser_id = (SELECT nullif(current_setting(''superher.advertiser'', true), '''')::uuid)';
    system text := '(SELECT current_setting(''superher.reach'', true) = ''system'')';
BEGIN
    FOREACH tenant_table IN ARRAY ARRAY['totals', 'event_changes', 'event_days', 'event_pairs', 'event_coupons', 'event_links',
        'click_days', 'click_visitors']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format('CREATE POLICY tenant_reads ON %I FOR SELECT USING (%s OR (SELECT current_setting(''superher.reach'', true) IN (''everyone'', ''system'')))', tenant_table, own);
        EXECUTE format('CREATE POLICY tenant_inserts ON %I FOR INSERT WITH CHECK (%s OR %s)', tenant_table, own, system);
        EXECUTE format('CREATE POLICY tenant_updates ON %I FOR UPDATE USING (%s OR %s) WITH CHECK (%s OR %s)', tenant_table, own, system, own, system);
        EXECUTE format('CREATE POLICY tenant_deletes ON %I FOR DELETE USING (%s OR %s)', tenant_table, own, system);
    END LOOP;
END
$$;
-- +goose StatementEnd
