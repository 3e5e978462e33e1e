-- One row: the tree as last signed. Its size is the ticket for the next commit.
CREATE TABLE log_head (
    id BIGINT PRIMARY KEY,
    size BIGINT NOT NULL,
    checkpoint TEXT NOT NULL
);

-- The tree's stored hashes, 256 to a tile (32 bytes each); the rightmost of a level still grows.
CREATE TABLE log_tile (
    level BIGINT NOT NULL,
    number BIGINT NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, number)
) WITHOUT ROWID;

-- The events. idx is the row's key, so that appending only ever writes at the end.
CREATE TABLE log_event (
    idx INTEGER PRIMARY KEY,
    subject BLOB NOT NULL,
    sequence BIGINT NOT NULL,
    leaf BLOB NOT NULL,
    reference BLOB,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX log_event_subject ON log_event (subject, idx);
CREATE UNIQUE INDEX log_event_reference ON log_event (reference) WHERE reference IS NOT NULL;

-- Answers given under a key that the client chose: the same key never makes a second event.
CREATE TABLE log_once (
    id BLOB PRIMARY KEY,
    at BIGINT NOT NULL,
    answer BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX log_once_at ON log_once (at);
