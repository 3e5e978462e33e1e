-- A FeliCa card's identifier that every reader sees, as a keyed hash: by it a card can be told to a
-- desk, where that is switched on. It proves nothing. None for cards that were told of before.
ALTER TABLE felica_cards ADD COLUMN idm BYTEA;
CREATE INDEX felica_cards_by_idm ON felica_cards (idm);
