//! The decision beside a slow model that is plainly right: people's days one by one.
//!
//! The model keeps no intervals. It writes out, for each person and each day of a year, on which
//! cards the person stands that day, and reads every verdict off those days.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const DAYS: usize = 40;
const FIRST: Date = date(2026, 1, 1);

fn on(day: usize) -> Date {
    FIRST.saturating_add(jiff::Span::new().days(i64::try_from(day).unwrap()))
}

/// One entry of a history: who stands on which card from when until when (days of the year).
#[derive(Debug, Clone)]
struct Spell {
    insurer: usize,
    number: usize,
    insured: usize,
    from: usize,
    until: Option<usize>,
    /// The last day of a notice that is not entered.
    notice: Option<usize>,
    dependants: Vec<(usize, usize, Option<usize>)>,
}

const INSURERS: [&str; 2] = ["06130488", "01130012"];
const NUMBERS: [&str; 2] = ["1001", "7770"];
/// People 0 and 1 share a birth date.
const BIRTHS: [Date; 4] = [date(1980, 1, 1), date(1980, 1, 1), date(1991, 2, 3), date(2015, 6, 1)];

fn spell() -> impl Strategy<Value = Spell> {
    let until = || proptest::option::of(0..DAYS);
    (
        (0..INSURERS.len(), 0..NUMBERS.len(), 0..BIRTHS.len()),
        (0..DAYS, until(), proptest::option::weighted(0.2, 0..DAYS)),
        proptest::collection::vec((0..BIRTHS.len(), 0..DAYS, until()), 0..3),
    )
        .prop_map(|((insurer, number, insured), (from, until, notice), dependants)| Spell {
            insurer,
            number,
            insured,
            from,
            until,
            notice,
            dependants,
        })
}

fn validity(from: usize, until: Option<usize>) -> (Date, Option<Date>) {
    (on(from), until.map(on))
}

/// The history as the register holds it; the second insurer is dissolved after day 29.
fn data(history: &[Spell]) -> Data {
    let insurers =
        vec![insurer(INSURERS[0], FIRST, OPEN), insurer(INSURERS[1], FIRST, Some(on(29)))];
    let enrolments = history
        .iter()
        .map(|spell| {
            let person = |who: usize, from, until| {
                let (from, until) = validity(from, until);
                enrolled(&who.to_string(), BIRTHS[who], from, until)
            };
            let mut insured = person(spell.insured, spell.from, spell.until);
            insured.provisional_until = spell.notice.map(on);
            let family =
                spell.dependants.iter().map(|(who, from, until)| person(*who, *from, *until));
            let at = &insurers[spell.insurer];
            card(at, "記", NUMBERS[spell.number], insured, family.collect())
        })
        .collect();
    Data { insurers, enrolments }
}

/// One person's place on one card, day by day.
#[derive(Debug)]
struct Line {
    person: usize,
    spell: usize,
    is_provisional: bool,
    covered: BTreeSet<usize>,
    /// The day it was to begin, which a contradictory entry never reaches.
    begins: usize,
    /// The last day, if there is one.
    ends: Option<usize>,
}

/// Writes every day out. Days reach past the year so that open ends stay open.
fn lines(history: &[Spell], insurer: usize, number: Option<usize>) -> Vec<Line> {
    let mut all = Vec::new();
    for (index, spell) in history.iter().enumerate() {
        if spell.insurer != insurer || number.is_some_and(|number| spell.number != number) {
            continue;
        }
        let counts = |day: usize| {
            day >= spell.from
                && spell.until.is_none_or(|until| day <= until)
                && spell.notice.is_none_or(|notice| day <= notice)
        };
        let end = [spell.until, spell.notice].into_iter().flatten().min();
        all.push(Line {
            person: spell.insured,
            spell: index,
            is_provisional: spell.notice.is_some(),
            covered: (0..2 * DAYS).filter(|day| counts(*day)).collect(),
            begins: spell.from,
            ends: end,
        });
        for (who, from, until) in &spell.dependants {
            let covered: BTreeSet<usize> = (0..2 * DAYS)
                .filter(|day| {
                    counts(*day) && day >= from && until.is_none_or(|until| *day <= until)
                })
                .collect();
            // Who is never covered is not on the card.
            if covered.is_empty() {
                continue;
            }
            all.push(Line {
                person: *who,
                spell: index,
                is_provisional: spell.notice.is_some(),
                begins: (*from).max(spell.from),
                ends: [end, *until].into_iter().flatten().min(),
                covered,
            });
        }
    }
    all
}

/// What the model says for a typed card.
fn verdict(history: &[Spell], insurer: usize, number: usize, birth: Date, day: usize) -> Verdict {
    if insurer == 1 && day > 29 {
        return Verdict::InsurerUnknown;
    }
    let named = lines(history, insurer, Some(number));
    if named.is_empty() {
        return Verdict::NumberUnknown;
    }
    let meant: Vec<&Line> = named.iter().filter(|line| BIRTHS[line.person] == birth).collect();
    let people: BTreeSet<usize> = meant.iter().map(|line| line.person).collect();
    match people.len() {
        0 => return Verdict::DependantUnknown,
        1 => {}
        _ => return Verdict::SeveralHits,
    }
    let today = |line: &&&Line| line.covered.contains(&day);
    if meant.iter().filter(today).any(|line| !line.is_provisional) {
        return Verdict::Valid;
    }
    if meant.iter().filter(today).count() > 0 {
        return Verdict::Provisional;
    }
    let begun: Vec<&&Line> = meant.iter().filter(|line| line.begins <= day).collect();
    // Of what has ended the entered and then the longest counts; nothing begun has no end.
    let ended = begun.iter().map(|line| (!line.is_provisional, line.ends.unwrap())).max();
    let Some((_, ended)) = ended else { return Verdict::NotYetStarted };
    let person = people.first().unwrap();
    let is_newer = |line: &Line| {
        line.person == *person && line.begins > ended && line.ends.is_none_or(|end| end >= day)
    };
    if lines(history, insurer, None).iter().any(is_newer) {
        Verdict::Superseded
    } else {
        Verdict::Expired
    }
}

/// What the model says for a tapped card of an insurer of everybody.
fn verdict_by_card(history: &[Spell], person: usize, day: usize) -> Verdict {
    let all: BTreeMap<usize, Vec<Line>> =
        (0..INSURERS.len()).map(|insurer| (insurer, lines(history, insurer, None))).collect();
    let own: Vec<(usize, &Line)> = all
        .iter()
        .flat_map(|(insurer, lines)| lines.iter().map(move |line| (*insurer, line)))
        .filter(|(_, line)| line.person == person)
        .collect();
    if own.is_empty() {
        return Verdict::NumberUnknown;
    }
    let is_today = |(insurer, line): &(usize, &Line)| {
        line.covered.contains(&day) && (*insurer == 0 || day <= 29)
    };
    let today: Vec<&(usize, &Line)> = own.iter().filter(|line| is_today(line)).collect();
    let entered: BTreeSet<(usize, usize)> = today
        .iter()
        .filter(|(_, line)| !line.is_provisional)
        .map(|(insurer, line)| (*insurer, history[line.spell].number))
        .collect();
    match (entered.len(), today.len()) {
        (1, _) => return Verdict::Valid,
        (2.., _) => return Verdict::SeveralHits,
        (0, 1..) => return Verdict::Provisional,
        (0, 0) => {}
    }
    let begun = own.iter().filter(|(_, line)| line.begins <= day);
    let last = begun
        .map(|(_, line)| (!line.is_provisional, line.ends.unwrap_or(usize::MAX), line.begins))
        .max();
    match last {
        None => Verdict::NotYetStarted,
        // Covered, but by an insurer that is no more.
        Some((_, ends, _)) if ends >= day => Verdict::InsurerUnknown,
        Some((_, ends, _)) => {
            let is_newer = |(_, line): &(usize, &Line)| {
                line.begins > ends && line.ends.is_none_or(|end| end >= day)
            };
            if own.iter().any(is_newer) { Verdict::Superseded } else { Verdict::Expired }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_typed_card_is_decided_as_the_model_says(
        history in proptest::collection::vec(spell(), 0..7),
        insurer in 0..INSURERS.len(),
        number in 0..NUMBERS.len(),
        who in 0..BIRTHS.len(),
        day in 0..DAYS,
    ) {
        let question = typed(INSURERS[insurer], "記", NUMBERS[number], BIRTHS[who]);
        let found = data(&history).decide(&question, on(day));
        let expected = verdict(&history, insurer, number, BIRTHS[who], day);
        prop_assert_eq!(found.decision.verdict, expected);
        prop_assert_eq!(found.decision.coverage.is_some(), expected.shows_coverage());
        deciding_step(&found);
    }

    #[test]
    fn a_tapped_card_is_decided_as_the_model_says(
        history in proptest::collection::vec(spell(), 0..7),
        who in 0..BIRTHS.len(),
        day in 0..DAYS,
    ) {
        let found = by_person(&who.to_string(), on(day), &data(&history).enrolments);
        let expected = verdict_by_card(&history, who, day);
        prop_assert_eq!(found.decision.verdict, expected);
        deciding_step(&found);
    }
}
