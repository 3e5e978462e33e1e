//! The checks of the people whom cards can be linked to. A wrong key here would give somebody
//! another's coverage, so each is held against the cards that the key leads to.

use std::time::Instant;

use jiff::civil::Date;
use warifu_contract::linking::HeldMember;
use warifu_contract::register::Enrolment;

use super::records::{on_cards, read_view};
use super::{Check, LOOKUPS, Report, index_of, quick, some_of, twice};
use crate::source::members::{born, member};
use crate::source::{DatabaseError, Members, Source};

pub(super) async fn check(source: &Source, most: usize, report: &mut Report) {
    let Some(members) = &source.inner.members else { return };
    let name = members.view.shape.name;
    let Some(found) = read_view(source, &members.view, most, report).await else { return };
    report.note_view_rows(&members.view, |row| member(row).map(drop), &found);
    let read = found.iter().filter_map(|fields| member(members.view.row(fields)).ok());
    let people: Vec<HeldMember> = read.collect();
    let keys: Vec<&str> =
        some_of(&people).map(|one| one.person.reference.as_str()).take(LOOKUPS).collect();
    let Some(first) = people.first() else { return };
    report.note_result_of(name, Check::Unique, unique(source, members).await);
    report.note_result_of(name, Check::People, on_cards(source, &keys).await);
    report.note_result_of(name, Check::SamePerson, same(source, &people).await);
    let index = by_birth_date(source, members, first.person.birth_date).await;
    report.note_result_of(name, Check::IndexByBirthDate, index);
    match lookups(source, &people).await {
        Ok((seen, speed)) => {
            report.note_result_of(name, Check::Found, Ok(seen));
            report.note_result_of(name, Check::Speed, Ok(speed));
        }
        Err(error) => report.note_result_of(name, Check::Found, Err(error)),
    }
}

async fn unique(source: &Source, members: &Members) -> Result<(bool, String), DatabaseError> {
    let count = twice(source, members.view.query(), "q.person").await?;
    Ok((count == "0", format!("{count} people more than once")))
}

async fn by_birth_date(
    source: &Source,
    members: &Members,
    day: Date,
) -> Result<(bool, String), DatabaseError> {
    let dialect = source.inner.engine.dialect();
    let condition = born(dialect, members.days, day);
    index_of(source, &members.view.select(dialect), condition).await
}

/// Whether cards say of somebody what the query of the members says.
async fn same(source: &Source, people: &[HeldMember]) -> Result<(bool, String), DatabaseError> {
    let (mut others, mut seen) = (0, 0);
    for one in some_of(people) {
        let cards = source.enrolments_of(&one.person.reference).await?;
        seen += 1;
        others += usize::from(!agrees(one, &cards));
    }
    Ok((others == 0, format!("{others} of {seen} are others on their cards")))
}

fn agrees(one: &HeldMember, cards: &[Enrolment]) -> bool {
    let of_card = |card: &Enrolment| {
        let dependants = card.dependants.iter().map(|dependant| &dependant.enrolled);
        let everybody = std::iter::once(&card.insured).chain(dependants);
        everybody
            .filter(|enrolled| enrolled.person == one.person.reference)
            .all(|own| own.birth_date == one.person.birth_date && own.sex == one.person.sex)
    };
    cards.iter().all(of_card)
}

/// What lookups by birth date find, and how long they take.
type Looked = ((bool, String), (bool, String));

async fn lookups(source: &Source, people: &[HeldMember]) -> Result<Looked, DatabaseError> {
    let (mut took, mut missed, mut crowded) = (Vec::new(), 0, 0);
    for one in some_of(people) {
        let start = Instant::now();
        let near = source.born_on(one.person.birth_date).await?;
        took.push(start.elapsed());
        let is_there = |other: &HeldMember| other.person.reference == one.person.reference;
        crowded += usize::from(!near.is_complete);
        missed += usize::from(near.is_complete && !near.members.iter().any(is_there));
    }
    let seen = format!(
        "{missed} of {} not found by birth date, {crowded} among too many of one day",
        took.len()
    );
    Ok(((missed == 0 && crowded == 0, seen), quick(source, took)))
}
