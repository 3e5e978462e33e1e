-- What each connector declares, as it was signed: the last that was taken. It tells nothing about
-- anybody.
CREATE TABLE relay_manifest (
    connector TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    body TEXT NOT NULL -- JWS
);
