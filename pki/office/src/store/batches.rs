//! Batches: which cards are made in one go, and how far that is.

use jiff::Timestamp;
use warifu_contract::card_office::Batch;
use warifu_service::storage::{Transaction, instant, micros};
use warifu_service::{execute, fetch_all, fetch_optional};

use super::Store;
use crate::{CardId, OfficeError};

const TABLE: &str = "office_batch_cards";

/// A card's place in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) position: i64,
    pub(crate) card: CardId,
}

impl Store {
    /// Puts every ordered card that waits in no other batch into a new one, oldest order first.
    /// Gives how many.
    pub(crate) async fn insert_batch(
        &self,
        on: &mut Transaction,
        (id, made_by): (&str, &str),
        now: Timestamp,
    ) -> Result<u64, OfficeError> {
        let sql = "INSERT INTO office_batches (id, made_at, made_by) VALUES ($1, $2, $3)";
        execute!(on.on(), sql, id, micros(now), made_by)?;
        let sql = "INSERT INTO office_batch_cards (batch, position, card, state) \
                   SELECT $1, ROW_NUMBER() OVER (ORDER BY since, id), id, 'waiting' \
                   FROM office_cards WHERE stage = 'ordered' AND id NOT IN \
                   (SELECT card FROM office_batch_cards WHERE state = 'waiting')";
        Ok(execute!(on.on(), sql, id)?)
    }

    pub(crate) async fn batch(&self, id: &str) -> Result<Option<Batch>, OfficeError> {
        let sql = "SELECT made_at FROM office_batches WHERE id = $1";
        let Some((made_at,)) = fetch_optional!(self.database.read(), (i64,), sql, id)? else {
            return Ok(None);
        };
        let sql = "SELECT state, count(*) FROM office_batch_cards WHERE batch = $1 GROUP BY state";
        let counts = fetch_all!(self.database.read(), (String, i64), sql, id)?;
        let of = |wanted: &str| {
            let found = counts.iter().filter(|(state, _)| state == wanted || wanted.is_empty());
            u32::try_from(found.map(|(_, count)| count).sum::<i64>()).unwrap_or(u32::MAX)
        };
        let made_at = instant(made_at);
        let (total, done, failed) = (of(""), of("done"), of("failed"));
        Ok(Some(Batch { id: id.to_owned(), made_at, total, done, failed }))
    }

    /// Cards of the batch that are still to be made: those begun first, then in order.
    pub(crate) async fn waiting(&self, batch: &str) -> Result<Vec<Place>, OfficeError> {
        let sql = "SELECT position, card FROM office_batch_cards \
                   JOIN office_cards ON office_cards.id = office_batch_cards.card \
                   WHERE batch = $1 AND state = 'waiting' \
                   ORDER BY CASE stage WHEN 'personalising' THEN 0 ELSE 1 END, position LIMIT 100";
        let rows = fetch_all!(self.database.read(), (i64, String), sql, batch)?;
        let places = rows.into_iter().map(|(position, card)| {
            let card = card.parse().map_err(|_| OfficeError::record(TABLE, &card))?;
            Ok(Place { position, card })
        });
        places.collect()
    }

    /// Cards of the batch that are finished, in order.
    pub(crate) async fn done(&self, batch: &str) -> Result<Vec<CardId>, OfficeError> {
        let sql = "SELECT card FROM office_batch_cards WHERE batch = $1 AND state = 'done' \
                   ORDER BY position";
        let rows = fetch_all!(self.database.read(), (String,), sql, batch)?;
        let cards = rows.into_iter();
        cards.map(|(id,)| id.parse().map_err(|_| OfficeError::record(TABLE, &id))).collect()
    }

    /// A place in a batch is done, or has failed.
    pub(crate) async fn settle(
        &self,
        batch: &str,
        place: &Place,
        is_done: bool,
    ) -> Result<(), OfficeError> {
        let sql = "UPDATE office_batch_cards SET state = $3 WHERE batch = $1 AND position = $2";
        let state = if is_done { "done" } else { "failed" };
        execute!(self.database.write(), sql, batch, place.position, state)?;
        Ok(())
    }
}
