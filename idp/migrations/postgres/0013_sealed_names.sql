-- The names by which service providers know sessions are sealed, and found again by a keyed hash. They
-- cannot be sealed here: so whoever is signed in signs in once more, and logouts on their way end.
DELETE FROM sessions;
DELETE FROM logouts;
DROP TABLE session_parties;
CREATE TABLE session_parties (
    session  BYTEA NOT NULL,
    provider TEXT NOT NULL,
    name     BYTEA NOT NULL,          -- keyed hash of provider and name, as it names the session
    names    BYTEA NOT NULL,          -- sealed: name and index
    PRIMARY KEY (session, provider)
);
CREATE INDEX session_parties_by_name ON session_parties (name);

DROP TABLE logout_steps;
CREATE TABLE logout_steps (
    logout   TEXT NOT NULL,
    place    BIGINT NOT NULL,
    provider TEXT NOT NULL,
    names    BYTEA NOT NULL,          -- sealed: name and index
    state    TEXT NOT NULL,           -- waiting | asked | confirmed | failed
    notice   TEXT UNIQUE,             -- told from server to server: the notice
    request  TEXT UNIQUE,             -- told through the browser: ID of our LogoutRequest
    PRIMARY KEY (logout, place)
);

-- The nonce that was taken out of a sign-in: one statement takes it and tells what it was.
ALTER TABLE logins ADD COLUMN spent TEXT;
