-- Times are UTC microseconds. Sealed columns are AES-256-GCM, their key id in front; what is called
-- a key is a keyed hash to look up by. These tables stand beside those of the certification
-- authority, so that a card and its certificates change in one transaction.

-- Somebody who has, or applied for, a card of one kind.
CREATE TABLE office_persons (
    id        TEXT NOT NULL PRIMARY KEY, -- random
    reference BYTEA NOT NULL,             -- sealed: how the identity provider knows the person
    identity  BYTEA NOT NULL UNIQUE,      -- key: the register's reference, kind of card, organisation
    register  BYTEA NOT NULL              -- key: the register's reference
);
CREATE INDEX office_persons_by_register ON office_persons (register);

-- A card, from its application on. Stage, since, reason, version and head are what its events say.
CREATE TABLE office_cards (
    id          TEXT   NOT NULL PRIMARY KEY, -- 受付番号
    version     BIGINT NOT NULL,
    stage       TEXT   NOT NULL,
    since       BIGINT NOT NULL,
    reason      TEXT,
    head        BYTEA   NOT NULL,             -- hash of the last event
    kind        TEXT   NOT NULL,
    channel     TEXT   NOT NULL,
    application BYTEA   NOT NULL,             -- sealed: applicant, phone, proxy, employment
    name_key    BYTEA   NOT NULL,             -- key: name and birth date
    kana_key    BYTEA,                        -- key: reading and birth date
    proof       BYTEA,                        -- sealed: what the register said last
    person      TEXT REFERENCES office_persons (id),
    number      BYTEA,                        -- sealed
    number_key  BYTEA UNIQUE,
    holder      BYTEA,                        -- sealed
    holder_key  BYTEA UNIQUE,
    tracking    BYTEA,                        -- sealed
    code        BYTEA,                        -- sealed: the letter's transport code, while the card lives
    owner       TEXT UNIQUE,                 -- by which the authority knows the certificates on the card
    expires_at  BIGINT,
    replaces    TEXT REFERENCES office_cards (id),
    replaced_by TEXT REFERENCES office_cards (id)
);
CREATE INDEX office_cards_by_stage ON office_cards (stage, since, id);
CREATE INDEX office_cards_by_since ON office_cards (since, id);
CREATE INDEX office_cards_by_name ON office_cards (name_key);
CREATE INDEX office_cards_by_kana ON office_cards (kana_key);
CREATE INDEX office_cards_by_person ON office_cards (person);

-- What happened. Two who act on the same card at once collide on the sequence.
CREATE TABLE office_events (
    card     TEXT   NOT NULL REFERENCES office_cards (id),
    sequence BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    actor    TEXT   NOT NULL,
    role     TEXT,
    origin   TEXT,
    target   TEXT   NOT NULL,
    step     TEXT   NOT NULL,
    note     BYTEA,                           -- sealed
    previous BYTEA   NOT NULL,
    PRIMARY KEY (card, sequence)
);

-- Attempts at making a card. What is on hold is in the authority's records under the owner.
CREATE TABLE office_personalisations (
    card    TEXT   NOT NULL REFERENCES office_cards (id),
    attempt BIGINT NOT NULL,
    owner   TEXT   NOT NULL UNIQUE,
    state   TEXT   NOT NULL,                 -- certified | finished | abandoned
    body    BYTEA   NOT NULL,                 -- sealed: GUID, keys, certificates, transport code
    at      BIGINT NOT NULL,
    PRIMARY KEY (card, attempt)
);

-- Cards that are made in one go.
CREATE TABLE office_batches (
    id      TEXT   NOT NULL PRIMARY KEY,
    made_at BIGINT NOT NULL,
    made_by TEXT   NOT NULL
);
CREATE TABLE office_batch_cards (
    batch    TEXT   NOT NULL REFERENCES office_batches (id),
    position BIGINT NOT NULL,
    card     TEXT   NOT NULL REFERENCES office_cards (id),
    state    TEXT   NOT NULL,                -- waiting | done | failed
    PRIMARY KEY (batch, position)
);
CREATE UNIQUE INDEX office_batch_cards_waiting ON office_batch_cards (card)
    WHERE state = 'waiting';

-- Calls to the call centre: who answered whom's questions, and whether rightly.
CREATE TABLE office_calls (
    id     TEXT   NOT NULL PRIMARY KEY,      -- begins with the time
    member TEXT   NOT NULL,
    caller BYTEA   NOT NULL,                  -- key: name and birth date
    at     BIGINT NOT NULL,
    passed BOOLEAN NOT NULL
);
CREATE INDEX office_calls_of_member ON office_calls (member, at);
CREATE INDEX office_calls_of_caller ON office_calls (caller, at);

-- Applications that a client may send again.
CREATE TABLE office_repeats (
    actor TEXT   NOT NULL,
    key   TEXT   NOT NULL,
    body  BYTEA   NOT NULL,                   -- SHA-256 of what was sent
    card  TEXT   NOT NULL REFERENCES office_cards (id),
    at    BIGINT NOT NULL,
    PRIMARY KEY (actor, key)
);

-- What others have still to be told.
CREATE TABLE outbox (
    id       TEXT   NOT NULL PRIMARY KEY,    -- begins with the time; the event's jti
    audience TEXT   NOT NULL,
    body     BYTEA   NOT NULL,                -- sealed: the security event
    attempts BIGINT NOT NULL,
    due_at   BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (due_at);
