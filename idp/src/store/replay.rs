//! What may be answered or obeyed once only: authentication requests by their issuer and ID, security
//! events by their issuer and `jti`.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use warifu_service::storage::{Transaction, Write, micros};
use warifu_service::{execute, fetch_over};

use super::{Store, StoreError};

/// For longer than a request could be answered again: it is stale after a few minutes, and a sign-in
/// that it began is over after fifteen.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(30);
/// For longer than an event is taken.
const EVENT_REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 8);

/// A request, as its issuer wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Its ID.
    pub(crate) id: String,
    /// When it was made (`IssueInstant`).
    pub(crate) at: Timestamp,
}

/// The claim to answer a request; whether it is the first.
///
/// It is found by the instant at which the request was made, first of all: a copy of a request has
/// the same, and those of one time lie side by side, however many there are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, sqlx::FromRow)]
pub(super) struct Claim {
    expires_at: i64,
    issuer: String,
    id: String,
}

impl Claim {
    pub(super) fn new(issuer: &str, asked: &Asked) -> Self {
        let expires_at = micros(asked.at + REMEMBERED);
        Self { expires_at, issuer: issuer.to_owned(), id: asked.id.clone() }
    }
}

impl Store {
    /// Claims a request outside of any session. `false` when it was claimed before.
    pub(crate) async fn claim_request(
        &self,
        issuer: &str,
        asked: &Asked,
    ) -> Result<bool, StoreError> {
        self.entrances.claims.write(Claim::new(issuer, asked)).await
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
        self.id.as_bytes()
    }

    async fn write(these: &[Self], tx: &mut Transaction) -> Result<Vec<bool>, StoreError> {
        let mut claimed = claim_all(tx, &these.iter().collect::<Vec<_>>()).await?;
        // Of two that claim the same at once, the first gets it.
        Ok(these.iter().map(|claim| claimed.remove(claim)).collect())
    }
}

/// Claims all of them; which of them nobody claimed before.
pub(super) async fn claim_all(
    tx: &mut Transaction,
    claims: &[&Claim],
) -> Result<HashSet<Claim>, sqlx::Error> {
    if claims.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = "WITH v (until, issuer, id) AS (VALUES {rows}) \
               INSERT INTO replay (expires_at, issuer, id) \
               SELECT until, issuer, id FROM v WHERE v.id IS NOT NULL \
               ON CONFLICT (expires_at, issuer, id) DO NOTHING RETURNING expires_at, issuer, id";
    let claimed = fetch_over!(
        tx.on(),
        Claim,
        sql,
        claims,
        |claim| claim.map(|claim| claim.expires_at),
        claim.map(|claim| claim.issuer.as_str()),
        claim.map(|claim| claim.id.as_str()),
    )?;
    Ok(claimed.into_iter().collect())
}

/// Claims an event that was made at that time.
pub(super) async fn claim_event(
    tx: &mut Transaction,
    issuer: &str,
    jti: &str,
    made_at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO replay (expires_at, issuer, id) VALUES ($1, $2, $3) \
               ON CONFLICT (expires_at, issuer, id) DO NOTHING";
    Ok(execute!(tx.on(), sql, micros(made_at + EVENT_REMEMBERED), issuer, jti)? == 1)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{both, now};
    use super::{Asked, REMEMBERED};

    #[tokio::test]
    async fn a_claim_holds_for_its_issuer_until_it_is_swept() {
        for rig in both().await {
            let store = &rig.store;
            let asked = Asked { id: "_1".into(), at: now() };
            assert!(store.claim_request("sp", &asked).await.unwrap());
            assert!(!store.claim_request("sp", &asked).await.unwrap());
            assert!(store.claim_request("other", &asked).await.unwrap());
            assert_eq!(store.sweep_replay(now()).await.unwrap(), 0);
            assert_eq!(store.sweep_replay(now() + REMEMBERED).await.unwrap(), 2);
            assert!(store.claim_request("sp", &asked).await.unwrap());
        }
    }
}
