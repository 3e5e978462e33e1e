//! What a card's events say, taken together.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use warifu_contract::card_office::{Stage, StopReason};
use warifu_contract::identity::Departure;

use super::{Deed, Step};
use crate::event::Event;

/// For how long a caller who answered the identity questions opens the card to whoever asked.
const CALL: SignedDuration = SignedDuration::from_mins(15);

/// Something that is so, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Consent,
    Resolvable,
    LetterPrinted,
    Delivered,
    Replaced,
    Ended,
}

/// A card's life so far: the fold of its events, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Life {
    stage: Option<Stage>,
    since: Option<Timestamp>,
    last_at: Option<Timestamp>,
    version: u32,
    reason: Option<StopReason>,
    marks: BTreeSet<Mark>,
    deeds: BTreeMap<Deed, BTreeSet<String>>,
    stood_at: Option<Stage>,
    end_proposed: Option<Departure>,
    reminded: BTreeSet<u32>,
    calls: BTreeMap<String, Timestamp>,
}

impl Life {
    /// The life that these events, in order, are.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut life = Self::default();
        for event in events {
            life.record(event);
        }
        life
    }

    /// Takes in one more event.
    pub fn record(&mut self, event: &Event) {
        self.note_suspension(event);
        if self.stage != Some(event.to) {
            self.since = Some(event.at);
        }
        self.stage = Some(event.to);
        self.version = event.sequence;
        self.last_at = Some(event.at);
        self.note(event);
    }

    fn note_suspension(&mut self, event: &Event) {
        let was = self.stage;
        match (was == Some(Stage::Suspended), event.to == Stage::Suspended) {
            (false, true) => {
                self.stood_at = was;
                self.deeds.remove(&Deed::Suspended);
            }
            (true, false) => self.stood_at = None,
            _ => {}
        }
    }

    fn note(&mut self, event: &Event) {
        if let Some(reason) = event.step.reason().filter(|_| stops(event.to)) {
            self.reason = Some(reason);
        }
        let who = &event.actor;
        match &event.step {
            Step::Apply { consent } => {
                self.mark(Mark::Consent, *consent);
                self.did(Deed::Took, who);
            }
            Step::Prove => self.did(Deed::Proved, who),
            Step::Doubt { resolvable } => {
                self.mark(Mark::Resolvable, *resolvable);
                self.did(Deed::Proved, who);
            }
            Step::ResolveDoubt => self.did(Deed::Resolved, who),
            Step::Suspend { .. } => self.did(Deed::Suspended, who),
            Step::Release => {
                self.reason = None;
                self.end_proposed = None;
                self.deeds.remove(&Deed::ProposedEnd);
            }
            Step::Reissue { .. } | Step::Renew => self.mark(Mark::Replaced, true),
            Step::LoseSuccessor => self.mark(Mark::Replaced, false),
            Step::ProposeEnd { why } => {
                self.end_proposed = Some(*why);
                self.did(Deed::ProposedEnd, who);
                self.did(Deed::Suspended, who);
            }
            Step::End { .. } => self.mark(Mark::Ended, true),
            Step::PrintLetter => self.mark(Mark::LetterPrinted, true),
            Step::Deliver => self.mark(Mark::Delivered, true),
            Step::Remind { days } => {
                self.reminded.insert(*days);
            }
            Step::Identify => {
                self.calls.insert(who.clone(), event.at);
            }
            _ => {}
        }
    }

    fn mark(&mut self, mark: Mark, is_so: bool) {
        if is_so {
            self.marks.insert(mark);
        } else {
            self.marks.remove(&mark);
        }
    }

    fn did(&mut self, deed: Deed, who: &str) {
        self.deeds.entry(deed).or_default().insert(who.to_owned());
    }

    /// Where the card stands; `None` before there is one.
    pub fn stage(&self) -> Option<Stage> {
        self.stage
    }

    /// Since when it stands there.
    pub fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// When the last event was. Each is later than the one before, whatever the clocks say.
    pub fn last_at(&self) -> Option<Timestamp> {
        self.last_at
    }

    /// How many events there are.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Why it was stopped or ended.
    pub fn reason(&self) -> Option<StopReason> {
        self.reason
    }

    /// Whether 同意書 is signed.
    pub fn has_consent(&self) -> bool {
        self.marks.contains(&Mark::Consent)
    }

    /// Whether looking at papers may resolve the register's doubt.
    pub fn is_resolvable(&self) -> bool {
        self.marks.contains(&Mark::Resolvable)
    }

    /// Whether that person did that to the card.
    pub fn has_done(&self, deed: Deed, who: &str) -> bool {
        self.deeds.get(&deed).is_some_and(|people| people.contains(who))
    }

    /// Where it stood before it was suspended.
    pub fn stood_at(&self) -> Option<Stage> {
        self.stood_at
    }

    /// What somebody said of the holder, and nobody has taken back.
    pub fn end_proposed(&self) -> Option<Departure> {
        self.end_proposed
    }

    /// Whether it ended because its holder died or moved away.
    pub fn is_ended(&self) -> bool {
        self.marks.contains(&Mark::Ended)
    }

    /// Whether the next card is ordered.
    pub fn is_replaced(&self) -> bool {
        self.marks.contains(&Mark::Replaced)
    }

    /// Whether the letter with the transport code was printed.
    pub fn is_letter_printed(&self) -> bool {
        self.marks.contains(&Mark::LetterPrinted)
    }

    /// Whether it was ever handed over.
    pub fn was_delivered(&self) -> bool {
        self.marks.contains(&Mark::Delivered)
    }

    /// Whether the warning that many days before the end was given.
    pub fn was_reminded(&self, days: u32) -> bool {
        self.reminded.contains(&days)
    }

    /// Whether a caller has opened the card to that member of the call centre a short time ago.
    pub fn is_open_to(&self, who: &str, now: Timestamp) -> bool {
        self.calls.get(who).is_some_and(|at| now < *at + CALL)
    }
}

fn stops(stage: Stage) -> bool {
    matches!(stage, Stage::Suspended | Stage::Revoked | Stage::Withdrawn)
}
