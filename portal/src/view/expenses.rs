//! The page of medical expenses: whether the year is complete, what was paid, each month, each
//! person, each bill.

use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::records::{Expense, ExpensesRecord};
use warifu_service::words::Voice;

use super::tile::Glance;
use super::{Fact, Tone, grouped};
use crate::dates::words;
use crate::expenses::year::{Completeness, Sums, Year, years};

/// The page's content.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/expenses.html")]
pub struct ExpensesView<'a> {
    voice: Voice<'a>,
    years: Vec<YearLink>,
    year: i16,
    tone: Tone,
    complete: String,
    pending: Option<String>,
    paid: String,
    facts: Vec<Fact>,
    months: Vec<MonthRow>,
    people: Vec<PersonRow>,
    bills: Vec<BillRow>,
    as_of: String,
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
    /// The month has not come yet.
    missing: bool,
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
    care: String,
    days: String,
    total: String,
    meals: String,
    paid: String,
}

impl<'a> ExpensesView<'a> {
    /// The record's `year`, or that of `today`, or the newest before it.
    pub fn new(
        voice: Voice<'a>,
        today: Date,
        record: &ExpensesRecord,
        year: Option<i16>,
        source: String,
        as_of: Timestamp,
    ) -> Self {
        let all = years(record, today);
        let year = year.filter(|year| all.contains(year)).unwrap_or_else(|| today.year());
        let shown = Year::of(record, year);
        let (tone, complete) = complete(voice, &shown, record);
        let moment = words::full_moment(voice.language, as_of);
        Self {
            voice,
            years: all.iter().map(|one| year_link(voice, *one, year)).collect(),
            year,
            tone,
            complete,
            pending: pending(voice, record),
            paid: yen(voice, shown.sums().paid),
            facts: facts(voice, &shown.sums()),
            months: months(voice, &shown, &shown.missing(record, today), shown.begun(today)),
            people: shown.people().into_iter().map(|row| person(voice, row)).collect(),
            bills: shown.entries.iter().map(|entry| bill(voice, entry)).collect(),
            as_of: voice.tell("as-of", &[("source", source.into()), ("moment", moment.into())]),
        }
    }
}

/// What the home tile says.
pub fn glance(voice: Voice<'_>, today: Date, record: &ExpensesRecord) -> Glance {
    let year = Year::of(record, today.year());
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

/// The months until `begun`, and any that has bills all the same.
fn months(voice: Voice<'_>, year: &Year<'_>, missing: &[i8], begun: i8) -> Vec<MonthRow> {
    let months = year.months();
    let longest = months.iter().map(|(_, sums)| sums.total.max(sums.paid)).max().unwrap_or(0);
    let width = |amount: u64| match longest {
        0 => 0,
        longest if amount > 0 => (u128::from(amount) * 1000 / u128::from(longest)).max(4),
        _ => 0,
    };
    let row = |(month, sums): (i8, Sums)| MonthRow {
        name: month_name(voice, month),
        total_width: u64::try_from(width(sums.total)).unwrap_or(1000),
        paid_width: u64::try_from(width(sums.paid)).unwrap_or(1000),
        paid: yen(voice, sums.paid),
        total: yen(voice, sums.total),
        missing: missing.contains(&month),
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

fn bill(voice: Voice<'_>, entry: &Expense) -> BillRow {
    BillRow {
        month: words::month(voice.language, entry.month),
        patient: entry.patient.clone(),
        institution: entry.institution.clone(),
        care: voice.say(&format!("care-{}", entry.care.as_str())),
        days: voice.tell("days", &[("n", entry.days.into())]),
        total: yen(voice, entry.total_yen),
        meals: entry.meals.map_or_else(|| voice.say("pension-none"), |m| yen(voice, m.paid_yen)),
        paid: yen(voice, entry.paid_yen),
    }
}
