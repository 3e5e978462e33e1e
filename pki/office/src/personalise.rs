//! 発券: a blank card becomes somebody's. Its keys are made on it and their possession is proved;
//! the certificates are issued on hold, in the same transaction as the card's own step; then they
//! are written, and the card is locked behind the letter's transport code.
//!
//! What was certified is in the records before it is on the card. If the work breaks off, the next
//! attempt looks what is in the reader: the card with those keys is finished; for any other the
//! certificates are revoked and the work begins anew. So an order never has two cards that could
//! open anything.

mod certify;
mod writer;

use std::sync::Arc;

use warifu_card::{Readers, TransportCode};
use warifu_contract::card_office::{Card, CardKind, Stage, StopReason};
use warifu_pki::{Certificate, PossessionProof, RequestError};

use crate::life::Step;
use crate::office::{CardOffice, Change, File};
use crate::store::{Attempt, AttemptState};
use crate::{Actor, CardKey, OfficeError};
use writer::Writer;

/// Proofs for the keys of a card, made for its holder reference.
#[derive(Debug, Clone)]
pub struct CardProofs {
    /// Of the key in slot 9A.
    pub authentication: PossessionProof,
    /// Of the key in slot 9E, which residents' cards have and staff cards have not.
    pub presence: Option<PossessionProof>,
}

/// The certificates of a card, on hold until it is activated.
#[derive(Debug, Clone)]
pub struct CardCertificates {
    /// For slot 9A.
    pub authentication: Certificate,
    /// For slot 9E, on residents' cards.
    pub presence: Option<Certificate>,
}

impl CardOffice {
    /// Makes the card in the reader: the next time too, if it broke off. What is in the reader must
    /// be blank, or the card that was begun for this very order. Talks to the card on a thread of
    /// its own.
    pub async fn personalise(
        &self,
        actor: &Actor,
        id: &CardKey,
        readers: Arc<dyn Readers>,
        reader: &str,
    ) -> Result<Card, OfficeError> {
        let mut file = self.file(id).await?;
        self.make(actor, &mut file, readers, reader).await?;
        self.publish().await;
        self.view(actor, &file).await
    }

    /// Makes a card whose keys are not in a reader of ours, from proofs that the closure makes for
    /// the holder reference. Gives the certificates and the transport code, which is to be the
    /// card's PUK.
    pub async fn personalise_with(
        &self,
        actor: &Actor,
        id: &CardKey,
        prove: impl FnOnce(&str) -> Result<CardProofs, RequestError>,
    ) -> Result<(CardCertificates, TransportCode), OfficeError> {
        let mut file = self.file(id).await?;
        let holder = file.row.holder.clone().ok_or(crate::life::Refusal::Impossible)?;
        let proofs = prove(&holder)?;
        let mut change = self.begin().await?;
        self.restart(&mut change, actor, &mut file).await?;
        let (attempt, certificates) = self.certify(&mut change, &file, None, &proofs).await?;
        self.finish(&mut change, actor, &mut file, &attempt).await?;
        self.commit(change).await?;
        Ok((certificates, code_of(&attempt)?))
    }

    /// The inner steps, without publishing.
    pub(crate) async fn make(
        &self,
        actor: &Actor,
        file: &mut File,
        readers: Arc<dyn Readers>,
        reader: &str,
    ) -> Result<(), OfficeError> {
        self.require_makeable(actor, file).await?;
        let writer = Writer::new(readers, reader, self.surroundings().entropy.clone());
        let attempt = match self.begun(file, &writer).await? {
            Some(attempt) => attempt,
            None => self.begin_attempt(actor, file, &writer).await?,
        };
        writer.write(self.card_secrets(&attempt)?, attempt.made.clone()).await?;
        let mut change = self.begin().await?;
        self.finish(&mut change, actor, file, &attempt).await?;
        self.commit_quietly(change).await
    }

    async fn require_makeable(&self, actor: &Actor, file: &File) -> Result<(), OfficeError> {
        let around = self.circumstances(file).await?;
        let step = match file.life.stage() {
            Some(Stage::Personalising) => Step::Finish,
            _ => Step::Start,
        };
        Ok(file.life.check(&step, actor, &around).map(drop)?)
    }

    /// The attempt that broke off, if the card in the reader is the one that was begun.
    async fn begun(&self, file: &File, writer: &Writer) -> Result<Option<Attempt>, OfficeError> {
        let last = self.store().last_attempt(&file.row.id).await?;
        let Some(attempt) = last.filter(|last| last.state == AttemptState::Certified) else {
            return Ok(None);
        };
        if attempt.made.guid.is_none() {
            return Ok(None);
        }
        let secrets = self.card_secrets(&attempt)?;
        let is_here = writer.has_keys(secrets, attempt.made.clone()).await?;
        Ok(is_here.then_some(attempt))
    }

    /// Makes keys on the card and certifies them.
    async fn begin_attempt(
        &self,
        actor: &Actor,
        file: &mut File,
        writer: &Writer,
    ) -> Result<Attempt, OfficeError> {
        let holder = file.row.holder.clone().ok_or(crate::life::Refusal::Impossible)?;
        let guid = writer::new_guid(self.surroundings());
        let own = self.management_key(&guid)?;
        let has_presence = file.row.kind == CardKind::Resident;
        let proofs = writer.generate(own, holder, has_presence).await?;
        let mut change = self.begin().await?;
        self.restart(&mut change, actor, file).await?;
        let (attempt, _) = self.certify(&mut change, file, Some(guid), &proofs).await?;
        self.commit_quietly(change).await?;
        Ok(attempt)
    }

    /// Takes the order up; what was begun on another card is given up first.
    async fn restart(
        &self,
        change: &mut Change,
        actor: &Actor,
        file: &mut File,
    ) -> Result<(), OfficeError> {
        if file.life.stage() == Some(Stage::Personalising) {
            self.step(change, file, actor, Step::Spoil, None).await?;
            self.abandon(change, file, StopReason::Replaced).await?;
        }
        self.step(change, file, actor, Step::Start, None).await
    }

    async fn finish(
        &self,
        change: &mut Change,
        actor: &Actor,
        file: &mut File,
        attempt: &Attempt,
    ) -> Result<(), OfficeError> {
        self.step(change, file, actor, Step::Finish, None).await?;
        let (store, on) = (self.store(), &mut change.transaction);
        store.set_attempt_state(on, attempt, AttemptState::Finished).await?;
        let (owner, made) = (attempt.owner.as_str(), &attempt.made);
        store.set_made(on, &file.row.id, owner, made.expires_at, &made.code).await?;
        file.row.owner = Some(attempt.owner.clone());
        file.row.expires_at = Some(made.expires_at);
        Ok(())
    }

    /// Gives up what was certified and is on no finished card.
    pub(crate) async fn abandon(
        &self,
        change: &mut Change,
        file: &File,
        reason: StopReason,
    ) -> Result<(), OfficeError> {
        let last = self.store().last_attempt(&file.row.id).await?;
        let Some(attempt) = last.filter(|last| last.state == AttemptState::Certified) else {
            return Ok(());
        };
        change.touch_certificates();
        let reason = crate::office::pki_reason(reason);
        self.ca().revoke(&mut change.transaction, &attempt.owner, reason).await?;
        let on = &mut change.transaction;
        self.store().set_attempt_state(on, &attempt, AttemptState::Abandoned).await
    }
}

fn code_of(attempt: &Attempt) -> Result<TransportCode, OfficeError> {
    TransportCode::new(&attempt.made.code)
        .map_err(|_| OfficeError::record("office_personalisations", &attempt.owner))
}

#[cfg(test)]
mod tests;
