//! The virtual people are what the demonstration needs them to be.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use warifu_contract::card_key::CardQuery;
use warifu_contract::copay::CopayFit;
use warifu_contract::coverage::Relation;
use warifu_contract::decision::{self, Found, Register};
use warifu_contract::eligibility::{FieldHint, TypedCard, Verdict};
use warifu_contract::person::age_on;
use warifu_contract::records::{Checkup, CheckupValue};
use warifu_contract::register::coverages_of;
use warifu_service::{Surroundings, fetch_one};

use super::*;
use crate::store::tests::both;
use crate::store::{MemberId, Store};

const TRIAL: Date = date(2005, 7, 8);
const TODAY: Date = date(2026, 11, 20);

fn person(key: &str) -> &'static DemoPerson {
    people().unwrap().iter().find(|person| person.key == key).unwrap()
}

fn typed(insurer: &str, symbol: &str, number: &str, key: &str) -> TypedCard {
    TypedCard {
        insurer_number: insurer.to_owned(),
        symbol: symbol.to_owned(),
        number: number.to_owned(),
        branch: None,
        birth_date: person(key).birth_date,
    }
}

async fn check(store: &Store, typed: &TypedCard, day: Date) -> Found {
    let query = CardQuery::try_from(typed).unwrap();
    let Some(insurer) = store.insurer(&query.insurer).await.unwrap() else {
        return decision::by_number(&query, day, Register { insurers: &[], enrolments: &[] });
    };
    let enrolments = store.enrolments_near(&insurer.registered, &query).await.unwrap();
    let insurers = [insurer.registered.as_ref().clone()];
    decision::by_number(&query, day, Register { insurers: &insurers, enrolments: &enrolments })
}

async fn tap(store: &Store, member: &MemberId, day: Date) -> Found {
    let (enrolments, _) = store.enrolments_of(member).await.unwrap();
    decision::by_person(member.as_str(), day, &enrolments)
}

async fn insurer() -> (crate::store::tests::Rig, BTreeMap<String, MemberId>) {
    let rig = both().await.into_iter().next().unwrap();
    let members = load(&rig.store, ConnectorKind::Insurer, &Surroundings::system()).await.unwrap();
    (rig, members)
}

#[test]
fn keys_and_names_are_unique_and_plain() {
    let people = people().unwrap();
    let keys: BTreeSet<&str> = people.iter().map(|person| person.key.as_str()).collect();
    let names: BTreeSet<&str> = people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!((keys.len(), names.len()), (people.len(), people.len()));
    for person in people {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b == b'-';
        assert!(person.key.bytes().all(is_plain), "{}", person.key);
        let is_kana = |c: char| ('ァ'..='ヶ').contains(&c) || c == 'ー' || c == ' ';
        assert!(person.name_kana.chars().all(is_kana), "{}", person.name_kana);
        assert_eq!(person.name.split(' ').count(), 2, "{}", person.name);
    }
}

#[test]
fn the_family_has_the_ages_of_the_trial() {
    let family = ["taro", "ichiko", "tsugiko", "saburo", "shiro", "goro"];
    let ages = family.map(|name| age_on(person(&format!("ueno-{name}")).birth_date, TRIAL));
    assert_eq!(ages, [50, 44, 22, 19, 17, 69]);
}

#[test]
fn taro_is_a_member_everywhere_and_everybody_at_most_once() {
    assert_eq!(person("ueno-taro").memberships, ConnectorKind::ALL);
    assert_eq!(person("ninsho-nimutsuko").memberships, []);
    for person in people().unwrap() {
        let kinds: BTreeSet<&'static str> =
            person.memberships.iter().map(|kind| kind.services()[0].as_str()).collect();
        assert_eq!(kinds.len(), person.memberships.len());
        // 浜辺 渚 is insured with an insurer that deposits, and shows nothing else.
        let is_adult = age_on(person.birth_date, TODAY) >= 20 && person.key != "hamabe-nagisa";
        assert_eq!(person.memberships.contains(&ConnectorKind::Pension), is_adult);
    }
}

#[tokio::test]
async fn the_trials_screen_can_be_shown() {
    let (rig, _) = insurer().await;
    let found = check(&rig.store, &typed("00000001", "東京", "001", "ueno-taro"), TRIAL).await;
    assert_eq!(found.decision.verdict, Verdict::Valid);
    let coverage = found.decision.coverage.unwrap();
    assert_eq!(coverage.validity.from, date(2004, 4, 1));
    assert_eq!(coverage.validity.until, Some(date(2010, 3, 31)));
    assert!(coverage.insurer.r#virtual);
    assert!(coverage.workplace.is_some());
    let dependants: Vec<(&str, i16)> = coverage
        .dependants
        .iter()
        .map(|one| (one.relationship.as_str(), age_on(one.birth_date, TRIAL)))
        .collect();
    let printed = [("妻", 44), ("長女", 22), ("長男", 19), ("次男", 17), ("父", 69)];
    assert_eq!(dependants, printed);
}

#[tokio::test]
async fn every_verdict_of_an_insurer_can_be_shown_by_typing() {
    let (rig, _) = insurer().await;
    for (insurer, symbol, number, key, verdict, hint) in [
        ("00000001", "東京", "001", "ueno-taro", Verdict::Valid, None),
        ("00000001", "東京", "001", "ueno-ichiko", Verdict::Valid, None),
        ("111111", "仮-27", "27000001", "ninsho-niniko", Verdict::Valid, None),
        ("111111", "仮-27", "36000001", "ninsho-sanichiro", Verdict::Expired, None),
        ("55555555", "県", "27000007", "ninsho-nihachiro", Verdict::Expired, None),
        ("111111", "仮-27", "36000005", "ninsho-sangoro", Verdict::Provisional, None),
        ("22222222", "21700024", "11", "ninsho-nimitsuko", Verdict::NotYetStarted, None),
        ("33333333", "52", "1005", "ninsho-nimutsuko", Verdict::DependantUnknown, None),
        ("66666666", "町", "7007", "ninsho-sannanako", Verdict::InsurerUnknown, None),
        (
            "99999999",
            "町",
            "7007",
            "ninsho-sannanako",
            Verdict::InsurerUnknown,
            Some(FieldHint::InsurerNumber),
        ),
        ("33333333", "52", "9999", "ninsho-sannanako", Verdict::NumberUnknown, None),
        (
            "33333333",
            "52",
            "2070",
            "ninsho-sannanako",
            Verdict::NumberUnknown,
            Some(FieldHint::Number),
        ),
        (
            "33333333",
            "52",
            "2007",
            "ninsho-soichiro",
            Verdict::SeveralHits,
            Some(FieldHint::Branch),
        ),
    ] {
        let found = check(&rig.store, &typed(insurer, symbol, number, key), TODAY).await;
        assert_eq!(found.decision.verdict, verdict, "{insurer} {symbol} {number} {key}");
        assert_eq!(found.decision.hint, hint, "{insurer} {symbol} {number} {key}");
    }
}

#[tokio::test]
async fn every_member_has_a_verdict_by_card() {
    let (rig, members) = insurer().await;
    let mut not_valid = BTreeMap::new();
    for (key, member) in &members {
        let decision = tap(&rig.store, member, TODAY).await.decision;
        if decision.verdict != Verdict::Valid {
            not_valid.insert(key.as_str(), decision.verdict);
        }
    }
    let expected = BTreeMap::from([
        ("ninsho-nihachiro", Verdict::Expired),
        ("ninsho-nimitsuko", Verdict::NotYetStarted),
        ("ninsho-nishiro", Verdict::NotYetStarted),
        ("ninsho-sangoro", Verdict::Provisional),
    ]);
    assert_eq!(not_valid, expected);
}

#[tokio::test]
async fn taros_ratio_is_that_of_his_age() {
    let (rig, members) = insurer().await;
    for (key, day, percent) in [
        ("ueno-taro", TODAY, 20),
        ("ueno-taro", date(2025, 5, 31), 30),
        ("ueno-ichiko", TODAY, 30),
        ("ueno-goro", TODAY, 10),
    ] {
        let coverage = tap(&rig.store, &members[key], day).await.decision.coverage.unwrap();
        assert_eq!(coverage.copay_percent, Some(percent), "{key} {day}");
    }
}

#[tokio::test]
async fn those_who_moved_see_both_insurers() {
    let (rig, members) = insurer().await;
    for (key, relation, insurers) in [
        ("ninsho-sanniko", Relation::Insured, ["22222222", "111111"]),
        ("ninsho-sanshiro", Relation::Dependant, ["33333333", "22222222"]),
        ("ninsho-sanrokuro", Relation::Insured, ["111111", "33333333"]),
    ] {
        let (enrolments, _) = rig.store.enrolments_of(&members[key]).await.unwrap();
        let coverages = coverages_of(members[key].as_str(), TODAY, &enrolments);
        let numbers: Vec<&str> = coverages.iter().map(|c| c.insurer.number.as_str()).collect();
        assert_eq!(numbers, insurers, "{key}");
        assert_eq!(coverages[0].relation, relation, "{key}");
    }
}

#[tokio::test]
async fn loading_twice_changes_nothing() {
    let surroundings = Surroundings::system();
    for rig in both().await {
        for kind in ConnectorKind::ALL {
            let first = load(&rig.store, kind, &surroundings).await.unwrap();
            let counts = counts(&rig.store).await;
            assert_eq!(load(&rig.store, kind, &surroundings).await.unwrap(), first);
            assert_eq!(self::counts(&rig.store).await, counts);
            let members = people().unwrap().iter();
            let members = members.filter(|person| person.memberships.contains(&kind));
            let keys: BTreeSet<&String> = members.map(|person| &person.key).collect();
            assert_eq!(first.keys().collect::<BTreeSet<_>>(), keys);
        }
    }
}

async fn counts(store: &Store) -> (i64, i64, i64, i64, i64) {
    let sql = "SELECT (SELECT COUNT(*) FROM members), (SELECT COUNT(*) FROM dependants), \
               (SELECT COUNT(*) FROM copays), (SELECT COUNT(*) FROM checkups), \
               (SELECT COUNT(*) FROM pensions)";
    fetch_one!(store.database().read(), (i64, i64, i64, i64, i64), sql).unwrap()
}

fn quantity(checkup: &Checkup, code: &str) -> f64 {
    let item = checkup.items.iter().find(|item| item.code == code).unwrap();
    let CheckupValue::Quantity { value, .. } = item.value else { panic!("{code}") };
    value
}

#[test]
fn five_years_of_full_checkups() {
    let mut years: BTreeMap<&str, Vec<i16>> = BTreeMap::new();
    for entry in &data().unwrap().checkups {
        let checkup = &entry.record;
        years.entry(&entry.person).or_default().push(checkup.taken_on.year());
        assert!(checkup.items.len() >= 40, "{} {}", entry.person, checkup.taken_on);
        assert!(checkup.items.iter().all(|item| item.code.len() == 17));
        let height = quantity(checkup, "9N001000000000001") / 100.0;
        let bmi = quantity(checkup, "9N006000000000001") / (height * height);
        assert!((bmi - quantity(checkup, "9N011000000000001")).abs() < 0.051);
    }
    assert_eq!(years["ueno-taro"], [2022, 2023, 2024, 2025, 2026]);
    assert!(years.len() >= 4 && years.values().all(|years| years.len() == 5), "{years:?}");
}

#[test]
fn pensions_add_up() {
    for entry in &data().unwrap().pensions {
        let record = &entry.record;
        assert!(record.sample);
        assert!(record.recent.len() <= 13, "{}", entry.person);
        assert!(record.recent.windows(2).all(|two| two[0].month > two[1].month));
        assert!(record.recent.iter().all(|month| month.month.day() == 1));
        let total: u32 = record.schemes.iter().map(|scheme| scheme.months).sum();
        assert_eq!(record.qualifying_months, total + record.counted_months);
    }
}

#[tokio::test]
async fn an_insured_person_reads_the_bills_of_the_family_a_dependant_only_the_own() {
    for rig in both().await {
        let store = &rig.store;
        let members = load(store, ConnectorKind::Insurer, &Surroundings::system()).await.unwrap();
        let (taro, _) = store.expenses(&members["ueno-taro"]).await.unwrap().unwrap();
        assert_eq!((taro.complete_until, taro.pending), (Some(date(2026, 8, 1)), 2));
        assert!(taro.entries.windows(2).all(|two| two[0].month >= two[1].month));
        assert!(taro.entries.iter().any(|entry| !entry.own && entry.patient == "上野 一子"));
        assert!(taro.entries.iter().all(|entry| entry.insured == "上野 太郎"));
        for entry in &taro.entries {
            let meals = entry.meals.map_or(0, |meals| meals.paid_yen);
            assert!(entry.refund_yen <= entry.paid_yen && meals <= entry.paid_yen, "{entry:?}");
        }
        let (ichiko, _) = store.expenses(&members["ueno-ichiko"]).await.unwrap().unwrap();
        assert!(ichiko.entries.iter().all(|entry| entry.own));
        assert!(ichiko.entries.len() < taro.entries.len());
        let (shiro, _) = store.expenses(&members["ueno-shiro"]).await.unwrap().unwrap();
        assert_eq!((shiro.entries.len(), shiro.pending), (0, 0));
        let aids = store.public_aids(&members["ueno-saburo"]).await.unwrap();
        assert_eq!((aids.len(), aids[0].monthly_limit_yen), (1, Some(10_000)));
        assert_eq!(store.cost_limits(&members["ueno-taro"]).await.unwrap()[0].class, "一般");
    }
}

#[tokio::test]
async fn an_impossible_ratio_is_flagged_beside_the_one_stated() {
    let (rig, members) = insurer().await;
    let decision = tap(&rig.store, &members["ninsho-sangoro"], TODAY).await.decision;
    let copay = decision.copay.unwrap();
    assert_eq!((copay.stated, copay.fit), (Some(20), CopayFit::Impossible));
    assert_eq!(copay.possible, [30]);
    assert_eq!(decision.coverage.unwrap().copay_percent, Some(20));
    for (key, member) in &members {
        let copay = tap(&rig.store, member, TODAY).await.decision.copay;
        let impossible = copay.is_some_and(|copay| copay.fit == CopayFit::Impossible);
        assert_eq!(impossible, key == "ninsho-sangoro", "{key}");
    }
}
