//! What screens show: records and answers turned into words, ready for the templates.
//!
//! Nothing here asks or stores anything; every view is made from a value and a voice.

pub mod announcements;
pub mod answer;
pub mod applications;
pub mod batches;
pub mod card_ends;
pub mod checks;
pub mod checkups;
pub mod comparison;
pub mod consents;
pub mod deduction;
pub mod desk;
pub mod disputes;
pub mod doubts;
pub mod expenses;
pub mod guardians;
pub mod guardianships;
pub mod history;
pub mod icon;
pub mod insurance;
pub mod insurer;
pub mod links;
pub mod mydata;
pub mod notices;
pub mod office;
pub mod outcome;
pub mod pension;
pub mod person_name;
pub mod proxies;
pub mod ratios;
pub mod readings;
pub mod screens;
pub mod services;
pub mod settings;
pub mod sheets;
pub mod site;
pub mod sought;
pub mod syndrome;
pub mod tile;
pub mod tour;
pub mod trends;
pub mod uploads;

use warifu_contract::person::Sex;
use warifu_contract::records::{DisplayName, Service};
use warifu_service::words::{Language, Voice};

/// How a statement stands: its colour, always beside an icon and words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Ok,
    /// Look here.
    Warn,
    /// Stop.
    Bad,
    /// An answer is awaited.
    Wait,
    /// Neither good nor bad.
    None,
}

impl Tone {
    /// The class of the style sheets.
    pub fn class(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Wait => "wait",
            Self::None => "none",
        }
    }

    /// The icon that says the same as the colour.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Ok => icon::OK,
            Self::Warn => icon::WARN,
            Self::Bad => icon::BAD,
            Self::Wait => icon::WAIT,
            Self::None => icon::INFO,
        }
    }
}

/// A link and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where to.
    pub href: String,
    /// What it does.
    pub words: String,
}

/// A label and what stands beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The label.
    pub label: String,
    /// The value.
    pub value: String,
}

/// The name of an organisation in the language of the page.
pub fn display_name(language: Language, name: &DisplayName) -> String {
    match language {
        Language::Ja => name.ja.clone(),
        Language::En => name.en.clone(),
    }
}

/// The holder of a service's records: by name, or by what it is.
pub fn source_name(voice: Voice<'_>, service: Service, source: Option<&DisplayName>) -> String {
    source.map_or_else(
        || voice.say(&format!("source-{}", service.as_str())),
        |name| display_name(voice.language, name),
    )
}

/// 男, 女, 不明.
pub fn sex(voice: Voice<'_>, sex: Sex) -> String {
    voice.say(match sex {
        Sex::Male => "sex-male",
        Sex::Female => "sex-female",
        Sex::Unknown => "sex-unknown",
    })
}

/// 12,345: digits in groups of three.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod tests_desk;
