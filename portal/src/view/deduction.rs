//! Medical expenses for a tax return, in three steps: what is missing, receipts by hand, the files.

use askama::Template;
use jiff::civil::Date;
use warifu_contract::records::ExpensesRecord;
use warifu_service::words::Voice;

use super::Tone;
use super::expenses::{complete, month_name, yen};
use crate::expenses::deduction::Return;
use crate::expenses::receipts::{Receipt, ReceiptKind, Wrong};
use crate::expenses::year::Year;

/// What the person typed into the row for the next receipt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Next {
    /// 医療を受けた方の氏名.
    pub patient: String,
    /// 支払先.
    pub payee: String,
    /// The kind's name.
    pub kind: String,
    /// Amount.
    pub paid: String,
    /// Of it, given back.
    pub refund: String,
    /// Why it was not taken.
    pub wrong: Option<Wrong>,
}

/// The page's content.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/deduction.html")]
pub struct DeductionView<'a> {
    voice: Voice<'a>,
    year: i16,
    tone: Tone,
    complete: String,
    missing: Vec<String>,
    paid: String,
    refund: String,
    receipts: Vec<ReceiptRow>,
    receipts_paid: String,
    borne: String,
    kinds: Vec<KindChoice>,
    next: Next,
    /// Ends the fields' ids where another holder's form stands before this one.
    nth: String,
}

#[derive(Debug, Clone)]
struct ReceiptRow {
    carried: String,
    patient: String,
    payee: String,
    kind: String,
    paid: String,
    refund: String,
}

#[derive(Debug, Clone)]
struct KindChoice {
    name: &'static str,
    words: String,
    chosen: bool,
}

/// The page to print: the six items of the law.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/deduction_print.html")]
pub struct DeductionPrint<'a> {
    voice: Voice<'a>,
    title: String,
    made: String,
    complete: String,
    rows: Vec<[String; 6]>,
    receipts: Vec<ReceiptRow>,
    paid: String,
    refund: String,
    borne: String,
    /// The page that it was made from.
    year: i16,
}

impl<'a> DeductionView<'a> {
    /// The `year` of the record, with the receipts so far.
    pub fn new(
        voice: Voice<'a>,
        today: Date,
        record: &ExpensesRecord,
        year: i16,
        receipts: &[Receipt],
        next: Next,
    ) -> Self {
        let shown = Year::of(record, year);
        let (tone, complete) = complete(voice, &shown, record);
        let sums = Return::of(&shown, receipts);
        let missing = shown.missing(record, today);
        let kind = |kind: ReceiptKind| KindChoice {
            name: kind.as_str(),
            words: kind_words(voice, kind),
            chosen: next.kind == kind.as_str(),
        };
        Self {
            voice,
            year,
            tone,
            complete,
            missing: missing.into_iter().map(|month| month_name(voice, month)).collect(),
            paid: yen(voice, sums.paid),
            refund: yen(voice, sums.refund),
            receipts: receipts.iter().map(|receipt| receipt_row(voice, receipt)).collect(),
            receipts_paid: yen(voice, sums.receipts_paid),
            borne: yen(voice, sums.borne()),
            kinds: ReceiptKind::ALL.map(kind).into(),
            next,
            nth: String::new(),
        }
    }

    /// The same after `before` others on the page.
    #[must_use]
    pub fn after(self, before: usize) -> Self {
        let nth = if before == 0 { String::new() } else { format!("-{}", before + 1) };
        Self { nth, ..self }
    }
}

impl<'a> DeductionPrint<'a> {
    /// The `year` of the record and the receipts, on paper.
    pub fn new(
        voice: Voice<'a>,
        today: Date,
        record: &ExpensesRecord,
        year: i16,
        receipts: &[Receipt],
    ) -> Self {
        let shown = Year::of(record, year);
        let sums = Return::of(&shown, receipts);
        let language = voice.language;
        let row = |entry: &&warifu_contract::records::Expense| {
            [
                entry.insured.clone(),
                crate::dates::words::month(language, entry.month),
                entry.patient.clone(),
                entry.institution.clone(),
                yen(voice, entry.paid_yen),
                entry.insurer.clone(),
            ]
        };
        let made = crate::dates::words::day(language, today);
        Self {
            voice,
            title: voice
                .tell("deduction-print-title", &[("year", i64::from(year).to_string().into())]),
            made: voice.tell("deduction-made", &[("day", made.into())]),
            complete: complete(voice, &shown, record).1,
            rows: shown.entries.iter().rev().map(row).collect(),
            receipts: receipts.iter().map(|receipt| receipt_row(voice, receipt)).collect(),
            paid: yen(voice, sums.paid.saturating_add(sums.receipts_paid)),
            refund: yen(voice, sums.refund.saturating_add(sums.receipts_refund)),
            borne: yen(voice, sums.borne()),
            year,
        }
    }
}

fn receipt_row(voice: Voice<'_>, receipt: &Receipt) -> ReceiptRow {
    ReceiptRow {
        carried: receipt.carried(),
        patient: receipt.patient.clone(),
        payee: receipt.payee.clone(),
        kind: kind_words(voice, receipt.kind),
        paid: yen(voice, receipt.paid),
        refund: yen(voice, receipt.refund),
    }
}

fn kind_words(voice: Voice<'_>, kind: ReceiptKind) -> String {
    voice.say(&format!("receipt-kind-{}", kind.as_str()))
}
