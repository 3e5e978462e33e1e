//! What the resident register said about an applicant, item by item.

use warifu_contract::identity::{Departure, IdentityOutcome, ItemLevels, MatchLevel};
use warifu_service::words::Voice;

use crate::view::Tone;

/// What the register said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofView {
    /// How it stands.
    pub tone: Tone,
    /// What it said, in a sentence.
    pub sentence: String,
    /// What that means for whoever looks.
    pub text: String,
    /// Item by item; empty when nobody was found.
    pub items: Vec<Item>,
}

/// One of the items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub label: String,
    /// How well it agrees.
    pub tone: Tone,
    /// 一致, 表記のゆれ, 異体字, 不一致, or that there is nothing to compare.
    pub word: String,
    /// What that means.
    pub meaning: String,
}

impl ProofView {
    /// The register's answer in words.
    pub fn new(voice: Voice<'_>, outcome: &IdentityOutcome) -> Self {
        let (key, tone, items) = match outcome {
            IdentityOutcome::Proved { items, .. } => ("proof-proved", Tone::Ok, Some(items)),
            IdentityOutcome::Doubtful { items, candidates, .. } if *candidates > 1 => {
                ("proof-several", Tone::Warn, Some(items))
            }
            IdentityOutcome::Doubtful { items, .. } => ("proof-doubtful", Tone::Warn, Some(items)),
            IdentityOutcome::Gone { why: Departure::Deceased } => {
                ("proof-deceased", Tone::Bad, None)
            }
            IdentityOutcome::Gone { why: Departure::MovedAway } => ("proof-moved", Tone::Bad, None),
            IdentityOutcome::Unknown => ("proof-unknown", Tone::Bad, None),
        };
        let candidates = match outcome {
            IdentityOutcome::Doubtful { candidates, .. } => *candidates,
            _ => 1,
        };
        Self {
            tone,
            sentence: voice.tell(key, &[("n", candidates.into())]),
            text: voice.attribute(key, "text"),
            items: items.map(|items| rows(voice, *items)).unwrap_or_default(),
        }
    }
}

/// Item by item, how well each agrees.
pub fn rows(voice: Voice<'_>, levels: ItemLevels) -> Vec<Item> {
    [
        ("person-name", Some(levels.name)),
        ("person-kana", levels.kana),
        ("person-birth", Some(levels.birth_date)),
        ("person-sex", Some(levels.sex)),
        ("person-address", Some(levels.address)),
    ]
    .map(|(label, level)| item(voice, label, level))
    .into()
}

fn item(voice: Voice<'_>, label: &str, level: Option<MatchLevel>) -> Item {
    let (key, tone) = match level {
        Some(MatchLevel::Exact) => ("match-exact", Tone::Ok),
        Some(MatchLevel::Normalised) => ("match-normalised", Tone::Ok),
        Some(MatchLevel::Folded) => ("match-folded", Tone::Warn),
        Some(MatchLevel::Different) => ("match-different", Tone::Bad),
        None => ("match-none", Tone::None),
    };
    Item {
        label: voice.say(label),
        tone,
        word: voice.say(key),
        meaning: voice.attribute(key, "meaning"),
    }
}
