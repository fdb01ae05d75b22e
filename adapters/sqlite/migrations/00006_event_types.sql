-- +goose Up

-- Events by day and path become two tables, so that a report goes through no
-- more rows than it needs: one by day and type for overview, chart and
-- breakdown, and one by path for the journey, with months beside the days.
CREATE TABLE event_types (
    advertiser_id       BLOB NOT NULL,
    day                 INTEGER NOT NULL,
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
    PRIMARY KEY (advertiser_id, day, event_type, currency, commission_currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_paths (
    advertiser_id       BLOB NOT NULL,
    grain               INTEGER NOT NULL, -- 0 is a day, 1 a month, whose day is its first
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
    payout_minor        INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, grain, day, source, method, event_type, currency, commission_currency)
) STRICT, WITHOUT ROWID;

INSERT INTO event_types
    SELECT advertiser_id, day, event_type, currency, commission_currency, sum(events), sum(conversions), sum(sales),
        sum(revenue_minor), sum(orders), sum(orders_minor), sum(payout_minor)
    FROM event_days GROUP BY 1, 2, 3, 4, 5;
INSERT INTO event_paths
    SELECT advertiser_id, 0, day, source, method, event_type, currency, commission_currency, events, conversions, sales,
        revenue_minor, payout_minor
    FROM event_days;
INSERT INTO event_paths
    SELECT advertiser_id, 1, CAST(strftime('%s', day * 86400, 'unixepoch', 'start of month') AS INTEGER) / 86400,
        source, method, event_type, currency, commission_currency, sum(events), sum(conversions), sum(sales),
        sum(revenue_minor), sum(payout_minor)
    FROM event_days GROUP BY 1, 3, 4, 5, 6, 7, 8;

DROP TABLE event_days;
