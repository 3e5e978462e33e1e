-- Deposits that come over HTTP: what is known of the file, how many approved it, and who works on it.
ALTER TABLE deposit ADD COLUMN name TEXT NOT NULL DEFAULT '';   -- what the sender calls the file
ALTER TABLE deposit ADD COLUMN written_as TEXT NOT NULL DEFAULT ''; -- format and encoding, once known
ALTER TABLE deposit ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0; -- of the file that are here; 0 where it never came here
ALTER TABLE deposit ADD COLUMN approved_by TEXT;                -- who let it go live
ALTER TABLE deposit ADD COLUMN taken BIGINT NOT NULL DEFAULT 0; -- how often somebody took the work up: who comes first is shut out
ALTER TABLE deposit ADD COLUMN added BIGINT NOT NULL DEFAULT 0; -- cards of `written` that were not held before
ALTER TABLE deposit ADD COLUMN ended BIGINT NOT NULL DEFAULT 0; -- cards with an open end that have it no more, those that are gone among them
ALTER TABLE deposit ADD COLUMN lag_median BIGINT;               -- usual lag in days as of this deposit
ALTER TABLE deposit ADD COLUMN lag_ninety BIGINT;               -- the lag that nine of ten changes keep
ALTER TABLE deposit ADD COLUMN lag_changes BIGINT;              -- changes that both rest on

-- The usual lag as of the live deposit, so that a question finds it without a look elsewhere.
ALTER TABLE deposit_insurer ADD COLUMN lag BIGINT;

-- The file as it came, sealed, in pieces; `place` is the byte on which a piece begins. Dropped some
-- days after the deposit is over.
CREATE TABLE deposit_piece (
    insurer BIGINT NOT NULL,
    number  BIGINT NOT NULL,
    place   BIGINT NOT NULL,
    body    BLOB NOT NULL,
    PRIMARY KEY (insurer, number, place)
) WITHOUT ROWID;

-- What was taken as it is but is worth a look: where and what, how often, and never a value.
CREATE TABLE deposit_warning (
    insurer    BIGINT NOT NULL,
    number     BIGINT NOT NULL,
    field      TEXT NOT NULL,
    code       TEXT NOT NULL,
    first_line BIGINT NOT NULL,
    count      BIGINT NOT NULL,
    PRIMARY KEY (insurer, number, field, code)
) WITHOUT ROWID;

-- How many people's coverage began or ended on a day (days since 1970), as a deposit told it first.
CREATE TABLE deposit_event_day (
    insurer BIGINT NOT NULL,
    number  BIGINT NOT NULL,
    day     BIGINT NOT NULL,
    count   BIGINT NOT NULL,
    PRIMARY KEY (insurer, number, day)
) WITHOUT ROWID;
