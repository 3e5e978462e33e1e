-- Whose records are where: the subject by its keyed hash, the connector's pseudonym sealed.
CREATE TABLE relay_link (
    subject BLOB NOT NULL,
    connector TEXT NOT NULL,
    pseudonym BLOB NOT NULL,
    PRIMARY KEY (subject, connector)
) WITHOUT ROWID;

-- The way back, for checks by a typed number: the pseudonym by its keyed hash, the subject sealed.
CREATE TABLE relay_alias (
    pseudonym BLOB PRIMARY KEY,
    subject BLOB NOT NULL
) WITHOUT ROWID;

-- Tickets that were used, until they would have ended anyway.
CREATE TABLE relay_ticket (
    id BLOB PRIMARY KEY,
    expires BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX relay_ticket_expires ON relay_ticket (expires);

-- Access tokens by their keyed hash; what they grant is sealed.
CREATE TABLE relay_token (
    id BLOB PRIMARY KEY,
    expires BIGINT NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX relay_token_expires ON relay_token (expires);

-- Whose sign-ins were ended: by the keyed hash of identity provider and subject, the last sign-in
-- that counts no more (seconds since 1970). Kept while anything that stood on it could be alive.
CREATE TABLE relay_revocation (
    subject BLOB PRIMARY KEY,
    last BIGINT NOT NULL,
    expires BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX relay_revocation_expires ON relay_revocation (expires);
