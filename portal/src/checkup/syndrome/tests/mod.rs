use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use warifu_contract::person::Sex;
use warifu_contract::records::{Checkup, CheckupItem, CheckupRecord, CheckupValue};

use super::*;

const CASES: &str = include_str!("cases.csv");
const YEARS: [i16; 4] = [2010, 2015, 2020, 2025];

const CODES: [(&str, &str); 11] = [
    ("waist", "9N016160100000001"),
    ("bmi", "9N011000000000001"),
    ("fat", "3F015000002327101"),
    ("casual_fat", "3F015129902327101"),
    ("hdl", "3F070000002327101"),
    ("systolic", "9A755000000000001"),
    ("diastolic", "9A765000000000001"),
    ("sugar", "3D010000001926101"),
    ("casual_sugar", "3D010129901926101"),
    ("ngsp", "3D046000001906202"),
    ("jds", "3D045000001906202"),
];
const ANSWERS: [(&str, &str); 4] = [
    ("drug_pressure", "9N701000000000011"),
    ("drug_sugar", "9N706000000000011"),
    ("drug_fat", "9N711000000000011"),
    ("smokes", "9N736000000000011"),
];

fn number(code: &str, value: f64) -> CheckupItem {
    let value = CheckupValue::Quantity { value, unit: "unit".into() };
    CheckupItem { code: code.into(), name: "項目".into(), value }
}

fn words(code: &str, text: &str) -> CheckupItem {
    let value = CheckupValue::Text { text: text.into() };
    CheckupItem { code: code.into(), name: "項目".into(), value }
}

fn record(sex: Sex, birth_date: Date, year: i16, items: Vec<CheckupItem>) -> CheckupRecord {
    let checkup = Checkup { taken_on: date(year, 6, 1), place: "見本".into(), items };
    CheckupRecord { sex, birth_date, checkups: vec![checkup] }
}

fn outcome(record: &CheckupRecord) -> (Determination, Guidance) {
    let evidence = evidence(record, &record.checkups[0]).unwrap();
    (determination(&evidence), guidance(&evidence))
}

fn case_in(year: i16, case: &BTreeMap<&str, &str>) -> CheckupRecord {
    let given = |name: &str| Some(case[name]).filter(|value| *value != "-");
    let numbers =
        CODES.iter().filter_map(|(name, code)| Some(number(code, given(name)?.parse().unwrap())));
    let answers = ANSWERS.iter().filter_map(|(name, code)| {
        Some(words(code, if given(name)? == "y" { "はい" } else { "いいえ" }))
    });
    let sex = match case["sex"] {
        "m" => Sex::Male,
        "f" => Sex::Female,
        _ => Sex::Unknown,
    };
    let birth = date(year - case["age"].parse::<i16>().unwrap(), 6, 15);
    record(sex, birth, year, numbers.chain(answers).collect())
}

fn letters((determination, guidance): (Determination, Guidance)) -> (char, char) {
    let determination = match determination {
        Determination::Syndrome => 'S',
        Determination::Near => 'N',
        Determination::No => '0',
        Determination::Undecided => '?',
    };
    let guidance = match guidance {
        Guidance::Intensive => 'A',
        Guidance::Motivational => 'M',
        Guidance::Information => 'i',
        Guidance::Undecided => '?',
        Guidance::OutsideAges => 'x',
    };
    (determination, guidance)
}

#[test]
fn the_table_of_cases_holds_in_every_edition() {
    let mut lines = CASES.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<_> = lines.next().unwrap().split(',').collect();
    let mut seen = 0;
    for line in lines {
        let case: BTreeMap<_, _> = names.iter().copied().zip(line.split(',')).collect();
        let expected = |name: &str, edition: usize| {
            let letters: Vec<char> = case[name].chars().collect();
            *letters.get(edition).unwrap_or(&letters[0])
        };
        for (edition, year) in YEARS.into_iter().enumerate() {
            let found = letters(outcome(&case_in(year, &case)));
            let wanted = (expected("determination", edition), expected("guidance", edition));
            assert_eq!(found, wanted, "{year}: {line}");
            seen += 1;
        }
    }
    assert_eq!(seen, 4 * 80, "every case of the table");
}

/// A man of 50 with a waist of 85 cm and two risks, in 2025, but for what `change` does.
fn man(change: impl FnOnce(&mut Vec<CheckupItem>)) -> CheckupRecord {
    let mut items = vec![
        number("9N016160100000001", 85.0),
        number("9N011000000000001", 24.0),
        number("3F015000002327101", 150.0),
        number("3F070000002327101", 50.0),
        number("9A755000000000001", 130.0),
        number("9A765000000000001", 80.0),
        number("3D010000001926101", 90.0),
    ];
    items.extend(ANSWERS.iter().map(|(_, code)| words(code, "いいえ")));
    change(&mut items);
    record(Sex::Male, date(1975, 6, 15), 2025, items)
}

fn without(items: &mut Vec<CheckupItem>, code: &str) {
    items.retain(|item| item.code != code);
}

#[test]
fn visceral_fat_stands_for_the_waist() {
    let with_area = |area| {
        man(|items| {
            without(items, "9N016160100000001");
            items.push(number("9N021000000000001", area));
        })
    };
    assert_eq!(outcome(&with_area(100.0)).0, Determination::Syndrome);
    assert_eq!(outcome(&with_area(99.9)).0, Determination::No);
}

#[test]
fn a_waist_by_own_word_counts_for_the_slim_alone() {
    let told = |bmi| {
        man(|items| {
            without(items, "9N016160100000001");
            without(items, "9N011000000000001");
            items.push(number("9N016160300000001", 84.0));
            items.push(number("9N011000000000001", bmi));
        })
    };
    assert_eq!(outcome(&told(21.9)).0, Determination::No);
    assert_eq!(outcome(&told(22.0)).0, Determination::Undecided);
}

#[test]
fn blood_taken_right_after_a_meal_counts_for_nothing() {
    let after = |words_: &str| {
        man(|items| {
            without(items, "3F015000002327101");
            items.push(number("3F015129902327101", 200.0));
            items.push(words("9N141000000000011", words_));
        })
    };
    assert_eq!(outcome(&after("3.5時間以上10時間未満")).0, Determination::Syndrome);
    assert_eq!(outcome(&after("3.5時間未満")).0, Determination::Undecided);
}

#[test]
fn the_mean_of_two_pressures_counts_before_either() {
    let measured = man(|items| items.push(number("9A751000000000001", 180.0)));
    let shown = evidence(&measured, &measured.checkups[0]).unwrap().pressure.measured[0];
    assert_eq!(shown.item.code, "9A755000000000001");
}

#[test]
fn who_smoked_before_the_last_month_does_not_smoke() {
    let says = |text: &str| {
        man(|items| {
            without(items, "9A755000000000001");
            items.push(number("9A755000000000001", 120.0));
            without(items, "9N736000000000011");
            items.push(words("9N736000000000011", text));
        })
    };
    assert_eq!(outcome(&says("はい")).1, Guidance::Intensive);
    assert_eq!(
        outcome(&says("以前は吸っていたが、最近1か月は吸っていない")).1,
        Guidance::Motivational
    );
    assert_eq!(outcome(&says("ときどき")).1, Guidance::Undecided);
}

#[test]
fn the_age_is_the_one_reached_by_the_end_of_march() {
    let born = |birth_date| CheckupRecord { birth_date, ..man(|_| {}) };
    assert_eq!(outcome(&born(date(1961, 3, 31))).1, Guidance::Motivational);
    assert_eq!(outcome(&born(date(1961, 4, 1))).1, Guidance::Intensive);
}

#[test]
fn there_are_no_rules_before_the_programme_began() {
    assert_eq!(rules_of(date(2008, 3, 31)), None);
    assert_eq!(rules_of(date(2008, 4, 1)).map(|rules| rules.from), Some(2008));
    assert_eq!(rules_of(date(2024, 3, 31)).map(|rules| rules.from), Some(2018));
}

proptest! {
    #[test]
    fn what_is_missing_never_turns_one_decision_into_another(
        values in proptest::collection::vec(proptest::option::of(0.0f64..200.0), CODES.len()),
        answers in proptest::collection::vec(proptest::option::of(any::<bool>()), ANSWERS.len()),
        lost in 0usize..15,
    ) {
        let numbers = CODES.iter().zip(&values).filter_map(|((_, code), value)| {
            Some(number(code, (*value)?))
        });
        let said = ANSWERS.iter().zip(&answers).filter_map(|((_, code), yes)| {
            Some(words(code, if (*yes)? { "はい" } else { "いいえ" }))
        });
        let whole: Vec<_> = numbers.chain(said).collect();
        // Another code of the same quantity may take a lost one's place: these have none.
        let alone = ["waist", "bmi", "hdl", "systolic", "diastolic", "drug_pressure", "drug_sugar",
            "drug_fat", "smokes"];
        let of_it = |name: &str| CODES.iter().chain(&ANSWERS).find(|(one, _)| *one == name);
        let code = of_it(alone[lost % alone.len()]).unwrap().1;
        let part = whole.iter().filter(|item| item.code != code).cloned().collect();
        let birth = date(1975, 6, 15);
        let (all, less) = (
            outcome(&record(Sex::Male, birth, 2025, whole)),
            outcome(&record(Sex::Male, birth, 2025, part)),
        );
        prop_assert!(less.0 == all.0 || less.0 == Determination::Undecided);
        prop_assert!(less.1 == all.1 || less.1 == Guidance::Undecided);
    }

    #[test]
    fn any_check_up_has_an_outcome(
        items in proptest::collection::vec((0usize..15, any::<f64>(), ".{0,8}"), 0..30),
        year in 2008i16..2100,
    ) {
        let items = items.into_iter().map(|(which, value, text)| {
            match CODES.get(which) {
                Some((_, code)) => number(code, value),
                None => words(ANSWERS[which - CODES.len()].1, &text),
            }
        });
        let record = record(Sex::Female, date(1960, 1, 1), year, items.collect());
        outcome(&record);
    }
}
