//! How far a card has come, as a line of steps.

use warifu_contract::card_office::{Card, Stage};
use warifu_service::words::Voice;

use super::stage;
use crate::view::Tone;

/// One step of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What happens at it; for the present one, where the card stands.
    pub label: String,
    /// `done`, `now` or `ahead`: a class of the style sheet.
    pub state: &'static str,
    /// The same in words, for those who do not see it.
    pub spoken: String,
    /// How the present one stands.
    pub tone: Tone,
}

/// The usual way, and at which stages a card stands at each step.
const WAY: [(&str, &[Stage]); 7] = [
    ("step-application", &[Stage::Applied]),
    ("step-proof", &[Stage::Doubtful, Stage::Proved]),
    ("step-order", &[Stage::Ordered]),
    ("step-making", &[Stage::Personalising, Stage::Personalised]),
    ("step-sending", &[Stage::Sent, Stage::Returned]),
    ("step-handing", &[Stage::Delivered]),
    ("step-use", &[Stage::Active, Stage::Suspended]),
];

/// The steps of `card`. A card that has ended shows what it surely went through, and its end.
pub fn steps(voice: Voice<'_>, card: &Card) -> Vec<Step> {
    let here = WAY.iter().position(|(_, stages)| stages.contains(&card.stage));
    let Some(here) = here else { return ended(voice, card) };
    let step = |(place, (key, _)): (usize, &(&str, _))| match place.cmp(&here) {
        std::cmp::Ordering::Less => past(voice, key),
        std::cmp::Ordering::Equal => present(voice, card.stage),
        std::cmp::Ordering::Greater => {
            bare(voice, voice.say(key), "ahead", "step-ahead", Tone::None)
        }
    };
    WAY.iter().enumerate().map(step).collect()
}

fn ended(voice: Voice<'_>, card: &Card) -> Vec<Step> {
    let ordered = card.number.is_some();
    let been = [true, ordered, ordered, !card.certificates.is_empty(), card.tracking.is_some()];
    let gone = WAY.iter().zip(been).filter(|(_, been)| *been);
    gone.map(|((key, _), _)| past(voice, key)).chain([present(voice, card.stage)]).collect()
}

fn past(voice: Voice<'_>, key: &str) -> Step {
    bare(voice, voice.say(key), "done", "step-done", Tone::Ok)
}

fn present(voice: Voice<'_>, at: Stage) -> Step {
    bare(voice, stage::word(voice, at), "now", "step-now", stage::tone(at))
}

fn bare(voice: Voice<'_>, label: String, state: &'static str, spoken: &str, tone: Tone) -> Step {
    Step { label, state, spoken: voice.say(spoken), tone }
}
