-- +goose Up

-- The primary key, which is the table itself, is in the order of time: reports
-- read a period from it, and no index repeats its columns. The index finds the
-- earlier clicks of a visitor, whatever the link.
ALTER TABLE click_events RENAME TO click_events_old;

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
    PRIMARY KEY (advertiser_id, occurred_at, id),
    FOREIGN KEY (advertiser_id, campaign_id) REFERENCES campaigns (advertiser_id, id),
    FOREIGN KEY (advertiser_id, influencer_id) REFERENCES influencer_access (advertiser_id, influencer_id),
    FOREIGN KEY (advertiser_id, link_id) REFERENCES tracking_links (advertiser_id, id)
) STRICT, WITHOUT ROWID;

INSERT INTO click_events (advertiser_id, id, link_id, campaign_id, influencer_id, occurred_at, visitor, agent, referrer, country, class, reason)
    SELECT advertiser_id, id, link_id, campaign_id, influencer_id, occurred_at, visitor, agent, referrer, country, class, reason
    FROM click_events_old ORDER BY advertiser_id, occurred_at, id;
DROP TABLE click_events_old;

CREATE INDEX click_events_by_visitor ON click_events (advertiser_id, visitor, occurred_at) WHERE class = 'human';

-- The clicks of a link, of all times, are the sum of its months.
CREATE INDEX click_days_by_link ON click_days (advertiser_id, thing_id) WHERE kind = 3 AND grain = 1;
