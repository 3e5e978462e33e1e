//! The 625 accesses of the trial's three clinics as a load, and its report.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use futures::stream;
use serde::Deserialize;

use super::*;

/// Asked at the same time.
const SIDE_BY_SIDE: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accesses {
    clinic: Vec<Clinic>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clinic {
    name: String,
    /// Each round: valid, ended, no such number, no such insurer.
    rounds: Vec<[usize; 4]>,
}

/// A question of each class, of the insured person and of the family by turns.
fn question(class: usize, turn: usize) -> TypedCard {
    let born = if turn.is_multiple_of(2) { INSURED } else { WIFE };
    match class {
        0 => typed(RUNNING, "東京", "001", born),
        1 => typed(RUNNING, "東京", "002", born),
        2 => typed(RUNNING, "東京", "999", born),
        _ => typed("99999999", "東京", "001", born),
    }
}

/// Every access with its clinic, the classes of a round mixed.
fn load(accesses: &Accesses) -> Vec<(usize, TypedCard)> {
    let mut all = Vec::new();
    for (clinic, asked) in accesses.clinic.iter().enumerate() {
        for round in &asked.rounds {
            let most = round.iter().copied().max().unwrap();
            for turn in 0..most {
                let classes = (0..4).filter(|class| turn < round[*class]);
                all.extend(classes.map(|class| (clinic, question(class, turn))));
            }
        }
    }
    all
}

#[tokio::test]
async fn the_report_of_625_accesses_is_that_of_the_trial() {
    let accesses: Accesses =
        toml::from_str(include_str!("../../../../data/trial_accesses.toml")).unwrap();
    let trial = Trial::with_cards().await;
    let trial = &trial;
    let answers: Vec<(usize, &str)> = stream::iter(load(&accesses))
        .map(|(clinic, card)| async move { (clinic, trial.sentence(card, DAY).await) })
        .buffer_unordered(SIDE_BY_SIDE)
        .collect()
        .await;
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut clinics: BTreeMap<&str, usize> = BTreeMap::new();
    for (clinic, sentence) in &answers {
        *classes.entry(*sentence).or_default() += 1;
        *clinics.entry(&accesses.clinic[*clinic].name).or_default() += 1;
    }
    assert_eq!(answers.len(), 625);
    let expected = [
        ("有効な保険資格です", 426),
        ("有効期限を過ぎています", 122),
        ("該当する記号・番号がありません", 63),
        ("該当する保険者がありません", 14),
    ];
    assert_eq!(classes, BTreeMap::from(expected));
    let expected = [("診療所一", 244), ("診療所二", 177), ("診療所三", 204)];
    assert_eq!(clinics, BTreeMap::from(expected));
}
