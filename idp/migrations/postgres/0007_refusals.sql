-- Refused attempts (不正アクセスログ), counted by the minute. Written once, and never changed but for
-- the count of the minute that still runs.
CREATE TABLE refusals (
    minute   BIGINT NOT NULL,  -- its beginning
    code     TEXT NOT NULL,     -- the stable code that was answered
    source   BYTEA NOT NULL,     -- keyed hash of the address
    card     BYTEA NOT NULL,     -- the card's keyed hash; empty when none had proven itself
    provider TEXT NOT NULL,     -- entity id of the service provider; empty when none was known
    address  BYTEA NOT NULL,     -- sealed: the address
    count    BIGINT NOT NULL,
    PRIMARY KEY (minute, code, source, card, provider)
);
