-- One row: the newest head that as many witnesses cosigned as the configuration asks for.
CREATE TABLE log_cosigned (
    id BIGINT PRIMARY KEY,
    size BIGINT NOT NULL,
    at BIGINT NOT NULL,
    checkpoint TEXT NOT NULL
);

-- How far the events of each action have been looked through for erasure.
CREATE TABLE log_retention (
    action TEXT PRIMARY KEY,
    idx BIGINT NOT NULL
);
