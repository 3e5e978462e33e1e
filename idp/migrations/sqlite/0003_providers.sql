-- The service providers that are registered while the server runs; those of the configuration file
-- are not here. Every change counts the version up, which the other nodes look at.

CREATE TABLE providers (
    id           TEXT PRIMARY KEY,    -- 32 random hexadecimal digits
    entity_id    TEXT NOT NULL UNIQUE,
    revision     INTEGER NOT NULL,    -- counts the changes of this one
    registration TEXT NOT NULL        -- JSON: source, certificates, terms, enabled
) STRICT;

CREATE TABLE providers_version (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO providers_version (one, version) VALUES (1, 0);

-- What was believed last, so that it counts on when its place is silent and this server starts anew.
CREATE TABLE provider_documents (
    place       TEXT PRIMARY KEY,     -- an address of the configuration, or provider: and an id
    document    BLOB NOT NULL,
    tag         BLOB,                 -- by what the address knows it: ETag,
    modified    BLOB,                 -- Last-Modified
    valid_until INTEGER,
    read_at     INTEGER NOT NULL
) STRICT;

-- What was read and waits for somebody to say that it is meant.
CREATE TABLE provider_drafts (
    id       TEXT PRIMARY KEY,
    who      TEXT NOT NULL,
    draft    TEXT NOT NULL,           -- JSON
    document BLOB,
    made_at  INTEGER NOT NULL
) STRICT;

-- Who changed what: rows are added, and stay as they are.
CREATE TABLE provider_changes (
    id        TEXT PRIMARY KEY,       -- 32 random hexadecimal digits
    provider  TEXT NOT NULL,          -- its id
    entity_id TEXT NOT NULL,
    at        INTEGER NOT NULL,
    who       TEXT NOT NULL,          -- a pairwise name of staff | command-line
    what      TEXT NOT NULL,          -- added | changed | metadata | enabled | disabled | removed
    details   TEXT NOT NULL           -- JSON: one line for each thing that is different
) STRICT;
CREATE INDEX provider_changes_in_order ON provider_changes (provider, at);
CREATE TRIGGER provider_changes_are_final BEFORE UPDATE ON provider_changes
BEGIN SELECT RAISE(ABORT, 'the history of changes is final'); END;
CREATE TRIGGER provider_changes_stay BEFORE DELETE ON provider_changes
BEGIN SELECT RAISE(ABORT, 'the history of changes is final'); END;
