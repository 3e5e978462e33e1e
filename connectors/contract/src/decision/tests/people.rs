//! People who share a number or a birthday, people with several cards, and families.

use super::*;

const TODAY: Date = date(2026, 11, 20);
const BORN: Date = date(2015, 6, 1);

fn society() -> RegisteredInsurer {
    insurer("33333333", date(2000, 4, 1), OPEN)
}

fn branch_of(mut person: Enrolled, branch: &str) -> Enrolled {
    person.branch = Some(branch.to_owned());
    person
}

fn insured() -> Enrolled {
    branch_of(enrolled("parent", date(1985, 1, 20), date(2020, 4, 1), OPEN), "00")
}

fn child(id: &str, branch: &str) -> Enrolled {
    branch_of(enrolled(id, BORN, date(2020, 4, 1), OPEN), branch)
}

fn family(dependants: Vec<Enrolled>) -> Data {
    let society = society();
    let enrolments = vec![card(&society, "52", "1007", insured(), dependants)];
    Data { insurers: vec![society], enrolments }
}

#[test]
fn twins_are_told_apart_by_their_branch_only() {
    let twins = family(vec![child("one", "02"), child("two", "03")]);
    let question = typed("33333333", "52", "1007", BORN);

    let either = twins.decide(&question, TODAY);
    assert_eq!(either.decision.verdict, Verdict::SeveralHits);
    assert_eq!(deciding_step(&either), ReasonCheck::PersonFound);
    assert_eq!(either.decision.hint, Some(FieldHint::Branch));
    assert_eq!((either.person, either.decision.coverage), (None, None));

    let second = twins.decide(&with_branch(question, "3"), TODAY);
    assert_eq!(second.decision.verdict, Verdict::Valid);
    assert_eq!(second.person.as_deref(), Some("two"));
}

#[test]
fn twins_without_branches_cannot_be_told_apart() {
    let mut twins = [child("one", "02"), child("two", "03")];
    for twin in &mut twins {
        twin.branch = None;
    }
    let twins = family(twins.to_vec());
    let found = twins.decide(&with_branch(typed("33333333", "52", "1007", BORN), "02"), TODAY);
    assert_eq!(found.decision.verdict, Verdict::SeveralHits);
    assert_eq!(found.decision.hint, None);
}

#[test]
fn a_wrong_branch_is_hinted_at() {
    let data = family(vec![child("one", "02")]);
    let child = data.decide(&with_branch(typed("33333333", "52", "1007", BORN), "01"), TODAY);
    assert_eq!(child.decision.verdict, Verdict::DependantUnknown);
    assert_eq!(child.decision.hint, Some(FieldHint::Branch));

    let parent = typed("33333333", "52", "1007", date(1985, 1, 20));
    let parent = data.decide(&with_branch(parent, "01"), TODAY);
    assert_eq!(parent.decision.verdict, Verdict::NumberUnknown);
    assert_eq!(parent.decision.hint, Some(FieldHint::Branch));
}

#[test]
fn a_card_from_before_branches_still_leads_to_its_person() {
    let mut person = child("one", "02");
    person.branch = None;
    let data = family(vec![person]);
    let found = data.decide(&with_branch(typed("33333333", "52", "1007", BORN), "02"), TODAY);
    assert_eq!(found.decision.verdict, Verdict::Valid);
}

#[test]
fn a_dependant_is_never_covered_longer_than_the_insured_person() {
    let society = society();
    let parent = enrolled("parent", date(1985, 1, 20), date(2020, 4, 1), Some(date(2026, 3, 31)));
    let data = Data {
        enrolments: vec![card(&society, "52", "1007", parent, vec![child("one", "02")])],
        insurers: vec![society],
    };
    let found = data.decide(&typed("33333333", "52", "1007", BORN), TODAY);
    assert_eq!(found.decision.verdict, Verdict::Expired);
    let coverage = found.decision.coverage.unwrap();
    assert_eq!(coverage.validity.until, Some(date(2026, 3, 31)));
    assert_eq!(coverage.relationship.as_deref(), Some("妻"));
    assert_eq!(coverage.insured_name.unwrap().text, "認証 parent");
    assert!(coverage.dependants.is_empty());
}

#[test]
fn a_card_lists_the_dependants_of_the_day_asked_about() {
    let mut grown_up = child("grown-up", "02");
    grown_up.validity.until = Some(date(2026, 3, 31));
    let mut newborn = child("newborn", "03");
    newborn.validity.from = date(2026, 12, 1);
    let data = family(vec![grown_up, newborn, child("there", "04")]);
    let question = typed("33333333", "52", "1007", date(1985, 1, 20));
    for (day, names) in [
        (date(2026, 3, 31), vec!["認証 grown-up", "認証 there"]),
        (TODAY, vec!["認証 there"]),
        (date(2026, 12, 1), vec!["認証 newborn", "認証 there"]),
    ] {
        let shown = data.decide(&question, day).decision.coverage.unwrap();
        let shown: Vec<&str> = shown.dependants.iter().map(|d| d.name.text.as_str()).collect();
        assert_eq!(shown, names, "{day}");
    }
}

#[test]
fn the_ratio_is_the_one_of_the_day() {
    let mut parent = insured();
    parent.copays = vec![
        Copay { from: date(2020, 4, 1), percent: 30, income: None },
        Copay { from: date(2025, 6, 1), percent: 20, income: None },
    ];
    let society = society();
    let data = Data {
        enrolments: vec![card(&society, "52", "1007", parent, Vec::new())],
        insurers: vec![society],
    };
    let question = typed("33333333", "52", "1007", date(1985, 1, 20));
    for (day, percent) in
        [(date(2020, 3, 31), None), (date(2025, 5, 31), Some(30)), (date(2025, 6, 1), Some(20))]
    {
        let shown = data.decide(&question, day).decision.coverage.unwrap();
        assert_eq!(shown.copay_percent, percent, "{day}");
    }
}

/// The same person at two insurers.
fn moved(until: Option<Date>, from: Date) -> Vec<Enrolment> {
    let old = insurer("22222222", date(2000, 4, 1), OPEN);
    let birth = date(1970, 1, 1);
    vec![
        card(&old, "1", "11", enrolled("p", birth, date(2019, 4, 1), until), Vec::new()),
        card(&society(), "2", "22", enrolled("p", birth, from, OPEN), Vec::new()),
    ]
}

#[test]
fn a_card_tapped_leads_to_the_coverage_in_force() {
    let cards = moved(Some(date(2026, 3, 31)), date(2026, 4, 1));
    for (day, insurer) in [(date(2026, 3, 31), "22222222"), (date(2026, 4, 1), "33333333")] {
        let found = by_person("p", day, &cards);
        assert_eq!(found.decision.verdict, Verdict::Valid, "{day}");
        assert_eq!(found.decision.coverage.unwrap().insurer.number, insurer, "{day}");
    }
}

#[test]
fn a_tapped_card_in_every_other_state() {
    let gap = moved(Some(date(2026, 3, 31)), date(2027, 4, 1));
    let both = moved(OPEN, date(2026, 4, 1));
    let coming = &gap[1..];
    let mut dissolved = moved(OPEN, date(2027, 4, 1));
    dissolved[0].insurer = Arc::new(insurer("22222222", date(2000, 4, 1), Some(TODAY)));
    let after = date(2026, 11, 21);
    for (what, cards, day, verdict, step) in [
        ("ended, new one to come", &gap[..], TODAY, Verdict::Superseded, ReasonCheck::NotEnded),
        ("to come", coming, TODAY, Verdict::NotYetStarted, ReasonCheck::Started),
        ("no card at all", &[], TODAY, Verdict::NumberUnknown, ReasonCheck::NumberKnown),
        (
            "insurer dissolved",
            &dissolved,
            after,
            Verdict::InsurerUnknown,
            ReasonCheck::InsurerInForce,
        ),
    ] {
        let found = by_person("p", day, cards);
        assert_eq!(found.decision.verdict, verdict, "{what}");
        assert_eq!(deciding_step(&found), step, "{what}");
        assert_eq!(found.person.as_deref(), Some("p"), "{what}");
    }
    let several = by_person("p", TODAY, &both);
    assert_eq!(several.decision.verdict, Verdict::SeveralHits);
    assert_eq!(several.decision.coverage, None);
    assert_eq!(deciding_step(&several), ReasonCheck::OneCoverage);
}

#[test]
fn a_number_taken_up_again_is_one_person() {
    let society = society();
    let birth = date(1955, 5, 5);
    let spell = |from, until| {
        card(&society, "東京", "001", enrolled("taro", birth, from, until), Vec::new())
    };
    let data = Data {
        enrolments: vec![
            spell(date(2004, 4, 1), Some(date(2010, 3, 31))),
            spell(date(2022, 4, 1), OPEN),
        ],
        insurers: vec![society.clone()],
    };
    let question = typed("33333333", "東京", "001", birth);
    for (day, verdict, from) in [
        (date(2003, 1, 1), Verdict::NotYetStarted, date(2004, 4, 1)),
        (date(2005, 7, 8), Verdict::Valid, date(2004, 4, 1)),
        (date(2015, 1, 1), Verdict::Superseded, date(2004, 4, 1)),
        (TODAY, Verdict::Valid, date(2022, 4, 1)),
    ] {
        let decision = data.decide(&question, day).decision;
        assert_eq!(decision.verdict, verdict, "{day}");
        assert_eq!(decision.coverage.unwrap().validity.from, from, "{day}");
    }
}

#[test]
fn a_person_reads_their_coverages_newest_first() {
    let cards = moved(Some(date(2026, 3, 31)), date(2026, 4, 1));
    let shown = crate::register::coverages_of("p", TODAY, &cards);
    let numbers: Vec<&str> = shown.iter().map(|c| c.insurer.number.as_str()).collect();
    assert_eq!(numbers, ["33333333", "22222222"]);
    assert!(crate::register::coverages_of("nobody", TODAY, &cards).is_empty());
}
