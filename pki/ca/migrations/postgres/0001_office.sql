-- Cards, in the life they lead here. Whose a card is stays sealed; it is found by a keyed hash.
CREATE TABLE cards (
    number        TEXT   NOT NULL PRIMARY KEY,
    holder        BYTEA  NOT NULL,
    holder_lookup BYTEA  NOT NULL,
    state         TEXT   NOT NULL CHECK (state IN ('issued', 'revoked')),
    issued_at     BIGINT NOT NULL,
    revoked_at    BIGINT,
    reason        BIGINT
);
CREATE INDEX cards_by_holder ON cards (holder_lookup);

-- Every certificate issued: for a card, or for a party. The certificate itself is not kept.
CREATE TABLE certificates (
    serial     TEXT   NOT NULL PRIMARY KEY,
    profile    TEXT   NOT NULL,
    card       TEXT   REFERENCES cards (number),
    party      TEXT,
    key_hash   TEXT   NOT NULL,
    not_before BIGINT NOT NULL,
    not_after  BIGINT NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('valid', 'revoked')),
    revoked_at BIGINT,
    reason     BIGINT,
    listed_in  BIGINT
);
CREATE INDEX certificates_by_card ON certificates (card);
CREATE UNIQUE INDEX certificates_one_key_one_card ON certificates (key_hash) WHERE card IS NOT NULL;
CREATE INDEX certificates_revoked ON certificates (listed_in) WHERE state = 'revoked';

-- What happened, in order: the id begins with the time.
CREATE TABLE events (
    id     TEXT   NOT NULL PRIMARY KEY,
    at     BIGINT NOT NULL,
    kind   TEXT   NOT NULL,
    card   TEXT,
    party  TEXT,
    serial TEXT,
    reason BIGINT
);
CREATE INDEX events_by_card ON events (card, id);

-- The revocation lists of an authority. Two offices that make the same number collide, and one
-- makes the next.
CREATE TABLE lists (
    authority   TEXT   NOT NULL,
    number      BIGINT NOT NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    der         BYTEA  NOT NULL,
    PRIMARY KEY (authority, number)
);
