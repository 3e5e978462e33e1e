-- What the holder has for the services that its manifest declares: rows as the manifest names their
-- fields, and what members entered. Both are of one member, by the member's id.

CREATE TABLE service_rows (
    member_id  TEXT NOT NULL REFERENCES members (id),
    service    TEXT NOT NULL,
    position   BIGINT NOT NULL, -- newest first
    body       TEXT NOT NULL,   -- JSON
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (member_id, service, position)
);

-- One row for each key that the relay sent, so that nothing is taken twice.
CREATE TABLE service_entries (
    member_id TEXT NOT NULL REFERENCES members (id),
    service   TEXT NOT NULL,
    key       TEXT NOT NULL,
    reference TEXT NOT NULL,
    status    TEXT NOT NULL,
    body      TEXT NOT NULL, -- JSON
    at        BIGINT NOT NULL,
    PRIMARY KEY (member_id, key)
);
CREATE INDEX service_entries_by_service ON service_entries (member_id, service, at);
