//! What the staff can do to a card: the name of each deed, what it wants to know, how carefully it
//! is asked, and the action that comes of it.

use warifu_contract::card_office::{Action, PersonEnded, StopReason};
use warifu_contract::identity::Departure;

use super::person::within;
use crate::form::{FieldProblem, Input, Shape, Typed};

const LONGEST_NOTE: usize = 500;
const SHORTEST_DOUBT: usize = 10;
const LONGEST_TRACKING: usize = 20;
const SHORTEST_TRACKING: usize = 8;

/// How carefully a deed is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// At a press of its button.
    Direct,
    /// On a page of its own.
    Asked,
    /// On a page that says what cannot be undone.
    Grave,
}

/// What it wants to know, and what comes of the answer.
#[derive(Debug, Clone, Copy)]
enum Wants {
    Nothing(fn() -> Action),
    /// A sentence of at least so many characters.
    Note(usize, fn(String) -> Action),
    Tracking,
    Reason(Values, fn(StopReason) -> Action),
    Departure,
}

type Values = &'static [(&'static str, &'static str)];

/// Something that can be done to a card.
#[derive(Debug, Clone, Copy)]
pub struct Deed {
    /// Its name: that of the action, or `person-ended`.
    pub name: &'static str,
    /// How carefully it is asked.
    pub manner: Manner,
    wants: Wants,
}

const fn plain(name: &'static str, manner: Manner, action: fn() -> Action) -> Deed {
    deed(name, manner, Wants::Nothing(action))
}

const fn deed(name: &'static str, manner: Manner, wants: Wants) -> Deed {
    Deed { name, manner, wants }
}

/// The end of everything that a person has: no action on one card.
pub const PERSON_ENDED: &str = "person-ended";

const STOP: Values = &[
    ("lost", "reason-lost"),
    ("stolen", "reason-stolen"),
    ("misuse", "reason-misuse"),
    ("left", "reason-left"),
];
const END: Values = &[
    ("lost", "reason-lost"),
    ("stolen", "reason-stolen"),
    ("damaged", "reason-damaged"),
    ("misuse", "reason-misuse"),
    ("not-wanted", "reason-not-wanted"),
    ("undelivered", "reason-undelivered"),
    ("left", "reason-left"),
];
const ANEW: Values = &[
    ("lost", "reason-lost"),
    ("stolen", "reason-stolen"),
    ("damaged", "reason-damaged"),
    ("misuse", "reason-misuse"),
];
/// Why a caller wants a card stopped.
pub const CALLED_IN: Values =
    &[("lost", "reason-lost"), ("stolen", "reason-stolen"), ("misuse", "reason-misuse")];
const DEPARTURES: Values =
    &[("deceased", "departure-deceased"), ("moved-away", "departure-moved-away")];

/// Every deed, forward ones first, in the order of their buttons.
pub const DEEDS: [Deed; 16] = [
    plain("prove", Manner::Direct, || Action::Prove),
    deed(
        "resolve-doubt",
        Manner::Asked,
        Wants::Note(SHORTEST_DOUBT, |note| Action::ResolveDoubt { note }),
    ),
    plain("approve", Manner::Direct, || Action::Approve),
    deed("send", Manner::Asked, Wants::Tracking),
    plain("deliver", Manner::Asked, || Action::Deliver),
    plain("return", Manner::Direct, || Action::Return),
    plain("renew", Manner::Asked, || Action::Renew),
    plain("release", Manner::Asked, || Action::Release),
    deed("suspend", Manner::Asked, Wants::Reason(STOP, |reason| Action::Suspend { reason })),
    deed("spoil", Manner::Grave, Wants::Note(1, |note| Action::Spoil { note })),
    plain("withdraw", Manner::Grave, || Action::Withdraw),
    deed("reject", Manner::Grave, Wants::Note(1, |note| Action::Reject { note })),
    deed("reissue", Manner::Grave, Wants::Reason(ANEW, |reason| Action::Reissue { reason })),
    deed("revoke", Manner::Grave, Wants::Reason(END, |reason| Action::Revoke { reason })),
    plain("destroy", Manner::Grave, || Action::Destroy),
    deed(PERSON_ENDED, Manner::Grave, Wants::Departure),
];

/// What the office is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// This, to the card.
    Act(Action),
    /// End every card of its holder.
    EndPerson(PersonEnded),
}

impl Deed {
    /// The deed of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        DEEDS.iter().find(|deed| deed.name == name)
    }

    /// The key of its words.
    pub fn key(&self) -> String {
        format!("deed-{}", self.name)
    }

    /// Its fields.
    pub fn shapes(&self) -> Vec<Shape> {
        match self.wants {
            Wants::Nothing(_) => Vec::new(),
            Wants::Note(..) => vec![Shape {
                input: Input::Lines,
                hint: Some("deed-note-hint"),
                ..Shape::line("note", "deed-note", LONGEST_NOTE)
            }],
            Wants::Tracking => vec![Shape {
                hint: Some("deed-tracking-hint"),
                ..Shape::line("tracking", "deed-tracking", LONGEST_TRACKING + 10)
            }],
            Wants::Reason(values, _) => vec![Shape::one_of("reason", "deed-reason", values)],
            Wants::Departure => vec![Shape::one_of("why", "deed-departure", DEPARTURES)],
        }
    }

    /// Reads its form.
    pub fn read(&self, typed: &Typed) -> Result<Order, FieldProblem> {
        Ok(match self.wants {
            Wants::Nothing(action) => Order::Act(action()),
            Wants::Note(shortest, action) => Order::Act(action(note(typed, shortest)?)),
            Wants::Tracking => Order::Act(Action::Send { tracking: tracking(typed)? }),
            Wants::Reason(values, action) => Order::Act(action(reason(typed, values)?)),
            Wants::Departure => Order::EndPerson(PersonEnded { why: departure(typed)? }),
        })
    }
}

fn note(typed: &Typed, shortest: usize) -> Result<String, FieldProblem> {
    let field = "note";
    let text = within(typed.at(field).replace('\r', ""), field, LONGEST_NOTE)?;
    match text.chars().count() {
        0 => Err(FieldProblem { field, key: "deed-need-note" }),
        length if length < shortest => Err(FieldProblem { field, key: "deed-short-note" }),
        _ => Ok(text),
    }
}

/// お問い合わせ番号: full-width folded, blanks dropped.
fn tracking(typed: &Typed) -> Result<String, FieldProblem> {
    let narrow = |c: char| match c {
        'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(u32::from(c) - 0xFEE0),
        c => super::person::dialled(c),
    };
    let text: String = typed.at("tracking").chars().filter_map(narrow).collect();
    let known = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if known && (SHORTEST_TRACKING..=LONGEST_TRACKING).contains(&text.len()) {
        Ok(text)
    } else {
        Err(FieldProblem { field: "tracking", key: "deed-need-tracking" })
    }
}

fn reason(typed: &Typed, values: Values) -> Result<StopReason, FieldProblem> {
    let chosen = values.iter().find(|(value, _)| *value == typed.at("reason"));
    let problem = FieldProblem { field: "reason", key: "deed-need-reason" };
    chosen.and_then(|(value, _)| stop_reason(value)).ok_or(problem)
}

/// Why a caller wants the card stopped.
pub fn called_in(typed: &Typed) -> Result<StopReason, FieldProblem> {
    reason(typed, CALLED_IN)
}

fn stop_reason(value: &str) -> Option<StopReason> {
    Some(match value {
        "lost" => StopReason::Lost,
        "stolen" => StopReason::Stolen,
        "damaged" => StopReason::Damaged,
        "misuse" => StopReason::Misuse,
        "not-wanted" => StopReason::NotWanted,
        "undelivered" => StopReason::Undelivered,
        "left" => StopReason::Left,
        _ => return None,
    })
}

fn departure(typed: &Typed) -> Result<Departure, FieldProblem> {
    match typed.at("why") {
        "deceased" => Ok(Departure::Deceased),
        "moved-away" => Ok(Departure::MovedAway),
        _ => Err(FieldProblem { field: "why", key: "deed-need-departure" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(reason: &str) -> Typed {
        let typed = Typed::default().with("note", "免許証の写しと住所を確かめました。");
        typed.with("tracking", "1234-5678-9012").with("reason", reason).with("why", "deceased")
    }

    #[test]
    fn every_deed_becomes_an_action_of_the_agreed_shape() {
        for deed in &DEEDS {
            let values = match deed.wants {
                Wants::Reason(values, _) => values,
                _ => &[("none", "")],
            };
            for (value, _) in values {
                if let Order::Act(action) = deed.read(&filled(value)).unwrap() {
                    let said = serde_json::to_value(&action).unwrap();
                    assert_eq!(said["action"], deed.name);
                    assert!(said.get("reason").is_none_or(|reason| reason == value));
                }
            }
        }
    }

    #[test]
    fn reasons_and_notes_go_along() {
        let read = |name: &str, typed: &Typed| Deed::find(name).unwrap().read(typed);
        let lost = Typed::default().with("reason", "lost");
        assert_eq!(
            read("revoke", &lost),
            Ok(Order::Act(Action::Revoke { reason: StopReason::Lost }))
        );
        let send = Typed::default().with("tracking", " １２３４－５６７８－９０１２ ");
        let tracking = "1234-5678-9012".to_owned();
        assert_eq!(read("send", &send), Ok(Order::Act(Action::Send { tracking })));
    }

    #[test]
    fn what_is_missing_is_said() {
        let key =
            |name: &str, typed: &Typed| Deed::find(name).unwrap().read(typed).unwrap_err().key;
        let empty = Typed::default();
        assert_eq!(key("reject", &empty), "deed-need-note");
        assert_eq!(key("resolve-doubt", &empty.clone().with("note", "見た")), "deed-short-note");
        assert_eq!(key("send", &empty), "deed-need-tracking");
        assert_eq!(key("revoke", &empty.clone().with("reason", "replaced")), "deed-need-reason");
        assert_eq!(key("person-ended", &empty), "deed-need-departure");
    }

    proptest! {
        #[test]
        fn any_form_is_an_order_or_a_problem(
            place in 0..DEEDS.len(), note in "\\PC{0,600}", tracking in "\\PC{0,40}", reason in "[a-z-]{0,12}"
        ) {
            let typed = Typed::default().with("note", &note).with("tracking", &tracking).with("reason", &reason);
            let _ = DEEDS[place].read(&typed);
        }
    }
}
