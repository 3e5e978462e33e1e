-- What people let others read: the subject by its keyed hash, the consent sealed.
CREATE TABLE relay_consent (
    subject BYTEA NOT NULL,
    id BYTEA NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (subject, id)
);

-- The way back for who may read: the organisation by its keyed hash, the subject sealed.
CREATE TABLE relay_consent_reader (
    reader BYTEA NOT NULL,
    id BYTEA NOT NULL,
    subject BYTEA NOT NULL,
    PRIMARY KEY (reader, id)
);
