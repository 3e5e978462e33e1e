//! The eighteen refusals of the trial's test sheet, and what the trial did not tell apart.

use super::*;

const TODAY: Date = date(2005, 7, 8);
const INSURED: Date = date(1955, 5, 5);
const WIFE: Date = date(1960, 10, 10);

/// One insurer in force with four cards (running, ended, coming, and one without dependants),
/// and one insurer that was dissolved.
fn data() -> Data {
    let running = insurer("00000001", date(2000, 4, 1), OPEN);
    let dissolved = insurer("55555555", date(2000, 4, 1), Some(date(2005, 3, 31)));
    let family = |number: &str, from: Date, until: Option<Date>| {
        let insured = enrolled(&format!("{number}-insured"), INSURED, from, until);
        let wife = enrolled(&format!("{number}-wife"), WIFE, from, until);
        card(&running, "東京", number, insured, vec![wife])
    };
    let alone = enrolled("004-insured", INSURED, date(2004, 4, 1), OPEN);
    let left_over = enrolled("005-insured", INSURED, date(2004, 4, 1), OPEN);
    let enrolments = vec![
        family("001", date(2004, 4, 1), Some(date(2010, 3, 31))),
        family("002", date(2001, 4, 1), Some(date(2005, 7, 7))),
        family("003", date(2005, 7, 9), OPEN),
        card(&running, "東京", "004", alone, Vec::new()),
        card(&dissolved, "東京", "005", left_over, Vec::new()),
    ];
    Data { insurers: vec![running, dissolved], enrolments }
}

#[test]
fn every_refusal_of_the_trial_with_its_sentence_and_its_true_reason() {
    use ReasonCheck as Step;
    let no_insurer = "該当する保険者がありません";
    let no_number = "該当する記号・番号がありません";
    let ended = "有効期限を過ぎています";
    let no_dependant = "被扶養者が存在しません";
    let valid = "有効な保険資格です";
    for (what, typed, sentence, verdict, step) in [
        (
            "no such insurer",
            typed("99999999", "東京", "001", INSURED),
            no_insurer,
            Verdict::InsurerUnknown,
            Step::InsurerKnown,
        ),
        (
            "the insurer is not in force",
            typed("55555555", "東京", "005", INSURED),
            no_insurer,
            Verdict::InsurerUnknown,
            Step::InsurerInForce,
        ),
        (
            "insured: no such number",
            typed("00000001", "東京", "999", INSURED),
            no_number,
            Verdict::NumberUnknown,
            Step::NumberKnown,
        ),
        (
            "insured: ended",
            typed("00000001", "東京", "002", INSURED),
            ended,
            Verdict::Expired,
            Step::NotEnded,
        ),
        (
            "insured: not yet begun",
            typed("00000001", "東京", "003", INSURED),
            no_number,
            Verdict::NotYetStarted,
            Step::Started,
        ),
        (
            "family: no such number",
            typed("00000001", "東京", "999", WIFE),
            no_number,
            Verdict::NumberUnknown,
            Step::NumberKnown,
        ),
        (
            "family: number without this dependant",
            typed("00000001", "東京", "004", WIFE),
            no_dependant,
            Verdict::DependantUnknown,
            Step::PersonFound,
        ),
        (
            "family: the insured person's coverage ended",
            typed("00000001", "東京", "002", WIFE),
            ended,
            Verdict::Expired,
            Step::NotEnded,
        ),
        (
            "family: the insured person's coverage has not begun",
            typed("00000001", "東京", "003", WIFE),
            no_number,
            Verdict::NotYetStarted,
            Step::Started,
        ),
        (
            "insured: valid",
            typed("00000001", "東京", "001", INSURED),
            valid,
            Verdict::Valid,
            Step::NotEnded,
        ),
        (
            "family: valid",
            typed("00000001", "東京", "001", WIFE),
            valid,
            Verdict::Valid,
            Step::NotEnded,
        ),
    ] {
        let found = data().decide(&typed, TODAY);
        assert_eq!(found.decision.verdict, verdict, "{what}");
        assert_eq!(found.decision.verdict.legacy_message(), sentence, "{what}");
        assert_eq!(deciding_step(&found), step, "{what}");
    }
}

#[test]
fn a_valid_answer_tells_every_step_and_the_coverage() {
    let found = data().decide(&typed(" 0000-0001 ", "東　京", "００１", INSURED), TODAY);
    let steps: Vec<ReasonCheck> = found.decision.reasons.iter().map(|step| step.check).collect();
    assert_eq!(
        steps,
        [
            ReasonCheck::InsurerKnown,
            ReasonCheck::InsurerInForce,
            ReasonCheck::NumberKnown,
            ReasonCheck::PersonFound,
            ReasonCheck::Started,
            ReasonCheck::NotEnded
        ]
    );
    assert_eq!(found.person.as_deref(), Some("001-insured"));
    let coverage = found.decision.coverage.unwrap();
    assert_eq!(coverage.relation, Relation::Insured);
    assert_eq!(coverage.validity.until, Some(date(2010, 3, 31)));
    assert_eq!(coverage.copay_percent, Some(30));
    assert_eq!(coverage.dependants.len(), 1);
}

#[test]
fn both_the_first_and_the_last_day_are_valid() {
    let card = typed("00000001", "東京", "001", INSURED);
    for (day, verdict) in [
        (date(2004, 3, 31), Verdict::NotYetStarted),
        (date(2004, 4, 1), Verdict::Valid),
        (date(2010, 3, 31), Verdict::Valid),
        (date(2010, 4, 1), Verdict::Expired),
    ] {
        assert_eq!(data().decide(&card, day).decision.verdict, verdict, "{day}");
    }
}

#[test]
fn only_decisions_in_time_show_a_coverage() {
    for (number, birth, shows) in [
        ("001", INSURED, true),
        ("002", INSURED, true),
        ("003", INSURED, true),
        ("004", WIFE, false),
        ("999", INSURED, false),
    ] {
        let found = data().decide(&typed("00000001", "東京", number, birth), TODAY);
        assert_eq!(found.decision.coverage.is_some(), shows, "{number}");
        assert_eq!(found.person.is_some(), shows, "{number}");
    }
}

#[test]
fn a_hint_needs_the_birth_date_and_names_only_the_field() {
    let twice = || {
        let mut data = data();
        let insurer = data.insurers[0].clone();
        let neighbour = enrolled("other", INSURED, date(2004, 4, 1), OPEN);
        data.enrolments.push(card(&insurer, "大阪", "0001", neighbour, Vec::new()));
        data
    };
    for (what, data, symbol, number, birth, hint) in [
        ("a digit too many", data(), "東京", "0011", WIFE, Some(FieldHint::Number)),
        ("leading zeros", data(), "東京", "1", WIFE, Some(FieldHint::Number)),
        ("another symbol", data(), "東", "001", WIFE, Some(FieldHint::Symbol)),
        ("birth date of nobody", data(), "東京", "1", date(1970, 1, 1), None),
        ("both fields differ", data(), "東", "1", WIFE, None),
        ("far away", data(), "東京", "987654", WIFE, None),
        ("two ways to be near", twice(), "東京", "0001", INSURED, None),
    ] {
        let found = data.decide(&typed("00000001", symbol, number, birth), TODAY);
        assert_eq!(found.decision.verdict, Verdict::NumberUnknown, "{what}");
        assert_eq!(found.decision.hint, hint, "{what}");
        assert_eq!(found.person, None, "{what}");
    }
}

#[test]
fn another_insurers_people_give_no_hint() {
    let mut data = data();
    let other = insurer("33333333", date(2000, 4, 1), OPEN);
    data.insurers.push(other);
    let found = data.decide(&typed("33333333", "東京", "001", INSURED), TODAY);
    assert_eq!(found.decision.verdict, Verdict::NumberUnknown);
    assert_eq!(found.decision.hint, None);
}

#[test]
fn a_wrong_birth_date_never_gives_a_hint() {
    let found = data().decide(&typed("00000001", "東京", "001", date(1955, 5, 6)), TODAY);
    assert_eq!(found.decision.verdict, Verdict::DependantUnknown);
    assert_eq!(found.decision.hint, None);
    assert_eq!(found.decision.coverage, None);
}

proptest! {
    #[test]
    fn every_question_gets_a_verdict_with_its_one_reason(
        insurer in "[0-9]{0,9}|0000000[01]|55555555",
        symbol in "東京|.{0,5}",
        number in "00[1-5]|[0-9]{0,4}",
        branch in proptest::option::of("0[0-9]"),
        days in 0i32..4000,
        birth in prop_oneof![Just(INSURED), Just(WIFE), Just(date(1999, 9, 9))],
    ) {
        let day = date(2000, 1, 1).saturating_add(jiff::Span::new().days(days));
        let typed = TypedCard {
            insurer_number: insurer, symbol, number, branch, birth_date: birth,
        };
        let found = data().decide(&typed, day);
        deciding_step(&found);
        prop_assert!(found.decision.coverage.is_none_or(|shown| shown.birth_date == birth));
    }

    #[test]
    fn rows_of_others_change_nothing(number in "00[1-5]", days in 0i32..4000) {
        let day = date(2000, 1, 1).saturating_add(jiff::Span::new().days(days));
        let typed = typed("00000001", "東京", &number, INSURED);
        let mut few = data();
        few.enrolments.retain(|card| card.number == number && card.insurer.key.as_str() == "00000001");
        few.insurers.truncate(1);
        let (mut whole, part) = (data().decide(&typed, day), few.decide(&typed, day));
        if part.decision.verdict == Verdict::NumberUnknown {
            whole.decision.hint = None;
        }
        prop_assert_eq!(whole, part);
    }
}
