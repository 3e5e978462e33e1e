//! Random histories of deposits, against a model that keeps every state of the whole register: now,
//! and as known at any time, both decide alike, and what was once answered is answered for ever.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use warifu_contract::card_key::{CardKey, InsurerKey};
use warifu_contract::coverage::{Insurer, InsurerKind, Validity};
use warifu_contract::decision::{Register, by_number};
use warifu_contract::eligibility::Decision;
use warifu_contract::register::{Enrolled, EnrolledDependant, Enrolment, RegisteredInsurer};

use super::bed::*;
use crate::*;

type Cards = BTreeMap<(String, String), Vec<Person>>;

/// A deposit: its kind and records.
type Step = (Kind, Vec<Row>);

fn rows(changes: bool) -> impl Strategy<Value = Vec<Row>> {
    let symbol = prop_oneof![Just(""), Just("高"), Just("東")];
    let number = prop_oneof![Just("1"), Just("12"), Just("21"), Just("013"), Just("77")];
    let from = prop_oneof![Just(date(2020, 4, 1)), Just(date(2022, 4, 1))];
    let change = if changes {
        prop_oneof![
            3 => Just(Change::Joined),
            1 => Just(Change::Altered),
            1 => Just(Change::Left),
            1 => Just(Change::Struck),
        ]
        .boxed()
    } else {
        Just(Change::Joined).boxed()
    };
    let until = prop_oneof![Just(None), Just(Some(date(2024, 3, 31)))];
    let percent = prop_oneof![Just(20_u8), Just(30)];
    let one = (symbol, number, 1_i8..5, from, until, percent, change).prop_map(
        |(symbol, number, day, from, until, percent, change)| {
            let mut person = person(day, from);
            person.validity.until = until;
            if let Some(copay) = &mut person.copay {
                copay.percent = percent;
            }
            row(symbol, number, person, change)
        },
    );
    proptest::collection::vec(one, 0..14)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let full = rows(false).prop_map(|rows| (Kind::Full, rows));
    let changes = rows(true).prop_map(|rows| (Kind::Changes, rows));
    proptest::collection::vec(prop_oneof![full, changes], 1..5)
}

fn same(one: &Person, other: &Person) -> bool {
    one.birth_date == other.birth_date
}

/// The card after a full deposit's rows; none where it is left as it was.
fn whole(rows: &[&Row]) -> Option<Vec<Person>> {
    let mut people: Vec<Person> = Vec::new();
    for row in rows {
        if people.contains(&row.person) {
            continue;
        }
        let twice = |held: &Person| {
            same(held, &row.person) && held.validity.from == row.person.validity.from
        };
        if people.iter().any(twice) {
            return None;
        }
        people.push(row.person.clone());
    }
    people.iter().any(|person| person.relationship.is_none()).then_some(people)
}

/// The card after a differential deposit's rows; none where it is left as it was.
fn changed(mut people: Vec<Person>, rows: &[&Row]) -> Option<Vec<Person>> {
    for row in rows {
        let person = row.person.clone();
        let from = person.validity.from;
        let fitting: Vec<usize> =
            (0..people.len()).filter(|place| same(&people[*place], &person)).collect();
        let exact = fitting.iter().find(|place| people[**place].validity.from == from);
        let newest = fitting.iter().max_by_key(|place| people[**place].validity.from);
        let meant = exact.or(newest).copied();
        match (row.change, meant) {
            (Change::Joined, _) => {
                people.retain(|held| !(same(held, &person) && held.validity.from == from));
                people.push(person);
            }
            (Change::Altered, Some(place)) => people[place] = person,
            (Change::Left, Some(place)) => {
                let until = person.validity.until?;
                if until < people[place].validity.from {
                    return None;
                }
                people[place].validity.until = Some(until);
            }
            (Change::Struck, Some(place)) => drop(people.remove(place)),
            (_, None) => return None,
        }
    }
    let insured = people.iter().any(|person| person.relationship.is_none());
    (people.is_empty() || insured).then_some(people)
}

fn after(before: &Cards, (kind, rows): &Step) -> Cards {
    let mut by_card: BTreeMap<(String, String), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        by_card.entry((row.symbol.clone(), row.number.clone())).or_default().push(row);
    }
    let mut cards = if *kind == Kind::Full { Cards::new() } else { before.clone() };
    for (card, rows) in by_card {
        let held = before.get(&card).cloned();
        let people = match kind {
            Kind::Full => whole(&rows),
            Kind::Changes => changed(held.clone().unwrap_or_default(), &rows),
        };
        match people.or(held) {
            Some(people) if !people.is_empty() => drop(cards.insert(card, people)),
            _ => drop(cards.remove(&card)),
        }
    }
    cards
}

fn city() -> RegisteredInsurer {
    RegisteredInsurer {
        key: InsurerKey::parse(NUMBER).unwrap(),
        insurer: Insurer {
            number: NUMBER.to_owned(),
            name: "仮想市国民健康保険".to_owned(),
            address: String::new(),
            kind: InsurerKind::National,
            r#virtual: true,
        },
        validity: Validity { from: date(2000, 4, 1), until: None },
    }
}

/// A person is looked for on the card asked about alone.
fn enrolled(card: &(String, String), person: &Person) -> Enrolled {
    Enrolled {
        person: format!("{card:?} {}", person.name.kana),
        name: person.name.clone(),
        sex: person.sex,
        birth_date: person.birth_date,
        branch: person.branch.clone(),
        validity: person.validity,
        provisional_until: person.provisional_until,
        copays: person.copay.into_iter().collect(),
    }
}

/// The whole register, and the decision over it.
fn model(cards: &Cards, question: &Question) -> Decision {
    let city = Arc::new(city());
    let mut enrolments = Vec::new();
    for (card, people) in cards {
        let (symbol, number) = card;
        let mut people = people.clone();
        // As cards list them; the decision shows dependants in that order.
        people.sort_by_key(|person| (person.birth_date, person.validity.from));
        let dependants: Vec<_> = people
            .iter()
            .filter_map(|person| {
                let relationship = person.relationship.clone()?;
                Some(EnrolledDependant { enrolled: enrolled(card, person), relationship })
            })
            .collect();
        for insured in people.iter().filter(|person| person.relationship.is_none()) {
            enrolments.push(Enrolment {
                insurer: Arc::clone(&city),
                symbol: symbol.clone(),
                number: number.clone(),
                key: CardKey::parse(symbol, number).unwrap(),
                workplace: None,
                insured: enrolled(card, insured),
                dependants: dependants.clone(),
            });
        }
    }
    let insurers = std::slice::from_ref(city.as_ref());
    by_number(&question.query, question.day, Register { insurers, enrolments: &enrolments })
        .decision
}

fn questions() -> Vec<Question> {
    let days: [Date; 3] = [date(2021, 1, 1), date(2023, 1, 1), date(2026, 11, 20)];
    let mut all = Vec::new();
    for symbol in ["", "高"] {
        for number in ["1", "12", "013", "13"] {
            for day in 1..5 {
                all.extend(days.map(|on| question(symbol, number, day, on)));
            }
        }
    }
    all
}

async fn check(bed: &Bed, steps: &[Step], file: &mut u8) {
    let base = bed.deposits.history(&insurer(), 1).await.unwrap();
    assert!(base.is_empty());
    let mut past: Vec<(Timestamp, Cards)> = Vec::new();
    let mut cards = Cards::new();
    for step in steps {
        *file = file.wrapping_add(1);
        let rows = step.1.iter().cloned().map(Ok).collect();
        bed.clock.advance(jiff::SignedDuration::from_hours(1));
        let status = bed.put(step.0, *file, rows).await;
        if status.state == State::Refused {
            continue;
        }
        let live = bed.deposits.go_live(&insurer(), status.number, true).await.unwrap();
        cards = after(&cards, step);
        past.push((live.live_at.unwrap(), cards.clone()));
        for (at, cards) in &past {
            for question in questions() {
                let known = bed.deposits.decide_as_known(&question, *at).await.unwrap();
                let model = model(cards, &question);
                // Without a hint, which is for those who can look again now.
                let expected = Decision { hint: known.found.decision.hint, ..model };
                assert_eq!(known.found.decision, expected, "{question:?} {cards:#?}");
                assert_eq!(known.as_of, *at);
            }
        }
    }
    let Some((at, cards)) = past.last() else { return };
    let all = questions();
    let answers = bed.deposits.decide(&all).await.unwrap();
    for (question, answer) in all.iter().zip(answers) {
        let hinted = bed.deposits.decide_with_hint(question).await.unwrap();
        let model = model(cards, question);
        assert_eq!(hinted.found.decision, model, "{question:?} {cards:#?}");
        assert_eq!(answer.found.decision.verdict, model.verdict);
        assert_eq!(answer.as_of, *at);
    }
}

async fn empty(bed: &Bed) {
    for sql in [
        "DELETE FROM deposit_card",
        "DELETE FROM deposit",
        "DELETE FROM deposit_error",
        "UPDATE deposit_insurer SET live = 0, live_at = NULL",
    ] {
        warifu_service::execute!(bed.deposits.database().write(), sql).unwrap();
    }
}

#[test]
fn random_histories_are_answered_as_the_model_answers_them() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut file = 0;
    for mut bed in runtime.block_on(beds("histories")) {
        let strict = DepositConfig { refuse_wrong_percent: 100, ..bed.config.clone() };
        let surroundings = bed.deposits.0.surroundings.clone();
        let opened = Deposits::open(&strict, bed.ring.clone(), surroundings);
        bed.deposits = runtime.block_on(opened).unwrap();
        let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
        let file = std::cell::RefCell::new(&mut file);
        runner
            .run(&steps(), |steps| {
                runtime.block_on(empty(&bed));
                runtime.block_on(check(&bed, &steps, &mut file.borrow_mut()));
                Ok(())
            })
            .unwrap();
    }
}
