-- The keys that the relay signs its tokens with, as it last published them.

CREATE TABLE relay_keys (
    id        BIGINT PRIMARY KEY CHECK (id = 1), -- one row
    jwks      TEXT NOT NULL,
    confirmed BIGINT NOT NULL -- when the relay last said that it is so, in microseconds
);
