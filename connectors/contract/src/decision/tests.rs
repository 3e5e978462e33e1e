//! The rules, case by case. The tables follow the test sheet and the seven-week schedule of the
//! 2005 trial: the sentence is the trial's, the verdict and the failing step are ours.

mod cases;
mod model;
mod people;
mod states;
mod weeks;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::sync::Arc;

use super::*;
use crate::card_key::{CardKey, InsurerKey};
use crate::coverage::{Insurer, InsurerKind, Validity};
use crate::eligibility::TypedCard;
use crate::person::{Name, Sex};
use crate::register::{Copay, Enrolled, EnrolledDependant};

const OPEN: Option<Date> = None;

fn insurer(number: &str, from: Date, until: Option<Date>) -> RegisteredInsurer {
    RegisteredInsurer {
        key: InsurerKey::parse(number).unwrap(),
        insurer: Insurer {
            number: number.to_owned(),
            name: format!("仮想保険者{number}"),
            address: "東京都○○区××1-1-1".to_owned(),
            kind: InsurerKind::Society,
            r#virtual: true,
        },
        validity: Validity { from, until },
    }
}

/// A person on a card; `id` is their number in the insurer's data.
fn enrolled(id: &str, birth_date: Date, from: Date, until: Option<Date>) -> Enrolled {
    Enrolled {
        person: id.to_owned(),
        name: Name { text: format!("認証 {id}"), kana: "ニンショウ".to_owned() },
        sex: Sex::Unknown,
        birth_date,
        branch: None,
        validity: Validity { from, until },
        provisional_until: None,
        copays: vec![Copay { from: Date::MIN, percent: 30, income: None }],
    }
}

fn dependant(enrolled: Enrolled) -> EnrolledDependant {
    EnrolledDependant { enrolled, relationship: "妻".to_owned() }
}

fn card(
    at: &RegisteredInsurer,
    symbol: &str,
    number: &str,
    insured: Enrolled,
    dependants: Vec<Enrolled>,
) -> Enrolment {
    Enrolment {
        insurer: Arc::new(at.clone()),
        symbol: symbol.to_owned(),
        number: number.to_owned(),
        key: CardKey::parse(symbol, number).unwrap(),
        workplace: None,
        insured,
        dependants: dependants.into_iter().map(dependant).collect(),
    }
}

fn typed(insurer: &str, symbol: &str, number: &str, birth_date: Date) -> TypedCard {
    TypedCard {
        insurer_number: insurer.to_owned(),
        symbol: symbol.to_owned(),
        number: number.to_owned(),
        branch: None,
        birth_date,
    }
}

fn with_branch(card: TypedCard, branch: &str) -> TypedCard {
    TypedCard { branch: Some(branch.to_owned()), ..card }
}

/// The data of one moment.
#[derive(Default)]
struct Data {
    insurers: Vec<RegisteredInsurer>,
    enrolments: Vec<Enrolment>,
}

impl Data {
    fn decide(&self, typed: &TypedCard, day: Date) -> Found {
        let query = CardQuery::try_from(typed).unwrap();
        let register = Register { insurers: &self.insurers, enrolments: &self.enrolments };
        by_number(&query, day, register)
    }
}

/// The step that decided: the last one, which is the only one that may fail.
fn deciding_step(found: &Found) -> ReasonCheck {
    let reasons = &found.decision.reasons;
    let last = reasons.last().unwrap();
    assert!(reasons[..reasons.len() - 1].iter().all(|step| step.holds), "{reasons:?}");
    assert_eq!(last.holds, found.decision.verdict == Verdict::Valid, "{reasons:?}");
    last.check
}
