-- Whose card opened a session: the holder reference, sealed, of a card of the card office; the office
-- is told it when records are to be linked. None for other cards and for older sessions.
ALTER TABLE sessions ADD COLUMN holder BYTEA;
