//! What a change means beyond the office: for the card's certificates, and for what the identity
//! provider is told.

use jiff::Timestamp;
use warifu_contract::card_office::StopReason;
use warifu_pki::security_event::{CardStatus, Event as Told, SecurityEvent};
use warifu_pki::{Organization, Reason};
use warifu_service::storage::micros;

use super::{CardOffice, Change, File};
use crate::OfficeError;

/// What every resident is to the identity provider.
pub(super) const RESIDENT: &str = "urn:warifu:role:resident";

impl CardOffice {
    /// Tells the identity provider, once the change is durable. Notices sort by when it happened,
    /// and within a change by the order in which they were written.
    pub(crate) async fn tell(
        &self,
        change: &mut Change,
        at: Timestamp,
        subject: &str,
        event: Told,
    ) -> Result<(), OfficeError> {
        let random = self.surroundings().hex(8);
        let jti = format!("{:016x}{:04x}{random}", micros(at), change.notices);
        let names = &self.inner.settings.names;
        let event = SecurityEvent {
            iss: names.office.clone(),
            aud: names.idp.clone(),
            jti,
            iat: change.now.as_second(),
            subject: subject.to_owned(),
            event,
        };
        self.store().tell(&mut change.transaction, &event, change.now).await?;
        change.notices += 1;
        Ok(())
    }

    /// Tells the identity provider how a card stands, if it knows the card.
    pub(crate) async fn tell_state(
        &self,
        change: &mut Change,
        file: &File,
        state: CardStatus,
        reason: Option<StopReason>,
    ) -> Result<(), OfficeError> {
        let Some(holder) = file.row.holder.as_deref().filter(|_| file.life.was_delivered()) else {
            return Ok(());
        };
        let reason = reason.map(pki_reason);
        self.tell(change, file.last_at(), holder, Told::CardState { state, reason }).await
    }

    /// Tells the identity provider of a card that is in its holder's hands.
    pub(crate) async fn tell_issued(
        &self,
        change: &mut Change,
        file: &File,
    ) -> Result<(), OfficeError> {
        let row = &file.row;
        let (Some(holder), Some(person)) = (&row.holder, &row.person) else {
            return Err(OfficeError::NoPerson);
        };
        let person = self.store().person(person).await?.ok_or(OfficeError::NoPerson)?;
        let replaces = match &row.replaces {
            Some(id) => self.store().card(id).await?.and_then(|old| old.holder),
            None => None,
        };
        let job = row.application.employment.as_ref();
        let event = Told::CardIssued {
            person: person.reference,
            display_name: row.application.applicant.name.clone(),
            roles: job.map_or_else(|| vec![RESIDENT.to_owned()], |job| job.roles.clone()),
            organization: job.map(|job| Organization {
                code: job.organization_code.clone(),
                name: job.organization_name.clone(),
            }),
            replaces,
        };
        self.tell(change, file.last_at(), holder, event).await
    }

    /// Stops a card's certificates for now.
    pub(crate) async fn hold(&self, change: &mut Change, file: &File) -> Result<(), OfficeError> {
        let Some(owner) = &file.row.owner else { return Ok(()) };
        change.touch_certificates();
        Ok(self.inner.ca.hold(&mut change.transaction, owner).await?)
    }

    /// Lets a card's certificates in.
    pub(crate) async fn unhold(&self, change: &mut Change, file: &File) -> Result<(), OfficeError> {
        let Some(owner) = &file.row.owner else { return Ok(()) };
        change.touch_certificates();
        Ok(self.inner.ca.release(&mut change.transaction, owner).await?)
    }

    /// Ends a card: its certificates, its letter's code, and what the identity provider knows.
    pub(crate) async fn end(
        &self,
        change: &mut Change,
        file: &File,
        reason: StopReason,
    ) -> Result<(), OfficeError> {
        if let Some(owner) = &file.row.owner {
            change.touch_certificates();
            self.inner.ca.revoke(&mut change.transaction, owner, pki_reason(reason)).await?;
        }
        self.store().forget_code(&mut change.transaction, &file.row.id).await?;
        self.tell_state(change, file, CardStatus::Ended, Some(reason)).await
    }
}

impl File {
    fn last_at(&self) -> Timestamp {
        self.life.last_at().unwrap_or(self.row.projection.since)
    }
}

/// What the revocation list and the identity provider are told of a reason. Of a person's death or
/// move they learn no more than that the card is no longer needed.
pub(crate) fn pki_reason(reason: StopReason) -> Reason {
    match reason {
        StopReason::Lost | StopReason::Stolen | StopReason::Undelivered => Reason::KeyCompromise,
        StopReason::Damaged | StopReason::Replaced => Reason::Superseded,
        StopReason::Left => Reason::AffiliationChanged,
        StopReason::Misuse => Reason::PrivilegeWithdrawn,
        StopReason::Deceased | StopReason::MovedAway | StopReason::NotWanted => {
            Reason::CessationOfOperation
        }
    }
}
