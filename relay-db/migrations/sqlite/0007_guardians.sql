-- Of people with mandates, whether they have a card that opens, as the identity provider said last:
-- the person by the keyed hash, when in seconds since 1970.
CREATE TABLE relay_standing (
    subject BLOB PRIMARY KEY,
    at BIGINT NOT NULL
) WITHOUT ROWID;

-- What guardians asked for: the guardian by the keyed hash, all else sealed. A step is taken only
-- from the version that it was decided on.
CREATE TABLE relay_guardian (
    subject BLOB NOT NULL,
    id BLOB NOT NULL,
    version BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (subject, id)
) WITHOUT ROWID;
CREATE INDEX relay_guardian_expires ON relay_guardian (expires);

-- The way to an application by its code, and to what waits for a second member of staff by its id,
-- both as keyed hashes; whose it is, sealed.
CREATE TABLE relay_guardian_way (
    id BLOB PRIMARY KEY,
    waiting BIGINT NOT NULL, -- 1 while it waits for a second member of staff
    expires BIGINT NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX relay_guardian_way_waiting ON relay_guardian_way (waiting, id);
CREATE INDEX relay_guardian_way_expires ON relay_guardian_way (expires);

-- People whom only a guardian speaks for, and the last instant of that; sealed who. Their links end
-- with it.
CREATE TABLE relay_ward (
    subject BLOB PRIMARY KEY,
    expires BIGINT NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX relay_ward_expires ON relay_ward (expires);
