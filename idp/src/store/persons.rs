//! Persons: the card office's reference and a sealed profile.

use jiff::Timestamp;
use warifu_service::storage::{Transaction, micros};
use warifu_service::{execute, fetch_optional};

use super::{Store, StoreError};
use crate::person::{Person, PersonId};

const COLUMN: &str = "persons.profile";

#[derive(sqlx::FromRow)]
struct Row {
    profile: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct Ended {
    ended_at: Option<i64>,
}

impl Store {
    /// Makes a person known, or keeps what is said of them now, unless something later was said
    /// before. Whether the person is one of the living: one who has ended lives again only by what
    /// was said later.
    pub(super) async fn put_person(
        &self,
        tx: &mut Transaction,
        id: &PersonId,
        person: &Person,
        told_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let plain = serde_json::to_vec(person).map_err(|_| StoreError::Corrupt(COLUMN))?;
        let profile = self.keys.seal(&context(id), &plain, self.entropy.as_ref());
        let sql = "INSERT INTO persons (id, profile, told_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (id) DO UPDATE SET profile = excluded.profile, \
                   told_at = excluded.told_at, ended_at = NULL \
                   WHERE excluded.told_at >= persons.told_at";
        execute!(tx.on(), sql, id.as_str(), profile, micros(told_at))?;
        let sql = "SELECT ended_at FROM persons WHERE id = $1";
        let row = fetch_optional!(tx.on(), Ended, sql, id.as_str())?;
        Ok(row.is_some_and(|row| row.ended_at.is_none()))
    }

    /// Notes that a person is gone, unless something later was said before. `false` when there is
    /// no such person.
    pub(super) async fn end_person(
        &self,
        tx: &mut Transaction,
        id: &PersonId,
        told_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE persons SET told_at = $2, ended_at = $2 \
                   WHERE id = $1 AND told_at <= $2";
        execute!(tx.on(), sql, id.as_str(), micros(told_at))?;
        let sql = "SELECT ended_at FROM persons WHERE id = $1";
        Ok(fetch_optional!(tx.on(), Ended, sql, id.as_str())?.is_some())
    }

    pub(crate) async fn person(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        let sql = "SELECT profile FROM persons WHERE id = $1";
        let row = fetch_optional!(self.database.read(), Row, sql, id.as_str())?;
        row.map(|row| self.open_profile(id, &row.profile)).transpose()
    }

    pub(super) fn open_profile(&self, id: &PersonId, sealed: &[u8]) -> Result<Person, StoreError> {
        let plain = self
            .keys
            .open(&context(id), sealed)
            .map_err(|source| StoreError::Sealed { column: COLUMN, source })?;
        serde_json::from_slice(&plain).map_err(|_| StoreError::Corrupt(COLUMN))
    }
}

/// Binds a sealed profile to its row.
fn context(id: &PersonId) -> Vec<u8> {
    format!("{COLUMN}/{}", id.as_str()).into_bytes()
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{both, now};
    use super::*;
    use crate::person::Role;
    use jiff::SignedDuration;

    pub(crate) fn id(digit: char) -> PersonId {
        PersonId::parse(&digit.to_string().repeat(32)).unwrap()
    }

    pub(crate) fn taro() -> Person {
        Person {
            display_name: "上野太郎".into(), roles: vec![Role::Resident], organization: None
        }
    }

    async fn put(store: &Store, digit: char, person: &Person, at: Timestamp) -> bool {
        let mut tx = store.database.begin().await.unwrap();
        let lives = store.put_person(&mut tx, &id(digit), person, at).await.unwrap();
        tx.commit().await.unwrap();
        lives
    }

    #[tokio::test]
    async fn a_person_reads_back_and_the_name_is_not_in_the_row() {
        for rig in both().await {
            assert!(put(&rig.store, 'a', &taro(), now()).await);
            assert_eq!(rig.store.person(&id('a')).await.unwrap(), Some(taro()));
            assert_eq!(rig.store.person(&id('b')).await.unwrap(), None);
            let sql = "SELECT profile FROM persons";
            let row = fetch_optional!(rig.store.database.read(), Row, sql).unwrap().unwrap();
            let name = "上野".as_bytes();
            assert!(!row.profile.windows(name.len()).any(|window| window == name));
        }
    }

    #[tokio::test]
    async fn what_was_said_last_counts_in_whichever_order_it_comes() {
        for rig in both().await {
            let married = Person { display_name: "谷中太郎".into(), ..taro() };
            let later = now() + SignedDuration::from_secs(1);
            put(&rig.store, 'a', &married, later).await;
            put(&rig.store, 'a', &taro(), now()).await;
            assert_eq!(rig.store.person(&id('a')).await.unwrap(), Some(married));
        }
    }

    #[tokio::test]
    async fn who_has_ended_lives_again_only_by_a_later_word() {
        for rig in both().await {
            put(&rig.store, 'a', &taro(), now()).await;
            let second = SignedDuration::from_secs(1);
            let mut tx = rig.store.database.begin().await.unwrap();
            assert!(rig.store.end_person(&mut tx, &id('a'), now() + second).await.unwrap());
            assert!(!rig.store.end_person(&mut tx, &id('b'), now() + second).await.unwrap());
            tx.commit().await.unwrap();
            assert!(!put(&rig.store, 'a', &taro(), now()).await);
            assert!(put(&rig.store, 'a', &taro(), now() + second + second).await);
        }
    }

    #[tokio::test]
    async fn a_profile_moved_to_another_row_does_not_open() {
        for rig in both().await {
            put(&rig.store, 'a', &taro(), now()).await;
            execute!(rig.store.database.write(), "UPDATE persons SET id = $1", id('b').as_str())
                .unwrap();
            let error = rig.store.person(&id('b')).await.unwrap_err();
            assert!(matches!(error, StoreError::Sealed { .. }), "{error}");
        }
    }
}
