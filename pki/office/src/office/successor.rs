//! 再発行 and 更新: the next card of a person. It is an application like any other, with what the
//! last one said, and goes through the register and an approval of its own; the person stays the
//! same, so that every link made for the person holds.

use warifu_contract::card_office::StopReason;

use super::{CardOffice, Change, File, is_alive};
use crate::life::{Step, StepKind};
use crate::store::NewCard;
use crate::{Actor, CardKey, OfficeError};

/// A person who loses as many cards in the mail has another problem.
const MOST_PREDECESSORS: usize = 32;

impl CardOffice {
    /// The card ends at once, and the next one is ordered.
    pub(super) async fn reissue(
        &self,
        actor: &Actor,
        file: &mut File,
        reason: StopReason,
    ) -> Result<(), OfficeError> {
        let mut change = self.begin().await?;
        let was = file.life.stage();
        self.step(&mut change, file, actor, Step::Reissue { reason }, None).await?;
        if file.life.stage() != was {
            self.end(&mut change, file, reason).await?;
        }
        self.order_next(change, actor, file).await
    }

    /// The card goes on until the next one is activated.
    pub(super) async fn renew(&self, actor: &Actor, file: &mut File) -> Result<(), OfficeError> {
        let mut change = self.begin().await?;
        self.step(&mut change, file, actor, Step::Renew, None).await?;
        self.order_next(change, actor, file).await
    }

    async fn order_next(
        &self,
        mut change: Change,
        actor: &Actor,
        file: &mut File,
    ) -> Result<(), OfficeError> {
        let card = NewCard {
            id: &file.row.id,
            channel: file.row.channel,
            application: &file.row.application,
            replaces: Some(&file.row.id),
            person: file.row.person.as_deref(),
        };
        let consent = file.life.has_consent();
        let mut next = self.create_somewhere(&mut change, actor, card, consent).await?;
        let (store, id) = (self.store(), next.row.id.clone());
        store.set_successor(&mut change.transaction, &file.row.id, Some(&id)).await?;
        file.row.replaced_by = Some(id);
        self.commit(change).await?;
        self.prove_if_possible(actor, &mut next).await;
        Ok(())
    }

    /// The order stands whatever the register says now, and it can be asked again.
    async fn prove_if_possible(&self, actor: &Actor, next: &mut File) {
        if let Err(error) = self.prove(actor, next).await {
            let code = error.code();
            tracing::warn!(code, %error, "the next card's holder is not proved yet");
        }
    }

    /// The next card will not come after all: the last one before it that is not itself given up
    /// for another may be replaced again.
    pub(super) async fn release_predecessor(
        &self,
        change: &mut Change,
        file: &File,
    ) -> Result<(), OfficeError> {
        let system = Actor::system();
        for mut before in self.predecessors(file).await? {
            let id = before.row.id.clone();
            self.step(change, &mut before, &system, Step::LoseSuccessor, None).await?;
            self.store().set_successor(&mut change.transaction, &id, None).await?;
            if is_alive(&before.row) {
                break;
            }
        }
        Ok(())
    }

    /// The next card is in use: those before it end, if they have not yet.
    pub(super) async fn supersede(
        &self,
        change: &mut Change,
        file: &File,
    ) -> Result<(), OfficeError> {
        for mut before in self.predecessors(file).await? {
            if before.life.would_lead(StepKind::Supersede).is_some() {
                self.step(change, &mut before, &Actor::system(), Step::Supersede, None).await?;
                self.end(change, &before, StopReason::Replaced).await?;
            }
        }
        Ok(())
    }

    /// The cards that wait to be replaced by this one, through others that never came into use:
    /// nearest first.
    async fn predecessors(&self, file: &File) -> Result<Vec<File>, OfficeError> {
        let mut all: Vec<File> = Vec::new();
        while let Some(id) = &all.last().unwrap_or(file).row.replaces {
            let next = &all.last().unwrap_or(file).row.id;
            let before = self.file(&CardKey::Id(id.clone())).await?;
            let waits = before.life.is_replaced() && before.row.replaced_by.as_ref() == Some(next);
            if !waits || all.len() == MOST_PREDECESSORS {
                break;
            }
            all.push(before);
        }
        Ok(all)
    }
}
