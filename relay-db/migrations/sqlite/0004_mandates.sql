-- Who may read for whom: the principal by the keyed hash, all else sealed. A step is taken only from
-- the version that it was decided on.
CREATE TABLE relay_mandate (
    subject BLOB NOT NULL,
    id BLOB NOT NULL,
    version BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (subject, id)
) WITHOUT ROWID;

-- The way back for the proxy: the proxy and the mandate by keyed hashes, so that not even these two
-- tables are joined without the key; whose mandate it is, sealed.
CREATE TABLE relay_mandate_held (
    subject BLOB NOT NULL,
    id BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (subject, id)
) WITHOUT ROWID;

-- Codes that can be entered, by their keyed hash; what they stand for is sealed.
CREATE TABLE relay_mandate_code (
    code BLOB PRIMARY KEY,
    expires BIGINT NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX relay_mandate_code_expires ON relay_mandate_code (expires);

-- How often somebody, by the keyed hash, entered a code within the hour.
CREATE TABLE relay_mandate_try (
    subject BLOB PRIMARY KEY,
    tries BIGINT NOT NULL,
    expires BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX relay_mandate_try_expires ON relay_mandate_try (expires);
