-- Whose tickets given until then are over. Kept for the life of a ticket.
CREATE TABLE office_ended (
    subject  TEXT   NOT NULL PRIMARY KEY,    -- pairwise subject of a member of staff
    ended_at BIGINT NOT NULL
);

-- Security events that were obeyed. Kept for as long as their like is believed.
CREATE TABLE office_received (
    jti         TEXT   NOT NULL PRIMARY KEY,
    received_at BIGINT NOT NULL
);

-- Who alone may deliver to an audience, until when.
CREATE TABLE office_leases (
    audience TEXT   NOT NULL PRIMARY KEY,
    holder   TEXT   NOT NULL,
    until    BIGINT NOT NULL
);
