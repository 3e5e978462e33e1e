-- What may be answered once only is found by the time at which it was made: those of one time lie
-- side by side in the index, and are swept from one end. Claims of before are given up: the requests
-- are stale within minutes, and an event of before changes nothing when it comes again.
DROP TABLE replay;
CREATE TABLE replay (
    expires_at BIGINT NOT NULL,       -- so long after it was made
    issuer     TEXT NOT NULL,
    id         TEXT NOT NULL,
    PRIMARY KEY (expires_at, issuer, id)
);

ALTER TABLE logins ADD COLUMN requested_at BIGINT; -- IssueInstant of the request
UPDATE logins SET requested_at = 0 WHERE request IS NOT NULL;
