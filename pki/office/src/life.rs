//! The life of a card as a state machine: pure, a fold over its events. What was decided is never
//! stored apart from the events that decided it.
//!
//! Two persons stand behind every card: whoever approves has neither taken the application nor
//! asked the register nor resolved a doubt; whoever lets a stopped card in again has not stopped it;
//! whoever confirms that a holder is gone has not said so first. A doubt is resolved by an approver
//! who did not ask the register, and only where the register has one candidate who differs from the
//! papers in no more than the ways of writing, or in the address alone (see [`crate::proof`]).

mod facts;
mod step;
mod table;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use warifu_contract::card_office::{Action, Possibility, Stage, StopReason};

pub use facts::Life;
pub use step::{Step, StepKind, reason_of};
pub use table::{Deed, Rule, TABLE, Target};

use crate::{Actor, StaffRole};

/// Why a step is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// Nothing like this happens to a card at this stage.
    #[error("office.impossible: a card at this stage does not allow that")]
    Impossible,
    /// Another role is needed.
    #[error("office.role: this is for another role")]
    Role,
    /// Another person must do it.
    #[error("office.same-person: another person must do this")]
    SamePerson,
    /// 同意書 is missing.
    #[error("office.consent: without the signed consent nothing goes on")]
    Consent,
    /// The register has not said who the applicant is.
    #[error("office.proof-needed: the applicant's identity is not proved")]
    ProofNeeded,
    /// No note makes up for what the register says.
    #[error("office.not-resolvable: this doubt cannot be resolved by looking at papers")]
    NotResolvable,
    /// The person has another card of this kind that is alive or on its way.
    #[error("office.card-exists: this person has such a card; reissue or renew it")]
    CardExists,
    /// The next card is on its way.
    #[error("office.replaced: the next card is ordered already")]
    Replaced,
    /// It is too early to order the next card.
    #[error("office.too-early: the card has still long to go")]
    TooEarly,
    /// The holder died or moved away, or somebody said so.
    #[error("office.person-ended: the holder has died or moved away, or is said to have")]
    PersonEnded,
    /// The letter was printed before.
    #[error("office.letter-printed: the letter was printed before")]
    LetterPrinted,
}

impl Refusal {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Impossible => "office.impossible",
            Self::Role => "office.role",
            Self::SamePerson => "office.same-person",
            Self::Consent => "office.consent",
            Self::ProofNeeded => "office.proof-needed",
            Self::NotResolvable => "office.not-resolvable",
            Self::CardExists => "office.card-exists",
            Self::Replaced => "office.replaced",
            Self::TooEarly => "office.too-early",
            Self::PersonEnded => "office.person-ended",
            Self::LetterPrinted => "office.letter-printed",
        }
    }
}

/// What a decision needs to know besides the card's own events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// The present instant.
    pub now: Timestamp,
    /// From when on the next card may be ordered; `None` while the card has no end.
    pub renewable_from: Option<Timestamp>,
    /// Whether the person has another card of this kind that is alive or on its way, and that this
    /// one does not take the place of.
    pub has_other_card: bool,
}

impl Life {
    /// Whether the step may happen now by this actor, and where it leads.
    pub fn check(
        &self,
        step: &Step,
        actor: &Actor,
        around: &Circumstances,
    ) -> Result<Stage, Refusal> {
        let rule = table::find(step.kind(), self.stage()).ok_or_else(|| self.not_now(step))?;
        require(may(actor, rule.by), Refusal::Role)?;
        let apart = rule.apart_from.iter().all(|deed| !self.has_done(*deed, &actor.id));
        require(apart, Refusal::SamePerson)?;
        self.require_sense(step, around)?;
        self.target(rule).ok_or(Refusal::Impossible)
    }

    /// Every action that its stage allows, and for this actor why not.
    pub fn possible(&self, actor: &Actor, around: &Circumstances) -> Vec<Possibility> {
        let named = ACTIONS.iter().map(|(name, step)| (name, self.check(step, actor, around)));
        named
            .filter(|(_, checked)| *checked != Err(Refusal::Impossible))
            .map(|(name, checked)| Possibility {
                action: (*name).to_owned(),
                refused: checked.err().map(|refusal| refusal.code().to_owned()),
            })
            .collect()
    }

    /// Where the step led from here, whoever did it: for replays.
    pub fn would_lead(&self, kind: StepKind) -> Option<Stage> {
        table::find(kind, self.stage()).and_then(|rule| self.target(rule))
    }

    fn target(&self, rule: &Rule) -> Option<Stage> {
        match rule.to {
            Target::To(stage) => Some(stage),
            Target::Stay => self.stage(),
            Target::Back => self.stood_at(),
        }
    }

    /// An order without a proved identity is worth a word of its own.
    fn not_now(&self, step: &Step) -> Refusal {
        match (step, self.stage()) {
            (Step::Approve, Some(Stage::Applied | Stage::Doubtful)) => Refusal::ProofNeeded,
            _ => Refusal::Impossible,
        }
    }

    fn require_sense(&self, step: &Step, around: &Circumstances) -> Result<(), Refusal> {
        match step {
            Step::Prove | Step::Doubt { .. } => require(self.has_consent(), Refusal::Consent),
            Step::ResolveDoubt => require(self.is_resolvable(), Refusal::NotResolvable),
            Step::Approve => {
                require(self.has_consent(), Refusal::Consent)?;
                require(self.end_proposed().is_none(), Refusal::PersonEnded)?;
                require(!around.has_other_card, Refusal::CardExists)
            }
            Step::Start | Step::Finish | Step::Send | Step::Deliver | Step::Activate => {
                require(self.end_proposed().is_none(), Refusal::PersonEnded)
            }
            Step::PrintLetter => require(!self.is_letter_printed(), Refusal::LetterPrinted),
            Step::ReprintLetter => require(self.is_letter_printed(), Refusal::Impossible),
            Step::Reissue { .. } => {
                require(!self.is_ended(), Refusal::PersonEnded)?;
                require(!self.is_replaced(), Refusal::Replaced)
            }
            Step::Renew => {
                require(!self.is_replaced(), Refusal::Replaced)?;
                let early = around.renewable_from.is_none_or(|from| around.now < from);
                require(!early, Refusal::TooEarly)
            }
            Step::LoseSuccessor | Step::Supersede => {
                require(self.is_replaced(), Refusal::Impossible)
            }
            Step::Remind { days } => require(!self.was_reminded(*days), Refusal::Impossible),
            Step::ProposeEnd { .. } => require(self.end_proposed().is_none(), Refusal::Impossible),
            Step::End { why } => require(self.end_proposed() == Some(*why), Refusal::Impossible),
            _ => Ok(()),
        }
    }
}

fn may(actor: &Actor, by: &[StaffRole]) -> bool {
    if by.is_empty() { actor.is_system() } else { actor.is_any(by) }
}

fn require(holds: bool, refusal: Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal) }
}

/// What staff may ask for, in the order of a card's life, by the names that [`Action`] has on the
/// wire. The reasons and notes in them do not matter to whether they are possible.
const ACTIONS: &[(&str, Step)] = &[
    ("prove", Step::Prove),
    ("resolve-doubt", Step::ResolveDoubt),
    ("reject", Step::Reject),
    ("withdraw", Step::Withdraw),
    ("approve", Step::Approve),
    ("spoil", Step::Spoil),
    ("send", Step::Send),
    ("return", Step::Return),
    ("deliver", Step::Deliver),
    ("suspend", Step::Suspend { reason: StopReason::Lost }),
    ("release", Step::Release),
    ("revoke", Step::Revoke { reason: StopReason::Lost }),
    ("reissue", Step::Reissue { reason: StopReason::Lost }),
    ("renew", Step::Renew),
    ("destroy", Step::Destroy),
];

/// The role that lets an actor do a step, for the record; `None` for the office itself.
pub(crate) fn role_for(step: StepKind, actor: &Actor) -> Option<StaffRole> {
    let rules = TABLE.iter().filter(|rule| rule.step == step);
    rules.flat_map(|rule| rule.by).copied().find(|role| actor.roles.contains(role))
}

/// The name of an action on the wire.
pub fn action_name(action: &Action) -> &'static str {
    let kind = Step::of(action).kind();
    ACTIONS.iter().find(|(_, step)| step.kind() == kind).map_or("", |(name, _)| *name)
}
