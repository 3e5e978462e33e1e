-- What is compared when a card is to be linked, and what is offered until that is confirmed.

ALTER TABLE members ADD COLUMN address TEXT;     -- none where the holder has none
ALTER TABLE members ADD COLUMN address_key TEXT; -- comparable
CREATE INDEX members_by_birth_date ON members (birth_date);
CREATE INDEX members_by_address ON members (address_key);

-- 旧姓・旧氏名.
CREATE TABLE former_names (
    member_id TEXT NOT NULL REFERENCES members (id),
    name      TEXT NOT NULL,
    PRIMARY KEY (member_id, name)
);

-- Pseudonyms in the order of nothing but themselves, without the time at which they were bound: two
-- connectors that lay their tables side by side find neither the same order nor the same moments.
CREATE TABLE pseudonyms_by_themselves (
    pseudonym TEXT PRIMARY KEY,
    member_id TEXT NOT NULL UNIQUE REFERENCES members (id)
);
INSERT INTO pseudonyms_by_themselves (pseudonym, member_id)
    SELECT pseudonym, member_id FROM pseudonyms ORDER BY pseudonym;
DROP TABLE pseudonyms;
ALTER TABLE pseudonyms_by_themselves RENAME TO pseudonyms;

-- Pseudonyms that were offered in a ceremony and open nothing until one is confirmed.
CREATE TABLE link_offers (
    errand    TEXT NOT NULL, -- what the ceremony is called here, and here only
    pseudonym TEXT NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id),
    expires   BIGINT NOT NULL,
    PRIMARY KEY (errand, pseudonym)
);
CREATE INDEX link_offers_by_end ON link_offers (expires);
