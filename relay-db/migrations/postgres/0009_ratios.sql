-- Checks in which a ratio was stated that no rule allows (負担割合): the holder by its keyed hash, the
-- check's number and what was stated sealed. A few of each commit.
CREATE TABLE relay_ratio (
    holder BYTEA NOT NULL,
    number BYTEA NOT NULL,
    at     BIGINT NOT NULL,
    body   BYTEA NOT NULL,
    PRIMARY KEY (holder, number)
);
CREATE INDEX relay_ratio_at ON relay_ratio (holder, at);
CREATE INDEX relay_ratio_by_at ON relay_ratio (at);

-- How many there were, by the day in Japan (days since 1970) and by the rule that they break.
CREATE TABLE relay_ratio_count (
    holder BYTEA NOT NULL,
    day    BIGINT NOT NULL,
    rule   TEXT NOT NULL,
    count  BIGINT NOT NULL,
    PRIMARY KEY (holder, day, rule)
);
CREATE INDEX relay_ratio_count_by_day ON relay_ratio_count (day);
