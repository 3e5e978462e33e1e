//! Coverage that is only notified, coverage that a newer one follows, and hints for the other
//! fields.

use super::*;
use crate::copay::CopayFit;
use crate::eligibility::Advice;

const TODAY: Date = date(2026, 11, 20);
const BORN: Date = date(1985, 1, 20);
const INSURER: &str = "06130488";

fn society() -> RegisteredInsurer {
    insurer(INSURER, date(2000, 4, 1), OPEN)
}

fn data(enrolments: impl FnOnce(&RegisteredInsurer) -> Vec<Enrolment>) -> Data {
    let society = society();
    Data { enrolments: enrolments(&society), insurers: vec![society] }
}

/// Notified from 16 November, to count until the end of the year; a child beside.
fn notified() -> Data {
    data(|society| {
        let mut parent = enrolled("parent", BORN, date(2026, 11, 16), OPEN);
        parent.provisional_until = Some(date(2026, 12, 31));
        let child = enrolled("child", date(2015, 6, 1), date(2026, 11, 16), OPEN);
        vec![card(society, "52", "1007", parent, vec![child])]
    })
}

#[test]
fn a_notice_counts_from_its_first_to_its_last_day() {
    for birth in [BORN, date(2015, 6, 1)] {
        for (day, verdict, advice) in [
            (date(2026, 11, 15), Verdict::NotYetStarted, Advice::AskForEarlierInsurance),
            (date(2026, 11, 16), Verdict::Provisional, Advice::ProceedAndRecheck),
            (date(2026, 12, 31), Verdict::Provisional, Advice::ProceedAndRecheck),
            (date(2027, 1, 1), Verdict::Expired, Advice::AskForNewInsurance),
        ] {
            let decision = notified().decide(&typed(INSURER, "52", "1007", birth), day).decision;
            assert_eq!((decision.verdict, decision.advice()), (verdict, advice), "{birth} {day}");
            let until = decision.coverage.unwrap().validity.until;
            assert_eq!(until, Some(date(2026, 12, 31)), "what is shown ends with the notice");
        }
    }
    let lapsed = notified().decide(&typed(INSURER, "52", "1007", BORN), date(2027, 1, 1));
    let last = lapsed.decision.reasons.last().unwrap();
    assert_eq!(last.within, [ReasonStep::new(ReasonCheck::Entered, false)]);
}

#[test]
fn what_is_entered_goes_before_what_is_notified() {
    let mut data = notified();
    let old = enrolled("parent", BORN, date(2020, 4, 1), OPEN);
    data.enrolments.push(card(&society(), "52", "9000", old, Vec::new()));
    let found = by_person("parent", TODAY, &data.enrolments);
    assert_eq!(found.decision.verdict, Verdict::Valid);
    assert_eq!(found.decision.coverage.unwrap().number, "9000");
    let looked_at = &found.decision.reasons[1];
    assert_eq!(looked_at.check, ReasonCheck::NumberKnown);
    assert_eq!(looked_at.within.len(), 2);
}

/// Moved to another number of the same insurer.
fn moved(until: Option<Date>) -> Data {
    data(|society| {
        let left = Some(date(2026, 3, 31));
        let old = enrolled("p", BORN, date(2019, 4, 1), left);
        let new = enrolled("p", BORN, date(2026, 4, 1), until);
        vec![
            card(society, "52", "1007", old, Vec::new()),
            card(society, "77", "4242", new, Vec::new()),
        ]
    })
}

#[test]
fn an_old_number_says_that_a_newer_one_is_known_and_nothing_of_it() {
    let question = typed(INSURER, "52", "1007", BORN);
    let found = moved(OPEN).decide(&question, TODAY);
    assert_eq!(found.decision.verdict, Verdict::Superseded);
    assert_eq!(found.decision.verdict.legacy_message(), "有効期限を過ぎています");
    assert_eq!(found.decision.advice(), Advice::AskForNewCard);
    let told = serde_json::to_string(&found.decision).unwrap();
    assert!(told.contains("newer-known") && !told.contains("4242"), "{told}");
    let over = moved(Some(date(2026, 10, 31))).decide(&question, TODAY);
    assert_eq!(over.decision.verdict, Verdict::Expired, "the newer one is over too");
}

#[test]
fn a_newer_card_of_somebody_else_supersedes_nothing() {
    let mut data = moved(OPEN);
    data.enrolments[1].insured.person = "somebody else".to_owned();
    let found = data.decide(&typed(INSURER, "52", "1007", BORN), TODAY);
    assert_eq!(found.decision.verdict, Verdict::Expired);
}

#[test]
fn a_slip_in_the_birth_date_is_told_only_where_number_and_branch_fit() {
    let branch = |mut person: Enrolled, branch: &str| {
        person.branch = Some(branch.to_owned());
        person
    };
    let family = data(|society| {
        let parent = branch(enrolled("parent", BORN, date(2020, 4, 1), OPEN), "00");
        let child = branch(enrolled("child", date(2015, 6, 1), date(2020, 4, 1), OPEN), "02");
        vec![card(society, "52", "1007", parent, vec![child])]
    });
    let slip = typed(INSURER, "52", "1007", date(1985, 1, 21));
    for (what, question, hint) in [
        ("number and branch fit", with_branch(slip.clone(), "00"), Some(FieldHint::BirthDate)),
        ("no branch", slip.clone(), None),
        ("another's branch", with_branch(slip.clone(), "02"), None),
        ("nobody's branch", with_branch(slip, "09"), None),
        ("too far away", with_branch(typed(INSURER, "52", "1007", date(1977, 7, 7)), "00"), None),
    ] {
        let decision = family.decide(&question, TODAY).decision;
        assert_eq!(decision.verdict, Verdict::DependantUnknown, "{what}");
        assert_eq!(decision.hint, hint, "{what}");
        assert_eq!(decision.coverage, None, "{what}");
    }
}

#[test]
fn an_insurers_number_is_looked_at_again_when_it_cannot_be_or_is_near() {
    for (insurer, hint) in [
        ("06130489", Some(FieldHint::InsurerNumber)),
        ("0613048", Some(FieldHint::InsurerNumber)),
        ("6130488", Some(FieldHint::InsurerNumber)),
        ("06130488X", Some(FieldHint::InsurerNumber)),
        ("01130012", None),
    ] {
        let found = moved(OPEN).decide(&typed(insurer, "52", "1007", BORN), TODAY);
        assert_eq!(found.decision.verdict, Verdict::InsurerUnknown, "{insurer}");
        assert_eq!(found.decision.hint, hint, "{insurer}");
        assert_eq!(deciding_step(&found), ReasonCheck::InsurerKnown);
    }
}

#[test]
fn a_number_in_small_kana_is_near() {
    let data = data(|society| {
        let one = enrolled("p", BORN, date(2020, 4, 1), OPEN);
        vec![card(society, "52", "シヨウ12", one, Vec::new())]
    });
    let found = data.decide(&typed(INSURER, "52", "ショウ12", BORN), TODAY);
    assert_eq!(found.decision.hint, Some(FieldHint::Number));
}

#[test]
fn a_dissolved_insurer_is_no_slip() {
    let mut data = moved(OPEN);
    data.insurers[0].validity.until = Some(date(2026, 10, 31));
    let decision = data.decide(&typed(INSURER, "52", "1007", BORN), TODAY).decision;
    assert_eq!(decision.verdict, Verdict::InsurerUnknown);
    assert_eq!(decision.advice(), Advice::AskForNewInsurance);
}

#[test]
fn a_ratio_that_cannot_be_is_flagged_and_shown_as_stated() {
    let mut data = moved(OPEN);
    data.enrolments[1].insured.copays[0].percent = 20;
    let decision = data.decide(&typed(INSURER, "77", "4242", BORN), TODAY).decision;
    assert_eq!(decision.verdict, Verdict::Valid);
    assert_eq!(decision.coverage.unwrap().copay_percent, Some(20));
    let copay = decision.copay.unwrap();
    assert_eq!((copay.stated, copay.fit), (Some(20), CopayFit::Impossible));
    assert_eq!(copay.possible, [30]);
}
