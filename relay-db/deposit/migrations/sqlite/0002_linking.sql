-- Cards that are linked to people of an insurer. Nothing here is in clear, and no time is, but for
-- the day on which an offer is over.

-- For whom a pseudonym stands. All three are of one insurer: keyed hashes of the pseudonym and of
-- the person, and, sealed, on which cards the person was found.
CREATE TABLE deposit_pseudonym (
    pseudonym BLOB PRIMARY KEY,
    person    BLOB NOT NULL UNIQUE,
    body      BLOB NOT NULL
) WITHOUT ROWID;

-- Pseudonyms that were offered in a ceremony and open nothing until one is confirmed. Keyed hashes
-- of the ceremony's name and of the pseudonym, and whom it would stand for, sealed.
CREATE TABLE deposit_offer (
    errand    BLOB NOT NULL,
    pseudonym BLOB NOT NULL,
    body      BLOB NOT NULL,
    ends      BIGINT NOT NULL, -- midnight
    PRIMARY KEY (errand, pseudonym)
) WITHOUT ROWID;
CREATE INDEX deposit_offer_by_end ON deposit_offer (ends);
