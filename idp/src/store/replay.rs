//! What may be answered or obeyed once only: authentication requests by their issuer and ID, security
//! events by their issuer and `jti`.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use warifu_service::storage::{Transaction, Write, micros};
use warifu_service::{execute, fetch_over};

use super::{Store, StoreError};

/// For longer than a request could be asked again: it is stale after a few minutes.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(30);
/// For longer than an event is taken.
const EVENT_REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 8);

/// A request: its issuer, and its ID there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, sqlx::FromRow)]
pub(super) struct Request {
    issuer: String,
    id: String,
}

/// The claim to answer a request; whether it is the first.
pub(super) struct Claim {
    pub(super) request: Request,
    until: i64,
}

impl Claim {
    pub(super) fn new(issuer: &str, id: &str, now: Timestamp) -> Self {
        let request = Request { issuer: issuer.to_owned(), id: id.to_owned() };
        Self { request, until: micros(now + REMEMBERED) }
    }
}

impl Store {
    /// Claims a request outside of any session. `false` when it was claimed before.
    pub(crate) async fn claim_request(
        &self,
        issuer: &str,
        request: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.entrances.claims.write(Claim::new(issuer, request, now)).await
    }

    /// Deletes the claims that are too old to matter.
    pub(crate) async fn sweep_replay(&self, now: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM replay WHERE expires_at <= $1";
        Ok(execute!(self.database.write(), sql, micros(now))?)
    }
}

impl Write for Claim {
    type Answer = bool;
    type Error = StoreError;

    fn subject(&self) -> &[u8] {
        self.request.id.as_bytes()
    }

    async fn write(these: &[Self], tx: &mut Transaction) -> Result<Vec<bool>, StoreError> {
        let mut claimed = claim_all(tx, &these.iter().collect::<Vec<_>>()).await?;
        // Of two that claim the same at once, the first gets it.
        Ok(these.iter().map(|claim| claimed.remove(&claim.request)).collect())
    }
}

/// Claims all of them; which of them nobody claimed before.
pub(super) async fn claim_all(
    tx: &mut Transaction,
    claims: &[&Claim],
) -> Result<HashSet<Request>, sqlx::Error> {
    if claims.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = "WITH v (issuer, id, until) AS (VALUES {rows}) \
               INSERT INTO replay (issuer, id, expires_at) \
               SELECT issuer, id, until FROM v WHERE v.id IS NOT NULL \
               ON CONFLICT (issuer, id) DO NOTHING RETURNING issuer, id";
    let claimed = fetch_over!(
        tx.on(),
        Request,
        sql,
        claims,
        |claim| claim.map(|claim| claim.request.issuer.as_str()),
        claim.map(|claim| claim.request.id.as_str()),
        claim.map(|claim| claim.until),
    )?;
    Ok(claimed.into_iter().collect())
}

/// Claims an event.
pub(super) async fn claim_event(
    tx: &mut Transaction,
    issuer: &str,
    jti: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO replay (issuer, id, expires_at) VALUES ($1, $2, $3) \
               ON CONFLICT (issuer, id) DO NOTHING";
    Ok(execute!(tx.on(), sql, issuer, jti, micros(now + EVENT_REMEMBERED))? == 1)
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
