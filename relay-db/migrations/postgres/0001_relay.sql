-- Whose records are where: the subject by its keyed hash, the connector's pseudonym sealed.
CREATE TABLE relay_link (
    subject BYTEA NOT NULL,
    connector TEXT NOT NULL,
    pseudonym BYTEA NOT NULL,
    PRIMARY KEY (subject, connector)
);

-- The way back, for checks by a typed number: the pseudonym by its keyed hash, the subject sealed.
CREATE TABLE relay_alias (
    pseudonym BYTEA PRIMARY KEY,
    subject BYTEA NOT NULL
);

-- Tickets that were used, until they would have ended anyway.
CREATE TABLE relay_ticket (
    id BYTEA PRIMARY KEY,
    expires BIGINT NOT NULL
);
CREATE INDEX relay_ticket_expires ON relay_ticket (expires);

-- Access tokens by their keyed hash; what they grant is sealed.
CREATE TABLE relay_token (
    id BYTEA PRIMARY KEY,
    expires BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX relay_token_expires ON relay_token (expires);

-- Whose sign-ins were ended: by the keyed hash of identity provider and subject, the last sign-in
-- that counts no more (seconds since 1970). Kept while anything that stood on it could be alive.
CREATE TABLE relay_revocation (
    subject BYTEA PRIMARY KEY,
    last BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX relay_revocation_expires ON relay_revocation (expires);
