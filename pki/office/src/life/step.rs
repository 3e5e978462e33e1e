//! What can happen to a card. A step, with what it says, is what an event keeps.

use serde::{Deserialize, Serialize};
use warifu_contract::card_office::{Action, StopReason};
use warifu_contract::identity::Departure;

/// Something that happens to a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// 受付.
    Apply {
        /// Whether 同意書 is signed.
        consent: bool,
    },
    /// The register knows the applicant.
    Prove,
    /// The register is not sure.
    Doubt {
        /// Whether somebody who looks at the papers may still find that it is the same person.
        resolvable: bool,
    },
    /// Somebody looked at the papers.
    ResolveDoubt,
    /// 却下.
    Reject,
    /// 取下げ.
    Withdraw,
    /// 発券指示.
    Approve,
    /// A blank card is in the reader.
    Start,
    /// The card is finished.
    Finish,
    /// The card could not be finished.
    Spoil,
    /// The letter with the transport code is printed.
    PrintLetter,
    /// … and printed again.
    ReprintLetter,
    /// 発送.
    Send,
    /// 返戻.
    Return,
    /// 交付.
    Deliver,
    /// The holder chose a PIN.
    Activate,
    /// A caller answered the identity questions.
    Identify,
    /// 一時停止.
    Suspend {
        /// Why.
        reason: StopReason,
    },
    /// 一時停止解除.
    Release,
    /// 失効.
    Revoke {
        /// Why.
        reason: StopReason,
    },
    /// 再発行: the next card is ordered, and this one ends.
    Reissue {
        /// Why.
        reason: StopReason,
    },
    /// 更新: the next card is ordered, and this one goes on until it is there.
    Renew,
    /// The next card will not come after all.
    LoseSuccessor,
    /// The next card is in use.
    Supersede,
    /// A warning that the card ends soon was due.
    Remind {
        /// Days before the end.
        days: u32,
    },
    /// The person was vouched for, so that records can be linked to the card.
    Vouch,
    /// A FeliCa card is registered as a second token.
    RegisterFelica {
        /// The version of the master key that its own key is made from.
        key_version: u16,
    },
    /// The FeliCa card has a key of a newer version.
    RotateFelica {
        /// Which.
        key_version: u16,
    },
    /// Its certificates have ended.
    Expire,
    /// Somebody says that the holder has died or moved away.
    ProposeEnd {
        /// Which of both.
        why: Departure,
    },
    /// Somebody else confirms it.
    End {
        /// Which of both.
        why: Departure,
    },
    /// 廃棄.
    Destroy,
}

/// A step without what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the step of its name")]
pub enum StepKind {
    Apply,
    Prove,
    Doubt,
    ResolveDoubt,
    Reject,
    Withdraw,
    Approve,
    Start,
    Finish,
    Spoil,
    PrintLetter,
    ReprintLetter,
    Send,
    Return,
    Deliver,
    Activate,
    Identify,
    Suspend,
    Release,
    Revoke,
    Reissue,
    Renew,
    LoseSuccessor,
    Supersede,
    Remind,
    Vouch,
    RegisterFelica,
    RotateFelica,
    Expire,
    ProposeEnd,
    End,
    Destroy,
}

impl Step {
    /// Which step it is.
    pub const fn kind(&self) -> StepKind {
        match self {
            Self::Apply { .. } => StepKind::Apply,
            Self::Prove => StepKind::Prove,
            Self::Doubt { .. } => StepKind::Doubt,
            Self::ResolveDoubt => StepKind::ResolveDoubt,
            Self::Reject => StepKind::Reject,
            Self::Withdraw => StepKind::Withdraw,
            Self::Approve => StepKind::Approve,
            Self::Start => StepKind::Start,
            Self::Finish => StepKind::Finish,
            Self::Spoil => StepKind::Spoil,
            Self::PrintLetter => StepKind::PrintLetter,
            Self::ReprintLetter => StepKind::ReprintLetter,
            Self::Send => StepKind::Send,
            Self::Return => StepKind::Return,
            Self::Deliver => StepKind::Deliver,
            Self::Activate => StepKind::Activate,
            Self::Identify => StepKind::Identify,
            Self::Suspend { .. } => StepKind::Suspend,
            Self::Release => StepKind::Release,
            Self::Revoke { .. } => StepKind::Revoke,
            Self::Reissue { .. } => StepKind::Reissue,
            Self::Renew => StepKind::Renew,
            Self::LoseSuccessor => StepKind::LoseSuccessor,
            Self::Supersede => StepKind::Supersede,
            Self::Remind { .. } => StepKind::Remind,
            Self::Vouch => StepKind::Vouch,
            Self::RegisterFelica { .. } => StepKind::RegisterFelica,
            Self::RotateFelica { .. } => StepKind::RotateFelica,
            Self::Expire => StepKind::Expire,
            Self::ProposeEnd { .. } => StepKind::ProposeEnd,
            Self::End { .. } => StepKind::End,
            Self::Destroy => StepKind::Destroy,
        }
    }

    /// Why the card stops, where the step says so.
    pub const fn reason(&self) -> Option<StopReason> {
        match self {
            Self::Suspend { reason } | Self::Revoke { reason } | Self::Reissue { reason } => {
                Some(*reason)
            }
            Self::ProposeEnd { why } | Self::End { why } => Some(reason_of(*why)),
            Self::Supersede => Some(StopReason::Replaced),
            _ => None,
        }
    }

    /// The step that an action is. Asking the register ([`Action::Prove`]) may become another step
    /// when the register answers.
    pub const fn of(action: &Action) -> Self {
        match action {
            Action::Prove => Self::Prove,
            Action::ResolveDoubt { .. } => Self::ResolveDoubt,
            Action::Reject { .. } => Self::Reject,
            Action::Withdraw => Self::Withdraw,
            Action::Approve => Self::Approve,
            Action::Spoil { .. } => Self::Spoil,
            Action::Send { .. } => Self::Send,
            Action::Return => Self::Return,
            Action::Deliver => Self::Deliver,
            Action::Suspend { reason } => Self::Suspend { reason: *reason },
            Action::Release => Self::Release,
            Action::Revoke { reason } => Self::Revoke { reason: *reason },
            Action::Reissue { reason } => Self::Reissue { reason: *reason },
            Action::Renew => Self::Renew,
            Action::Destroy => Self::Destroy,
        }
    }
}

/// A departure as the reason why a card ends.
pub const fn reason_of(why: Departure) -> StopReason {
    match why {
        Departure::Deceased => StopReason::Deceased,
        Departure::MovedAway => StopReason::MovedAway,
    }
}

impl StepKind {
    /// The event's name in histories, e.g. `card.approved`.
    pub const fn event(self) -> &'static str {
        match self {
            Self::Apply => "card.applied",
            Self::Prove => "card.proved",
            Self::Doubt => "card.doubted",
            Self::ResolveDoubt => "card.doubt-resolved",
            Self::Reject => "card.rejected",
            Self::Withdraw => "card.withdrawn",
            Self::Approve => "card.approved",
            Self::Start => "card.personalisation-started",
            Self::Finish => "card.personalised",
            Self::Spoil => "card.spoiled",
            Self::PrintLetter => "card.letter-printed",
            Self::ReprintLetter => "card.letter-reprinted",
            Self::Send => "card.sent",
            Self::Return => "card.returned",
            Self::Deliver => "card.delivered",
            Self::Activate => "card.activated",
            Self::Identify => "card.caller-identified",
            Self::Suspend => "card.suspended",
            Self::Release => "card.released",
            Self::Revoke => "card.revoked",
            Self::Reissue => "card.reissue-ordered",
            Self::Renew => "card.renewal-ordered",
            Self::LoseSuccessor => "card.successor-lost",
            Self::Supersede => "card.superseded",
            Self::Remind => "card.reminded",
            Self::Vouch => "card.vouched-for",
            Self::RegisterFelica => "card.felica-registered",
            Self::RotateFelica => "card.felica-rotated",
            Self::Expire => "card.expired",
            Self::ProposeEnd => "card.end-proposed",
            Self::End => "card.ended",
            Self::Destroy => "card.destroyed",
        }
    }
}
