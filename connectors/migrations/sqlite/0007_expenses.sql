-- What care cost, what it may cost at most, and who else bears a part.

-- One bill each: one person, one institution, one month, one kind of care. Amounts are yen.
CREATE TABLE expenses (
    id          TEXT PRIMARY KEY,
    coverage_id TEXT NOT NULL REFERENCES coverages (id), -- whose insurance
    member_id   TEXT NOT NULL REFERENCES members (id),   -- who was cared for
    month       TEXT NOT NULL,                           -- its first day
    institution TEXT NOT NULL,
    care        TEXT NOT NULL,
    days        BIGINT NOT NULL,
    total       BIGINT NOT NULL,
    meals_count BIGINT,
    meals_paid  BIGINT,
    public_part BIGINT NOT NULL,
    paid        BIGINT NOT NULL,
    refund      BIGINT NOT NULL,
    settled     BOOLEAN NOT NULL                         -- false while it is being checked
);
CREATE INDEX expenses_by_coverage ON expenses (coverage_id, month);
CREATE INDEX expenses_by_member ON expenses (member_id, month);

-- The last month of which every bill has come in.
CREATE TABLE expense_progress (
    insurer_number TEXT PRIMARY KEY REFERENCES insurers (number),
    complete_until TEXT NOT NULL,
    changed_at     BIGINT NOT NULL
);

-- 自己負担限度額 of one person.
CREATE TABLE cost_limits (
    member_id      TEXT NOT NULL REFERENCES members (id),
    class          TEXT NOT NULL,
    base           BIGINT NOT NULL,
    hundredth_over BIGINT,
    outpatient     BIGINT,
    valid_from     TEXT NOT NULL,
    valid_until    TEXT,
    PRIMARY KEY (member_id, valid_from)
);

-- 公費負担医療 of one person.
CREATE TABLE public_aids (
    member_id        TEXT NOT NULL REFERENCES members (id),
    programme        TEXT NOT NULL,
    payer_number     TEXT NOT NULL,
    recipient_number TEXT NOT NULL,
    institutions     TEXT NOT NULL, -- JSON
    monthly_limit    BIGINT,
    copay_percent    BIGINT,
    valid_from       TEXT NOT NULL,
    valid_until      TEXT,
    PRIMARY KEY (member_id, payer_number, recipient_number, valid_from)
);
