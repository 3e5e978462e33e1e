//! What the login page can say, as data: each state of the card, the card software and the PIN,
//! and each fault, at its step and with its owner. The words stand in the catalogues under the
//! same names.

use warifu_service::words::Voice;

use crate::assurance::Level;

/// A step of the sign-in, always in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Software,
    Card,
    Pin,
    Finish,
}

impl Step {
    /// The steps of a sign-in, in order. A tap asks for no PIN.
    pub(crate) fn all(level: Level) -> &'static [Self] {
        match level {
            Level::High => &[Self::Software, Self::Card, Self::Pin, Self::Finish],
            Level::Presence => &[Self::Software, Self::Card, Self::Finish],
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::Card => "card",
            Self::Pin => "pin",
            Self::Finish => "finish",
        }
    }
}

/// How a state feels, which decides the look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Something is under way; nothing to do.
    Wait,
    /// The person is asked for something.
    Ask,
    /// It did not work and can be tried again.
    Warn,
    /// It does not go on here.
    Stop,
}

/// What the person can press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Nothing: it goes on by itself, or not at all.
    None,
    /// Lets the browser ask its question.
    Proceed,
    /// Once more from the beginning, with a new question to the card.
    Retry,
    /// Opens the window of the card software.
    Pin,
    /// To where the card software is to be had; looking for it again goes on beside.
    Download,
    /// Back to the service.
    Restart,
}

/// Who can put it right, where it is not the person before the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    CardDesk,
    CallCentre,
    Centre,
}

impl Owner {
    fn key(self) -> &'static str {
        match self {
            Self::CardDesk => "owner-card-desk",
            Self::CallCentre => "owner-call-centre",
            Self::Centre => "owner-centre",
        }
    }
}

/// One thing that the page can say.
#[derive(Clone, Copy)]
pub(crate) struct Screen {
    /// The name of the state, or the code of the fault with `-` for `.`.
    pub(crate) name: &'static str,
    /// The stable code of a fault, shown small.
    pub(crate) code: Option<&'static str>,
    step: Step,
    mood: Mood,
    act: Act,
    owner: Option<Owner>,
}

const fn state(name: &'static str, step: Step, mood: Mood, act: Act) -> Screen {
    Screen { name, code: None, step, mood, act, owner: None }
}

const fn fault(name: &'static str, code: &'static str, step: Step, mood: Mood) -> Screen {
    Screen { name, code: Some(code), step, mood, act: Act::Retry, owner: None }
}

/// A fault after which only the service can begin anew.
const fn over(name: &'static str, code: &'static str) -> Screen {
    Screen { act: Act::Restart, ..fault(name, code, Step::Finish, Mood::Stop) }
}

const fn owned(screen: Screen, owner: Owner) -> Screen {
    Screen { owner: Some(owner), ..screen }
}

/// All that the page can say.
pub(crate) const SCREENS: &[Screen] = &[
    state("checking", Step::Software, Mood::Wait, Act::None),
    state("permission", Step::Software, Mood::Ask, Act::Proceed),
    state("permission-wait", Step::Software, Mood::Wait, Act::None),
    fault("lna-denied", "lna.denied", Step::Software, Mood::Warn),
    Screen { act: Act::Download, ..fault("agent-none", "agent.none", Step::Software, Mood::Warn) },
    fault("agent-busy", "agent.busy", Step::Software, Mood::Warn),
    fault("agent-refused", "agent.refused", Step::Software, Mood::Warn),
    fault("agent-lost", "agent.lost", Step::Software, Mood::Warn),
    fault("agent-closing", "agent.closing", Step::Software, Mood::Warn),
    state("no-reader", Step::Card, Mood::Ask, Act::None),
    state("insert-card", Step::Card, Mood::Ask, Act::None),
    state("wrong-card", Step::Card, Mood::Warn, Act::None),
    fault("card-timeout", "card.timeout", Step::Card, Mood::Warn),
    fault("card-removed", "card.removed", Step::Card, Mood::Warn),
    fault("card-changed", "card.changed", Step::Card, Mood::Warn),
    fault("card-failed", "card.failed", Step::Card, Mood::Warn),
    fault("reader-failed", "reader.failed", Step::Card, Mood::Warn),
    owned(fault("card-unknown", "card.unknown", Step::Card, Mood::Stop), Owner::CardDesk),
    owned(fault("card-suspended", "card.suspended", Step::Card, Mood::Stop), Owner::CallCentre),
    owned(fault("card-revoked", "card.revoked", Step::Card, Mood::Stop), Owner::CardDesk),
    owned(fault("cert-expired", "cert.expired", Step::Card, Mood::Stop), Owner::CardDesk),
    owned(fault("cert-notyet", "cert.notyet", Step::Card, Mood::Stop), Owner::CallCentre),
    fault("cert-untrusted", "cert.untrusted", Step::Card, Mood::Warn),
    fault("cert-purpose", "cert.purpose", Step::Card, Mood::Warn),
    state("pin", Step::Pin, Mood::Ask, Act::Pin),
    state("pin-wrong", Step::Pin, Mood::Warn, Act::Pin),
    state("pin-last", Step::Pin, Mood::Warn, Act::Pin),
    state("pin-wrong-last", Step::Pin, Mood::Warn, Act::Pin),
    owned(fault("pin-blocked", "pin.blocked", Step::Pin, Mood::Stop), Owner::CardDesk),
    fault("cancelled", "cancelled", Step::Pin, Mood::Warn),
    fault("prompt-failed", "prompt.failed", Step::Pin, Mood::Warn),
    state("verifying", Step::Finish, Mood::Wait, Act::None),
    state("done", Step::Finish, Mood::Wait, Act::None),
    owned(
        fault("revocation-unavailable", "revocation.unavailable", Step::Finish, Mood::Warn),
        Owner::Centre,
    ),
    owned(fault("token-format", "token.format", Step::Finish, Mood::Warn), Owner::Centre),
    owned(fault("token-signature", "token.signature", Step::Finish, Mood::Warn), Owner::Centre),
    owned(fault("temporary", "temporary", Step::Finish, Mood::Warn), Owner::Centre),
    over("login-stale", "login.stale"),
    over("login-replayed", "login.replayed"),
    over("desk-signed-out", "desk.signed-out"),
    fault("login-throttled", "login.throttled", Step::Finish, Mood::Warn),
];

/// A screen with its words.
pub(crate) struct SpokenScreen<'a> {
    voice: Voice<'a>,
    screen: &'static Screen,
    level: Level,
    key: String,
}

/// The screens that a sign-in of that level can show, in that language.
pub(crate) fn spoken(level: Level, voice: Voice<'_>) -> Vec<SpokenScreen<'_>> {
    SCREENS
        .iter()
        .filter(|screen| level == Level::High || screen.step != Step::Pin || screen.is_cancelled())
        .map(|screen| SpokenScreen { voice, screen, level, key: key(screen, level, voice) })
        .collect()
}

/// At the desk some screens speak of the patient's card.
fn key(screen: &Screen, level: Level, voice: Voice<'_>) -> String {
    let desk = format!("{}-desk", screen.name);
    if level == Level::Presence && voice.knows(&desk) { desk } else { screen.name.to_owned() }
}

impl Screen {
    fn is_cancelled(&self) -> bool {
        self.name == "cancelled"
    }
}

impl SpokenScreen<'_> {
    pub(crate) fn name(&self) -> &'static str {
        self.screen.name
    }

    /// The step at which it stands. At the desk there is no step for the PIN.
    pub(crate) fn step(&self) -> &'static str {
        match (self.screen.step, self.level) {
            (Step::Pin, Level::Presence) => Step::Card.name(),
            (step, _) => step.name(),
        }
    }

    pub(crate) fn heading(&self) -> String {
        self.voice.say(&self.key)
    }

    pub(crate) fn body(&self) -> String {
        self.voice.attribute(&self.key, "person")
    }

    pub(crate) fn owner(&self) -> Option<String> {
        self.screen.owner.map(|owner| self.voice.say(owner.key()))
    }

    pub(crate) fn code(&self) -> Option<&'static str> {
        self.screen.code
    }

    /// The class of the frame around it.
    pub(crate) fn class(&self) -> &'static str {
        match self.screen.mood {
            Mood::Wait | Mood::Ask => "stack",
            Mood::Warn => "notice warn",
            Mood::Stop => "notice bad",
        }
    }

    /// Whether it ends the step in failure.
    pub(crate) fn failed(&self) -> bool {
        self.screen.code.is_some()
    }

    /// Whether it stands out from the frame of its step.
    pub(crate) fn warns(&self) -> bool {
        matches!(self.screen.mood, Mood::Warn | Mood::Stop)
    }

    pub(crate) fn waits(&self) -> bool {
        self.screen.mood == Mood::Wait
    }

    pub(crate) fn offers(&self, act: Act) -> bool {
        self.screen.act == act
    }

    /// About entering the PIN: the notes on where it goes belong to it.
    pub(crate) fn asks_pin(&self) -> bool {
        self.offers(Act::Pin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;
    use std::collections::HashSet;
    use warifu_service::words::{Language, lacking_advice};

    #[test]
    fn every_screen_has_words_in_both_languages() {
        let words = words().unwrap();
        for language in Language::ALL {
            for level in [Level::High, Level::Presence] {
                for screen in spoken(level, words.in_(language)) {
                    assert_ne!(screen.heading(), screen.name(), "{language:?}");
                    assert!(!screen.body().is_empty(), "{language:?} {}", screen.name());
                }
            }
        }
    }

    #[test]
    fn every_fault_has_advice_for_the_person_and_the_engineer() {
        let codes: Vec<_> = SCREENS.iter().filter_map(|screen| screen.code).collect();
        assert!(lacking_advice(&words().unwrap(), &codes).is_empty());
    }

    #[test]
    fn names_are_unique_and_a_fault_is_named_by_its_code() {
        let names: HashSet<_> = SCREENS.iter().map(|screen| screen.name).collect();
        assert_eq!(names.len(), SCREENS.len());
        for screen in SCREENS {
            if let Some(code) = screen.code {
                assert_eq!(screen.name, code.replace('.', "-"));
            }
        }
    }

    #[test]
    fn a_tap_is_never_asked_for_a_pin() {
        let words = words().unwrap();
        let screens = spoken(Level::Presence, words.in_(Language::En));
        assert!(!screens.iter().any(|screen| screen.asks_pin() || screen.step() == "pin"));
        let insert = screens.iter().find(|screen| screen.name() == "insert-card").unwrap();
        assert!(insert.heading().contains("patient"), "{}", insert.heading());
    }
}
