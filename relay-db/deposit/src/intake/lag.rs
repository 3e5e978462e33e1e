//! How late news reach the deposits: from the day on which somebody's coverage began or ended to the
//! deposit that told it first.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;
use warifu_contract::calendar::today_in_japan;
use warifu_service::execute;
use warifu_service::fetch_all;
use warifu_service::storage::{Transaction, instant, micros};

use super::outcome::IntakeError;
use crate::key::InsurerId;
use crate::person::Person;

/// Changes without which nothing can be said.
const FEWEST: i64 = 20;
/// Over how many days deposits are looked at.
const WINDOW: i64 = 365;
/// What is longer ago, in days, is a correction or a new number and no news: claims lapse after two
/// years.
const LONGEST: i64 = 731;

/// How late news usually are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lag {
    /// Half of all changes came within so many days.
    pub median_days: u16,
    /// Nine of ten came within so many days.
    pub ninety_days: u16,
    /// How many changes, of a year's deposits.
    pub changes: i64,
}

/// How many people's coverage began or ended on each day (days since 1970).
#[derive(Debug, Default)]
pub(super) struct EventDays(BTreeMap<i64, i64>);

#[derive(sqlx::FromRow)]
struct DayRow {
    day: i64,
    count: i64,
    live_at: i64,
}

impl EventDays {
    /// Notes what `people` tell beyond what was `held` of the same card.
    pub fn note(&mut self, held: &[Person], people: &[Person]) {
        for person in people {
            let from = person.validity.from;
            let born = person.birth_date;
            // Not by the name: a new one is no news of coverage.
            let same = |other: &&Person| other.validity.from == from && other.birth_date == born;
            let known = held.iter().find(same);
            match known {
                None => self.add(from),
                Some(known) if known.validity.until != person.validity.until => {
                    let lost = person.validity.until.and_then(|until| until.tomorrow().ok());
                    if let Some(day) = lost {
                        self.add(day);
                    }
                }
                Some(_) => {}
            }
        }
    }

    fn add(&mut self, day: Date) {
        *self.0.entry(number(day)).or_default() += 1;
    }

    /// Adds them to what the deposit has told so far.
    pub async fn enter(
        &self,
        transaction: &mut Transaction,
        insurer: InsurerId,
        deposit: i64,
    ) -> Result<(), IntakeError> {
        let sql = "INSERT INTO deposit_event_day (insurer, number, day, count) \
                   VALUES ($1, $2, $3, $4) ON CONFLICT (insurer, number, day) \
                   DO UPDATE SET count = deposit_event_day.count + excluded.count";
        for (day, count) in &self.0 {
            execute!(transaction.on(), sql, insurer.column(), deposit, *day, *count)?;
        }
        Ok(())
    }
}

/// The usual lag as of `now`, by the deposits of the year before.
pub(super) async fn usual(
    transaction: &mut Transaction,
    insurer: InsurerId,
    now: i64,
) -> Result<Option<Lag>, IntakeError> {
    let since = instant(now).checked_sub((WINDOW * 24).hours()).unwrap_or(Timestamp::MIN);
    let sql = "SELECT e.day, e.count, d.live_at FROM deposit d JOIN deposit_event_day e \
               ON e.insurer = d.insurer AND e.number = d.number \
               WHERE d.insurer = $1 AND d.live_at >= $2";
    let rows = fetch_all!(transaction.on(), DayRow, sql, insurer.column(), micros(since))?;
    let mut lags: BTreeMap<i64, i64> = BTreeMap::new();
    for row in rows {
        let told = number(today_in_japan(instant(row.live_at)));
        let late = (told - row.day).max(0);
        if late <= LONGEST {
            *lags.entry(late).or_default() += row.count;
        }
    }
    Ok(of(&lags))
}

fn of(lags: &BTreeMap<i64, i64>) -> Option<Lag> {
    let changes = lags.values().sum();
    let within = |percent: i64| {
        let mut before = 0;
        let reached = |(days, count): (&i64, &i64)| {
            before += count;
            (before * 100 >= changes * percent).then_some(*days)
        };
        lags.iter().find_map(reached).and_then(|days| u16::try_from(days).ok())
    };
    if changes < FEWEST {
        return None;
    }
    Some(Lag { median_days: within(50)?, ninety_days: within(90)?, changes })
}

/// Days since 1970.
fn number(day: Date) -> i64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    day.duration_since(epoch).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::tests::taro;
    use jiff::civil::date;

    #[test]
    fn the_median_and_what_nine_of_ten_keep() {
        let lags = BTreeMap::from([(1, 40), (4, 11), (9, 39), (60, 10)]);
        let lag = of(&lags).unwrap();
        assert_eq!((lag.median_days, lag.ninety_days, lag.changes), (4, 9, 100));
        assert_eq!(of(&BTreeMap::from([(3, 19)])), None, "too few to say");
        assert_eq!(of(&BTreeMap::new()), None);
    }

    #[test]
    fn who_comes_and_who_goes_is_noted_on_the_day() {
        let mut days = EventDays::default();
        let mut gone = taro();
        gone.validity.until = Some(date(2010, 3, 31));
        days.note(&[taro()], std::slice::from_ref(&gone));
        days.note(&[gone.clone()], &[gone.clone()]);
        days.note(&[gone], &[taro()]);
        days.note(&[], &[taro()]);
        let expected = [(number(date(2004, 4, 1)), 1), (number(date(2010, 4, 1)), 1)];
        assert_eq!(days.0, BTreeMap::from(expected));
        assert_eq!(number(date(1970, 1, 2)), 1);
    }
}
