-- FeliCa cards that stand for a card's life. What identifies them is kept as a keyed hash only.
CREATE TABLE office_felica (
    id_key      BYTEA   NOT NULL PRIMARY KEY, -- key: the ID block
    card        TEXT   NOT NULL REFERENCES office_cards (id),
    key_version BIGINT NOT NULL,            -- of the master key its own key is made from
    since       BIGINT NOT NULL,
    ended_at    BIGINT                      -- since when another stands in its place
);
CREATE UNIQUE INDEX office_felica_of_card ON office_felica (card) WHERE ended_at IS NULL;
