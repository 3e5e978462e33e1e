//! The page of medical expenses: whether the year is complete, what was paid, each month, each
//! person, each bill; of all insurers together.

use askama::Template;
use jiff::civil::Date;
use warifu_contract::records::{Expense, ExpensesRecord, Service};
use warifu_service::words::Voice;

use super::tile::Glance;
use super::{Fact, Tone, grouped, source_name};
use crate::dates::words;
use crate::expenses::insurers::{Answers, Lack, Told};
use crate::expenses::year::{Completeness, Sums, Year, years};

/// The page's content.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/expenses.html")]
pub struct ExpensesView<'a> {
    voice: Voice<'a>,
    years: Vec<YearLink>,
    year: i16,
    tone: Tone,
    sources: Vec<SourceRow>,
    /// Whose bills are not in the sums.
    lacking: Vec<String>,
    paid: String,
    facts: Vec<Fact>,
    months: Vec<MonthRow>,
    people: Vec<PersonRow>,
    bills: Vec<BillRow>,
}

/// How far one insurer's bills have come.
#[derive(Debug, Clone)]
pub struct SourceRow {
    /// Who it is; a holder for several insurers with those who paid.
    pub name: String,
    /// How it stands.
    pub tone: Tone,
    /// How far, in words.
    pub complete: String,
    /// What is still being checked.
    pub pending: Option<String>,
    /// The months that have not come.
    pub missing: Vec<String>,
    /// Who changed it when.
    pub as_of: String,
}

#[derive(Debug, Clone)]
struct YearLink {
    year: i16,
    words: String,
    current: bool,
}

#[derive(Debug, Clone)]
struct MonthRow {
    name: String,
    /// Widths of the bars, in thousandths of the longest.
    total_width: u64,
    paid_width: u64,
    paid: String,
    total: String,
    /// The month has not come yet, of any insurer.
    missing: bool,
    /// Nor of every one.
    partly: bool,
}

#[derive(Debug, Clone)]
struct PersonRow {
    name: String,
    own: bool,
    bills: String,
    paid: String,
}

#[derive(Debug, Clone)]
struct BillRow {
    month: String,
    patient: String,
    institution: String,
    /// Where there are several.
    insurer: Option<String>,
    care: String,
    days: String,
    total: String,
    meals: String,
    paid: String,
}

impl<'a> ExpensesView<'a> {
    /// The `year` of what all insurers told, or that of `today` where nobody knows it.
    pub fn new(voice: Voice<'a>, today: Date, told: &[Told<'_>], year: Option<i16>) -> Self {
        let all = years(told, today);
        let year = year.filter(|year| all.contains(year)).unwrap_or_else(|| today.year());
        let shown = Year::of(told, year);
        let sources = source_rows(voice, today, &shown, told);
        let several = shown.insurers().len() > 1;
        Self {
            voice,
            years: all.iter().map(|one| year_link(voice, *one, year)).collect(),
            year,
            tone: worst(&sources),
            sources,
            lacking: Vec::new(),
            paid: yen(voice, shown.sums().paid),
            facts: facts(voice, &shown.sums()),
            months: months(voice, today, &shown, told),
            people: shown.people().into_iter().map(|row| person(voice, row)).collect(),
            bills: shown.entries.iter().map(|entry| bill(voice, entry, several)).collect(),
        }
    }

    /// The same, which says whose bills are not there.
    #[must_use]
    pub fn lacking(self, answers: &Answers) -> Self {
        let lacking = lacking(self.voice, answers);
        let tone = if lacking.is_empty() { self.tone } else { Tone::Warn };
        Self { tone, lacking, ..self }
    }
}

/// How far the bills of each insurer have come.
pub fn source_rows(
    voice: Voice<'_>,
    today: Date,
    year: &Year<'_>,
    told: &[Told<'_>],
) -> Vec<SourceRow> {
    told.iter().map(|one| source_row(voice, today, year.year, one)).collect()
}

fn source_row(voice: Voice<'_>, today: Date, year: i16, told: &Told<'_>) -> SourceRow {
    let own = Year::of(std::slice::from_ref(told), year);
    let (tone, complete) = complete(voice, &own, told.record);
    let source = source_name(voice, Service::Expenses, told.source);
    let moment = words::full_moment(voice.language, told.as_of).into();
    let missing = own.missing(told.record, today).into_iter();
    SourceRow {
        tone,
        complete,
        pending: pending(voice, told.record),
        missing: missing.map(|month| month_name(voice, month)).collect(),
        as_of: voice.tell("as-of", &[("source", source.as_str().into()), ("moment", moment)]),
        name: named(voice, source, told, &own),
    }
}

/// The holder's name, and those of the insurers it answers for.
fn named(voice: Voice<'_>, source: String, told: &Told<'_>, own: &Year<'_>) -> String {
    let holder = told.source.map_or("", |source| source.ja.as_str());
    let others: Vec<&str> = own.insurers().into_iter().filter(|name| *name != holder).collect();
    if others.is_empty() {
        return source;
    }
    let others = others.join(voice.say("expenses-comma").as_str()).into();
    voice.tell("expenses-insurers", &[("source", source.into()), ("insurers", others)])
}

/// Who lacks, in sentences.
fn lacking(voice: Voice<'_>, answers: &Answers) -> Vec<String> {
    let sentence = |lack: &Lack<'_>| {
        let source = source_name(voice, Service::Expenses, lack.panel.source.as_ref());
        voice.tell("expenses-lacking", &[("source", source.into())])
    };
    answers.lacking().iter().map(sentence).collect()
}

/// How all of them stand.
pub fn worst(sources: &[SourceRow]) -> Tone {
    let other = sources.iter().map(|one| one.tone).find(|tone| *tone != Tone::Ok);
    other.unwrap_or(if sources.is_empty() { Tone::None } else { Tone::Ok })
}

/// What the home tile says.
pub fn glance(voice: Voice<'_>, today: Date, record: &ExpensesRecord) -> Glance {
    let told = Told { source: None, record, as_of: jiff::Timestamp::UNIX_EPOCH };
    let year = Year::of(&[told], today.year());
    let (tone, state) = complete(voice, &year, record);
    let gaps = [("year", i64::from(year.year).to_string().into())];
    Glance {
        value: yen(voice, year.sums().paid),
        tone,
        state,
        note: Some(voice.tell("expenses-tile-year", &gaps)),
        sample: false,
    }
}

/// How much of the year has come, in words.
pub fn complete(voice: Voice<'_>, year: &Year<'_>, record: &ExpensesRecord) -> (Tone, String) {
    let number = i64::from(year.year).to_string();
    match year.completeness(record) {
        Completeness::Whole => (Tone::Ok, voice.tell("expenses-whole", &[("year", number.into())])),
        Completeness::Until(month) => (
            Tone::None,
            voice.tell("expenses-until", &[("month", month_name(voice, month).into())]),
        ),
        Completeness::Nothing => {
            (Tone::None, voice.tell("expenses-nothing", &[("year", number.into())]))
        }
    }
}

/// 12,345円.
pub fn yen(voice: Voice<'_>, amount: u64) -> String {
    voice.tell("yen", &[("amount", grouped(amount).into())])
}

/// 8月; August.
pub fn month_name(voice: Voice<'_>, month: i8) -> String {
    voice.say(&format!("month-{month}"))
}

fn pending(voice: Voice<'_>, record: &ExpensesRecord) -> Option<String> {
    (record.pending > 0).then(|| voice.tell("expenses-pending", &[("n", record.pending.into())]))
}

fn year_link(voice: Voice<'_>, year: i16, current: i16) -> YearLink {
    let gaps = [("year", i64::from(year).to_string().into())];
    YearLink { year, words: voice.tell("expenses-year", &gaps), current: year == current }
}

fn facts(voice: Voice<'_>, sums: &Sums) -> Vec<Fact> {
    let fact = |key, value| Fact { label: voice.say(key), value };
    let mut facts = vec![fact("expenses-total", yen(voice, sums.total))];
    if sums.refund > 0 {
        facts.push(fact("expenses-refund", yen(voice, sums.refund)));
    }
    facts
}

/// The months that have begun, and any that has bills all the same.
fn months(voice: Voice<'_>, today: Date, year: &Year<'_>, told: &[Told<'_>]) -> Vec<MonthRow> {
    let (months, begun) = (year.months(), year.begun(today));
    let longest = months.iter().map(|(_, sums)| sums.total.max(sums.paid)).max().unwrap_or(0);
    let width = |amount: u64| match longest {
        0 => 0,
        longest if amount > 0 => (u128::from(amount) * 1000 / u128::from(longest)).max(4),
        _ => 0,
    };
    let missing: Vec<_> = told.iter().map(|one| year.missing(one.record, today)).collect();
    let row = |(month, sums): (i8, Sums)| {
        let lacking = missing.iter().filter(|missing| missing.contains(&month)).count();
        MonthRow {
            name: month_name(voice, month),
            total_width: u64::try_from(width(sums.total)).unwrap_or(1000),
            paid_width: u64::try_from(width(sums.paid)).unwrap_or(1000),
            paid: yen(voice, sums.paid),
            total: yen(voice, sums.total),
            missing: lacking > 0 && lacking == told.len(),
            partly: lacking > 0 && lacking < told.len(),
        }
    };
    let shown = months.into_iter().filter(|(month, sums)| *month <= begun || sums.total > 0);
    shown.map(row).collect()
}

fn person(voice: Voice<'_>, (name, own, sums): (&str, bool, Sums)) -> PersonRow {
    PersonRow {
        name: name.to_owned(),
        own,
        bills: voice.tell("expenses-bills", &[("n", sums.bills.into())]),
        paid: yen(voice, sums.paid),
    }
}

fn bill(voice: Voice<'_>, entry: &Expense, several: bool) -> BillRow {
    BillRow {
        month: words::month(voice.language, entry.month),
        patient: entry.patient.clone(),
        institution: entry.institution.clone(),
        insurer: several.then(|| entry.insurer.clone()),
        care: voice.say(&format!("care-{}", entry.care.as_str())),
        days: voice.tell("days", &[("n", entry.days.into())]),
        total: yen(voice, entry.total_yen),
        meals: entry.meals.map_or_else(|| voice.say("pension-none"), |m| yen(voice, m.paid_yen)),
        paid: yen(voice, entry.paid_yen),
    }
}
