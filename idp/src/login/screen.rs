//! What the login page can say, as data: each state of the card, the card software and the PIN,
//! and each fault, at its step and with its owner. The words stand in the catalogues under the
//! same names.

use warifu_service::words::Voice;

use super::method::{self, Method};
use super::scene::{Scene, Step};

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
    /// Opens the window of the card software, in which it asks for the PIN or the letter's code.
    Window,
    /// To where a new card is put into use.
    Activate,
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
    shown: Shown,
}

/// Where a screen can come up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Always,
    /// Where the card's PIN is asked for.
    Pin,
    /// Where anything is asked for in the window of the card software.
    Window,
    In(Scene),
    /// Where staff ask for somebody else's card.
    Desk,
    /// Where a card opens a session, with whatever a service asks for.
    Enter,
}

impl Shown {
    fn is_in(self, scene: Scene) -> bool {
        match self {
            Self::Always => true,
            Self::Pin => scene.asks_pin(),
            Self::Window => !scene.is_at_desk(),
            Self::Desk => scene.is_at_desk(),
            Self::In(one) => scene == one,
            Self::Enter => matches!(scene, Scene::SignIn | Scene::StepUp),
        }
    }
}

const fn state(name: &'static str, step: Step, mood: Mood, act: Act) -> Screen {
    Screen { name, code: None, step, mood, act, owner: None, shown: Shown::Always }
}

const fn fault(name: &'static str, code: &'static str, step: Step, mood: Mood) -> Screen {
    Screen { code: Some(code), act: Act::Retry, ..state(name, step, mood, Act::None) }
}

/// Something is asked for in the window of the card software.
const fn window(name: &'static str, mood: Mood, shown: Shown) -> Screen {
    Screen { shown, ..state(name, Step::Pin, mood, Act::Window) }
}

const fn only(screen: Screen, shown: Shown) -> Screen {
    Screen { shown, ..screen }
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
    Screen { step: Step::Card, ..window("choose-card", Mood::Ask, Shown::Always) },
    fault("card-timeout", "card.timeout", Step::Card, Mood::Warn),
    fault("card-removed", "card.removed", Step::Card, Mood::Warn),
    fault("card-changed", "card.changed", Step::Card, Mood::Warn),
    fault("card-failed", "card.failed", Step::Card, Mood::Warn),
    fault("reader-failed", "reader.failed", Step::Card, Mood::Warn),
    owned(fault("card-unknown", "card.unknown", Step::Card, Mood::Stop), Owner::CardDesk),
    Screen {
        act: Act::Activate,
        ..fault("card-not-activated", "card.not-activated", Step::Card, Mood::Warn)
    },
    owned(
        fault("card-not-enrolled", "card.not-enrolled", Step::Card, Mood::Stop),
        Owner::CallCentre,
    ),
    only(fault("card-level", "card.level", Step::Card, Mood::Stop), Shown::Enter),
    only(
        fault("login-other-person", "login.other-person", Step::Card, Mood::Warn),
        Shown::In(Scene::StepUp),
    ),
    only(fault("card-own", "card.own", Step::Card, Mood::Warn), Shown::In(Scene::AddCard)),
    only(fault("card-foreign", "card.foreign", Step::Card, Mood::Warn), Shown::In(Scene::Activate)),
    owned(
        only(fault("card-taken", "card.taken", Step::Card, Mood::Stop), Shown::In(Scene::AddCard)),
        Owner::CallCentre,
    ),
    owned(fault("card-suspended", "card.suspended", Step::Card, Mood::Stop), Owner::CallCentre),
    owned(fault("card-revoked", "card.revoked", Step::Card, Mood::Stop), Owner::CardDesk),
    owned(fault("cert-expired", "cert.expired", Step::Card, Mood::Stop), Owner::CardDesk),
    owned(fault("cert-notyet", "cert.notyet", Step::Card, Mood::Stop), Owner::CallCentre),
    fault("cert-untrusted", "cert.untrusted", Step::Card, Mood::Warn),
    fault("cert-purpose", "cert.purpose", Step::Card, Mood::Warn),
    fault("felica-off", "felica.off", Step::Card, Mood::Warn),
    fault("felica-wrong-mac", "felica.wrong-mac", Step::Card, Mood::Warn),
    owned(fault("felica-unknown", "felica.unknown", Step::Card, Mood::Stop), Owner::CardDesk),
    owned(fault("felica-ended", "felica.ended", Step::Card, Mood::Stop), Owner::CardDesk),
    fault("felica-stopped", "felica.stopped", Step::Card, Mood::Warn),
    only(fault("felica-staff", "felica.staff", Step::Card, Mood::Warn), Shown::Enter),
    only(fault("felica-no-pin", "felica.no-pin", Step::Pin, Mood::Warn), Shown::Enter),
    only(fault("felica-pin-blocked", "felica.pin-blocked", Step::Pin, Mood::Warn), Shown::Enter),
    window("pin", Mood::Ask, Shown::Pin),
    window("pin-wrong", Mood::Warn, Shown::Pin),
    window("pin-last", Mood::Warn, Shown::Pin),
    window("pin-wrong-last", Mood::Warn, Shown::Pin),
    owned(
        only(fault("pin-blocked", "pin.blocked", Step::Pin, Mood::Stop), Shown::Pin),
        Owner::CardDesk,
    ),
    window("code", Mood::Ask, Shown::In(Scene::Activate)),
    window("code-wrong", Mood::Warn, Shown::In(Scene::Activate)),
    window("code-last", Mood::Warn, Shown::In(Scene::Activate)),
    window("code-wrong-last", Mood::Warn, Shown::In(Scene::Activate)),
    owned(
        only(
            fault("code-blocked", "code.blocked", Step::Pin, Mood::Stop),
            Shown::In(Scene::Activate),
        ),
        Owner::CardDesk,
    ),
    window("new-pin", Mood::Ask, Shown::In(Scene::Activate)),
    only(fault("pin-refused", "pin.refused", Step::Pin, Mood::Warn), Shown::In(Scene::Activate)),
    fault("cancelled", "cancelled", Step::Pin, Mood::Warn),
    only(fault("prompt-failed", "prompt.failed", Step::Pin, Mood::Warn), Shown::Window),
    state("verifying", Step::Finish, Mood::Wait, Act::None),
    state("done", Step::Finish, Mood::Wait, Act::None),
    owned(
        fault("revocation-unavailable", "revocation.unavailable", Step::Finish, Mood::Warn),
        Owner::Centre,
    ),
    owned(fault("felica-format", "felica.format", Step::Finish, Mood::Warn), Owner::Centre),
    owned(fault("token-format", "token.format", Step::Finish, Mood::Warn), Owner::Centre),
    owned(fault("token-signature", "token.signature", Step::Finish, Mood::Warn), Owner::Centre),
    owned(fault("temporary", "temporary", Step::Finish, Mood::Warn), Owner::Centre),
    over("login-stale", "login.stale"),
    over("login-replayed", "login.replayed"),
    only(over("desk-signed-out", "desk.signed-out"), Shown::Desk),
    only(over("session-over", "session.over"), Shown::In(Scene::AddCard)),
    fault("login-throttled", "login.throttled", Step::Finish, Mood::Warn),
    fault("card-throttled", "card.throttled", Step::Finish, Mood::Warn),
];

/// A screen with its words.
pub(crate) struct SpokenScreen<'a> {
    voice: Voice<'a>,
    screen: &'static Screen,
    scene: Scene,
    key: String,
}

/// The screens that can come up in that scene, with these cards, in that language.
pub(crate) fn spoken<'a>(
    scene: Scene,
    methods: &[Method],
    voice: Voice<'a>,
) -> Vec<SpokenScreen<'a>> {
    let shown = SCREENS.iter().filter(|screen| screen.shown.is_in(scene));
    shown
        .map(|screen| {
            let key = method::key(methods, &scene.key(screen.name, voice), voice);
            SpokenScreen { voice, screen, scene, key }
        })
        .collect()
}

impl SpokenScreen<'_> {
    pub(crate) fn name(&self) -> &'static str {
        self.screen.name
    }

    /// The step at which it stands. At the desk there is no step for the PIN.
    pub(crate) fn step(&self) -> &'static str {
        match (self.screen.step, self.scene) {
            (Step::Pin, scene) if scene.is_at_desk() => Step::Card.name(),
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
        self.screen.owner.map(|owner| match owner {
            Owner::CallCentre => self.voice.turn(owner.key()),
            Owner::CardDesk | Owner::Centre => self.voice.say(owner.key()),
        })
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

    /// What can be pressed. Whose card was tapped does not put it into use at the desk.
    pub(crate) fn offers(&self, act: Act) -> bool {
        let offered = match (self.screen.act, self.scene) {
            (Act::Activate, scene) if scene.is_at_desk() => Act::Retry,
            (offered, _) => offered,
        };
        offered == act
    }

    /// What is asked for in the window of the card software, where something is: the notes on where
    /// it goes belong to it.
    pub(crate) fn asks(&self) -> Option<&'static str> {
        let first = self.name().split_once('-').map_or(self.name(), |(first, _)| first);
        let asked = match first {
            "new" => "new-pin",
            "choose" => "choose-card",
            "code" => "code",
            _ => "pin",
        };
        self.offers(Act::Window).then_some(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;
    use std::collections::HashSet;
    use warifu_service::words::{Language, lacking_advice};

    const METHODS: [Method; 3] = [Method::PivPin, Method::JpkiPin, Method::Felica];

    #[test]
    fn every_screen_has_words_in_both_languages() {
        let words = words().unwrap();
        for language in Language::ALL {
            for scene in Scene::ALL {
                for screen in spoken(scene, &METHODS, words.in_(language)) {
                    assert_ne!(screen.heading(), screen.key, "{language:?}");
                    assert!(!screen.body().is_empty(), "{language:?} {}", screen.key);
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
        let screens = spoken(Scene::Tap, &METHODS, words.in_(Language::En));
        let asks =
            |screen: &SpokenScreen<'_>| screen.asks().is_some_and(|asked| asked != "choose-card");
        assert!(!screens.iter().any(|screen| asks(screen) || screen.step() == "pin"));
        let insert = screens.iter().find(|screen| screen.name() == "insert-card").unwrap();
        assert!(insert.heading().contains("patient"), "{}", insert.heading());
    }

    #[test]
    fn an_activation_asks_for_the_code_and_a_new_pin_and_a_sign_in_for_the_pin() {
        let words = words().unwrap();
        let asked = |scene| {
            let screens = spoken(scene, &METHODS, words.in_(Language::Ja));
            let mut asked: Vec<_> = screens.iter().filter_map(SpokenScreen::asks).collect();
            asked.dedup();
            asked
        };
        assert_eq!(asked(Scene::Activate), ["choose-card", "code", "new-pin"]);
        for scene in [Scene::SignIn, Scene::StepUp, Scene::AddCard] {
            assert_eq!(asked(scene), ["choose-card", "pin"]);
        }
    }
}
