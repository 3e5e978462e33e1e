//! One calendar year of medical expenses.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use warifu_contract::records::{Expense, ExpensesRecord};

use super::insurers::Told;

/// A year's bills and their sums, in yen.
#[derive(Debug, Clone)]
pub struct Year<'a> {
    /// Which year.
    pub year: i16,
    /// Its bills, newest month first.
    pub entries: Vec<&'a Expense>,
}

/// Sums of some bills, in yen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many bills.
    pub bills: usize,
    /// 医療費総額 (10割).
    pub total: u64,
    /// What was paid.
    pub paid: u64,
    /// What was given back of it.
    pub refund: u64,
}

/// How much of a year has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Every month of it.
    Whole,
    /// The months to this one, counted from 1; others are over, or still to come.
    Until(i8),
    /// No month yet.
    Nothing,
}

impl<'a> Year<'a> {
    /// The bills of `year` in the records of all insurers.
    pub fn of(told: &[Told<'a>], year: i16) -> Self {
        let entries = told.iter().flat_map(|told| &told.record.entries);
        let mut entries: Vec<_> = entries.filter(|entry| entry.month.year() == year).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.month));
        Self { year, entries }
    }

    /// The sums of all of it.
    pub fn sums(&self) -> Sums {
        sums(self.entries.iter().copied())
    }

    /// The sums of each month, January first.
    pub fn months(&self) -> Vec<(i8, Sums)> {
        let of = |month: i8| {
            let own = self.entries.iter().filter(|entry| entry.month.month() == month);
            (month, sums(own.copied()))
        };
        (1..=12).map(of).collect()
    }

    /// The sums of each person, the reader first, then by name.
    pub fn people(&self) -> Vec<(&'a str, bool, Sums)> {
        let mut people: BTreeMap<(bool, &str), Vec<&'a Expense>> = BTreeMap::new();
        for entry in &self.entries {
            // Insurers may write the reader's name in two ways.
            let name = if entry.own { "" } else { entry.patient.as_str() };
            people.entry((!entry.own, name)).or_default().push(entry);
        }
        let row = |((other, _), own): ((bool, &str), Vec<&'a Expense>)| {
            let name = own.first().map_or("", |entry| entry.patient.as_str());
            (name, !other, sums(own.into_iter()))
        };
        people.into_iter().map(row).collect()
    }

    /// Who paid, by name.
    pub fn insurers(&self) -> BTreeSet<&'a str> {
        self.entries.iter().map(|entry| entry.insurer.as_str()).collect()
    }

    /// How much of it has come of one insurer.
    pub fn completeness(&self, record: &ExpensesRecord) -> Completeness {
        match record.complete_until {
            Some(until) if until.year() > self.year => Completeness::Whole,
            Some(until) if until.year() == self.year && until.month() == 12 => Completeness::Whole,
            Some(until) if until.year() == self.year => Completeness::Until(until.month()),
            _ => Completeness::Nothing,
        }
    }

    /// The months that have begun by `today` but not come of one insurer, January first.
    pub fn missing(&self, record: &ExpensesRecord, today: Date) -> Vec<i8> {
        let come = match self.completeness(record) {
            Completeness::Whole => 12,
            Completeness::Until(month) => month,
            Completeness::Nothing => 0,
        };
        (come + 1..=self.begun(today)).collect()
    }

    /// How many of its months have begun by `today`.
    pub fn begun(&self, today: Date) -> i8 {
        match self.year.cmp(&today.year()) {
            std::cmp::Ordering::Less => 12,
            std::cmp::Ordering::Equal => today.month(),
            std::cmp::Ordering::Greater => 0,
        }
    }
}

/// The years to choose from: that of today and those with bills, newest first.
pub fn years(told: &[Told<'_>], today: Date) -> Vec<i16> {
    let entries = told.iter().flat_map(|told| &told.record.entries);
    let mut years: Vec<i16> = entries.map(|entry| entry.month.year()).collect();
    years.push(today.year());
    years.sort_unstable_by(|one, other| other.cmp(one));
    years.dedup();
    years.retain(|year| *year <= today.year());
    years.truncate(10);
    years
}

fn sums<'a>(entries: impl Iterator<Item = &'a Expense>) -> Sums {
    entries.fold(Sums::default(), |sum, entry| Sums {
        bills: sum.bills + 1,
        total: sum.total.saturating_add(entry.total_yen),
        paid: sum.paid.saturating_add(entry.paid_yen),
        refund: sum.refund.saturating_add(entry.refund_yen),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use crate::samples::told;
    use jiff::civil::date;

    #[test]
    fn a_years_months_add_up_to_the_year() {
        let record = samples::expenses();
        let year = Year::of(&[told(&record)], 2026);
        let months = year.months();
        assert_eq!(months.len(), 12);
        let paid: u64 = months.iter().map(|(_, sums)| sums.paid).sum();
        assert_eq!(paid, year.sums().paid);
        let people: u64 = year.people().iter().map(|(_, _, sums)| sums.paid).sum();
        assert_eq!(people, year.sums().paid);
        assert!(year.people()[0].1, "the reader first");
    }

    #[test]
    fn what_has_not_come_is_said() {
        let record = samples::expenses();
        let today = date(2026, 11, 20);
        let now = Year::of(&[told(&record)], 2026);
        assert_eq!(now.completeness(&record), Completeness::Until(8));
        assert_eq!(now.missing(&record, today), [9, 10, 11]);
        let past = Year::of(&[told(&record)], 2025);
        assert_eq!(past.completeness(&record), Completeness::Whole);
        assert_eq!(past.missing(&record, today), Vec::<i8>::new());
        let none = ExpensesRecord { complete_until: None, ..record };
        assert_eq!(Year::of(&[told(&none)], 2025).missing(&none, today).len(), 12);
        assert_eq!(Year::of(&[told(&none)], 2027).missing(&none, today), Vec::<i8>::new());
    }

    #[test]
    fn two_insurers_make_one_year() {
        let first = samples::expenses();
        let second = samples::expenses_elsewhere();
        let sums = |told: &[Told<'_>]| Year::of(told, 2026).sums().paid;
        let both = [told(&first), told(&second)];
        assert_eq!(sums(&both), sums(&both[..1]) + sums(&both[1..]));
        let year = Year::of(&both, 2026);
        assert!(year.entries.is_sorted_by(|one, next| one.month >= next.month));
        let own = year.people().into_iter().filter(|(_, own, _)| *own);
        assert_eq!(own.count(), 1, "one person, however the name is written");
        assert_eq!(year.insurers().len(), 2);
        assert_eq!(years(&both, date(2026, 11, 20)), [2026, 2025, 2024]);
    }

    #[test]
    fn a_future_year_in_the_data_is_not_offered() {
        let mut record = samples::expenses();
        record.entries[0].month = date(9999, 1, 1);
        assert_eq!(years(&[told(&record)], date(2026, 11, 20)), [2026, 2025]);
    }
}
