-- +goose Up

-- Clicks by month (UTC), so that a month is as small as any other however long
-- the history, and old ones go by detaching a table. migrate makes the months
-- to come; what belongs to none of them waits in the default partition, so that
-- no click is ever refused for want of one.
--
-- The primary key is also what reports read a period from, which makes two
-- indexes: it, and one that finds the earlier clicks of a visitor, whatever the
-- link.
ALTER TABLE click_events RENAME TO click_events_old;
ALTER TABLE click_events_old NO FORCE ROW LEVEL SECURITY;
DROP INDEX click_events_by_time, click_events_by_visit;
ALTER TABLE click_events_old DROP CONSTRAINT click_events_pkey;

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
    reason        text        NOT NULL
) PARTITION BY RANGE (occurred_at);
CREATE TABLE click_events_rest PARTITION OF click_events DEFAULT;

-- Row security of a partitioned table holds for who comes through it. Its
-- partitions have no policies: who comes to one directly sees nothing, even
-- with a grant on every table of the schema.
-- +goose StatementBegin
DO $$
DECLARE
    own text := 'advertiser_id = (SELECT nullif(current_setting(''superher.advertiser'', true), '''')::uuid)';
    system text := '(SELECT current_setting(''superher.reach'', true) = ''system'')';
    month timestamp;
    name text;
BEGIN
    ALTER TABLE click_events ENABLE ROW LEVEL SECURITY;
    ALTER TABLE click_events FORCE ROW LEVEL SECURITY;
    EXECUTE format('CREATE POLICY tenant_reads ON click_events FOR SELECT USING (%s OR (SELECT current_setting(''superher.reach'', true) IN (''everyone'', ''system'')))', own);
    EXECUTE format('CREATE POLICY tenant_inserts ON click_events FOR INSERT WITH CHECK (%s OR %s)', own, system);
    EXECUTE format('CREATE POLICY tenant_updates ON click_events FOR UPDATE USING (%s OR %s) WITH CHECK (%s OR %s)', own, system, own, system);
    EXECUTE format('CREATE POLICY tenant_deletes ON click_events FOR DELETE USING (%s)', system);
    ALTER TABLE click_events_rest ENABLE ROW LEVEL SECURITY;
    ALTER TABLE click_events_rest FORCE ROW LEVEL SECURITY;

    -- A month for each that has clicks, but for those of ten years ago and more:
    -- a clock that was wrong once must not make a table for each month since 1970.
    FOR month IN
        SELECT DISTINCT date_trunc('month', occurred_at AT TIME ZONE 'UTC') FROM click_events_old
        WHERE occurred_at >= now() - interval '10 years' AND occurred_at < now() + interval '2 years' ORDER BY 1
    LOOP
        name := 'click_events_' || to_char(month, 'YYYY_MM');
        EXECUTE format('CREATE TABLE %I PARTITION OF click_events FOR VALUES FROM (%L) TO (%L)',
            name, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    END LOOP;

    PERFORM set_config('superher.reach', 'system', true);
    INSERT INTO click_events (advertiser_id, id, link_id, campaign_id, influencer_id, occurred_at, visitor, agent, referrer, country, class, reason)
        SELECT advertiser_id, id, link_id, campaign_id, influencer_id, occurred_at, visitor, agent, referrer, country, class, reason
        FROM click_events_old ORDER BY advertiser_id, occurred_at, id;
    PERFORM set_config('superher.reach', '', true);
END
$$;
-- +goose StatementEnd

DROP TABLE click_events_old;

ALTER TABLE click_events
    ADD PRIMARY KEY (advertiser_id, occurred_at, id) INCLUDE (class, visitor, link_id, campaign_id, influencer_id),
    ADD FOREIGN KEY (advertiser_id, campaign_id) REFERENCES campaigns (advertiser_id, id),
    ADD FOREIGN KEY (advertiser_id, influencer_id) REFERENCES influencer_access (advertiser_id, influencer_id),
    ADD FOREIGN KEY (advertiser_id, link_id) REFERENCES tracking_links (advertiser_id, id);
CREATE INDEX click_events_by_visitor ON click_events (advertiser_id, visitor, occurred_at) WHERE class = 'human';

-- The clicks of a link, of all times, are the sum of its months.
CREATE INDEX click_days_by_link ON click_days (advertiser_id, thing_id) WHERE kind = 3 AND grain = 1;
