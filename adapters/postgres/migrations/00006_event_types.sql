-- +goose Up

-- Events by day and path become two tables, so that a report goes through no
-- more rows than it needs: one by day and type for overview, chart and
-- breakdown, and one by path for the journey, with months beside the days.
CREATE TABLE event_types (
    advertiser_id       uuid    NOT NULL,
    day                 integer NOT NULL,
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
    PRIMARY KEY (advertiser_id, day, event_type, currency, commission_currency)
);

CREATE TABLE event_paths (
    advertiser_id       uuid     NOT NULL,
    grain               smallint NOT NULL, -- 0 is a day, 1 a month, whose day is its first
    day                 integer  NOT NULL,
    source              text     NOT NULL COLLATE "C",
    method              text     NOT NULL COLLATE "C",
    event_type          text     NOT NULL COLLATE "C",
    currency            text     NOT NULL COLLATE "C",
    commission_currency text     NOT NULL COLLATE "C",
    events              bigint   NOT NULL,
    conversions         bigint   NOT NULL,
    sales               bigint   NOT NULL,
    revenue_minor       bigint   NOT NULL,
    payout_minor        bigint   NOT NULL,
    PRIMARY KEY (advertiser_id, grain, day, source, method, event_type, currency, commission_currency)
);

-- +goose StatementBegin
DO $$
DECLARE
    tenant_table text;
    own text := 'advertiser_id = (SELECT nullif(current_setting(''superher.advertiser'', true), '''')::uuid)';
    system text := '(SELECT current_setting(''superher.reach'', true) = ''system'')';
BEGIN
    FOREACH tenant_table IN ARRAY ARRAY['event_types', 'event_paths']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format('CREATE POLICY tenant_reads ON %I FOR SELECT USING (%s OR (SELECT current_setting(''superher.reach'', true) IN (''everyone'', ''system'')))', tenant_table, own);
        EXECUTE format('CREATE POLICY tenant_inserts ON %I FOR INSERT WITH CHECK (%s OR %s)', tenant_table, own, system);
        EXECUTE format('CREATE POLICY tenant_updates ON %I FOR UPDATE USING (%s OR %s) WITH CHECK (%s OR %s)', tenant_table, own, system, own, system);
        EXECUTE format('CREATE POLICY tenant_deletes ON %I FOR DELETE USING (%s OR %s)', tenant_table, own, system);
    END LOOP;

    PERFORM set_config('superher.reach', 'system', true);
    INSERT INTO event_types
        SELECT advertiser_id, day, event_type, currency, commission_currency, sum(events), sum(conversions), sum(sales),
            sum(revenue_minor), sum(orders), sum(orders_minor), sum(payout_minor)
        FROM event_days GROUP BY 1, 2, 3, 4, 5;
    INSERT INTO event_paths
        SELECT advertiser_id, 0, day, source, method, event_type, currency, commission_currency, events, conversions, sales,
            revenue_minor, payout_minor
        FROM event_days;
    INSERT INTO event_paths
        SELECT advertiser_id, 1, CAST(date_trunc('month', CAST(DATE '1970-01-01' + day AS timestamp)) AS date) - DATE '1970-01-01',
            source, method, event_type, currency, commission_currency, sum(events), sum(conversions), sum(sales),
            sum(revenue_minor), sum(payout_minor)
        FROM event_days GROUP BY 1, 3, 4, 5, 6, 7, 8;
    PERFORM set_config('superher.reach', '', true);
END
$$;
-- +goose StatementEnd

DROP TABLE event_days;
