-- Since when, for which period, whether frozen, and what the person was shown: sealed. None for a
-- link that was made without a ceremony.
ALTER TABLE relay_link ADD COLUMN terms BLOB;

-- Links that are over, each sealed as a whole.
CREATE TABLE relay_link_past (
    subject BLOB NOT NULL,
    connector TEXT NOT NULL,
    id BLOB NOT NULL, -- random
    body BLOB NOT NULL,
    PRIMARY KEY (subject, connector, id)
) WITHOUT ROWID;

-- Ceremonies on their way, and what came of the last one: the subject by its keyed hash, all else
-- sealed. A step is taken only from the version that it was decided on.
CREATE TABLE relay_ceremony (
    subject BLOB NOT NULL,
    connector TEXT NOT NULL,
    version BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (subject, connector)
) WITHOUT ROWID;

-- What waits for people at a holder: the ceremony by its keyed hash, its subject sealed.
CREATE TABLE relay_doubt (
    connector TEXT NOT NULL,
    id BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (connector, id)
) WITHOUT ROWID;

-- What a connector has still to be told: sealed.
CREATE TABLE relay_notice (
    connector TEXT NOT NULL,
    id BLOB NOT NULL, -- random
    body BLOB NOT NULL,
    PRIMARY KEY (connector, id)
) WITHOUT ROWID;
