-- Sign-ins on their way to the host that asks browsers for a card's certificate, and back from there.
CREATE TABLE card_visits (
    login       TEXT PRIMARY KEY,  -- the sign-in
    secret      BYTEA NOT NULL,    -- keyed hash: of the ticket that leads there, then of the code that leads back
    certificate BYTEA,             -- sealed: the card's certificate, once it was shown and believed
    expires_at  BIGINT NOT NULL    -- of the ticket, then of the code
);
CREATE INDEX card_visits_expiry ON card_visits (expires_at);
