-- Who may read for whom: the principal by the keyed hash, all else sealed. A step is taken only from
-- the version that it was decided on.
CREATE TABLE relay_mandate (
    subject BYTEA NOT NULL,
    id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (subject, id)
);

-- The way back for the proxy: the proxy and the mandate by keyed hashes, so that not even these two
-- tables are joined without the key; whose mandate it is, sealed.
CREATE TABLE relay_mandate_held (
    subject BYTEA NOT NULL,
    id BYTEA NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (subject, id)
);

-- Codes that can be entered, by their keyed hash; what they stand for is sealed.
CREATE TABLE relay_mandate_code (
    code BYTEA PRIMARY KEY,
    expires BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX relay_mandate_code_expires ON relay_mandate_code (expires);

-- How often somebody, by the keyed hash, entered a code within the hour.
CREATE TABLE relay_mandate_try (
    subject BYTEA PRIMARY KEY,
    tries BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX relay_mandate_try_expires ON relay_mandate_try (expires);
