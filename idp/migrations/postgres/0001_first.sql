-- Times are UTC microseconds. Sealed columns are AES-256-GCM, their key id in front. A card is known
-- by a keyed hash: of its holder reference or, for a card that others issued, of what its scheme
-- knows the holder by.

CREATE TABLE persons (
    id         TEXT PRIMARY KEY,      -- 32 random hexadecimal digits, made by the card office
    profile    BYTEA NOT NULL,         -- sealed: display name, roles, organisation
    told_at    BIGINT NOT NULL,      -- of the last event about the person, by the office's clock
    ended_at   BIGINT                -- the person is gone: nothing opens any more
);

CREATE TABLE cards (
    id           BYTEA PRIMARY KEY,    -- keyed hash
    person       TEXT NOT NULL REFERENCES persons (id),
    scheme       TEXT,                -- of a card that others issued
    state        TEXT NOT NULL,       -- issued | active | suspended | ended
    replaces     BYTEA,                -- the card it takes the place of
    told_at      BIGINT NOT NULL,    -- of the last event about its state, by the office's clock
    activated_at BIGINT,
    used_at      BIGINT,             -- its last answer
    issuer       TEXT,                -- and the certificate it answered with: x5t#S256 of its issuer,
    certificate  BYTEA,               -- keyed hash of issuer and serial number,
    expires_at   BIGINT              -- and its end
);
CREATE INDEX cards_of_person ON cards (person);
CREATE INDEX cards_by_certificate ON cards (certificate);

-- A question to a card on its way: a sign-in from the AuthnRequest to the Response, the activation
-- of a card, a card to be added.
CREATE TABLE logins (
    id               TEXT PRIMARY KEY,
    browser          BYTEA NOT NULL,   -- SHA-256 of the browser's login cookie
    task             TEXT NOT NULL,   -- sign-in | activate | add-card
    provider         TEXT,            -- entity id of the service provider that asked; none: ourselves
    acs              TEXT,            -- where the Response goes
    request          TEXT,            -- ID of the AuthnRequest
    relay_state      TEXT,
    level            TEXT NOT NULL,   -- high | substantial | presence
    within           BYTEA,            -- the session in which it is asked: the staff's, the person's
    nonce            TEXT,            -- taken out at the first attempt
    nonce_expires_at BIGINT,
    watch            BYTEA,            -- SHA-256 of the token that tells of the card's removal
    person           TEXT,            -- outcome: whose card it was
    session          BYTEA,            -- outcome: the session opened
    authenticated_at BIGINT,         -- outcome: when the card signed
    ends_at          BIGINT,         -- outcome: the end of its certificate, when it is to be told
    expires_at       BIGINT NOT NULL
);
CREATE INDEX logins_expiry ON logins (expires_at);

CREATE TABLE sessions (
    id               BYTEA PRIMARY KEY, -- SHA-256 of the session cookie
    person           TEXT NOT NULL REFERENCES persons (id),
    card             BYTEA NOT NULL REFERENCES cards (id),
    level            TEXT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    used_at          BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    watch            BYTEA UNIQUE
);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_of_person ON sessions (person);
CREATE INDEX sessions_by_card ON sessions (card);

-- The service providers that were told about a session.
CREATE TABLE session_parties (
    session       BYTEA NOT NULL,
    provider      TEXT NOT NULL,
    name_id       TEXT NOT NULL,
    session_index TEXT NOT NULL,
    PRIMARY KEY (session, provider)
);

-- What others have still to be told: logouts, security events.
CREATE TABLE notices (
    id       TEXT PRIMARY KEY,        -- 32 random hexadecimal digits; the event's jti
    receiver TEXT NOT NULL,           -- entity id of a service provider | relay | card-office
    message  BYTEA NOT NULL,           -- sealed
    made_at  BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at   BIGINT NOT NULL
);
CREATE INDEX notices_due ON notices (due_at);

-- What may be answered or obeyed once only.
CREATE TABLE replay (
    issuer     TEXT NOT NULL,
    id         TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, id)
);
CREATE INDEX replay_expiry ON replay (expires_at);

-- The latest believed revocation lists: they count until their end even when their issuer is silent
-- and this server starts anew, and no earlier one takes their place.
CREATE TABLE revocation_lists (
    issuer TEXT NOT NULL,             -- x5t#S256
    url    TEXT NOT NULL,             -- what the list says that it covers
    number BIGINT NOT NULL,
    der    BYTEA NOT NULL,
    PRIMARY KEY (issuer, url)
);

-- The authorities that were announced last, for the same reason. Believed as far as our root has
-- signed them.
CREATE TABLE announcements (
    place TEXT PRIMARY KEY,           -- where they stood
    pem   BYTEA NOT NULL
);
