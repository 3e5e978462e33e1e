//! The schedule: entries at the start of each week, questions on its Friday.

use std::collections::BTreeMap;

use jiff::Span;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    insurers: BTreeMap<String, String>,
    person: Vec<Person>,
    step: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    case: String,
    name: String,
    sex: Sex,
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

fn schedule() -> Schedule {
    toml::from_str(include_str!("../../../../data/trial_weeks.toml")).unwrap()
}

/// Monday of the trial's week.
fn monday(week: i64) -> Date {
    date(2005, 5, 30).saturating_add(Span::new().weeks(week))
}

fn friday(week: i64) -> Date {
    monday(week).saturating_add(Span::new().days(4))
}

/// The household's number, the same with every insurer.
fn number(case: &str) -> String {
    format!("27{}", case.replace('-', "0"))
}

/// What has been entered so far.
struct Entered {
    insurers: BTreeMap<String, Arc<RegisteredInsurer>>,
    people: BTreeMap<String, Person>,
    cards: BTreeMap<(String, String), Enrolment>,
}

impl Entered {
    async fn begin(trial: &Trial, schedule: &Schedule, people: Vec<Person>) -> Self {
        let mut update = trial.update().await;
        let mut insurers = BTreeMap::new();
        for (kind, number) in &schedule.insurers {
            let at = insurer(number, None);
            enter_insurer(&mut update, &at).await;
            insurers.insert(kind.clone(), at);
        }
        update.commit().await.unwrap();
        let people = people.into_iter().map(|person| (person.case.clone(), person)).collect();
        Self { insurers, people, cards: BTreeMap::new() }
    }

    async fn enter(&mut self, trial: &Trial, step: &Step, entry: Entry) {
        let case = step.case.as_deref().unwrap();
        let mut update = trial.update().await;
        let person = &self.people[case];
        let days = Validity { from: monday(step.week), until: None };
        let mut enrolled = member(&mut update, case, person.birth_date, days).await;
        (enrolled.name.text, enrolled.sex) = (person.name.clone(), person.sex);
        let place = (step.at.clone(), step.of.clone());
        match entry {
            Entry::Acquired => {
                let card = card(&self.insurers[&step.at], "弐", &number(&step.of), enrolled);
                self.cards.insert(place.clone(), card);
            }
            Entry::Recognised => {
                self.cards.get_mut(&place).unwrap().dependants.push(dependant(enrolled));
            }
            Entry::Lost => {
                let last = monday(step.week).yesterday().unwrap();
                let card = self.cards.get_mut(&place).unwrap();
                card.insured.validity.until = Some(last);
                for dependant in &mut card.dependants {
                    dependant.enrolled.validity.until = Some(last);
                }
            }
        }
        let id = format!("trial-{}-{}", step.at, step.of);
        update.put_enrolment(&id, &self.cards[&place]).await.unwrap();
        update.commit().await.unwrap();
    }
}

#[tokio::test]
async fn every_week_every_clinic_sees_the_sentence_of_the_schedule() {
    let mut schedule = schedule();
    let people = std::mem::take(&mut schedule.person);
    let trial = Trial::start().await;
    let mut entered = Entered::begin(&trial, &schedule, people).await;
    let mut asked = 0;
    for step in &schedule.step {
        if let Some(entry) = step.enter {
            entered.enter(&trial, step, entry).await;
            continue;
        }
        let case = step.check.as_deref().unwrap();
        let insurer = &schedule.insurers[&step.at];
        let born = entered.people[case].birth_date;
        let question = typed(insurer, "弐", &number(&step.of), born);
        let sentence = trial.sentence(question, friday(step.week)).await;
        assert_eq!(
            Some(sentence),
            step.sentence.as_deref(),
            "week {} case {case} {}",
            step.week,
            step.at
        );
        asked += 1;
    }
    assert_eq!(asked, 72);
}
