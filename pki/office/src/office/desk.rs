//! What staff do to a card, one action at a time.

use warifu_contract::card_office::{Action, Card, Stage, StopReason};
use warifu_pki::security_event::CardStatus;

use super::apply::{fits, require};
use super::{CardOffice, Change, File};
use crate::life::{Refusal, Step};
use crate::{Actor, CardKey, CardNumber, OfficeError, StaffRole};

const LONGEST_NOTE: usize = 500;
const SHORTEST_FINDING: usize = 10;
const TRACKING: std::ops::RangeInclusive<usize> = 8..=20;
/// The chance that one number is taken is one in a billion with a million cards.
const ATTEMPTS: usize = 8;

impl CardOffice {
    /// Does something to a card, if it stands at `version` (where that is said), its life allows it,
    /// and this actor may. Proving asks the register; the old card of a reissue ends at once.
    pub async fn act(
        &self,
        actor: &Actor,
        id: &CardKey,
        version: Option<u32>,
        action: Action,
    ) -> Result<Card, OfficeError> {
        let mut file = self.file(id).await?;
        let now = file.life.version();
        if version.is_some_and(|expected| expected != now) {
            return Err(OfficeError::MovedOn { version: now });
        }
        self.require_call(actor, &file)?;
        require_sound(&action)?;
        match action {
            Action::Prove => self.prove(actor, &mut file).await?,
            Action::Reissue { reason } => self.reissue(actor, &mut file, reason).await?,
            Action::Renew => self.renew(actor, &mut file).await?,
            other => self.do_at_once(actor, &mut file, other).await?,
        }
        self.view(actor, &file).await
    }

    /// The call centre touches a card only while its holder is on the phone.
    fn require_call(&self, actor: &Actor, file: &File) -> Result<(), OfficeError> {
        let is_open = actor.is_any(&[StaffRole::Clerk, StaffRole::Approver])
            || file.life.is_open_to(&actor.id, self.now());
        if is_open {
            return Ok(());
        }
        if actor.is_any(&[StaffRole::CallCentre]) {
            return Err(OfficeError::NotIdentified);
        }
        Err(Refusal::Role.into())
    }

    async fn do_at_once(
        &self,
        actor: &Actor,
        file: &mut File,
        action: Action,
    ) -> Result<(), OfficeError> {
        let mut change = self.begin().await?;
        if let (Action::Approve, Some(person)) = (&action, &file.row.person) {
            // Two cards of one person may be approved elsewhere at this moment: one after the other.
            self.store().lock_person(&mut change.transaction, person).await?;
        }
        let was = file.life.stage();
        self.step(&mut change, file, actor, Step::of(&action), note_of(&action)).await?;
        self.follow(&mut change, file, was, &action).await?;
        self.commit(change).await
    }

    /// What an action means beyond the card's own stage.
    async fn follow(
        &self,
        change: &mut Change,
        file: &mut File,
        was: Option<Stage>,
        action: &Action,
    ) -> Result<(), OfficeError> {
        match action {
            Action::ResolveDoubt { .. } => self.name_person(change, file).await,
            Action::Reject { .. } | Action::Withdraw => {
                self.release_predecessor(change, file).await
            }
            Action::Approve => self.number(change, file).await,
            Action::Spoil { .. } => self.abandon(change, file, StopReason::Damaged).await,
            Action::Send { tracking } => {
                self.store().set_tracking(&mut change.transaction, &file.row.id, tracking).await?;
                file.row.tracking = Some(tracking.clone());
                Ok(())
            }
            Action::Deliver => self.tell_issued(change, file).await,
            Action::Suspend { reason } => self.stop(change, file, was, *reason).await,
            Action::Release => self.let_in(change, file).await,
            Action::Revoke { reason } => {
                self.end(change, file, *reason).await?;
                self.release_predecessor(change, file).await
            }
            _ => Ok(()),
        }
    }

    async fn number(&self, change: &mut Change, file: &mut File) -> Result<(), OfficeError> {
        // A card that was spoiled and is ordered again keeps both.
        if file.row.number.is_some() {
            return Ok(());
        }
        let (store, holder) = (self.store(), self.surroundings().hex(16));
        for _ in 0..ATTEMPTS {
            let number = CardNumber::random(self.surroundings().entropy.as_ref());
            let on = &mut change.transaction;
            if store.set_number(on, &file.row.id, &number, &holder).await? {
                file.row.number = Some(number);
                file.row.holder = Some(holder);
                return Ok(());
            }
        }
        Err(OfficeError::record("office_cards", "number"))
    }

    /// A card not yet in use is on hold as it is.
    pub(super) async fn stop(
        &self,
        change: &mut Change,
        file: &File,
        was: Option<Stage>,
        reason: StopReason,
    ) -> Result<(), OfficeError> {
        if was == Some(Stage::Active) {
            self.hold(change, file).await?;
        }
        self.tell_state(change, file, CardStatus::Suspended, Some(reason)).await
    }

    /// A card that was not in use stays on hold; the identity provider hears of it as of a new one.
    async fn let_in(&self, change: &mut Change, file: &File) -> Result<(), OfficeError> {
        match file.life.stage() {
            Some(Stage::Active) => {
                self.unhold(change, file).await?;
                self.tell_state(change, file, CardStatus::Active, None).await
            }
            Some(Stage::Delivered) => self.tell_issued(change, file).await,
            _ => Ok(()),
        }
    }
}

fn require_sound(action: &Action) -> Result<(), OfficeError> {
    match action {
        Action::ResolveDoubt { note } => {
            let says = note.trim().chars().nth(SHORTEST_FINDING - 1).is_some();
            require("note", says && fits_note(note))
        }
        Action::Reject { note } | Action::Spoil { note } => require("note", fits_note(note)),
        Action::Send { tracking } => {
            let sound = tracking.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            require("tracking", sound && TRACKING.contains(&tracking.len()))
        }
        _ => Ok(()),
    }
}

/// Lines are fine in a note.
fn fits_note(note: &str) -> bool {
    fits(&note.replace(['\n', '\r', '\t'], " "), LONGEST_NOTE)
}

fn note_of(action: &Action) -> Option<&str> {
    match action {
        Action::ResolveDoubt { note } | Action::Reject { note } | Action::Spoil { note } => {
            Some(note)
        }
        Action::Send { tracking } => Some(tracking),
        _ => None,
    }
}
