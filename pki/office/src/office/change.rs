//! A change to cards: every step with its event, what the events say, certificates and notices, in
//! one transaction.

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OwnedSemaphorePermit;
use warifu_contract::card_office::Stage;
use warifu_service::storage::Transaction;

use super::{CardOffice, File};
use crate::event::{Event, Hash};
use crate::life::{self, Circumstances, Life, Step, StepKind};
use crate::store::{CardRow, NewCard, Projection, Written};
use crate::{Actor, OfficeError};

/// A change in the making: what is written takes effect at its end, together.
pub(crate) struct Change {
    pub(crate) transaction: Transaction,
    _turn: OwnedSemaphorePermit,
    pub(crate) now: Timestamp,
    pub(super) notices: u32,
    touches_certificates: bool,
}

impl CardOffice {
    pub(crate) async fn begin(&self) -> Result<Change, OfficeError> {
        let turn = self.inner.turn.clone().acquire_owned().await;
        let turn = turn.map_err(|_| OfficeError::Stopped)?;
        let transaction = self.inner.ca.begin().await?;
        let now = self.now();
        Ok(Change { transaction, _turn: turn, now, notices: 0, touches_certificates: false })
    }

    /// Makes a change durable, and then known: to those who are told, and in the revocation lists.
    pub(crate) async fn commit(&self, change: Change) -> Result<(), OfficeError> {
        let Change { transaction, _turn: turn, notices, touches_certificates, .. } = change;
        transaction.commit().await?;
        drop(turn);
        if notices > 0 {
            self.inner.bell.notify_one();
        }
        if touches_certificates {
            self.publish().await;
        }
        Ok(())
    }

    /// As [`commit`](Self::commit), but what changed in the certificates is published later, by
    /// [`publish`](Self::publish).
    pub(crate) async fn commit_quietly(&self, mut change: Change) -> Result<(), OfficeError> {
        change.touches_certificates = false;
        self.commit(change).await
    }

    /// Publishes the revocation lists that are due. One that cannot be published now is published
    /// by whichever authority runs.
    pub(crate) async fn publish(&self) {
        if let Err(error) = self.inner.ca.publish_if_due().await {
            tracing::error!(%error, "the revocation lists could not be published");
        }
    }

    /// Puts the first event of a new card in, and the card.
    pub(crate) async fn create(
        &self,
        change: &mut Change,
        actor: &Actor,
        card: &NewCard<'_>,
        consent: bool,
    ) -> Result<Option<File>, OfficeError> {
        let step = Step::Apply { consent };
        let around = Circumstances { now: change.now, renewable_from: None, has_other_card: false };
        let to = Life::default().check(&step, actor, &around)?;
        let event = Event {
            card: card.id.as_str().to_owned(),
            sequence: 1,
            at: change.now,
            actor: actor.id.clone(),
            role: life::role_for(StepKind::Apply, actor),
            from: None,
            to,
            step,
            note: None,
            previous: Hash::default(),
        };
        let head = event.hash();
        let projection = Projection { version: 1, stage: to, since: event.at, reason: None, head };
        if !self.store().insert_card(&mut change.transaction, card, &projection).await? {
            return Ok(None);
        }
        self.append(change, &event).await?;
        let row = CardRow {
            id: card.id.clone(),
            projection,
            kind: card.application.kind(),
            channel: card.channel,
            application: card.application.clone(),
            proof: None,
            person: card.person.map(str::to_owned),
            number: None,
            holder: None,
            tracking: None,
            owner: None,
            expires_at: None,
            replaces: card.replaces.cloned(),
            replaced_by: None,
        };
        Ok(Some(File { row, life: Life::of([&event]) }))
    }

    /// Takes a step: checks it, writes its event, and what the events say now.
    pub(crate) async fn step(
        &self,
        change: &mut Change,
        file: &mut File,
        actor: &Actor,
        step: Step,
        note: Option<&str>,
    ) -> Result<(), OfficeError> {
        let around = self.circumstances(file).await?;
        let to = file.life.check(&step, actor, &around)?;
        self.step_to(change, file, actor, (step, to), note).await
    }

    async fn step_to(
        &self,
        change: &mut Change,
        file: &mut File,
        actor: &Actor,
        (step, to): (Step, Stage),
        note: Option<&str>,
    ) -> Result<(), OfficeError> {
        let was = file.row.projection;
        let sequence = was.version + 1;
        let earliest = file.life.last_at().map(|last| last + SignedDuration::from_micros(1));
        let event = Event {
            card: file.row.id.as_str().to_owned(),
            sequence,
            at: earliest.map_or(change.now, |earliest| earliest.max(change.now)),
            actor: actor.id.clone(),
            role: life::role_for(step.kind(), actor),
            from: Some(was.stage),
            to,
            note: note.map(|note| self.store().seal_note(&file.row.id, sequence, note)),
            step,
            previous: was.head,
        };
        self.append(change, &event).await?;
        file.life.record(&event);
        let (since, reason) = (file.life.since().unwrap_or(event.at), file.life.reason());
        let head = event.hash();
        let projection = Projection { version: sequence, stage: to, since, reason, head };
        file.row.projection = projection;
        if !self.store().project(&mut change.transaction, &file.row.id, &projection).await? {
            return Err(OfficeError::MovedOn { version: sequence });
        }
        Ok(())
    }

    async fn append(&self, change: &mut Change, event: &Event) -> Result<(), OfficeError> {
        match self.store().append(&mut change.transaction, event).await? {
            Written::Yes => Ok(()),
            Written::Taken => Err(OfficeError::MovedOn { version: event.sequence }),
        }
    }
}

impl Change {
    /// Certificates change with it: the revocation list is looked at when it is durable.
    pub(crate) fn touch_certificates(&mut self) {
        self.touches_certificates = true;
    }
}
