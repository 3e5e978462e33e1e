//! The stages of a card's life in words.

use warifu_contract::card_office::Stage;
use warifu_service::words::Voice;

use crate::view::Tone;

/// The stages at which somebody has work, in the order of the work.
pub const WORK: [Stage; 10] = [
    Stage::Applied,
    Stage::Doubtful,
    Stage::Proved,
    Stage::Ordered,
    Stage::Personalising,
    Stage::Personalised,
    Stage::Sent,
    Stage::Returned,
    Stage::Delivered,
    Stage::Suspended,
];

/// The other stages.
pub const REST: [Stage; 6] = [
    Stage::Active,
    Stage::Expired,
    Stage::Revoked,
    Stage::Destroyed,
    Stage::Rejected,
    Stage::Withdrawn,
];

/// The stage's name in addresses: that of the agreed shape.
pub fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Applied => "applied",
        Stage::Doubtful => "doubtful",
        Stage::Proved => "proved",
        Stage::Rejected => "rejected",
        Stage::Withdrawn => "withdrawn",
        Stage::Ordered => "ordered",
        Stage::Personalising => "personalising",
        Stage::Personalised => "personalised",
        Stage::Sent => "sent",
        Stage::Returned => "returned",
        Stage::Delivered => "delivered",
        Stage::Active => "active",
        Stage::Suspended => "suspended",
        Stage::Revoked => "revoked",
        Stage::Expired => "expired",
        Stage::Destroyed => "destroyed",
    }
}

/// The stage of that name.
pub fn named(text: &str) -> Option<Stage> {
    WORK.into_iter().chain(REST).find(|stage| name(*stage) == text)
}

/// The key of its words.
pub fn key(stage: Stage) -> String {
    format!("stage-{}", name(stage))
}

/// Its word.
pub fn word(voice: Voice<'_>, stage: Stage) -> String {
    voice.say(&key(stage))
}

/// How a card at that stage stands.
pub fn tone(stage: Stage) -> Tone {
    match stage {
        Stage::Active => Tone::Ok,
        Stage::Doubtful | Stage::Returned | Stage::Suspended => Tone::Warn,
        Stage::Rejected | Stage::Revoked => Tone::Bad,
        Stage::Withdrawn | Stage::Expired | Stage::Destroyed => Tone::None,
        _ => Tone::Wait,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_agreed_shape() {
        for stage in WORK.into_iter().chain(REST) {
            assert_eq!(serde_json::to_value(stage).unwrap(), name(stage));
            assert_eq!(named(name(stage)), Some(stage));
        }
        assert_eq!(named("nowhere"), None);
    }
}
