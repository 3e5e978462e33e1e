-- What people let others read: the subject by its keyed hash, the consent sealed.
CREATE TABLE relay_consent (
    subject BLOB NOT NULL,
    id BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (subject, id)
) WITHOUT ROWID;

-- The way back for who may read: the organisation by its keyed hash, the subject sealed.
CREATE TABLE relay_consent_reader (
    reader BLOB NOT NULL,
    id BLOB NOT NULL,
    subject BLOB NOT NULL,
    PRIMARY KEY (reader, id)
) WITHOUT ROWID;
