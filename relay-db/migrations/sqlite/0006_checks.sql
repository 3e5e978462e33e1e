-- Whose checks the events of the access log are: the clinic or the holder by its keyed hash. What
-- was asked and answered stands in the log alone.
CREATE TABLE relay_check (
    party BLOB NOT NULL,
    idx BIGINT NOT NULL,
    PRIMARY KEY (party, idx)
) WITHOUT ROWID;

-- How many there were, by the day in Japan (days since 1970) and by what was answered.
CREATE TABLE relay_check_count (
    party BLOB NOT NULL,
    day BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (party, day, verdict)
) WITHOUT ROWID;

-- One row: up to where the access log has been read for both.
CREATE TABLE relay_check_read (
    id BIGINT PRIMARY KEY,
    idx BIGINT NOT NULL
);
INSERT INTO relay_check_read (id, idx) VALUES (0, 0);

-- What clinics questioned: the check's number, the clinic and the holder by their keyed hashes, the
-- words sealed. waiting is 1 until the insurer answers.
CREATE TABLE relay_dispute (
    number BLOB PRIMARY KEY,
    clinic BLOB NOT NULL,
    holder BLOB NOT NULL,
    waiting BIGINT NOT NULL,
    at BIGINT NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX relay_dispute_clinic ON relay_dispute (clinic, waiting, at);
CREATE INDEX relay_dispute_holder ON relay_dispute (holder, waiting, at);
