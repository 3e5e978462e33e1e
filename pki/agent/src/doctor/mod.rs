//! What is right and what is wrong with this computer's card reading, in words for the person and
//! codes for whoever helps them. Nothing is changed, no PIN is asked for, no try is spent.

mod browser;
mod cards;
mod computer;

use std::path::Path;

use fluent_bundle::FluentValue;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use warifu_card::Readers;

use crate::config::{AgentConfig, ConfigError};
use crate::words::Language;

/// What the doctor looks at.
pub struct Patient<'a> {
    /// The configuration, or why there is none.
    pub config: Result<AgentConfig, ConfigError>,
    /// The readers of this computer.
    pub readers: &'a dyn Readers,
    /// The time to judge certificates by.
    pub now: Timestamp,
    /// The root of the file system, to find browsers' policies under.
    pub root: &'a Path,
}

/// All findings, in the order in which they are best repaired.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    findings: Vec<Finding>,
}

/// One finding. Its text is looked up by its code.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Stable, dotted: `reader.none`.
    pub code: &'static str,
    /// How bad it is.
    pub verdict: Verdict,
    /// Numbers and names that belong to it. Never a PIN, and nothing that names the card's holder.
    pub facts: Map<String, Value>,
}

/// How bad a finding is, from harmless to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Works, but somebody should know.
    Note,
    /// Does not work.
    Problem,
}

/// Examines the computer. Blocks while the cards are read.
pub fn examine(patient: &Patient<'_>) -> Report {
    let mut findings = Vec::new();
    match &patient.config {
        Ok(config) => {
            findings.push(Finding::good("config.ok"));
            findings.extend(computer::examine(config));
            findings.extend(cards::examine(patient.readers, patient.now));
            findings.extend(browser::examine(config, patient.root));
        }
        Err(error) => {
            findings.push(Finding::problem("config.bad").with("reason", error.to_string()));
            findings.extend(cards::examine(patient.readers, patient.now));
        }
    }
    Report { findings }
}

impl Report {
    /// The findings.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The worst of all verdicts.
    pub fn verdict(&self) -> Verdict {
        self.findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Good)
    }

    /// The report for a person, one finding a line, with what to do where something is to be done.
    pub fn text(&self, language: Language) -> String {
        let line = |finding: &Finding| {
            let mark = match finding.verdict {
                Verdict::Good => "✓",
                Verdict::Note => "・",
                Verdict::Problem => "✗",
            };
            format!("{mark} {} [{}]\n", finding.text(language), finding.code)
        };
        let lines: String = self.findings.iter().map(line).collect();
        let closing = match self.verdict() {
            Verdict::Problem => language.say("doctor-problem"),
            Verdict::Good | Verdict::Note => language.say("doctor-good"),
        };
        format!("{lines}{closing}\n")
    }
}

impl Finding {
    fn new(code: &'static str, verdict: Verdict) -> Self {
        Self { code, verdict, facts: Map::new() }
    }

    fn good(code: &'static str) -> Self {
        Self::new(code, Verdict::Good)
    }

    fn note(code: &'static str) -> Self {
        Self::new(code, Verdict::Note)
    }

    fn problem(code: &'static str) -> Self {
        Self::new(code, Verdict::Problem)
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// What it means and what to do.
    pub fn text(&self, language: Language) -> String {
        let key = format!("doctor-{}", self.code.replace('.', "-"));
        let values: Vec<_> =
            self.facts.iter().map(|(name, value)| (name.as_str(), said(value, language))).collect();
        language.tell(&key, &values)
    }
}

/// A fact as it goes into a sentence: a number counts, a time becomes a day.
fn said(value: &Value, language: Language) -> FluentValue<'_> {
    match value {
        Value::Number(number) => FluentValue::from(number.as_i64().unwrap_or_default()),
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(time) => FluentValue::from(language.day(time)),
            Err(_) => FluentValue::from(text.as_str()),
        },
        other => FluentValue::from(other.to_string()),
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({
            "code": self.code,
            "verdict": self.verdict,
            "facts": self.facts,
            "ja": self.text(Language::Ja),
            "en": self.text(Language::En),
        })
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
