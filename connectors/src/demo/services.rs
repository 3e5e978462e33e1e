//! The organisations of the demonstration that only declare services: each with its manifest and
//! what it holds about virtual people, as data in `data/services/`; and the trial's table of services,
//! with the place where each of them is.

mod matrix;

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::services::{Cell, Row};
use warifu_service::Surroundings;

use super::load::{Members, name, number};
use super::{DemoDataError, DemoError, DemoPerson, people};
use crate::store::{Member, Store};

pub use matrix::{Line, Place, Side, matrix};

/// An organisation that declares services.
#[derive(Debug, Clone, Copy)]
pub struct Organisation {
    /// Its connector's id.
    pub id: &'static str,
    /// In Japanese and English.
    pub name: (&'static str, &'static str),
    /// Its manifest, before it is signed.
    pub manifest: &'static str,
    records: &'static str,
}

macro_rules! organisation {
    ($id:literal, $ja:literal, $en:literal) => {
        Organisation {
            id: $id,
            name: ($ja, $en),
            manifest: include_str!(concat!("../../data/services/", $id, ".toml")),
            records: include_str!(concat!("../../data/services/", $id, "-records.toml")),
        }
    };
}

/// Every one of them.
pub const ORGANISATIONS: [Organisation; 7] = [
    organisation!("hospital", "見本総合病院", "Sample General Hospital"),
    organisation!("city", "見本市役所", "Sample City Hall"),
    organisation!("care", "見本介護保険広域連合", "Sample Long-term Care Union"),
    organisation!("health", "見本健康づくり財団", "Sample Health Foundation"),
    organisation!("school", "見本市教育委員会", "Sample Board of Education"),
    organisation!("society", "見本健康保険組合", "Sample Health Insurance Society"),
    organisation!("rail", "見本電気鉄道", "Sample Electric Railway"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Who is known there, without a record perhaps.
    members: Vec<String>,
    #[serde(default)]
    record: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    person: String,
    service: String,
    rows: Vec<BTreeMap<String, Cell>>,
}

impl Organisation {
    /// The one with that connector.
    pub fn named(id: &str) -> Option<&'static Self> {
        ORGANISATIONS.iter().find(|one| one.id == id)
    }

    /// Whether it knows the person with that key.
    pub fn knows(&self, person: &str) -> Result<bool, DemoDataError> {
        Ok(self.file()?.members.iter().any(|member| member == person))
    }

    fn file(&self) -> Result<File, DemoDataError> {
        toml::from_str(self.records)
            .map_err(|cause| DemoDataError { file: self.id, what: cause.to_string() })
    }
}

/// Enters the members of the connector `id` and what it holds about them, and gives their member
/// ids by person key.
pub async fn load(
    store: &Store,
    id: &str,
    surroundings: &Surroundings,
) -> Result<Members, DemoError> {
    let wrong = |what: &str| DemoDataError { file: "services", what: what.to_owned() };
    let organisation = Organisation::named(id).ok_or_else(|| wrong(id))?;
    let file = organisation.file()?;
    let (mut members, now) = (Members::new(), surroundings.now());
    let mut update = store.update().await?;
    for key in &file.members {
        let person =
            people()?.iter().find(|person| &person.key == key).ok_or_else(|| wrong(key))?;
        let member = update.put_member(surroundings.hex(16), &member(id, person, now)).await?;
        members.insert(key.clone(), member);
    }
    for record in file.record {
        let member = members.get(&record.person).ok_or_else(|| wrong(&record.person))?;
        let rows = record.rows.into_iter().map(|row| dated(row, now));
        let rows = rows.collect::<Option<Vec<Row>>>().ok_or_else(|| wrong(&record.service))?;
        update.put_service_rows(member, &record.service, &rows, now).await?;
    }
    update.commit().await?;
    Ok(members)
}

fn member(id: &str, person: &DemoPerson, changed_at: Timestamp) -> Member {
    Member {
        reference: number(id, &person.key),
        name: name(person),
        sex: person.sex,
        birth_date: person.birth_date,
        address: Some(person.address.clone()),
        former_names: person.former_names.clone(),
        changed_at,
    }
}

/// A day that is written `@-3` is three days before today, so that the demonstration stays fresh;
/// `@-3T10:15` is that time of it, in Japan.
fn dated(row: BTreeMap<String, Cell>, now: Timestamp) -> Option<Row> {
    let cell = |(name, cell): (String, Cell)| {
        let cell = match &cell {
            Cell::Text(text) if text.starts_with('@') => Cell::Text(day(text, now)?),
            _ => cell,
        };
        Some((name, cell))
    };
    row.into_iter().map(cell).collect::<Option<_>>().map(Row)
}

fn day(text: &str, now: Timestamp) -> Option<String> {
    let (days, time) = text
        .strip_prefix('@')?
        .split_once('T')
        .map_or((text.get(1..)?, None), |(days, time)| (days, Some(time)));
    let day = today_in_japan(now).checked_add(days.parse::<i32>().ok()?.days()).ok()?;
    Some(match time {
        Some(time) => format!("{day}T{time}:00+09:00"),
        None => day.to_string(),
    })
}
