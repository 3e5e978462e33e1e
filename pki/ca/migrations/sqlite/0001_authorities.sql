-- Every certificate issued, with its state and the list that would hold it. The certificate itself
-- is not kept. `listed` is the state that the list which is out shows: where the two differ, a list
-- is due.
CREATE TABLE certificates (
    serial     TEXT   NOT NULL PRIMARY KEY,
    authority  TEXT   NOT NULL,
    generation BIGINT NOT NULL,
    shard      BIGINT NOT NULL,
    profile    TEXT   NOT NULL,
    card       TEXT,
    party      TEXT,
    key_hash   TEXT   NOT NULL,
    not_before BIGINT NOT NULL,
    not_after  BIGINT NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('valid', 'held', 'revoked')),
    since      BIGINT NOT NULL,
    reason     BIGINT,
    listed     TEXT   NOT NULL CHECK (listed IN ('valid', 'held', 'revoked')),
    CHECK ((state = 'valid') = (reason IS NULL)),
    CHECK (card IS NULL OR party IS NULL)
);
CREATE INDEX certificates_by_card ON certificates (card);
CREATE INDEX certificates_by_party ON certificates (party);
CREATE UNIQUE INDEX certificates_one_key_one_card ON certificates (key_hash) WHERE card IS NOT NULL;
CREATE INDEX certificates_on_lists ON certificates (authority, generation, shard, serial) WHERE state <> 'valid';
CREATE INDEX certificates_unlisted ON certificates (authority, generation, shard) WHERE state <> listed;

-- The revocation lists, by authority, generation and shard. Two that make the same number collide,
-- and one makes the next.
CREATE TABLE lists (
    authority   TEXT   NOT NULL,
    generation  BIGINT NOT NULL,
    shard       BIGINT NOT NULL,
    number      BIGINT NOT NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    der         BLOB   NOT NULL,
    PRIMARY KEY (authority, generation, shard, number)
);

-- What the authorities did, in order: the id begins with the time.
CREATE TABLE authority_events (
    id     TEXT   NOT NULL PRIMARY KEY,
    at     BIGINT NOT NULL,
    kind   TEXT   NOT NULL,
    card   TEXT,
    party  TEXT,
    serial TEXT,
    reason BIGINT
);
CREATE INDEX authority_events_by_card ON authority_events (card, id);
