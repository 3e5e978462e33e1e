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
    hashes BYTEA NOT NULL,
    PRIMARY KEY (level, number)
);

-- The events.
CREATE TABLE log_event (
    subject BYTEA NOT NULL,
    idx BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    leaf BYTEA NOT NULL,
    reference BYTEA,
    body BYTEA NOT NULL,
    PRIMARY KEY (subject, idx)
);
CREATE UNIQUE INDEX log_event_idx ON log_event (idx);
CREATE UNIQUE INDEX log_event_reference ON log_event (reference) WHERE reference IS NOT NULL;

-- Answers given under a key that the client chose: the same key never makes a second event.
CREATE TABLE log_once (
    id BYTEA PRIMARY KEY,
    at BIGINT NOT NULL,
    answer BYTEA NOT NULL
);
CREATE INDEX log_once_at ON log_once (at);
