//! `expenses.toml`: bills, how far they have come, and what lowers them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use warifu_contract::coverage::Validity;
use warifu_contract::records::{CareKind, CostLimit, Expense, Meals, PublicAid};

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::demo) struct ExpensesFile {
    pub(in crate::demo) progress: Vec<ProgressEntry>,
    pub(in crate::demo) bill: Vec<BillEntry>,
    pub(in crate::demo) limit: Vec<LimitEntry>,
    pub(in crate::demo) aid: Vec<AidEntry>,
}

/// How far an insurer's bills have come.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::demo) struct ProgressEntry {
    pub(in crate::demo) insurer: String,
    pub(in crate::demo) complete_until: Date,
    pub(in crate::demo) changed_at: Timestamp,
}

/// A bill; amounts are yen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::demo) struct BillEntry {
    pub(in crate::demo) id: String,
    pub(in crate::demo) card: String,
    pub(in crate::demo) person: String,
    month: Date,
    institution: String,
    care: CareKind,
    days: u16,
    total: u64,
    #[serde(default)]
    public: u64,
    meals: Option<Meals>,
    paid: u64,
    #[serde(default)]
    refund: u64,
    #[serde(default = "yes")]
    pub(in crate::demo) settled: bool,
}

/// A limit of a person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::demo) struct LimitEntry {
    pub(in crate::demo) person: String,
    class: String,
    base_yen: u64,
    hundredth_over_yen: Option<u64>,
    outpatient_yen: Option<u64>,
    validity: Validity,
}

/// A public programme of a person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::demo) struct AidEntry {
    pub(in crate::demo) person: String,
    programme: String,
    payer_number: String,
    recipient_number: String,
    institutions: Vec<String>,
    monthly_limit_yen: Option<u64>,
    copay_percent: Option<u8>,
    validity: Validity,
}

fn yes() -> bool {
    true
}

impl BillEntry {
    /// The bill; the store takes names of people and of the insurer from the card.
    pub(in crate::demo) fn expense(&self) -> Expense {
        Expense {
            month: self.month,
            patient: String::new(),
            own: true,
            insured: String::new(),
            insurer: String::new(),
            institution: self.institution.clone(),
            care: self.care,
            days: self.days,
            total_yen: self.total,
            meals: self.meals,
            public_yen: self.public,
            paid_yen: self.paid,
            refund_yen: self.refund,
        }
    }
}

impl LimitEntry {
    pub(in crate::demo) fn limit(&self) -> CostLimit {
        CostLimit {
            class: self.class.clone(),
            base_yen: self.base_yen,
            hundredth_over_yen: self.hundredth_over_yen,
            outpatient_yen: self.outpatient_yen,
            validity: self.validity,
        }
    }
}

impl AidEntry {
    pub(in crate::demo) fn aid(&self) -> PublicAid {
        PublicAid {
            programme: self.programme.clone(),
            payer_number: self.payer_number.clone(),
            recipient_number: self.recipient_number.clone(),
            institutions: self.institutions.clone(),
            monthly_limit_yen: self.monthly_limit_yen,
            copay_percent: self.copay_percent,
            validity: self.validity,
        }
    }
}
