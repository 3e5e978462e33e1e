-- How long a session may be unused is its own, as its end is; and for how long it was at most, by
-- which service providers are served that want shorter limits. Both in microseconds.
ALTER TABLE sessions ADD COLUMN idle BIGINT NOT NULL DEFAULT 900000000;
ALTER TABLE sessions ADD COLUMN longest_pause BIGINT NOT NULL DEFAULT 0;
