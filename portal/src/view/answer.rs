//! The answer to an eligibility check as the desk reads it: the word first, then since when and
//! from whom, then the person, then why.

mod reasons;

use askama::Template;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::copay::{CopayFinding, CopayFit};
use warifu_contract::coverage::{Coverage, Dependant, Validity};
use warifu_contract::eligibility::{EligibilityAnswer, FieldHint, Verdict};
use warifu_contract::name_forms::{NameForms, Replaced};
use warifu_contract::person::{Name, age_on};
use warifu_service::words::{Language, Voice};

use self::reasons::Reasons;
use super::insurance::{ratio, relation, symbol_number};
use super::{Fact, Tone, sex};
use crate::dates::words;

/// The answer's content.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/answer.html")]
pub struct AnswerView<'a> {
    voice: Voice<'a>,
    tone: Tone,
    word: String,
    sentence: String,
    /// The words of 2005, beside an English sentence.
    legacy: Option<String>,
    source: String,
    as_of: Option<String>,
    next: String,
    hint: Option<String>,
    /// The ratio stated cannot be.
    flagged_copay: Option<String>,
    person: Option<PersonView>,
    facts: Vec<Fact>,
    check_number: String,
    dependants: Vec<DependantRow>,
    dependants_title: String,
    reasons: Reasons,
    lag: Option<String>,
}

#[derive(Debug, Clone)]
struct PersonView {
    kana: String,
    name_age: String,
    ratio: String,
    sample: bool,
    facts: Vec<Fact>,
}

#[derive(Debug, Clone)]
struct DependantRow {
    name: String,
    kana: String,
    sex: String,
    age: String,
    born: String,
    relationship: String,
    branch: String,
}

impl<'a> AnswerView<'a> {
    /// The relay's answer in the page's voice.
    pub fn new(voice: Voice<'a>, answer: &EligibilityAnswer) -> Self {
        let decision = &answer.decision;
        let key = decision.verdict.code().replace('.', "-");
        let coverage = decision.coverage.as_ref();
        let dependants = coverage.map_or(&[][..], |coverage| coverage.dependants.as_slice());
        Self {
            voice,
            tone: tone(decision.verdict),
            word: voice.say(&key),
            sentence: sentence(voice, &key, answer),
            legacy: (voice.language == Language::En).then(|| answer.message.clone()),
            source: source(voice, answer),
            as_of: answer.as_of.map(|at| {
                let moment = words::full_moment(voice.language, at);
                voice.tell("answer-as-of", &[("moment", moment.into())])
            }),
            next: next(voice, answer),
            hint: decision.hint.map(|field| hint(voice, field)),
            flagged_copay: decision.copay.as_ref().and_then(|copay| flagged(voice, copay)),
            person: coverage.map(|coverage| person(voice, coverage, answer)),
            facts: facts(voice, coverage, answer),
            check_number: answer.check_number.grouped(),
            dependants: dependants.iter().map(|one| dependant(voice, one, answer)).collect(),
            dependants_title: voice.tell("answer-dependants", &[("n", dependants.len().into())]),
            reasons: Reasons::new(voice, &decision.reasons),
            lag: answer
                .usual_lag_days
                .map(|days| voice.tell("answer-lag", &[("days", days.into())])),
        }
    }
}

/// Why a check brought no answer at all.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/no_answer.html")]
pub struct NoAnswer {
    /// What happened, in a word.
    pub word: String,
    /// In a sentence.
    pub sentence: String,
    /// What next.
    pub next: String,
}

impl NoAnswer {
    /// The words under `key`.
    pub fn new(voice: Voice<'_>, key: &str) -> Self {
        Self {
            word: voice.say(key),
            sentence: voice.attribute(key, "sentence"),
            next: voice.attribute(key, "next"),
        }
    }
}

/// What to do now; an answer for another day than today says nothing about today.
fn next(voice: Voice<'_>, answer: &EligibilityAnswer) -> String {
    let today = today_in_japan(answer.answered_at) == answer.target_date;
    if answer.decision.verdict.covers() && !today {
        return voice.say("answer-other-day");
    }
    voice.say(&format!("advice-{}", answer.next.code()))
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Valid => Tone::Ok,
        Verdict::Provisional
        | Verdict::Expired
        | Verdict::Superseded
        | Verdict::NotYetStarted
        | Verdict::SeveralHits => Tone::Warn,
        Verdict::InsurerSilent => Tone::Wait,
        Verdict::NumberUnknown
        | Verdict::DependantUnknown
        | Verdict::InsurerUnknown
        | Verdict::NotLinked => Tone::Bad,
    }
}

/// In Japanese the words of 2005 as the relay gave them; where those say less than is known
/// (not yet begun, only notified, not linked), our own.
fn sentence(voice: Voice<'_>, key: &str, answer: &EligibilityAnswer) -> String {
    let vague = matches!(
        answer.decision.verdict,
        Verdict::NotYetStarted | Verdict::Provisional | Verdict::NotLinked
    );
    if voice.language == Language::Ja && !vague {
        answer.message.clone()
    } else {
        voice.attribute(key, "sentence")
    }
}

fn source(voice: Voice<'_>, answer: &EligibilityAnswer) -> String {
    let seconds = format!("{}.{}", answer.took_ms / 1000, answer.took_ms % 1000 / 100);
    let mut gaps = vec![
        ("time", words::clock_with_seconds(answer.answered_at).into()),
        ("seconds", seconds.into()),
    ];
    let Some(source) = answer.source.as_deref() else {
        return voice.tell("answer-no-source", &gaps);
    };
    gaps.push(("source", source.into()));
    voice.tell("answer-source", &gaps)
}

fn hint(voice: Voice<'_>, field: FieldHint) -> String {
    let field = match field {
        FieldHint::InsurerNumber => return voice.say("answer-hint-insurer"),
        FieldHint::BirthDate => return voice.say("answer-hint-birth"),
        FieldHint::Symbol => "hint-symbol",
        FieldHint::Number => "hint-number",
        FieldHint::Branch => "hint-branch",
    };
    voice.tell("answer-hint", &[("field", voice.say(field).into())])
}

/// The ratio stated beside those that can be, where it is none of them.
fn flagged(voice: Voice<'_>, copay: &CopayFinding) -> Option<String> {
    let stated = copay.stated.filter(|_| copay.fit == CopayFit::Impossible)?;
    let possible: Vec<String> =
        copay.possible.iter().map(|percent| ratio(voice, Some(*percent))).collect();
    let gaps = [
        ("stated", ratio(voice, Some(stated)).into()),
        ("possible", possible.join(&voice.say("copay-or")).into()),
        ("rule", voice.say(&format!("copay-rule-{}", copay.rule.code())).into()),
    ];
    Some(voice.tell("answer-copay-impossible", &gaps))
}

fn person(voice: Voice<'_>, coverage: &Coverage, answer: &EligibilityAnswer) -> PersonView {
    let age = age_on(coverage.birth_date, answer.target_date);
    let gaps = [
        ("name", coverage.name.text.as_str().into()),
        ("sex", sex(voice, coverage.sex).into()),
        ("age", age.into()),
    ];
    PersonView {
        kana: coverage.name.kana.clone(),
        name_age: voice.tell("answer-name-age", &gaps),
        ratio: ratio(voice, coverage.copay_percent),
        sample: coverage.insurer.r#virtual,
        facts: person_facts(voice, coverage),
    }
}

fn person_facts(voice: Voice<'_>, coverage: &Coverage) -> Vec<Fact> {
    let insurer = &coverage.insurer;
    let branch = coverage.branch.as_deref().map_or_else(String::new, |branch| {
        format!(" {}", voice.tell("answer-branch", &[("branch", branch.into())]))
    });
    let insurer_line = format!("{} {}\n{}", insurer.name, insurer.number, insurer.address);
    let workplace = coverage.workplace.as_ref();
    [
        ("answer-birth", Some(words::day_in_both_eras(voice.language, coverage.birth_date))),
        ("answer-claim-name", claim_name(&coverage.name)),
        ("answer-relation", Some(relation(voice, coverage))),
        ("answer-insured", coverage.insured_name.as_ref().map(|name| name.text.clone())),
        ("answer-symbol-number", Some(format!("{}{branch}", symbol_number(coverage)))),
        ("answer-insurer", Some(insurer_line)),
        ("answer-workplace", workplace.map(|place| format!("{}\n{}", place.name, place.address))),
    ]
    .into_iter()
    .filter_map(|(key, value)| value.map(|value| Fact { label: voice.say(key), value }))
    .collect()
}

/// How the name is written on a claim, where not every character can be, and which cannot.
fn claim_name(name: &Name) -> Option<String> {
    let claim = NameForms::of(name).claim;
    let told = |one: &Replaced| match one.by {
        Some(by) => format!("{} ({}) → {by}", one.written, one.code_points),
        None => format!("{} ({})", one.written, one.code_points),
    };
    let replaced: Vec<String> = claim.replaced.iter().map(told).collect();
    claim.is_degraded().then(|| format!("{}\n{}", claim.text, replaced.join("\n")))
}

fn facts(voice: Voice<'_>, coverage: Option<&Coverage>, answer: &EligibilityAnswer) -> Vec<Fact> {
    let target = words::day_in_both_eras(voice.language, answer.target_date);
    let validity = coverage.map(|coverage| validity_words(voice, &coverage.validity));
    [("answer-validity", validity), ("answer-target", Some(target))]
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| Fact { label: voice.say(key), value }))
        .collect()
}

fn validity_words(voice: Voice<'_>, validity: &Validity) -> String {
    let day = |date| words::day_in_both_eras(voice.language, date);
    let from = voice.tell("answer-from", &[("day", day(validity.from).into())]);
    let until = validity.until.map_or_else(
        || voice.say("answer-open"),
        |until| voice.tell("answer-until", &[("day", day(until).into())]),
    );
    format!("{from}\n{until}")
}

fn dependant(voice: Voice<'_>, one: &Dependant, answer: &EligibilityAnswer) -> DependantRow {
    let age = age_on(one.birth_date, answer.target_date);
    DependantRow {
        name: one.name.text.clone(),
        kana: one.name.kana.clone(),
        sex: sex(voice, one.sex),
        age: voice.tell("age", &[("n", age.into())]),
        born: words::year_in_both_eras(voice.language, one.birth_date),
        relationship: one.relationship.clone(),
        branch: one.branch.clone().unwrap_or_default(),
    }
}
