-- The newest head that was cosigned of each log.
CREATE TABLE witness_head (
    origin TEXT PRIMARY KEY,
    size BIGINT NOT NULL,
    checkpoint TEXT NOT NULL
);

-- Of each log the first head, signed by the log, that contradicts the one cosigned: evidence.
CREATE TABLE witness_fork (
    origin TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    cosigned TEXT NOT NULL,
    shown TEXT NOT NULL
);
