-- Times are UTC microseconds. Sealed columns are AES-256-GCM, their key id in front.

CREATE TABLE persons (
    id         TEXT PRIMARY KEY,      -- 32 random hexadecimal digits
    profile    BYTEA NOT NULL,         -- sealed: display name, roles, organisation
    created_at BIGINT NOT NULL
);

CREATE TABLE cards (
    holder     BYTEA PRIMARY KEY,      -- keyed hash of the holder reference
    person     TEXT NOT NULL REFERENCES persons (id),
    state      TEXT NOT NULL,         -- active | suspended | ended
    created_at BIGINT NOT NULL
);
CREATE INDEX cards_of_person ON cards (person);

-- A sign-in on its way, from the AuthnRequest to the Response.
CREATE TABLE logins (
    id               TEXT PRIMARY KEY,
    browser          BYTEA NOT NULL,   -- SHA-256 of the browser's login cookie
    provider         TEXT NOT NULL,   -- entity id of the service provider that asked
    acs              TEXT NOT NULL,   -- where the Response goes
    request          TEXT NOT NULL,   -- ID of the AuthnRequest
    relay_state      TEXT,
    level            TEXT NOT NULL,   -- high | presence
    desk             BYTEA,            -- presence: the staff's session
    nonce            TEXT,            -- taken out at the first attempt
    nonce_expires_at BIGINT,
    watch            BYTEA,            -- SHA-256 of the token that tells of the card's removal
    person           TEXT,            -- outcome: whose card it was
    session          BYTEA,            -- outcome: the session opened
    authenticated_at BIGINT,         -- outcome: when the card signed
    expires_at       BIGINT NOT NULL
);
CREATE INDEX logins_expiry ON logins (expires_at);

CREATE TABLE sessions (
    id               BYTEA PRIMARY KEY, -- SHA-256 of the session cookie
    person           TEXT NOT NULL REFERENCES persons (id),
    level            TEXT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    used_at          BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    watch            BYTEA UNIQUE
);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- The service providers that were told about a session.
CREATE TABLE session_parties (
    session       BYTEA NOT NULL,
    provider      TEXT NOT NULL,
    name_id       TEXT NOT NULL,
    session_index TEXT NOT NULL,
    PRIMARY KEY (session, provider)
);

-- Logouts that a service provider has still to be told.
CREATE TABLE logouts (
    id            TEXT PRIMARY KEY,
    provider      TEXT NOT NULL,
    name_id       TEXT NOT NULL,
    session_index TEXT NOT NULL,
    attempts      BIGINT NOT NULL,
    due_at        BIGINT NOT NULL
);
CREATE INDEX logouts_due ON logouts (due_at);

-- What may be answered once only.
CREATE TABLE replay (
    issuer     TEXT NOT NULL,
    id         TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, id)
);
CREATE INDEX replay_expiry ON replay (expires_at);
