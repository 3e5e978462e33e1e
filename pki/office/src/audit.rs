//! Whether all that the office has written down agrees: each card's row with its events, the events
//! with one another, the certificates with the card, and the revocation lists with the
//! certificates.

mod lists;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use warifu_ca::{CertificateRecord, CertificateState};
use warifu_contract::card_office::Stage;
use warifu_pki::Reason;

use crate::event::{Event, Hash};
use crate::life::Life;
use crate::office::CardOffice;
use crate::store::{Attempt, AttemptState, CardRow, Projection};
use crate::{CardId, OfficeError};
use lists::Lists;

/// Two records that do not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// 受付番号.
    pub card: CardId,
    /// What is wrong, for an engineer.
    pub what: String,
}

impl CardOffice {
    /// Everything that does not agree, card by card. Reads all records; while others work it may
    /// name a card that is just changing.
    pub async fn audit(&self) -> Result<Vec<Disagreement>, OfficeError> {
        let lists = Lists::fetch(self.ca(), self.now()).await?;
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let rows = self.store().after(&cursor).await?;
            let Some(last) = rows.last() else { return Ok(found) };
            last.id.as_str().clone_into(&mut cursor);
            for row in &rows {
                self.audit_card(row, &lists, &mut found).await?;
            }
        }
    }

    async fn audit_card(
        &self,
        row: &CardRow,
        lists: &Lists,
        found: &mut Vec<Disagreement>,
    ) -> Result<(), OfficeError> {
        let mut say = |what: String| found.push(Disagreement { card: row.id.clone(), what });
        let events = self.store().events(&row.id).await?;
        audit_events(row, &events, &mut say);
        for attempt in self.store().attempts(&row.id).await? {
            let certificates = self.ca().certificates_of(&attempt.owner).await?;
            audit_certificates(row, &attempt, &certificates, self.now(), &mut say);
            for certificate in certificates {
                if !is_listed_as_it_is(&certificate, lists, self.now()) {
                    let CertificateRecord { serial, state, .. } = certificate;
                    say(format!("certificate {serial} is {state:?}, but not on the lists"));
                }
            }
        }
        Ok(())
    }
}

/// The chain holds, every step was a legal one, and the row says what the events say.
fn audit_events(row: &CardRow, events: &[Event], say: &mut impl FnMut(String)) {
    let mut life = Life::default();
    let mut previous = Hash::default();
    for (sequence, event) in (1..).zip(events) {
        if event.sequence != sequence || event.previous != previous {
            say(format!("event {sequence} does not follow the one before it"));
        }
        if event.from != life.stage() || life.would_lead(event.step.kind()) != Some(event.to) {
            say(format!("event {sequence} leads where it cannot"));
        }
        previous = event.hash();
        life.record(event);
    }
    let (Some(stage), Some(since)) = (life.stage(), life.since()) else {
        return say("it has no events".to_owned());
    };
    let (version, reason) = (life.version(), life.reason());
    let expected = Projection { version, stage, since, reason, head: previous };
    if row.projection != expected {
        say(format!("its row stands at {:?}, its events at {stage:?}", row.projection.stage));
    }
}

/// The certificates of an attempt stand as the card does.
fn audit_certificates(
    row: &CardRow,
    attempt: &Attempt,
    certificates: &[CertificateRecord],
    now: Timestamp,
    say: &mut impl FnMut(String),
) {
    let expected = 1 + usize::from(attempt.made.presence.is_some());
    if certificates.len() != expected {
        say(format!("attempt {} has {} certificates", attempt.number, certificates.len()));
    }
    let is_on_card = row.owner.as_deref() == Some(attempt.owner.as_str());
    if is_on_card != (attempt.state == AttemptState::Finished) {
        say(format!(
            "attempt {} is {:?}, and the card says otherwise",
            attempt.number, attempt.state
        ));
    }
    for certificate in certificates {
        if !agrees(row.projection.stage, attempt.state, certificate, now) {
            say(format!(
                "certificate {} is {:?} while the card is {:?}",
                certificate.serial, certificate.state, row.projection.stage
            ));
        }
    }
}

/// A certificate that has ended may have left the lists.
fn is_listed_as_it_is(certificate: &CertificateRecord, lists: &Lists, now: Timestamp) -> bool {
    let serial = HEXLOWER.decode(certificate.serial.as_bytes()).unwrap_or_default();
    let listed = lists.state_of(&serial).map(|listed| listed.reason);
    match certificate.state {
        _ if certificate.not_after < now => true,
        CertificateState::Valid => listed.is_none(),
        CertificateState::Held { .. } => listed == Some(Reason::CertificateHold),
        CertificateState::Revoked { reason, .. } => listed == Some(reason),
    }
}

fn agrees(
    stage: Stage,
    attempt: AttemptState,
    certificate: &CertificateRecord,
    now: Timestamp,
) -> bool {
    let is_revoked = matches!(certificate.state, CertificateState::Revoked { .. });
    let is_held = matches!(certificate.state, CertificateState::Held { .. });
    if attempt == AttemptState::Abandoned {
        return is_revoked;
    }
    match stage {
        Stage::Active => certificate.state == CertificateState::Valid,
        Stage::Personalising
        | Stage::Personalised
        | Stage::Sent
        | Stage::Returned
        | Stage::Delivered
        | Stage::Suspended => is_held,
        Stage::Revoked => is_revoked,
        Stage::Expired | Stage::Destroyed => is_revoked || certificate.not_after <= now,
        // Nothing was certified for a card that was never ordered.
        _ => false,
    }
}

#[cfg(test)]
mod tests;
