//! The metabolic-syndrome check in three steps, with the person's own numbers.

use askama::Template;
use warifu_contract::records::{Checkup, CheckupRecord};
use warifu_service::words::Voice;

use super::Tone;
use super::checkups::{item_name, number, unit_of, value_words};
use crate::checkup::limits::{SYNDROME, Side};
use crate::checkup::syndrome::{
    Determination, Evidence, Guidance, Measured, Risk, determination, evidence, guidance,
};

/// The steps, what follows from them, and the guidance that goes with it.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/syndrome.html")]
pub struct SyndromeView<'a> {
    voice: Voice<'a>,
    waist: Part,
    risks: Vec<Part>,
    tone: Tone,
    result: String,
    because: String,
    differs: Option<String>,
    rules: String,
    level: String,
    about_level: Vec<String>,
}

/// One part of the rules and whether it is met.
#[derive(Debug, Clone)]
struct Part {
    name: String,
    lines: Vec<Line>,
    note: Option<String>,
    tag: &'static str,
    word: String,
}

/// A measurement and its limit.
#[derive(Debug, Clone)]
struct Line {
    name: String,
    value: String,
    limit: String,
}

impl<'a> SyndromeView<'a> {
    /// The check for one check-up; none before there were rules for it.
    pub fn new(voice: Voice<'a>, record: &CheckupRecord, checkup: &Checkup) -> Option<Self> {
        let evidence = evidence(record, checkup)?;
        let found = determination(&evidence);
        let (tone, key) = result(found);
        let year = [("year", evidence.rules.from.to_string().into())];
        Some(Self {
            waist: waist(voice, evidence.waist),
            risks: risks(voice, &evidence),
            tone,
            result: voice.say(key),
            because: because(voice, &evidence, found),
            differs: differs(voice, checkup, found),
            rules: voice.tell("syndrome-rules", &year),
            level: voice.say(level(guidance(&evidence))),
            about_level: about_level(voice, &evidence),
            voice,
        })
    }
}

fn waist(voice: Voice<'_>, measured: Option<Measured<'_>>) -> Part {
    let lines = measured.iter().map(|measured| line(voice, measured)).collect();
    part(voice, "syndrome-waist", lines, None, measured.map(|measured| measured.met))
}

fn risks(voice: Voice<'_>, evidence: &Evidence<'_>) -> Vec<Part> {
    [
        ("syndrome-sugar", &evidence.sugar),
        ("syndrome-fat", &evidence.fat),
        ("syndrome-pressure", &evidence.pressure),
    ]
    .map(|(name, risk)| {
        let lines = risk.measured.iter().map(|measured| line(voice, measured)).collect();
        part(voice, name, lines, medicine(risk), risk.counts())
    })
    .into()
}

/// What has to be said about medicine, where it decides.
fn medicine(risk: &Risk<'_>) -> Option<&'static str> {
    match (risk.met, risk.drug) {
        (_, Some(true)) => Some("syndrome-drug"),
        (Some(true), _) | (_, Some(false)) => None,
        (_, None) => Some("syndrome-drug-unanswered"),
    }
}

fn part(
    voice: Voice<'_>,
    name: &str,
    lines: Vec<Line>,
    note: Option<&str>,
    met: Option<bool>,
) -> Part {
    let (tag, word) = match met {
        Some(true) => ("warn", "syndrome-met"),
        Some(false) => ("ok", "syndrome-not-met"),
        None => ("", "syndrome-unknown"),
    };
    Part {
        name: voice.say(name),
        lines,
        note: note.map(|note| voice.say(note)),
        tag,
        word: voice.say(word),
    }
}

fn line(voice: Voice<'_>, measured: &Measured<'_>) -> Line {
    let key = match measured.side {
        Side::High => "syndrome-limit-high",
        Side::Low | Side::LowOrEqual => "syndrome-limit-low",
    };
    let limit = format!("{} {}", number(measured.limit), unit_of(measured.item));
    Line {
        name: item_name(voice, measured.item),
        value: value_words(voice, &measured.item.value),
        limit: voice.tell(key, &[("limit", limit.trim_end().into())]),
    }
}

fn result(found: Determination) -> (Tone, &'static str) {
    match found {
        Determination::Syndrome => (Tone::Warn, "syndrome-result-syndrome"),
        Determination::Near => (Tone::Warn, "syndrome-result-near"),
        Determination::No => (Tone::Ok, "syndrome-result-no"),
        Determination::Undecided => (Tone::None, "syndrome-result-undecided"),
    }
}

fn because(voice: Voice<'_>, evidence: &Evidence<'_>, found: Determination) -> String {
    let risks = [&evidence.sugar, &evidence.fat, &evidence.pressure];
    let met = risks.iter().filter(|risk| risk.counts() == Some(true)).count();
    match found {
        Determination::Syndrome | Determination::Near => {
            voice.tell("syndrome-because-risks", &[("n", met.into())])
        }
        Determination::No if evidence.waist.is_some_and(|waist| !waist.met) => {
            voice.say("syndrome-because-waist")
        }
        Determination::No => voice.say("syndrome-because-no-risk"),
        Determination::Undecided => voice.say("syndrome-because-missing"),
    }
}

/// What the check-up centre determined, where it is something else.
fn differs(voice: Voice<'_>, checkup: &Checkup, found: Determination) -> Option<String> {
    let reported = checkup.items.iter().find(|item| item.code == SYNDROME)?;
    let reported = value_words(voice, &reported.value);
    let same: &[&str] = match found {
        Determination::Syndrome => &["1", "基準該当"],
        Determination::Near => &["2", "予備群該当", "予備群"],
        Determination::No => &["3", "非該当"],
        Determination::Undecided => &["4", "判定不能"],
    };
    let differs = !same.contains(&reported.as_str());
    differs.then(|| voice.tell("syndrome-differs", &[("reported", reported.into())]))
}

fn level(guidance: Guidance) -> &'static str {
    match guidance {
        Guidance::Intensive => "guidance-intensive",
        Guidance::Motivational => "guidance-motivational",
        Guidance::Information => "guidance-information",
        Guidance::Undecided => "guidance-undecided",
        Guidance::OutsideAges => "guidance-outside-ages",
    }
}

/// How guidance differs from the determination, in sentences.
fn about_level(voice: Voice<'_>, evidence: &Evidence<'_>) -> Vec<String> {
    let hba1c = [("hba1c", number(evidence.rules.hba1c_guidance).into())];
    vec![
        voice.tell("guidance-limits", &hba1c),
        voice.say("guidance-smoking"),
        voice.say("guidance-drugs"),
        voice.say("guidance-age"),
    ]
}
