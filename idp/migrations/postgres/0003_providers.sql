-- The service providers that are registered while the server runs; those of the configuration file
-- are not here. Every change counts the version up, which the other nodes look at.

CREATE TABLE providers (
    id           TEXT PRIMARY KEY,    -- 32 random hexadecimal digits
    entity_id    TEXT NOT NULL UNIQUE,
    revision     BIGINT NOT NULL,    -- counts the changes of this one
    registration TEXT NOT NULL        -- JSON: source, certificates, terms, enabled
);

CREATE TABLE providers_version (
    one     BIGINT PRIMARY KEY CHECK (one = 1),
    version BIGINT NOT NULL
);
INSERT INTO providers_version (one, version) VALUES (1, 0);

-- What was believed last, so that it counts on when its place is silent and this server starts anew.
CREATE TABLE provider_documents (
    place       TEXT PRIMARY KEY,     -- an address of the configuration, or provider: and an id
    document    BYTEA NOT NULL,
    tag         BYTEA,                 -- by what the address knows it: ETag,
    modified    BYTEA,                 -- Last-Modified
    valid_until BIGINT,
    read_at     BIGINT NOT NULL
);

-- What was read and waits for somebody to say that it is meant.
CREATE TABLE provider_drafts (
    id       TEXT PRIMARY KEY,
    who      TEXT NOT NULL,
    draft    TEXT NOT NULL,           -- JSON
    document BYTEA,
    made_at  BIGINT NOT NULL
);

-- Who changed what: rows are added, and stay as they are.
CREATE TABLE provider_changes (
    id        TEXT PRIMARY KEY,       -- 32 random hexadecimal digits
    provider  TEXT NOT NULL,          -- its id
    entity_id TEXT NOT NULL,
    at        BIGINT NOT NULL,
    who       TEXT NOT NULL,          -- a pairwise name of staff | command-line
    what      TEXT NOT NULL,          -- added | changed | metadata | enabled | disabled | removed
    details   TEXT NOT NULL           -- JSON: one line for each thing that is different
);
CREATE INDEX provider_changes_in_order ON provider_changes (provider, at);
CREATE FUNCTION provider_changes_are_final() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the history of changes is final'; END $$;
CREATE TRIGGER provider_changes_are_final BEFORE UPDATE OR DELETE ON provider_changes
FOR EACH ROW EXECUTE FUNCTION provider_changes_are_final();
