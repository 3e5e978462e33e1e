//! Persons: a random id and a sealed profile.

use jiff::Timestamp;
use warifu_service::storage::micros;
use warifu_service::{execute, fetch_optional};

use super::{Store, StoreError};
use crate::person::{NewPerson, PersonId};

const COLUMN: &str = "persons.profile";

#[derive(sqlx::FromRow)]
struct Row {
    profile: Vec<u8>,
}

impl Store {
    pub(crate) async fn add_person(
        &self,
        id: &PersonId,
        person: &NewPerson,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let plain = serde_json::to_vec(person).map_err(|_| StoreError::Corrupt(COLUMN))?;
        let profile = self.keys.seal(&context(id), &plain, self.entropy.as_ref());
        let sql = "INSERT INTO persons (id, profile, created_at) VALUES ($1, $2, $3)";
        execute!(self.database.write(), sql, id.as_str(), profile, micros(now))?;
        Ok(())
    }

    pub(crate) async fn person(&self, id: &PersonId) -> Result<Option<NewPerson>, StoreError> {
        let sql = "SELECT profile FROM persons WHERE id = $1";
        let row = fetch_optional!(self.database.read(), Row, sql, id.as_str())?;
        row.map(|row| self.open_profile(id, &row.profile)).transpose()
    }

    fn open_profile(&self, id: &PersonId, sealed: &[u8]) -> Result<NewPerson, StoreError> {
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

    pub(crate) fn id(digit: char) -> PersonId {
        PersonId::parse(&digit.to_string().repeat(32)).unwrap()
    }

    pub(crate) fn taro() -> NewPerson {
        NewPerson {
            display_name: "上野太郎".into(),
            roles: vec![Role::Resident],
            organization: None,
        }
    }

    #[tokio::test]
    async fn a_person_reads_back_and_the_name_is_not_in_the_row() {
        for rig in both().await {
            rig.store.add_person(&id('a'), &taro(), now()).await.unwrap();
            assert_eq!(rig.store.person(&id('a')).await.unwrap(), Some(taro()));
            assert_eq!(rig.store.person(&id('b')).await.unwrap(), None);
            let sql = "SELECT profile FROM persons";
            let row = fetch_optional!(rig.store.database.read(), Row, sql).unwrap().unwrap();
            let name = "上野".as_bytes();
            assert!(!row.profile.windows(name.len()).any(|window| window == name));
        }
    }

    #[tokio::test]
    async fn a_profile_moved_to_another_row_does_not_open() {
        for rig in both().await {
            rig.store.add_person(&id('a'), &taro(), now()).await.unwrap();
            execute!(rig.store.database.write(), "UPDATE persons SET id = $1", id('b').as_str())
                .unwrap();
            let error = rig.store.person(&id('b')).await.unwrap_err();
            assert!(matches!(error, StoreError::Sealed { .. }), "{error}");
        }
    }
}
