//! What may be answered or obeyed once only: authentication requests by their issuer and ID, security
//! events by their issuer and `jti`.

use jiff::{SignedDuration, Timestamp};
use warifu_service::execute;
use warifu_service::storage::{Transaction, micros};

use super::{Store, StoreError};

/// For longer than a request could be asked again: it is stale after a few minutes.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(30);
/// For longer than an event is taken.
const EVENT_REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 8);

impl Store {
    /// Claims a request outside of any session. `false` when it was claimed before.
    pub(crate) async fn claim_request(
        &self,
        issuer: &str,
        request: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let claimed = claim_answer(&mut tx, issuer, request, now).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Deletes the claims that are too old to matter.
    pub(crate) async fn sweep_replay(&self, now: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM replay WHERE expires_at <= $1";
        Ok(execute!(self.database.write(), sql, micros(now))?)
    }
}

/// Claims the answer to a request.
pub(super) async fn claim_answer(
    tx: &mut Transaction,
    issuer: &str,
    request: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    claim(tx, issuer, request, now + REMEMBERED).await
}

/// Claims an event.
pub(super) async fn claim_event(
    tx: &mut Transaction,
    issuer: &str,
    jti: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    claim(tx, issuer, jti, now + EVENT_REMEMBERED).await
}

async fn claim(
    tx: &mut Transaction,
    issuer: &str,
    id: &str,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO replay (issuer, id, expires_at) VALUES ($1, $2, $3) \
               ON CONFLICT (issuer, id) DO NOTHING";
    Ok(execute!(tx.on(), sql, issuer, id, micros(until))? == 1)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{both, now};
    use super::REMEMBERED;

    #[tokio::test]
    async fn a_claim_holds_for_its_issuer_until_it_is_swept() {
        for rig in both().await {
            let store = &rig.store;
            assert!(store.claim_request("sp", "_1", now()).await.unwrap());
            assert!(!store.claim_request("sp", "_1", now()).await.unwrap());
            assert!(store.claim_request("other", "_1", now()).await.unwrap());
            assert_eq!(store.sweep_replay(now()).await.unwrap(), 0);
            let later = now() + REMEMBERED;
            assert_eq!(store.sweep_replay(later).await.unwrap(), 2);
            assert!(store.claim_request("sp", "_1", later).await.unwrap());
        }
    }
}
