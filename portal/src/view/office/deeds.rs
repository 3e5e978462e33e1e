//! The buttons of a card: what may be done now, and what may not and why.

use warifu_contract::card_office::{Card, Possibility, Stage};
use warifu_service::words::Voice;

use super::stage;
use crate::access::Role;
use crate::office::deed::{DEEDS, Deed, Manner, PERSON_ENDED};

/// What can be done to a card now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deeds {
    /// Buttons that work.
    pub open: Vec<Button>,
    /// Buttons that do not, with the reason.
    pub closed: Vec<Closed>,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Where it leads.
    pub href: String,
    /// Its words.
    pub words: String,
    /// It acts by itself; else it leads to a page.
    pub acts: bool,
    /// How it looks: a class of the style sheet.
    pub look: &'static str,
}

/// A button that does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Its words.
    pub words: String,
    /// Why not.
    pub why: String,
}

impl Deeds {
    /// Exactly what the office says is possible for somebody with these `roles`, in our order.
    pub fn new(voice: Voice<'_>, card: &Card, roles: &[Role]) -> Self {
        let mut deeds = Self::default();
        for deed in &DEEDS {
            match standing(card, deed, roles) {
                Standing::Open => {
                    let main = deeds.open.is_empty() && ONWARD.contains(&deed.name);
                    deeds.open.push(button(voice, card, deed, main));
                }
                Standing::Closed(code) => deeds.closed.push(closed(voice, deed, code)),
                Standing::Absent => {}
            }
        }
        deeds
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.closed.is_empty()
    }
}

/// Deeds that lead a card on: the first of them that is possible is the main one.
const ONWARD: [&str; 5] = ["prove", "resolve-doubt", "approve", "send", "deliver"];

/// Whether a deed can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'c> {
    /// Now.
    Open,
    /// Not now, or not by whoever asks: the code of the refusal.
    Closed(&'c str),
    /// Nothing like it happens to a card at this stage.
    Absent,
}

/// Whether `deed` can be done to `card`, as the office says. It says nothing of a holder who is
/// gone, which is no action on one card: that can be said of every card that is not over.
pub fn standing<'c>(card: &'c Card, deed: &Deed, roles: &[Role]) -> Standing<'c> {
    match card.possible.iter().find(|said| said.action == deed.name) {
        Some(Possibility { refused: None, .. }) => Standing::Open,
        Some(Possibility { refused: Some(code), .. }) => Standing::Closed(code),
        None if deed.name == PERSON_ENDED && !is_over(card.stage) && handles(roles) => {
            Standing::Open
        }
        None => Standing::Absent,
    }
}

fn is_over(stage: Stage) -> bool {
    stage::REST.contains(&stage) && stage != Stage::Active
}

fn handles(roles: &[Role]) -> bool {
    roles.contains(&Role::CardClerk) || roles.contains(&Role::CardApprover)
}

fn button(voice: Voice<'_>, card: &Card, deed: &Deed, main: bool) -> Button {
    Button {
        href: format!("/office/cards/{}/{}", card.id, deed.name),
        words: voice.say(&deed.key()),
        acts: deed.manner == Manner::Direct,
        look: match deed.manner {
            Manner::Grave => "grave",
            _ if main => "primary",
            _ => "",
        },
    }
}

fn closed(voice: Voice<'_>, deed: &Deed, code: &str) -> Closed {
    Closed { words: voice.say(&deed.key()), why: why(voice, code) }
}

/// A refusal's code as a reason in words.
pub fn why(voice: Voice<'_>, code: &str) -> String {
    let key = code.replace('.', "-");
    if voice.knows(&key) {
        voice.say(&key)
    } else {
        voice.tell("deed-refused", &[("code", code.into())])
    }
}
