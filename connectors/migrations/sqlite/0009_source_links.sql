-- Links to people of the insurer's own database: every row by keyed hashes, what it says sealed, and
-- nothing that tells in which order or when they were made.

CREATE TABLE source_links (
    pseudonym BLOB PRIMARY KEY, -- keyed hash
    person    BLOB NOT NULL UNIQUE, -- keyed hash of the database's key of the person
    body      BLOB NOT NULL -- sealed: both
) WITHOUT ROWID;

-- Pseudonyms that were offered in a ceremony and open nothing until one is confirmed.
CREATE TABLE source_offers (
    errand    BLOB NOT NULL, -- keyed hash
    pseudonym BLOB NOT NULL, -- keyed hash
    body      BLOB NOT NULL, -- sealed: for whom, and when
    ends      BIGINT NOT NULL, -- a midnight
    PRIMARY KEY (errand, pseudonym)
) WITHOUT ROWID;
CREATE INDEX source_offers_by_end ON source_offers (ends);
