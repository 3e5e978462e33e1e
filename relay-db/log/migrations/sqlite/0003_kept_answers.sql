-- Answers lie in the order in which they were given, so that keeping one writes at the end: by its
-- key each took pages of its own, half of them empty.
DROP INDEX log_once_at;
ALTER TABLE log_once RENAME TO log_once_by_key;
CREATE TABLE log_once (
    place INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    at BIGINT NOT NULL,
    answer BLOB NOT NULL
);
INSERT INTO log_once (id, at, answer) SELECT id, at, answer FROM log_once_by_key ORDER BY at;
DROP TABLE log_once_by_key;
CREATE INDEX log_once_at ON log_once (at);
