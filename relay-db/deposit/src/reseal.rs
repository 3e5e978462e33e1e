//! After a new key has become the current one: cards are sealed again under it, so that the older
//! key can leave the ring.

use warifu_service::{execute, fetch_all};

use crate::card;
use crate::deposits::{DepositError, Deposits};
use crate::store::CardRow;

/// Rows that are looked at and written at a time.
const BATCH: i64 = 500;

impl Deposits {
    /// Seals every card again that is sealed under an older key, as each deposit left it. How many
    /// those were.
    pub async fn reseal(&self) -> Result<u64, DepositError> {
        let current = self.current();
        let (mut at, mut count) = ((Vec::new(), 0), 0);
        loop {
            let sql = "SELECT card, deposit, body FROM deposit_card \
                       WHERE (card, deposit) > ($1, $2) AND length(body) > 0 \
                       AND substr(body, 1, CAST($3 AS INTEGER)) <> $4 ORDER BY card, deposit LIMIT $5";
            let (read, length) = (self.database().read(), i64::try_from(current.len()));
            let (card, prefix) = (at.0.as_slice(), current.as_slice());
            let length = length.unwrap_or(i64::MAX);
            let rows = fetch_all!(read, CardRow, sql, card, at.1, length, prefix, BATCH)?;
            for row in &rows {
                count += self.reseal_row(row).await?;
            }
            match rows.into_iter().next_back() {
                Some(row) => at = (row.card, row.deposit),
                None => return Ok(count + self.reseal_targets(&current).await?),
            }
        }
    }

    /// What everything begins with that is sealed under the current key.
    fn current(&self) -> Vec<u8> {
        let mut sealed = self.0.ring.seal(b"", b"", &*self.0.surroundings.entropy);
        let length = sealed.first().map_or(0, |length| usize::from(*length));
        sealed.truncate(1 + length);
        sealed
    }

    async fn reseal_row(&self, row: &CardRow) -> Result<u64, DepositError> {
        let (id, parts) = (row.id()?, &self.0);
        let plain = card::open(&parts.ring, (&id, row.deposit), &row.body)?;
        let entropy = &*parts.surroundings.entropy;
        let again = card::seal(&parts.ring, entropy, (&id, row.deposit), &plain);
        let sql = "UPDATE deposit_card SET body = $4 \
                   WHERE card = $1 AND deposit = $2 AND body = $3";
        let (card, before) = (row.card.as_slice(), row.body.as_slice());
        Ok(execute!(self.database().write(), sql, card, row.deposit, before, again)?)
    }
}
