-- Times are UTC microseconds. Sealed columns are AES-256-GCM, their key id in front.

CREATE TABLE persons (
    id         TEXT PRIMARY KEY,      -- 32 random hexadecimal digits
    profile    BLOB NOT NULL,         -- sealed: display name, roles, organisation
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE cards (
    holder     BLOB PRIMARY KEY,      -- keyed hash of the holder reference
    person     TEXT NOT NULL REFERENCES persons (id),
    state      TEXT NOT NULL,         -- active | suspended | ended
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX cards_of_person ON cards (person);

-- A sign-in on its way, from the AuthnRequest to the Response.
CREATE TABLE logins (
    id               TEXT PRIMARY KEY,
    browser          BLOB NOT NULL,   -- SHA-256 of the browser's login cookie
    provider         TEXT NOT NULL,   -- entity id of the service provider that asked
    acs              TEXT NOT NULL,   -- where the Response goes
    request          TEXT NOT NULL,   -- ID of the AuthnRequest
    relay_state      TEXT,
    level            TEXT NOT NULL,   -- high | presence
    desk             BLOB,            -- presence: the staff's session
    nonce            TEXT,            -- taken out at the first attempt
    nonce_expires_at INTEGER,
    watch            BLOB,            -- SHA-256 of the token that tells of the card's removal
    person           TEXT,            -- outcome: whose card it was
    session          BLOB,            -- outcome: the session opened
    authenticated_at INTEGER,         -- outcome: when the card signed
    expires_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX logins_expiry ON logins (expires_at);

CREATE TABLE sessions (
    id               BLOB PRIMARY KEY, -- SHA-256 of the session cookie
    person           TEXT NOT NULL REFERENCES persons (id),
    level            TEXT NOT NULL,
    authenticated_at INTEGER NOT NULL,
    used_at          INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    watch            BLOB UNIQUE
) STRICT;
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- The service providers that were told about a session.
CREATE TABLE session_parties (
    session       BLOB NOT NULL,
    provider      TEXT NOT NULL,
    name_id       TEXT NOT NULL,
    session_index TEXT NOT NULL,
    PRIMARY KEY (session, provider)
) STRICT;

-- Logouts that a service provider has still to be told.
CREATE TABLE logouts (
    id            TEXT PRIMARY KEY,
    provider      TEXT NOT NULL,
    name_id       TEXT NOT NULL,
    session_index TEXT NOT NULL,
    attempts      INTEGER NOT NULL,
    due_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX logouts_due ON logouts (due_at);

-- What may be answered once only.
CREATE TABLE replay (
    issuer     TEXT NOT NULL,
    id         TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, id)
) STRICT;
CREATE INDEX replay_expiry ON replay (expires_at);
