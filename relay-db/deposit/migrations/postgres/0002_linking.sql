-- Cards that are linked to people of an insurer. Nothing here is in clear, and no time is, but for
-- the day on which an offer is over.

-- For whom a pseudonym stands. All three are of one insurer: keyed hashes of the pseudonym and of
-- the person, and, sealed, on which cards the person was found.
CREATE TABLE deposit_pseudonym (
    pseudonym BYTEA PRIMARY KEY,
    person    BYTEA NOT NULL UNIQUE,
    body      BYTEA NOT NULL
);

-- Pseudonyms that were offered in a ceremony and open nothing until one is confirmed. Keyed hashes
-- of the ceremony's name and of the pseudonym, and whom it would stand for, sealed.
CREATE TABLE deposit_offer (
    errand    BYTEA NOT NULL,
    pseudonym BYTEA NOT NULL,
    body      BYTEA NOT NULL,
    ends      BIGINT NOT NULL, -- midnight
    PRIMARY KEY (errand, pseudonym)
);
CREATE INDEX deposit_offer_by_end ON deposit_offer (ends);
