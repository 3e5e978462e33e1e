-- What the portal keeps: no record, only who is on the way in and who is signed in.
-- Identifiers that other parties know are kept as keyed hashes, everything else sealed.

CREATE TABLE saml_requests (
    id BLOB PRIMARY KEY,
    browser BLOB NOT NULL,
    identity_provider TEXT NOT NULL,
    purpose TEXT NOT NULL,
    onward TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX saml_requests_end ON saml_requests (expires_at);

CREATE TABLE saml_replays (
    assertion BLOB PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX saml_replays_end ON saml_replays (expires_at);

CREATE TABLE arrivals (
    handle BLOB PRIMARY KEY,
    browser BLOB NOT NULL,
    body BLOB NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX arrivals_end ON arrivals (expires_at);

CREATE TABLE session_indexes (
    session_index BLOB NOT NULL,
    name_id BLOB NOT NULL,
    session BLOB NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (session_index)
);
CREATE INDEX session_indexes_name ON session_indexes (name_id);
CREATE INDEX session_indexes_end ON session_indexes (expires_at);

CREATE TABLE web_sessions (
    id BLOB PRIMARY KEY,
    body BLOB NOT NULL,
    begun_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX web_sessions_end ON web_sessions (expires_at);
