-- +goose Up

-- The people who sign in. They belong to the platform and not to a tenant.
CREATE TABLE users (
    id            uuid PRIMARY KEY,
    issuer        text        NOT NULL COLLATE "C",
    subject       text        NOT NULL COLLATE "C",
    email         text        NOT NULL,
    status        text        NOT NULL,
    role          text        NOT NULL, -- '' as long as nobody has given one
    advertiser_id uuid REFERENCES advertisers (id),
    created_at    timestamptz NOT NULL,
    version       bigint      NOT NULL,
    UNIQUE (issuer, subject)
);

-- What was asked for under an idempotency key. The platform's own requests have
-- an advertiser of all zeros, so there is no foreign key.
CREATE TABLE requests (
    advertiser_id uuid        NOT NULL,
    key           text        NOT NULL COLLATE "C",
    fingerprint   bytea       NOT NULL,
    answer        bytea       NOT NULL, -- empty as long as there is none
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (advertiser_id, key)
);
CREATE INDEX requests_by_time ON requests (created_at);

-- Secrets that can be used once, by their hashes.
CREATE TABLE tickets (
    hash       bytea PRIMARY KEY,
    purpose    bytea       NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX tickets_by_expiry ON tickets (expires_at);

-- People are seen and changed only outside of any tenant, and never deleted.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY system_reads ON users FOR SELECT USING ((SELECT current_setting('superher.reach', true) = 'system'));
CREATE POLICY system_inserts ON users FOR INSERT WITH CHECK ((SELECT current_setting('superher.reach', true) = 'system'));
CREATE POLICY system_updates ON users FOR UPDATE USING ((SELECT current_setting('superher.reach', true) = 'system'))
    WITH CHECK ((SELECT current_setting('superher.reach', true) = 'system'));

-- An advertiser's requests are its own; not even a reader of everyone sees them.
ALTER TABLE requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE requests FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_reads ON requests FOR SELECT USING (
    advertiser_id = (SELECT nullif(current_setting('superher.advertiser', true), '')::uuid)
    OR (SELECT current_setting('superher.reach', true) = 'system'));
CREATE POLICY tenant_inserts ON requests FOR INSERT WITH CHECK (
    advertiser_id = (SELECT nullif(current_setting('superher.advertiser', true), '')::uuid)
    OR (SELECT current_setting('superher.reach', true) = 'system'));
CREATE POLICY tenant_updates ON requests FOR UPDATE USING (
    advertiser_id = (SELECT nullif(current_setting('superher.advertiser', true), '')::uuid)
    OR (SELECT current_setting('superher.reach', true) = 'system')) WITH CHECK (
    advertiser_id = (SELECT nullif(current_setting('superher.advertiser', true), '')::uuid)
    OR (SELECT current_setting('superher.reach', true) = 'system'));
CREATE POLICY system_deletes ON requests FOR DELETE USING ((SELECT current_setting('superher.reach', true) = 'system'));

-- Tickets are made by tenants as well, and taken only outside of them.
ALTER TABLE tickets ENABLE ROW LEVEL SECURITY;
ALTER TABLE tickets FORCE ROW LEVEL SECURITY;
CREATE POLICY system_reads ON tickets FOR SELECT USING ((SELECT current_setting('superher.reach', true) = 'system'));
CREATE POLICY tenant_inserts ON tickets FOR INSERT WITH CHECK ((SELECT current_setting('superher.reach', true) IN ('one', 'system')));
CREATE POLICY system_deletes ON tickets FOR DELETE USING ((SELECT current_setting('superher.reach', true) = 'system'));
