//! The trial's schedule: who is asked about in which week, before and after the insurer enters
//! 資格取得, 資格喪失 and 被扶養者認定.

use super::*;

/// A Friday in the given week of the trial.
fn friday(week: i8) -> Date {
    date(2005, 6, 3).saturating_add(jiff::Span::new().days(7 * i32::from(week)))
}

/// The day on which the week's changes take effect.
fn change(week: i8) -> Date {
    friday(week).saturating_sub(jiff::Span::new().days(1))
}

fn day_before_change(week: i8) -> Date {
    friday(week).saturating_sub(jiff::Span::new().days(2))
}

const INSURED: Date = date(1970, 1, 1);
const FAMILY: Date = date(1972, 2, 2);
const INSURERS: [(&str, &str); 4] =
    [("国保", "111111"), ("政管", "22222222"), ("組合", "33333333"), ("共済", "55555555")];

fn insurers() -> Vec<RegisteredInsurer> {
    INSURERS.iter().map(|(_, number)| insurer(number, date(2000, 4, 1), OPEN)).collect()
}

fn number_of(kind: &str) -> &'static str {
    INSURERS.iter().find(|(name, _)| *name == kind).unwrap().1
}

fn one(kind: &str) -> RegisteredInsurer {
    insurer(number_of(kind), date(2000, 4, 1), OPEN)
}

fn verdicts(data_in: impl Fn(i8) -> Data, kind: &str, birth: Date, weeks: &[i8]) -> Vec<Verdict> {
    let question = typed(number_of(kind), "弐", "27000000", birth);
    let ask = |week: &i8| data_in(*week).decide(&question, friday(*week)).decision.verdict;
    weeks.iter().map(ask).collect()
}

/// Pattern 2: the insured person joins in week 3, the family member is recognised in week 4.
fn joining(kind: &str, week: i8) -> Data {
    let insured = enrolled("insured", INSURED, change(3), OPEN);
    let family = enrolled("family", FAMILY, change(4), OPEN);
    let dependants = if week >= 4 { vec![family] } else { Vec::new() };
    let enrolments = match week {
        ..3 => Vec::new(),
        _ => vec![card(&one(kind), "弐", "27000000", insured, dependants)],
    };
    Data { insurers: insurers(), enrolments }
}

#[test]
fn pattern_two_before_and_after_joining() {
    use Verdict::{DependantUnknown, NumberUnknown, Valid};
    for (kind, _) in INSURERS {
        let data_in = |week| joining(kind, week);
        assert_eq!(
            verdicts(data_in, kind, INSURED, &[1, 2, 3, 4]),
            [NumberUnknown, NumberUnknown, Valid, Valid],
            "{kind}"
        );
        assert_eq!(
            verdicts(data_in, kind, FAMILY, &[1, 2, 3, 4]),
            [NumberUnknown, NumberUnknown, DependantUnknown, Valid],
            "{kind}"
        );
    }
}

#[test]
fn a_change_entered_ahead_is_told_apart_from_an_unknown_number() {
    let data = joining("組合", 4);
    let question = |birth| typed("33333333", "弐", "27000000", birth);
    let early = data.decide(&question(INSURED), friday(2));
    assert_eq!(early.decision.verdict, Verdict::NotYetStarted);
    assert_eq!(early.decision.verdict.legacy_message(), "該当する記号・番号がありません");
    let recognised_later = data.decide(&question(FAMILY), friday(3));
    assert_eq!(recognised_later.decision.verdict, Verdict::NotYetStarted);
}

/// Pattern 3: in week 4 the insured person leaves `old` (the family with them) and everybody
/// joins `new`, the family member as one's own insured person or again as a dependant.
fn moving(old: &str, new: &str, family_stays_dependant: bool, week: i8) -> Data {
    let ends = (week >= 4).then(|| day_before_change(4));
    let left = card(
        &one(old),
        "弐",
        "27000000",
        enrolled("insured", INSURED, change(1), ends),
        vec![enrolled("family", FAMILY, change(1), ends)],
    );
    let mut enrolments = vec![left];
    if week >= 4 {
        let insured = enrolled("insured", INSURED, change(4), OPEN);
        let family = enrolled("family", FAMILY, change(4), OPEN);
        let (dependants, own) =
            if family_stays_dependant { (vec![family], None) } else { (Vec::new(), Some(family)) };
        enrolments.push(card(&one(new), "弐", "27000000", insured, dependants));
        enrolments.extend(own.map(|own| card(&one(new), "弐", "27000000", own, Vec::new())));
    }
    Data { insurers: insurers(), enrolments }
}

#[test]
fn pattern_three_the_old_insurer_ends_and_the_new_one_answers() {
    use Verdict::{Expired, NumberUnknown, Valid};
    for (old, new, family_stays_dependant) in [
        ("国保", "政管", false),
        ("政管", "組合", true),
        ("組合", "国保", false),
        ("共済", "組合", true),
    ] {
        let data_in = |week| moving(old, new, family_stays_dependant, week);
        for birth in [INSURED, FAMILY] {
            let at_old = verdicts(data_in, old, birth, &[2, 3, 4, 5]);
            assert_eq!(at_old, [Valid, Valid, Expired, Expired], "{old} {birth}");
            let at_new = verdicts(data_in, new, birth, &[2, 3, 4, 5]);
            assert_eq!(at_new, [NumberUnknown, NumberUnknown, Valid, Valid], "{new} {birth}");
        }
    }
}

#[test]
fn a_tapped_card_is_valid_through_the_move() {
    for person in ["insured", "family"] {
        for (week, number) in [(3, "22222222"), (4, "33333333")] {
            let data = moving("政管", "組合", true, week);
            let decision = by_person(person, friday(week), &data.enrolments).decision;
            assert_eq!(decision.verdict, Verdict::Valid, "{person} week {week}");
            assert_eq!(decision.coverage.unwrap().insurer.number, number);
        }
    }
}

#[test]
fn a_dependant_struck_off_is_expired_while_the_insured_person_stays() {
    let mut data = joining("共済", 4);
    data.enrolments[0].dependants[0].enrolled.validity.until = Some(day_before_change(5));
    let ask = |birth| data.decide(&typed("55555555", "弐", "27000000", birth), friday(5));
    assert_eq!(ask(FAMILY).decision.verdict, Verdict::Expired);
    assert_eq!(ask(INSURED).decision.verdict, Verdict::Valid);
}
