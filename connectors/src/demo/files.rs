//! The data files as they are written, and what they say together.

mod expenses;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use warifu_contract::copay::Income;
use warifu_contract::coverage::{InsurerKind, Workplace};
use warifu_contract::person::Sex;
use warifu_contract::records::{
    Checkup, CheckupItem, CheckupValue, PensionMonth, PensionPeriod, PensionRecord, SchemeMonths,
};

use self::expenses::ExpensesFile;
use super::{DemoDataError, DemoPerson};
use crate::config::ConnectorKind;

/// Months of contributions that a pension needs (受給資格期間).
const NEEDED_MONTHS: u32 = 120;

/// Everything the files say.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) people: Vec<DemoPerson>,
    pub(super) people_changed_at: Timestamp,
    pub(super) insurers: Vec<InsurerEntry>,
    pub(super) enrolments: Vec<EnrolmentEntry>,
    pub(super) checkups: Vec<Dated<Checkup>>,
    pub(super) pensions: Vec<Dated<PensionRecord>>,
    pub(super) expenses: ExpensesFile,
}

/// A record of a person, and when it was last changed.
#[derive(Debug)]
pub(super) struct Dated<T> {
    pub(super) person: String,
    pub(super) changed_at: Timestamp,
    pub(super) record: T,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeopleFile {
    changed_at: Timestamp,
    person: Vec<PersonEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonEntry {
    key: String,
    name: String,
    name_kana: String,
    sex: Sex,
    birth_date: Date,
    address: String,
    #[serde(default)]
    former_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InsurersFile {
    insurer: Vec<InsurerEntry>,
}

/// An insurer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InsurerEntry {
    pub(super) number: String,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) kind: InsurerKind,
    pub(super) from: Date,
    pub(super) until: Option<Date>,
    pub(super) usual_lag_days: Option<u16>,
    pub(super) changed_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnrolmentsFile {
    enrolment: Vec<EnrolmentEntry>,
}

/// A card with everybody on it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrolmentEntry {
    pub(super) id: String,
    pub(super) insurer: String,
    pub(super) symbol: String,
    pub(super) number: String,
    pub(super) workplace: Option<Workplace>,
    pub(super) insured: EnrolledEntry,
    #[serde(default)]
    pub(super) dependants: Vec<EnrolledEntry>,
}

/// A person on a card; `relationship` for dependants.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrolledEntry {
    pub(super) person: String,
    #[serde(default)]
    pub(super) relationship: String,
    pub(super) branch: Option<String>,
    pub(super) from: Date,
    pub(super) until: Option<Date>,
    pub(super) provisional_until: Option<Date>,
    pub(super) copays: Vec<CopayEntry>,
}

/// 一部負担金の割合 from a day on.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CopayEntry {
    pub(super) from: Date,
    pub(super) percent: u8,
    pub(super) income: Option<Income>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemsFile {
    item: Vec<ItemEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemEntry {
    key: String,
    code: String,
    name: String,
    unit: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckupsFile {
    checkup: Vec<CheckupEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckupEntry {
    person: String,
    taken_on: Date,
    place: String,
    changed_at: Timestamp,
    not_taken: Vec<String>,
    results: BTreeMap<String, Measured>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Measured {
    Number(f64),
    Words(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryFile {
    person: Vec<HistoryEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryEntry {
    key: String,
    #[serde(default)]
    counted_months: u32,
    periods: Vec<PensionPeriod>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PensionsFile {
    pension: Vec<PensionEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PensionEntry {
    person: String,
    changed_at: Timestamp,
    schemes: Vec<SchemeMonths>,
    yearly_amount_yen: u64,
    estimate: bool,
    paid_total_yen: u64,
    recent: Vec<PensionMonth>,
}

impl Data {
    /// Reads the files that are built in.
    pub(super) fn read() -> Result<Self, DemoDataError> {
        let people: PeopleFile = parse("people.toml", include_str!("../../data/people.toml"))?;
        let insurers: InsurersFile =
            parse("insurers.toml", include_str!("../../data/insurers.toml"))?;
        let enrolments: EnrolmentsFile =
            parse("enrolments.toml", include_str!("../../data/enrolments.toml"))?;
        let items: ItemsFile =
            parse("checkup_items.toml", include_str!("../../data/checkup_items.toml"))?;
        let checkups: CheckupsFile =
            parse("checkups.toml", include_str!("../../data/checkups.toml"))?;
        let pensions: PensionsFile =
            parse("pensions.toml", include_str!("../../data/pensions.toml"))?;
        let history: HistoryFile =
            parse("pension_history.toml", include_str!("../../data/pension_history.toml"))?;
        let expenses = parse("expenses.toml", include_str!("../../data/expenses.toml"))?;
        let checkups: Result<Vec<Dated<Checkup>>, DemoDataError> =
            checkups.checkup.into_iter().map(|entry| checkup(entry, &items.item)).collect();
        let mut data = Self {
            people: Vec::new(),
            people_changed_at: people.changed_at,
            insurers: insurers.insurer,
            enrolments: enrolments.enrolment,
            checkups: checkups?,
            pensions: Vec::new(),
            expenses,
        };
        for entry in pensions.pension {
            data.pensions.push(pension(entry, &people.person, &history.person)?);
        }
        data.people = people.person.into_iter().map(|entry| data.person(entry)).collect();
        Ok(data)
    }

    fn person(&self, entry: PersonEntry) -> DemoPerson {
        let kinds = ConnectorKind::ALL.into_iter();
        DemoPerson {
            memberships: kinds.filter(|kind| self.is_member(&entry.key, *kind)).collect(),
            key: entry.key,
            name: entry.name,
            name_kana: entry.name_kana,
            sex: entry.sex,
            birth_date: entry.birth_date,
            address: entry.address,
            former_names: entry.former_names,
        }
    }

    fn is_member(&self, key: &str, kind: ConnectorKind) -> bool {
        match kind {
            ConnectorKind::Insurer => self
                .enrolments
                .iter()
                .flat_map(|card| std::iter::once(&card.insured).chain(&card.dependants))
                .any(|enrolled| enrolled.person == key),
            ConnectorKind::Checkup => self.checkups.iter().any(|entry| entry.person == key),
            ConnectorKind::Pension => self.pensions.iter().any(|entry| entry.person == key),
            ConnectorKind::Services => false,
        }
    }
}

fn parse<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, DemoDataError> {
    toml::from_str(text).map_err(|cause| DemoDataError { file, what: cause.to_string() })
}

fn checkup(mut entry: CheckupEntry, items: &[ItemEntry]) -> Result<Dated<Checkup>, DemoDataError> {
    let mut results = Vec::with_capacity(items.len());
    for item in items {
        let measured = entry.results.remove(&item.key);
        if measured.is_none() && !entry.not_taken.contains(&item.key) {
            continue;
        }
        let value = value(item, measured).ok_or_else(|| wrong(&entry, &item.key))?;
        results.push(CheckupItem { code: item.code.clone(), name: item.name.clone(), value });
    }
    if let Some(unknown) = entry.results.keys().next() {
        return Err(wrong(&entry, unknown));
    }
    let (taken_on, place) = (entry.taken_on, entry.place);
    let record = Checkup { taken_on, place, items: results };
    Ok(Dated { person: entry.person, changed_at: entry.changed_at, record })
}

/// A number needs a unit, words must have none.
fn value(item: &ItemEntry, measured: Option<Measured>) -> Option<CheckupValue> {
    match (measured, &item.unit) {
        (None, _) => Some(CheckupValue::NotTaken),
        (Some(Measured::Number(value)), Some(unit)) => {
            Some(CheckupValue::Quantity { value, unit: unit.clone() })
        }
        (Some(Measured::Words(text)), None) => Some(CheckupValue::Text { text }),
        _ => None,
    }
}

fn wrong(entry: &CheckupEntry, item: &str) -> DemoDataError {
    let what = format!("{} {}: {item}", entry.person, entry.taken_on);
    DemoDataError { file: "checkups.toml", what }
}

fn pension(
    entry: PensionEntry,
    people: &[PersonEntry],
    histories: &[HistoryEntry],
) -> Result<Dated<PensionRecord>, DemoDataError> {
    let person = people.iter().find(|person| person.key == entry.person);
    let history = histories.iter().find(|history| history.key == entry.person);
    let counted_months = history.map_or(0, |history| history.counted_months);
    let record = PensionRecord {
        sample: true,
        birth_date: person.map(|person| person.birth_date),
        qualifying_months: entry.schemes.iter().map(|scheme| scheme.months).sum::<u32>()
            + counted_months,
        needed_months: NEEDED_MONTHS,
        counted_months,
        schemes: entry.schemes,
        yearly_amount_yen: entry.yearly_amount_yen,
        estimate: entry.estimate,
        paid_total_yen: entry.paid_total_yen,
        recent: entry.recent,
        history: history.map(|history| history.periods.clone()).unwrap_or_default(),
    };
    adds_up(&entry.person, &record)?;
    Ok(Dated { person: entry.person, changed_at: entry.changed_at, record })
}

/// A history has as many months of each scheme as the record says.
fn adds_up(person: &str, record: &PensionRecord) -> Result<(), DemoDataError> {
    for one in &record.schemes {
        let periods = record.history.iter().filter(|period| period.scheme == one.scheme);
        let months: u32 = periods.map(|period| period.months).sum();
        if !record.history.is_empty() && months != one.months {
            let what = format!("{person}: {:?} has {months} months", one.scheme);
            return Err(DemoDataError { file: "pension_history.toml", what });
        }
    }
    Ok(())
}
