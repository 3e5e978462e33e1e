-- Files of checks, a job each: the organisation by its keyed hash; what it says of the file, of who
-- sent it and how far it has come is sealed. One server works on a job at a time: until it lets go,
-- or is silent past `due`.
CREATE TABLE relay_batch (
    organization BLOB NOT NULL,
    id BLOB NOT NULL, -- random
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- Keyed hash of organisation, file and day; none when the same file would be a new job.
    file BLOB UNIQUE,
    holder BIGINT, -- the server's number
    due BIGINT NOT NULL,
    expires BIGINT NOT NULL, -- when file and results are dropped
    terms BLOB NOT NULL,
    progress BLOB NOT NULL,
    PRIMARY KEY (organization, id)
) WITHOUT ROWID;
CREATE INDEX relay_batch_due ON relay_batch (state, due);
CREATE INDEX relay_batch_expires ON relay_batch (expires);

-- The file in pieces as they came, sealed.
CREATE TABLE relay_batch_piece (
    batch BLOB NOT NULL,
    number BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (batch, number)
);

-- The answers to so many lines, sealed, written before they are in the access log; and for each
-- line the keyed hashes of its card and of its answer.
CREATE TABLE relay_batch_chunk (
    batch BLOB NOT NULL,
    number BIGINT NOT NULL,
    body BLOB NOT NULL,
    marks BLOB NOT NULL,
    PRIMARY KEY (batch, number)
);
