//! What the page is for: the same steps and words serve each purpose, and where a sentence must speak
//! otherwise it has a sibling whose key ends in the scene's name.

use warifu_service::words::Voice;

use crate::assurance::Level;
use crate::store::{Login, Task};

/// What the card is asked for, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scene {
    /// A person signs in.
    SignIn,
    /// A person who is signed in proves more, because a service asks for it.
    StepUp,
    /// Staff at a desk tap a patient's card.
    Tap,
    /// Staff at a desk read the number of somebody's card.
    Identify,
    /// A person puts a new card into use.
    Activate,
    /// A person puts a card that others issued beside their own.
    AddCard,
}

/// A step, always in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Software,
    Card,
    Pin,
    Finish,
}

impl Step {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::Card => "card",
            Self::Pin => "pin",
            Self::Finish => "finish",
        }
    }
}

impl Scene {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 6] =
        [Self::SignIn, Self::StepUp, Self::Tap, Self::Identify, Self::Activate, Self::AddCard];

    pub(crate) fn of(login: &Login) -> Self {
        match (login.task, login.level) {
            (Task::Activate, _) => Self::Activate,
            (Task::AddCard, _) => Self::AddCard,
            (Task::SignIn, Level::Presence) => Self::Tap,
            (Task::SignIn, Level::Identifier) => Self::Identify,
            (Task::SignIn, _) if login.within.is_some() => Self::StepUp,
            (Task::SignIn, _) => Self::SignIn,
        }
    }

    /// Those that speak for it, the first that there is.
    fn siblings(self) -> &'static [&'static str] {
        match self {
            Self::SignIn => &[],
            Self::StepUp => &["step-up"],
            Self::Tap => &["desk"],
            Self::Identify => &["identify", "desk"],
            Self::Activate => &["activate"],
            Self::AddCard => &["add"],
        }
    }

    /// The key of a sentence, or of its sibling where there is one.
    pub(crate) fn key(self, key: &str, voice: Voice<'_>) -> String {
        let mut siblings = self.siblings().iter().map(|name| format!("{key}-{name}"));
        siblings.find(|key| voice.knows(key)).unwrap_or_else(|| key.to_owned())
    }

    /// Whether staff ask for somebody else's card.
    pub(crate) fn is_at_desk(self) -> bool {
        matches!(self, Self::Tap | Self::Identify)
    }

    /// The steps, in order. A tap asks for no PIN.
    pub(crate) fn steps(self) -> &'static [Step] {
        match self {
            Self::Tap | Self::Identify => &[Step::Software, Step::Card, Step::Finish],
            _ => &[Step::Software, Step::Card, Step::Pin, Step::Finish],
        }
    }

    /// What the card software is asked to do, which is the address it is asked at.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            _ => "authenticate",
        }
    }

    /// Whether the person enters the card's PIN.
    pub(crate) fn asks_pin(self) -> bool {
        matches!(self, Self::SignIn | Self::StepUp | Self::AddCard)
    }
}
