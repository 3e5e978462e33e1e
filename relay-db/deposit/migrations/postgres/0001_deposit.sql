-- What insurers deposit. A deposit is a number; what a question sees at a deposit is the newest
-- row of a card up to that number. Rows are only ever added; those of a deposit that was given up
-- before anybody could see them are taken away.

-- One row for each insurer: what questions see now. `insurer` is the 保険者番号 as a number.
CREATE TABLE deposit_insurer (
    insurer  BIGINT PRIMARY KEY,
    live     BIGINT NOT NULL, -- the newest deposit that questions see; 0 before the first
    live_at  BIGINT,          -- since when
    known_at BIGINT NOT NULL  -- since when the relay knows the insurer
);

-- The insurer itself (name, days in force, usual lag), from the time on from which the relay knew
-- it so.
CREATE TABLE deposit_terms (
    insurer    BIGINT NOT NULL,
    known_from BIGINT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (insurer, known_from)
);

-- The cards. The key is the insurer (4 bytes), a keyed hash of the 番号 (8) and one of 記号 and
-- 番号 (8): an insurer's cards lie side by side, and among them those with one 番号. The body is
-- everybody on the card, sealed; empty when the card is gone.
CREATE TABLE deposit_card (
    card    BYTEA NOT NULL,
    deposit BIGINT NOT NULL,
    body    BYTEA NOT NULL,
    PRIMARY KEY (card, deposit)
);

-- The deposits, whatever became of them.
CREATE TABLE deposit (
    insurer    BIGINT NOT NULL,
    number     BIGINT NOT NULL,
    state      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    file       BYTEA NOT NULL,  -- keyed hash of the file's bytes
    by_whom    TEXT NOT NULL,
    begun_at   BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    live_at    BIGINT,
    runs       BIGINT NOT NULL, -- sorted runs that are complete
    merged     BYTEA NOT NULL,   -- the last card that was compared and written
    lines      BIGINT NOT NULL, -- records read
    wrong      BIGINT NOT NULL, -- of them refused
    cards      BIGINT NOT NULL, -- cards in the file
    written    BIGINT NOT NULL, -- of them new or changed
    removed    BIGINT NOT NULL, -- cards that are gone with this deposit
    held       BIGINT NOT NULL, -- cards that were compared: those that were live before
    PRIMARY KEY (insurer, number)
);

-- What is wrong with which record. No values: only where, and what.
CREATE TABLE deposit_error (
    insurer  BIGINT NOT NULL,
    number   BIGINT NOT NULL,
    line     BIGINT NOT NULL,
    field    TEXT NOT NULL,
    code     TEXT NOT NULL,
    PRIMARY KEY (insurer, number, line, field, code)
);
