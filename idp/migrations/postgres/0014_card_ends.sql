-- The end of the certificate of the card that opened a session, or of the card that a FeliCa card stands
-- beside: its holder is told in time. None for older sessions.
ALTER TABLE sessions ADD COLUMN card_ends BIGINT;
