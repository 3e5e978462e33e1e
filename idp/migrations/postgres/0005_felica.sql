-- FeliCa cards that stand beside a card of the card office, and open nothing but while that one is in
-- use. The PIN of such a card is checked here.

ALTER TABLE cards ADD COLUMN beside BYTEA REFERENCES cards (id);
CREATE INDEX cards_beside ON cards (beside);

CREATE TABLE felica_cards (
    card        BYTEA PRIMARY KEY REFERENCES cards (id) ON DELETE CASCADE,
    key_version BIGINT NOT NULL,     -- the newest that was told: an answer by an older one is a copy's
    pin         TEXT,                 -- Argon2id over a keyed hash; none: not chosen yet
    tries       BIGINT NOT NULL      -- left; counted down before each check
);

-- The FeliCa card that has proved itself in a sign-in, and when: its PIN is asked for next.
ALTER TABLE logins ADD COLUMN proved BYTEA;
ALTER TABLE logins ADD COLUMN proved_at BIGINT;
