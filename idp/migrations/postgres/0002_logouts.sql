-- Logouts on their way: in which browser, who asked for it, and how far those who are told have come.
CREATE TABLE logouts (
    id          TEXT PRIMARY KEY,     -- 32 random hexadecimal digits
    browser     BYTEA NOT NULL,        -- SHA-256 of the browser's login cookie
    provider    TEXT,                 -- entity id of the service provider that asked; none: the person
    request     TEXT,                 -- ID of its LogoutRequest
    relay_state TEXT,
    made_at     BIGINT NOT NULL,
    answered_at BIGINT,              -- the provider that asked has its answer
    expires_at  BIGINT NOT NULL
);
CREATE INDEX logouts_of_browser ON logouts (browser);
CREATE INDEX logouts_expiry ON logouts (expires_at);

-- The service providers that one logout tells, in order.
CREATE TABLE logout_steps (
    logout        TEXT NOT NULL,
    place         BIGINT NOT NULL,
    provider      TEXT NOT NULL,
    name_id       TEXT NOT NULL,
    session_index TEXT NOT NULL,
    state         TEXT NOT NULL,      -- waiting | asked | confirmed | failed
    notice        TEXT UNIQUE,        -- told from server to server: the notice
    request       TEXT UNIQUE,        -- told through the browser: ID of our LogoutRequest
    PRIMARY KEY (logout, place)
);

-- A service provider names the session that it wants ended.
CREATE INDEX session_parties_by_name ON session_parties (provider, name_id);
