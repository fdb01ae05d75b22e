-- +goose Up

-- The people who sign in. They belong to the platform and not to a tenant.
CREATE TABLE users (
    id            BLOB NOT NULL PRIMARY KEY,
    issuer        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    email         TEXT NOT NULL,
    status        TEXT NOT NULL,
    role          TEXT NOT NULL, -- '' as long as nobody has given one
    advertiser_id BLOB REFERENCES advertisers (id),
    created_at    INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    UNIQUE (issuer, subject)
) STRICT, WITHOUT ROWID;

-- What was asked for under an idempotency key. The platform's own requests have
-- an advertiser of all zeros, so there is no foreign key.
CREATE TABLE requests (
    advertiser_id BLOB NOT NULL,
    key           TEXT NOT NULL,
    fingerprint   BLOB NOT NULL,
    answer        BLOB NOT NULL, -- empty as long as there is none
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (advertiser_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_by_time ON requests (created_at);

-- Secrets that can be used once, by their hashes.
CREATE TABLE tickets (
    hash       BLOB NOT NULL PRIMARY KEY,
    purpose    BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tickets_by_expiry ON tickets (expires_at);
