-- What a person saw at the last visit, as keyed digests, so that the next can say what changed: no
-- record, and nothing that another party knows the person by.
CREATE TABLE seen (
    holder     BYTEA PRIMARY KEY, -- keyed hash
    body       BYTEA NOT NULL,    -- sealed
    expires_at BIGINT NOT NULL
);
CREATE INDEX seen_end ON seen (expires_at);
