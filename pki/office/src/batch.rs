//! 一括発券: every card that is ordered, one after the other, out of a feeder of blank cards. What is
//! done is done; after a stop, however hard, the batch goes on with what is left.

mod feeder;

use warifu_contract::card_office::{Batch, Stage};

#[cfg(any(test, feature = "virtual"))]
pub use feeder::FolderFeeder;
pub use feeder::{Fed, Feeder, PcscFeeder};

use crate::life::Refusal;
use crate::office::CardOffice;
use crate::store::Place;
use crate::{Actor, CardKey, OfficeError, StaffRole};

/// Cards after which the revocation lists are published, so that what was born on hold is known to
/// be on hold while the batch goes on.
const PUBLISH_EVERY: usize = 50;
/// Cards of other orders that are passed over before the feeder is taken to hold no blank ones.
const MOST_STRANGERS: usize = 10_000;
/// Cards that break one after the other before the reader is suspected.
const MOST_BROKEN: usize = 3;

impl CardOffice {
    /// Makes a batch of every card that is ordered now and waits in no other.
    pub async fn batch_make(&self, actor: &Actor) -> Result<Batch, OfficeError> {
        require_clerk(actor)?;
        let mut change = self.begin().await?;
        let id = self.surroundings().hex(8);
        let names = (id.as_str(), actor.id.as_str());
        let now = change.now;
        self.store().insert_batch(&mut change.transaction, names, now).await?;
        self.commit(change).await?;
        self.batch(&id).await
    }

    /// How far a batch is.
    pub async fn batch(&self, id: &str) -> Result<Batch, OfficeError> {
        self.store().batch(id).await?.ok_or(OfficeError::UnknownBatch)
    }

    /// Makes the cards of a batch that are not made yet, until all are or the feeder has no more
    /// blank cards. Says how far it is after each.
    pub async fn batch_run(
        &self,
        actor: &Actor,
        id: &str,
        mut feeder: impl Feeder,
        mut progress: impl FnMut(&Batch),
    ) -> Result<Batch, OfficeError> {
        require_clerk(actor)?;
        let mut batch = self.batch(id).await?;
        progress(&batch);
        let mut since_published = 0;
        'batch: loop {
            let waiting = self.store().waiting(id).await?;
            if waiting.is_empty() {
                break;
            }
            for place in waiting {
                match self.make_place(actor, &place, &mut feeder).await? {
                    Outcome::Done => batch.done += 1,
                    Outcome::Failed => batch.failed += 1,
                    Outcome::NoMoreCards => break 'batch,
                }
                let is_done = self.is_made(&place).await?;
                self.store().settle(id, &place, is_done).await?;
                progress(&batch);
                since_published += 1;
                if since_published == PUBLISH_EVERY {
                    since_published = 0;
                    self.publish().await;
                }
            }
        }
        self.publish().await;
        self.batch(id).await
    }

    /// Makes one card of the batch out of the next blank one.
    async fn make_place(
        &self,
        actor: &Actor,
        place: &Place,
        feeder: &mut impl Feeder,
    ) -> Result<Outcome, OfficeError> {
        let mut broken = 0;
        for _ in 0..MOST_STRANGERS {
            let mut file = self.file(&CardKey::Id(place.card.clone())).await?;
            match file.life.stage() {
                Some(Stage::Ordered | Stage::Personalising) => {}
                // Made just before a stop, or withdrawn meanwhile.
                _ => return self.outcome_of(place).await,
            }
            let Some(Fed { readers, reader }) = feeder.next().await? else {
                return Ok(Outcome::NoMoreCards);
            };
            match self.make(actor, &mut file, readers, &reader).await {
                Ok(()) => return Ok(Outcome::Done),
                // A card of another order: out with it, and the next one in.
                Err(OfficeError::NotBlank) => {}
                Err(OfficeError::Refused(_) | OfficeError::MovedOn { .. }) => {
                    return Ok(Outcome::Failed);
                }
                Err(OfficeError::Card(error)) if broken < MOST_BROKEN => {
                    tracing::warn!(card = %place.card, %error, "a card could not be made");
                    broken += 1;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Outcome::NoMoreCards)
    }

    async fn outcome_of(&self, place: &Place) -> Result<Outcome, OfficeError> {
        Ok(if self.is_made(place).await? { Outcome::Done } else { Outcome::Failed })
    }

    /// Whether the card was made, whatever became of it since.
    async fn is_made(&self, place: &Place) -> Result<bool, OfficeError> {
        let row = self.store().card(&place.card).await?.ok_or(OfficeError::UnknownCard)?;
        Ok(row.owner.is_some())
    }
}

/// What became of a place in a batch.
enum Outcome {
    Done,
    Failed,
    NoMoreCards,
}

fn require_clerk(actor: &Actor) -> Result<(), OfficeError> {
    if actor.is_any(&[StaffRole::Clerk]) { Ok(()) } else { Err(Refusal::Role.into()) }
}

#[cfg(test)]
mod tests;
