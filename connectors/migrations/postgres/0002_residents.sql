-- What the resident register keeps: who lives here, and who was asked about for which application.

CREATE TABLE residents (
    id         TEXT PRIMARY KEY,     -- random; the name under which the card office knows the resident
    reference  TEXT NOT NULL UNIQUE, -- the register's own number
    name       TEXT NOT NULL,
    name_kana  TEXT NOT NULL,        -- empty where there is none
    name_key   TEXT NOT NULL,        -- comparable
    address    TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    sex        TEXT NOT NULL,
    departed   TEXT,                 -- deceased | moved-away
    changed_at BIGINT NOT NULL
);
CREATE INDEX residents_by_birth_date ON residents (birth_date);
CREATE INDEX residents_by_name ON residents (name_key);

CREATE TABLE identity_proofs (
    id          TEXT PRIMARY KEY,
    at          BIGINT NOT NULL,
    application TEXT NOT NULL, -- 受付番号
    result      TEXT NOT NULL,
    resident_id TEXT
);
CREATE INDEX identity_proofs_by_resident ON identity_proofs (resident_id, at);
