-- What a sign-in must still remember of the request when it is answered. Those on their way do not
-- know it: their people begin anew.
DELETE FROM logins;
ALTER TABLE logins ADD COLUMN classes TEXT;       -- AuthnContext classes that will do, best first
ALTER TABLE logins ADD COLUMN lasting INTEGER;    -- whether the name of the person shall last
ALTER TABLE logins ADD COLUMN subject TEXT;       -- the name of the person who is asked about

-- What a person lets a service provider be told without being asked again.
CREATE TABLE consents (
    person   TEXT NOT NULL REFERENCES persons (id),
    provider TEXT NOT NULL,       -- entity id
    released BLOB NOT NULL,       -- keyed hash: of person, provider, each thing told and its values
    items    TEXT NOT NULL,       -- which things are told, by our own words for them
    given_at INTEGER NOT NULL,
    PRIMARY KEY (person, provider)
) STRICT;
