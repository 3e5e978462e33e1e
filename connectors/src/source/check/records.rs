//! The checks of the queries that residents read from.

use std::collections::BTreeSet;

use warifu_files::RowError;

use super::{Check, Faults, LOOKUPS, PATIENCE, Report, index_of};
use crate::source::records::{aid, bill, limit, progress};
use crate::source::view::{View, ViewRow};
use crate::source::{DatabaseError, Source, in_time};

/// Whether a row can be read.
type Try = fn(ViewRow<'_>) -> Result<(), Vec<RowError>>;

pub(super) async fn check(source: &Source, most: usize, report: &mut Report) {
    let inner = &source.inner;
    let all: [(&Option<View>, Try); 4] = [
        (&inner.expenses, |row| bill(row).map(drop)),
        (&inner.progress, |row| progress(row).map(drop)),
        (&inner.limits, |row| limit(row).map(drop)),
        (&inner.aids, |row| aid(row).map(drop)),
    ];
    for (view, read) in all {
        if let Some(view) = view {
            check_view(source, view, read, most, report).await;
        }
    }
}

/// The rows of a query as they come; what speaks against it is noted.
pub(super) async fn read_view(
    source: &Source,
    view: &View,
    most: usize,
    report: &mut Report,
) -> Option<Vec<Vec<Option<String>>>> {
    let name = view.shape.name;
    report.note_of(name, Check::Columns, true, view.told());
    let sql = format!("{} LIMIT {most}", view.select(source.inner.engine.dialect()));
    let found = in_time(PATIENCE, source.inner.engine.fetch(&sql, &[])).await;
    found.map_err(|error| report.note_of(name, Check::Rows, false, error.to_string())).ok()
}

async fn check_view(source: &Source, view: &View, read: Try, most: usize, report: &mut Report) {
    let name = view.shape.name;
    let Some(found) = read_view(source, view, most, report).await else { return };
    report.note_view_rows(view, read, &found);
    let select = view.select(source.inner.engine.dialect());
    for key in view.shape.keys {
        let values = values(view, &found, key);
        let Some(first) = values.first() else { continue };
        report.note_result_of(name, Check::People, on_cards(source, &values).await);
        let placeholder = source.inner.engine.dialect().placeholder(1);
        let by_key = (format!("q.{key} = {placeholder}"), vec![(*first).to_owned()]);
        let index = index_of(source, &select, by_key).await;
        let index = index.map(|(holds, seen)| (holds, format!("{key}: {seen}")));
        report.note_result_of(name, Check::IndexByPerson, index);
    }
}

/// Some of the values of a key.
fn values<'r>(view: &View, found: &'r [Vec<Option<String>>], key: &str) -> Vec<&'r str> {
    let Some(place) = view.place(key) else { return Vec::new() };
    let values = found.iter().filter_map(|fields| fields.get(place)?.as_deref());
    values.collect::<BTreeSet<_>>().into_iter().take(LOOKUPS).collect()
}

pub(super) async fn on_cards(
    source: &Source,
    people: &[&str],
) -> Result<(bool, String), DatabaseError> {
    let mut nowhere = 0;
    for person in people {
        nowhere += usize::from(source.enrolments_of(person).await?.is_empty());
    }
    Ok((nowhere == 0, format!("{nowhere} of {} on no card", people.len())))
}

impl Report {
    pub(super) fn note_view_rows(&mut self, view: &View, read: Try, found: &[Vec<Option<String>>]) {
        let (mut faults, mut wrong) = (Faults::default(), 0);
        let place = view.place("person");
        for fields in found {
            if let Err(errors) = read(view.row(fields)) {
                wrong += 1;
                let person = place.and_then(|place| fields.get(place)?.as_deref());
                faults.add(person, &errors);
            }
        }
        self.faults.extend(faults.into_list());
        let seen = format!("{wrong} of {} wrong", found.len());
        self.note_of(view.shape.name, Check::Rows, wrong == 0 && !found.is_empty(), seen);
    }
}
