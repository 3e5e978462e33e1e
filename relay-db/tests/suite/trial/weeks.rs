//! The schedule of the trial: at the start of each week the insurers deposit what has changed, on
//! its Friday the clinics ask.

use std::collections::BTreeMap;

use jiff::Span;
use serde::Deserialize;

use super::*;
use crate::bed::engines;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    /// Numbers by kind.
    insurers: BTreeMap<String, String>,
    person: Vec<Person>,
    step: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    case: String,
    name: String,
    sex: String,
    birth_date: Date,
}

/// One entry or one question.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    week: i64,
    enter: Option<Entry>,
    case: Option<String>,
    check: Option<String>,
    sentence: Option<String>,
    /// Whose card it is.
    of: String,
    at: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Entry {
    Acquired,
    Recognised,
    Lost,
}

/// Monday of the trial's week.
fn monday(week: i64) -> Date {
    date(2005, 5, 30).saturating_add(Span::new().weeks(week))
}

/// The household's number, the same with every insurer.
fn number(case: &str) -> String {
    format!("27{}", case.replace('-', "0"))
}

impl Schedule {
    fn read() -> Self {
        toml::from_str(include_str!("../../../../connectors/data/trial_weeks.toml")).unwrap()
    }

    fn person(&self, case: &str) -> &Person {
        self.person.iter().find(|person| person.case == case).unwrap()
    }

    /// What an insurer deposits in a week.
    fn lines(&self, at: &str, week: i64) -> Vec<String> {
        let of_week = self.step.iter().filter(|step| (step.week, step.at.as_str()) == (week, at));
        of_week.filter_map(|step| step.enter.map(|entry| self.line(step, entry))).collect()
    }

    fn line(&self, step: &Step, entry: Entry) -> String {
        let person = self.person(step.case.as_deref().unwrap());
        let (change, from, until) = match entry {
            Entry::Acquired | Entry::Recognised => ("取得", monday(step.week), String::new()),
            Entry::Lost => ("喪失", monday(self.acquired(step)), sunday(step.week)),
        };
        let relation = if matches!(entry, Entry::Recognised) { "家族" } else { "本人" };
        let (insurer, number) = (&self.insurers[&step.at], number(&step.of));
        let Person { name, sex, birth_date, .. } = person;
        format!(
            "{change},{relation},{insurer},弐,{number},{name},ニンショウ,{sex},{birth_date},,{from},{until}"
        )
    }

    /// The week in which the card was acquired that is lost.
    fn acquired(&self, lost: &Step) -> i64 {
        let is_acquired = |step: &&Step| {
            matches!(step.enter, Some(Entry::Acquired))
                && (&step.of, &step.at) == (&lost.of, &lost.at)
        };
        self.step.iter().find(is_acquired).unwrap().week
    }
}

/// The last day before the trial's week.
fn sunday(week: i64) -> String {
    monday(week).yesterday().unwrap().to_string()
}

/// Deposits what each insurer has that week: everything at first, what has changed later.
async fn deposit(trial: &Trial, schedule: &Schedule, week: i64) {
    let kind = if week == 1 { Kind::Full } else { Kind::Changes };
    for (at, number) in &schedule.insurers {
        let lines = schedule.lines(at, week);
        if !lines.is_empty() {
            trial.deposit(number, kind, Encoding::Cp932, &lines).await;
        }
    }
}

#[tokio::test]
async fn every_week_every_clinic_sees_the_sentence_of_the_schedule() {
    let schedule = Schedule::read();
    let insurers = || schedule.insurers.values().map(|number| insurer(number, None)).collect();
    let last = schedule.step.iter().map(|step| step.week).max().unwrap();
    for engine in engines() {
        let trial = Trial::on(engine, insurers()).await;
        let mut asked = 0;
        for week in 1..=last {
            deposit(&trial, &schedule, week).await;
            let friday = monday(week).saturating_add(Span::new().days(4));
            for step in schedule.step.iter().filter(|step| step.week == week) {
                let Some(case) = &step.check else { continue };
                let born = schedule.person(case).birth_date;
                let (insurer, number) = (&schedule.insurers[&step.at], number(&step.of));
                let card = Typed { insurer, symbol: "弐", number: &number, born };
                let answer = trial.ask(card, friday).await;
                let expected = step.sentence.as_deref().unwrap();
                assert_eq!(answer.message, expected, "week {week} case {case} {}", step.at);
                asked += 1;
            }
        }
        assert_eq!(asked, 72);
    }
}
