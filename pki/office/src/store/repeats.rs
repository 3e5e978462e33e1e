//! Applications that came under an idempotency key.

use jiff::Timestamp;
use warifu_service::storage::{Transaction, is_duplicate, micros};
use warifu_service::{execute, fetch_optional};

use super::Store;
use crate::{CardId, OfficeError};

const TABLE: &str = "office_repeats";

impl Store {
    /// What came under this actor's key before: the hash of what was sent, and the card.
    pub(crate) async fn repeat(
        &self,
        actor: &str,
        key: &str,
    ) -> Result<Option<(Vec<u8>, CardId)>, OfficeError> {
        let sql = "SELECT body, card FROM office_repeats WHERE actor = $1 AND key = $2";
        let row = fetch_optional!(self.database.read(), (Vec<u8>, String), sql, actor, key)?;
        let parsed = row.map(|(body, card)| {
            let card = card.parse().map_err(|_| OfficeError::record(TABLE, key))?;
            Ok((body, card))
        });
        parsed.transpose()
    }

    /// `false` when the key was taken a moment ago; the transaction can only be given up.
    pub(crate) async fn insert_repeat(
        &self,
        on: &mut Transaction,
        (actor, key): (&str, &str),
        (body, card): (&[u8], &CardId),
        now: Timestamp,
    ) -> Result<bool, OfficeError> {
        let sql = "INSERT INTO office_repeats (actor, key, body, card, at) \
                   VALUES ($1, $2, $3, $4, $5)";
        match execute!(on.on(), sql, actor, key, body, card.as_str(), micros(now)) {
            Err(error) if is_duplicate(&error) => Ok(false),
            other => Ok(other.map(|_| true)?),
        }
    }
}
