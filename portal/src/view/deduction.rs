//! Medical expenses for a tax return, in three steps: what is missing, receipts by hand, the files.
//! One return holds the bills of all insurers.

use askama::Template;
use jiff::civil::Date;
use warifu_contract::records::{Expense, Service};
use warifu_service::words::Voice;

use super::expenses::{SourceRow, source_rows, worst, yen};
use super::outcome::Outcome;
use super::{Tone, source_name};
use crate::expenses::deduction::Return;
use crate::expenses::insurers::{Answers, Lack};
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
    sources: Vec<SourceRow>,
    lacking: Vec<LackRow>,
    /// A file was asked for without a word about who lacks.
    unsure: bool,
    paid: String,
    refund: String,
    receipts: Vec<ReceiptRow>,
    receipts_paid: String,
    borne: String,
    kinds: Vec<KindChoice>,
    next: Next,
}

/// What the person typed and ticked so far.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// The calendar year.
    pub year: i16,
    /// Receipts.
    pub receipts: &'a [Receipt],
    /// The insurers, by their Japanese names, without whom a file will do.
    pub without: &'a [String],
}

#[derive(Debug, Clone)]
struct LackRow {
    name: String,
    /// Whose bills are not in the sums.
    sentence: String,
    why: String,
    code: Option<String>,
    /// What one agrees to.
    without: String,
    is_known: bool,
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
    sources: Vec<SourceRow>,
    lacking: Vec<LackRow>,
    rows: Vec<[String; 6]>,
    receipts: Vec<ReceiptRow>,
    paid: String,
    refund: String,
    borne: String,
    /// The page that it was made from.
    year: i16,
}

impl<'a> DeductionView<'a> {
    /// The year as all insurers told it, with the receipts so far.
    pub fn new(
        voice: Voice<'a>,
        today: Date,
        answers: &Answers,
        written: &Written<'_>,
        next: Next,
    ) -> Self {
        let told = answers.told();
        let shown = Year::of(&told, written.year);
        let sources = source_rows(voice, today, &shown, &told);
        let sums = Return::of(&shown, written.receipts);
        let lacking = lack_rows(voice, answers, written.without);
        let kind = |kind: ReceiptKind| KindChoice {
            name: kind.as_str(),
            words: kind_words(voice, kind),
            chosen: next.kind == kind.as_str(),
        };
        Self {
            voice,
            year: written.year,
            tone: if lacking.is_empty() { worst(&sources) } else { Tone::Warn },
            sources,
            lacking,
            unsure: false,
            paid: yen(voice, sums.paid),
            refund: yen(voice, sums.refund.saturating_add(sums.receipts_refund)),
            receipts: written.receipts.iter().map(|one| receipt_row(voice, one)).collect(),
            receipts_paid: yen(voice, sums.receipts_paid),
            borne: yen(voice, sums.borne()),
            kinds: ReceiptKind::ALL.map(kind).into(),
            next,
        }
    }

    /// The same, where a file was asked for before it was agreed who lacks.
    #[must_use]
    pub fn unsure(self) -> Self {
        Self { unsure: true, ..self }
    }
}

impl<'a> DeductionPrint<'a> {
    /// The year as all insurers told it and the receipts, on paper.
    pub fn new(voice: Voice<'a>, today: Date, answers: &Answers, written: &Written<'_>) -> Self {
        let Written { year, receipts, without } = *written;
        let told = answers.told();
        let shown = Year::of(&told, year);
        let sums = Return::of(&shown, receipts);
        let made = crate::dates::words::day(voice.language, today);
        Self {
            voice,
            title: voice
                .tell("deduction-print-title", &[("year", i64::from(year).to_string().into())]),
            made: voice.tell("deduction-made", &[("day", made.into())]),
            sources: source_rows(voice, today, &shown, &told),
            lacking: lack_rows(voice, answers, without),
            rows: shown.entries.iter().rev().map(|entry| bill_row(voice, entry)).collect(),
            receipts: receipts.iter().map(|receipt| receipt_row(voice, receipt)).collect(),
            paid: yen(voice, sums.paid.saturating_add(sums.receipts_paid)),
            refund: yen(voice, sums.refund.saturating_add(sums.receipts_refund)),
            borne: yen(voice, sums.borne()),
            year,
        }
    }
}

/// The six items.
fn bill_row(voice: Voice<'_>, entry: &Expense) -> [String; 6] {
    [
        entry.insured.clone(),
        crate::dates::words::month(voice.language, entry.month),
        entry.patient.clone(),
        entry.institution.clone(),
        yen(voice, entry.paid_yen),
        entry.insurer.clone(),
    ]
}

fn lack_rows(voice: Voice<'_>, answers: &Answers, without: &[String]) -> Vec<LackRow> {
    answers.lacking().into_iter().map(|lack| lack_row(voice, lack, without)).collect()
}

fn lack_row(voice: Voice<'_>, lack: Lack<'_>, without: &[String]) -> LackRow {
    let source = source_name(voice, Service::Expenses, lack.panel.source.as_ref());
    let tell = |key: &str| voice.tell(key, &[("source", source.as_str().into())]);
    let why = Outcome::of(voice, lack.panel);
    LackRow {
        name: lack.name().to_owned(),
        sentence: tell("expenses-lacking"),
        code: why.as_ref().and_then(|why| why.code.clone()),
        why: why.map(|why| why.title).unwrap_or_default(),
        without: tell("deduction-without"),
        is_known: without.iter().any(|name| name == lack.name()),
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
