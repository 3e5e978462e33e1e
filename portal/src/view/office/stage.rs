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

/// The key of its words.
pub fn key(stage: Stage) -> String {
    format!("stage-{}", stage.as_str())
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
    fn every_stage_has_a_list_and_one_only() {
        let mut listed: Vec<_> = WORK.into_iter().chain(REST).collect();
        listed.sort_unstable();
        assert_eq!(listed, Stage::ALL);
    }
}
