-- Acquisitions notified and accepted but not entered count until this day (暫定有効).
ALTER TABLE coverages ADD COLUMN provisional_until TEXT;
ALTER TABLE dependants ADD COLUMN provisional_until TEXT;

-- 所得区分: standard, upper, active; none where the insurer does not say.
ALTER TABLE copays ADD COLUMN income TEXT;
