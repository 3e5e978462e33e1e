-- What the consortium tells everybody: outages, maintenance, news. The body is sealed, so that
-- nobody who only writes to the database can put words on the entrance.
CREATE TABLE announcements (
    id         TEXT PRIMARY KEY,
    body       BYTEA NOT NULL,   -- sealed
    ends_at    BIGINT NOT NULL, -- the last moment at which it is shown
    expires_at BIGINT NOT NULL
);
CREATE INDEX announcements_end ON announcements (ends_at);
