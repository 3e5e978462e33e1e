//! The insurance page: which cover holds today, drawn as the card of its kind of insurer.

mod beside;

use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::coverage::{Coverage, Dependant, InsurerKind, Relation, Validity};
use warifu_contract::person::age_on;
use warifu_contract::records::InsuranceRecord;
use warifu_service::words::Voice;

use super::person_name::PersonName;
use super::tile::Glance;
use super::{Fact, Tone, sex};
use crate::dates::words;
use beside::{AidView, Stretch, Why};

/// How the numbers of a card stand on the page: nobody outside may ask for them
/// (告知要求制限, 健康保険法 art. 194-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Covered, with a button that shows them.
    Masked,
    /// Shown, for a minute.
    Shown,
    /// Covered: the page is not the person's own.
    Closed,
}

/// The insurance page's content.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/insurance.html")]
pub struct InsuranceView<'a> {
    voice: Voice<'a>,
    tone: Tone,
    verdict: String,
    advice: Option<String>,
    as_of: String,
    cards: Vec<CardView>,
    limit: Vec<String>,
    aids: Vec<AidView>,
    timeline: Vec<Stretch>,
    numbers: Numbers,
}

/// One cover, drawn as a card.
#[derive(Debug, Clone)]
struct CardView {
    kind: String,
    sample: bool,
    name: PersonName,
    ratio: String,
    why: Option<Why>,
    /// None while they are masked.
    symbol_number: Option<String>,
    facts: Vec<Fact>,
    dependants: Vec<DependantRow>,
    family: String,
    correction: String,
}

#[derive(Debug, Clone)]
struct DependantRow {
    name: PersonName,
    sex: String,
    age: String,
    relationship: String,
}

impl<'a> InsuranceView<'a> {
    /// What the insurer holds, seen on `today`.
    pub fn new(
        voice: Voice<'a>,
        today: Date,
        record: &InsuranceRecord,
        numbers: Numbers,
        source: String,
        as_of: Timestamp,
    ) -> Self {
        let (valid, others): (Vec<_>, Vec<_>) =
            record.coverages.iter().partition(|coverage| coverage.validity.holds_on(today));
        let (tone, verdict, advice) = verdict(voice, today, record, &valid);
        let shown = if valid.is_empty() {
            others.first().copied().into_iter().collect()
        } else {
            valid.clone()
        };
        let moment = words::full_moment(voice.language, as_of);
        let gaps = [("source", source.into()), ("moment", moment.into())];
        Self {
            voice,
            tone,
            verdict,
            advice,
            as_of: voice.tell("as-of", &gaps) + &lag(voice, record),
            cards: shown.iter().map(|coverage| card(voice, today, coverage, numbers)).collect(),
            limit: beside::limit(voice, today, record),
            aids: beside::aids(voice, today, record, numbers),
            timeline: beside::timeline(voice, today, record),
            numbers,
        }
    }
}

/// How late news reach the insurer's data, where it says so.
fn lag(voice: Voice<'_>, record: &InsuranceRecord) -> String {
    let days = record.usual_lag_days;
    let told = days.map(|days| voice.tell("answer-lag", &[("days", i64::from(days).into())]));
    told.map_or_else(String::new, |told| format!(" {told}"))
}

/// What the home tile says.
pub fn glance(voice: Voice<'_>, today: Date, record: &InsuranceRecord) -> Glance {
    let valid: Vec<_> =
        record.coverages.iter().filter(|coverage| coverage.validity.holds_on(today)).collect();
    let (tone, state, _) = verdict(voice, today, record, &valid);
    let first = valid.first().copied().or_else(|| record.coverages.first());
    Glance {
        value: first.map_or_else(String::new, |coverage| coverage.insurer.name.clone()),
        tone,
        state,
        note: None,
        sample: first.is_some_and(|coverage| coverage.insurer.r#virtual),
    }
}

/// The tone, the sentence, and what to do where it is not plainly valid.
fn verdict(
    voice: Voice<'_>,
    today: Date,
    record: &InsuranceRecord,
    valid: &[&Coverage],
) -> (Tone, String, Option<String>) {
    match (valid, record.coverages.first()) {
        ([one], _) => (Tone::Ok, valid_words(voice, &one.validity), None),
        ([_, ..], _) => {
            let advice = Some(voice.say("insurance-several-text"));
            (Tone::Warn, voice.say("insurance-several"), advice)
        }
        ([], Some(newest)) => {
            let advice = Some(voice.say("insurance-none-text"));
            (Tone::Warn, past_or_future(voice, today, &newest.validity), advice)
        }
        ([], None) => {
            let advice = Some(voice.say("insurance-none-text"));
            (Tone::Warn, voice.say("insurance-none"), advice)
        }
    }
}

fn valid_words(voice: Voice<'_>, validity: &Validity) -> String {
    validity.until.map_or_else(
        || voice.say("insurance-valid-open"),
        |until| {
            let day = words::day(voice.language, until);
            voice.tell("insurance-valid-until", &[("day", day.into())])
        },
    )
}

fn past_or_future(voice: Voice<'_>, today: Date, validity: &Validity) -> String {
    let (key, day) = match validity.until {
        Some(until) if until < today => ("insurance-ended", until),
        _ => ("insurance-not-started", validity.from),
    };
    voice.tell(key, &[("day", words::day(voice.language, day).into())])
}

fn card(voice: Voice<'_>, today: Date, coverage: &Coverage, numbers: Numbers) -> CardView {
    let insurer = coverage.insurer.name.as_str();
    CardView {
        kind: kind_words(voice, coverage.insurer.kind),
        sample: coverage.insurer.r#virtual,
        name: PersonName::of(voice, &coverage.name),
        ratio: ratio(voice, coverage.copay_percent),
        why: beside::why(voice, today, coverage),
        symbol_number: (numbers == Numbers::Shown).then(|| symbol_number(coverage)),
        facts: facts(voice, coverage, numbers),
        dependants: coverage.dependants.iter().map(|one| dependant(voice, today, one)).collect(),
        family: voice.tell("insurance-family", &[("n", coverage.dependants.len().into())]),
        correction: voice.tell("insurance-wrong-text", &[("insurer", insurer.into())]),
    }
}

/// 東京・001; the symbol may be empty.
pub fn symbol_number(coverage: &Coverage) -> String {
    if coverage.symbol.is_empty() {
        coverage.number.clone()
    } else {
        format!("{}・{}", coverage.symbol, coverage.number)
    }
}

/// 3割; 30 %.
pub fn ratio(voice: Voice<'_>, percent: Option<u8>) -> String {
    percent.map_or_else(
        || voice.say("insurance-ratio-unknown"),
        |percent| voice.tell("insurance-ratio-value", &[("n", (percent / 10).into())]),
    )
}

/// 国民健康保険, ….
fn kind_words(voice: Voice<'_>, kind: InsurerKind) -> String {
    voice.say(match kind {
        InsurerKind::National => "insurance-kind-national",
        InsurerKind::Association => "insurance-kind-association",
        InsurerKind::Society => "insurance-kind-society",
        InsurerKind::MutualAid => "insurance-kind-mutual-aid",
        InsurerKind::LateElderly => "insurance-kind-late-elderly",
    })
}

/// 本人, 家族（妻）.
pub fn relation(voice: Voice<'_>, coverage: &Coverage) -> String {
    match (coverage.relation, coverage.relationship.as_deref()) {
        (Relation::Insured, _) => voice.say("insurance-relation-insured"),
        (Relation::Dependant, None) => voice.say("insurance-relation-family"),
        (Relation::Dependant, Some(how)) => {
            voice.tell("insurance-relation-dependant", &[("relationship", how.into())])
        }
    }
}

/// What the card of each kind of insurer shows, in its order.
fn facts(voice: Voice<'_>, coverage: &Coverage, numbers: Numbers) -> Vec<Fact> {
    let shown = numbers == Numbers::Shown;
    let employed = matches!(
        coverage.insurer.kind,
        InsurerKind::Association | InsurerKind::Society | InsurerKind::MutualAid
    );
    let birth = words::day_in_both_eras(voice.language, coverage.birth_date);
    let head = coverage.insured_name.as_ref().map(|name| PersonName::of(voice, name).text);
    let workplace = coverage.workplace.as_ref().filter(|_| employed);
    let open_end = (!employed).then(|| voice.say("insurance-until-open"));
    let until = coverage.validity.until.map(|day| words::day(voice.language, day)).or(open_end);
    [
        ("insurance-birth", Some(birth)),
        ("insurance-sex", Some(sex(voice, coverage.sex))),
        ("insurance-relation", employed.then(|| relation(voice, coverage))),
        ("insurance-head", head),
        ("insurance-from", Some(words::day(voice.language, coverage.validity.from))),
        ("insurance-until", until),
        ("insurance-workplace", workplace.map(|place| place.name.clone())),
        ("insurance-branch", coverage.branch.clone().filter(|_| shown)),
        ("insurance-insurer-number", shown.then(|| coverage.insurer.number.clone())),
        ("insurance-insurer", Some(coverage.insurer.name.clone())),
        ("insurance-address", Some(coverage.insurer.address.clone())),
    ]
    .into_iter()
    .filter_map(|(key, value)| value.map(|value| Fact { label: voice.say(key), value }))
    .collect()
}

fn dependant(voice: Voice<'_>, today: Date, dependant: &Dependant) -> DependantRow {
    let age = age_on(dependant.birth_date, today);
    DependantRow {
        name: PersonName::of(voice, &dependant.name),
        sex: sex(voice, dependant.sex),
        age: voice.tell("age", &[("n", age.into())]),
        relationship: dependant.relationship.clone(),
    }
}
