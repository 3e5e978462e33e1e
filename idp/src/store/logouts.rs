//! The logouts that service providers have still to be told. They survive a restart, and each
//! attempt is claimed, so that several identity provider nodes share the work.

use jiff::Timestamp;
use warifu_service::storage::{Transaction, micros};
use warifu_service::{execute, fetch_all};

use super::{Party, Store, StoreError};

/// A logout to tell.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Logout {
    pub(crate) id: String,
    pub(crate) provider: String,
    pub(crate) name_id: String,
    pub(crate) session_index: String,
    /// Attempts begun before this one.
    pub(crate) attempts: i64,
}

impl Store {
    pub(super) async fn add_logout(
        &self,
        tx: &mut Transaction,
        party: &Party,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO logouts \
                   (id, provider, name_id, session_index, attempts, due_at) \
                   VALUES ($1, $2, $3, $4, 0, $5)";
        let mut id = [0; 16];
        self.entropy.fill(&mut id);
        let id = data_encoding::HEXLOWER.encode(&id);
        let (provider, name, index) = (&party.provider, &party.name_id, &party.session_index);
        execute!(tx.on(), sql, id, provider, name, index, micros(due_at))?;
        Ok(())
    }

    /// Some of the logouts whose time has come, oldest first.
    pub(crate) async fn due_logouts(&self, now: Timestamp) -> Result<Vec<Logout>, StoreError> {
        let sql = "SELECT id, provider, name_id, session_index, attempts FROM logouts \
                   WHERE due_at <= $1 ORDER BY due_at LIMIT 100";
        Ok(fetch_all!(self.database.read(), Logout, sql, micros(now))?)
    }

    /// Begins an attempt; the next one is due at `next`. `false` when another node has begun it.
    pub(crate) async fn claim_logout(
        &self,
        logout: &Logout,
        next: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE logouts SET attempts = attempts + 1, due_at = $3 \
                   WHERE id = $1 AND attempts = $2";
        let rows = execute!(
            self.database.write(),
            sql,
            logout.id.as_str(),
            logout.attempts,
            micros(next)
        )?;
        Ok(rows == 1)
    }

    /// It was told, or given up.
    pub(crate) async fn forget_logout(&self, logout: &Logout) -> Result<(), StoreError> {
        execute!(self.database.write(), "DELETE FROM logouts WHERE id = $1", logout.id.as_str())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{both, now};
    use super::*;
    use jiff::SignedDuration;

    #[tokio::test]
    async fn an_attempt_is_claimed_once_and_comes_again() {
        for rig in both().await {
            let store = &rig.store;
            let party = Party {
                provider: "https://portal.example".into(),
                name_id: "n".into(),
                session_index: "i".into(),
            };
            let mut tx = store.database.begin().await.unwrap();
            store.add_logout(&mut tx, &party, now()).await.unwrap();
            tx.commit().await.unwrap();

            let [logout] = store.due_logouts(now()).await.unwrap().try_into().unwrap();
            let next = now() + SignedDuration::from_secs(2);
            assert!(store.claim_logout(&logout, next).await.unwrap());
            assert!(!store.claim_logout(&logout, next).await.unwrap());
            assert_eq!(store.due_logouts(now()).await.unwrap(), []);
            let [again] = store.due_logouts(next).await.unwrap().try_into().unwrap();
            assert_eq!(again.attempts, 1);
            store.forget_logout(&again).await.unwrap();
            assert_eq!(store.due_logouts(next).await.unwrap(), []);
        }
    }
}
