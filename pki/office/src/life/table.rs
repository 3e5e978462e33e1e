//! The table of the card's life: from where to where, by whom, and by whom not.

use warifu_contract::card_office::Stage;
use warifu_contract::card_office::Stage::{
    Active, Applied, Delivered, Destroyed, Doubtful, Expired, Ordered, Personalised, Personalising,
    Proved, Rejected, Returned, Revoked, Sent, Suspended, Withdrawn,
};

use super::step::StepKind;
use crate::StaffRole;
use crate::StaffRole::{Approver, CallCentre, Clerk};

/// Where a step leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// To this stage.
    To(Stage),
    /// Nowhere: it is only noted.
    Stay,
    /// To where the card stood before it was suspended.
    Back,
}

/// What somebody did to a card that keeps them from doing a certain other thing to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// Took the application, or ordered the next card.
    Took,
    /// Asked the register.
    Proved,
    /// Resolved a doubt.
    Resolved,
    /// Stopped the card.
    Suspended,
    /// Said that the holder has died or moved away.
    ProposedEnd,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// What happens.
    pub step: StepKind,
    /// At which stages. Empty: before there is a card.
    pub from: &'static [Stage],
    /// Where it leads.
    pub to: Target,
    /// In which roles. Empty: it happens by itself or by another party's word.
    pub by: &'static [StaffRole],
    /// Never by whoever did one of these.
    pub apart_from: &'static [Deed],
}

/// A card that exists and is not over.
const LIVING: &[Stage] = &[Personalised, Sent, Returned, Delivered, Active, Suspended];
const NOT_MADE: &[Stage] = &[Applied, Doubtful, Proved, Ordered];
const MADE: &[Stage] = &[Personalised, Sent, Returned, Delivered, Active];
const ALL: &[Stage] = &Stage::ALL;

const EITHER: &[StaffRole] = &[Clerk, Approver];
const DESK: &[StaffRole] = &[Clerk];
const APPROVAL: &[StaffRole] = &[Approver];
const NOBODY: &[StaffRole] = &[];
const ALONE: &[Deed] = &[];

const fn rule(
    step: StepKind,
    from: &'static [Stage],
    to: Target,
    by: &'static [StaffRole],
    apart_from: &'static [Deed],
) -> Rule {
    Rule { step, from, to, by, apart_from }
}

/// The life of a card. What is not here does not happen. A step may stand in several lines; their
/// stages never overlap.
pub const TABLE: &[Rule] = &[
    rule(StepKind::Apply, &[], Target::To(Applied), DESK, ALONE),
    rule(StepKind::Prove, &[Applied, Doubtful], Target::To(Proved), DESK, ALONE),
    rule(StepKind::Doubt, &[Applied, Doubtful], Target::To(Doubtful), DESK, ALONE),
    rule(StepKind::ResolveDoubt, &[Doubtful], Target::To(Proved), APPROVAL, &[Deed::Proved]),
    rule(StepKind::Reject, &[Applied, Doubtful, Proved], Target::To(Rejected), EITHER, ALONE),
    rule(StepKind::Withdraw, NOT_MADE, Target::To(Withdrawn), DESK, ALONE),
    rule(
        StepKind::Approve,
        &[Proved],
        Target::To(Ordered),
        APPROVAL,
        &[Deed::Took, Deed::Proved, Deed::Resolved],
    ),
    rule(StepKind::Start, &[Ordered], Target::To(Personalising), DESK, ALONE),
    rule(StepKind::Finish, &[Personalising], Target::To(Personalised), DESK, ALONE),
    rule(StepKind::Spoil, &[Personalising], Target::To(Ordered), DESK, ALONE),
    rule(StepKind::PrintLetter, MADE, Target::Stay, DESK, ALONE),
    rule(StepKind::ReprintLetter, MADE, Target::Stay, APPROVAL, ALONE),
    rule(StepKind::Send, &[Personalised, Returned], Target::To(Sent), DESK, ALONE),
    rule(StepKind::Return, &[Sent], Target::To(Returned), DESK, ALONE),
    rule(StepKind::Deliver, &[Personalised, Sent, Returned], Target::To(Delivered), DESK, ALONE),
    rule(StepKind::Activate, &[Delivered], Target::To(Active), NOBODY, ALONE),
    rule(StepKind::Identify, ALL, Target::Stay, &[CallCentre], ALONE),
    rule(StepKind::Suspend, MADE, Target::To(Suspended), &[Clerk, Approver, CallCentre], ALONE),
    rule(StepKind::Release, &[Suspended], Target::Back, APPROVAL, &[Deed::Suspended]),
    rule(StepKind::Revoke, LIVING, Target::To(Revoked), EITHER, ALONE),
    rule(StepKind::Reissue, LIVING, Target::To(Revoked), DESK, ALONE),
    rule(StepKind::Reissue, &[Revoked, Expired], Target::Stay, DESK, ALONE),
    rule(StepKind::Renew, &[Active], Target::Stay, DESK, ALONE),
    rule(StepKind::LoseSuccessor, ALL, Target::Stay, NOBODY, ALONE),
    rule(StepKind::Supersede, &[Active, Suspended], Target::To(Revoked), NOBODY, ALONE),
    rule(StepKind::Remind, &[Active], Target::Stay, NOBODY, ALONE),
    rule(StepKind::Vouch, &[Active], Target::Stay, NOBODY, ALONE),
    rule(StepKind::RegisterFelica, &[Active], Target::Stay, DESK, ALONE),
    rule(StepKind::RotateFelica, &[Active], Target::Stay, DESK, ALONE),
    rule(StepKind::Expire, LIVING, Target::To(Expired), NOBODY, ALONE),
    rule(StepKind::ProposeEnd, NOT_MADE, Target::Stay, EITHER, ALONE),
    rule(StepKind::ProposeEnd, &[Personalising, Suspended], Target::Stay, EITHER, ALONE),
    rule(StepKind::ProposeEnd, MADE, Target::To(Suspended), EITHER, ALONE),
    rule(StepKind::End, NOT_MADE, Target::To(Withdrawn), APPROVAL, &[Deed::ProposedEnd]),
    rule(StepKind::End, &[Personalising], Target::To(Revoked), APPROVAL, &[Deed::ProposedEnd]),
    rule(StepKind::End, LIVING, Target::To(Revoked), APPROVAL, &[Deed::ProposedEnd]),
    rule(StepKind::Destroy, &[Revoked, Expired], Target::To(Destroyed), DESK, ALONE),
];

/// The line for a step at a stage.
pub fn find(step: StepKind, stage: Option<Stage>) -> Option<&'static Rule> {
    TABLE.iter().find(|rule| {
        rule.step == step && stage.map_or(rule.from.is_empty(), |at| rule.from.contains(&at))
    })
}
