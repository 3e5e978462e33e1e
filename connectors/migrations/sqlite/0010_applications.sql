-- What the holder's staff decided about what members sent, and the ways to it: by number, by age.

CREATE UNIQUE INDEX service_entries_by_reference ON service_entries (reference);
CREATE INDEX service_entries_by_status ON service_entries (service, status, at);

CREATE TABLE service_steps (
    reference    TEXT NOT NULL,
    position     BIGINT NOT NULL, -- from 0
    status       TEXT NOT NULL,
    reason       TEXT,            -- in the words of staff, for the member
    organization TEXT NOT NULL,   -- the code of that whose staff decided
    at           BIGINT NOT NULL,
    PRIMARY KEY (reference, position)
);
