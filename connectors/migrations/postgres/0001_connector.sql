-- What one connector keeps: its members, what it holds about them, and who was told what.
-- Dates are ISO 8601 texts, instants UTC microseconds.

CREATE TABLE members (
    id         TEXT PRIMARY KEY,     -- random
    reference  TEXT NOT NULL UNIQUE, -- the holder's own name for the member
    name       TEXT NOT NULL,
    name_kana  TEXT NOT NULL,
    sex        TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- The name under which the relay knows a member here, and here only.
CREATE TABLE pseudonyms (
    pseudonym TEXT PRIMARY KEY,
    member_id TEXT NOT NULL UNIQUE REFERENCES members (id),
    bound_at  BIGINT NOT NULL
);

CREATE TABLE insurers (
    number         TEXT PRIMARY KEY,
    number_key     TEXT NOT NULL UNIQUE, -- comparable
    name           TEXT NOT NULL,
    address        TEXT NOT NULL,
    kind           TEXT NOT NULL,
    is_virtual     BOOLEAN NOT NULL,
    valid_from     TEXT NOT NULL,
    valid_until    TEXT,
    usual_lag_days BIGINT,
    changed_at     BIGINT NOT NULL
);

-- One card (記号・番号) for one stretch of time.
CREATE TABLE coverages (
    id                TEXT PRIMARY KEY,
    insurer_number    TEXT NOT NULL REFERENCES insurers (number),
    symbol            TEXT NOT NULL,
    number            TEXT NOT NULL,
    symbol_key        TEXT NOT NULL, -- comparable
    number_key        TEXT NOT NULL, -- comparable
    member_id         TEXT NOT NULL REFERENCES members (id),
    branch            TEXT,
    valid_from        TEXT NOT NULL,
    valid_until       TEXT,
    workplace_name    TEXT,
    workplace_address TEXT
);
CREATE INDEX coverages_by_number ON coverages (insurer_number, number_key, symbol_key);
CREATE INDEX coverages_by_symbol ON coverages (insurer_number, symbol_key);
CREATE INDEX coverages_by_member ON coverages (member_id);

CREATE TABLE dependants (
    coverage_id  TEXT NOT NULL REFERENCES coverages (id),
    member_id    TEXT NOT NULL REFERENCES members (id),
    position     BIGINT NOT NULL, -- the insurer's order
    relationship TEXT NOT NULL,
    branch       TEXT,
    valid_from   TEXT NOT NULL,
    valid_until  TEXT,
    PRIMARY KEY (coverage_id, member_id, valid_from)
);
CREATE INDEX dependants_by_member ON dependants (member_id);

-- 一部負担金の割合 of one person on one card, from a day on.
CREATE TABLE copays (
    coverage_id TEXT NOT NULL REFERENCES coverages (id),
    member_id   TEXT NOT NULL REFERENCES members (id),
    valid_from  TEXT NOT NULL,
    percent     BIGINT NOT NULL,
    PRIMARY KEY (coverage_id, member_id, valid_from)
);

CREATE TABLE checkups (
    member_id  TEXT NOT NULL REFERENCES members (id),
    taken_on   TEXT NOT NULL,
    place      TEXT NOT NULL,
    items      TEXT NOT NULL, -- JSON
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (member_id, taken_on)
);

CREATE TABLE pensions (
    member_id  TEXT PRIMARY KEY REFERENCES members (id),
    record     TEXT NOT NULL, -- JSON
    changed_at BIGINT NOT NULL
);

-- Who was told what; one row for each token, so that no token is used twice. No names.
CREATE TABLE access_log (
    jti          TEXT PRIMARY KEY,
    at           BIGINT NOT NULL,
    purpose      TEXT NOT NULL,
    service      TEXT NOT NULL,
    organization TEXT, -- code; none when the member looked
    member_id    TEXT, -- none when nobody was found
    receipt      TEXT,
    result       TEXT NOT NULL
);
CREATE INDEX access_log_by_member ON access_log (member_id, at);
