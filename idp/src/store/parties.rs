//! The names by which service providers know sessions. They stand in the service providers' databases
//! too: so they are sealed here, and found again by a keyed hash.

use serde::{Deserialize, Serialize};

use super::{Party, Store, StoreError};

/// Column of the sealed names.
const NAMES: &str = "session_parties.names";
/// Column of the keyed hashes.
const NAME: &str = "session_parties.name";

/// A service provider, and its names for a session, sealed.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) provider: String,
    pub(super) names: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    name_id: String,
    session_index: String,
}

impl Store {
    /// The keyed hash of a service provider's name of a person.
    pub(super) fn name_key(&self, provider: &str, name_id: &str) -> Vec<u8> {
        let both = [provider.as_bytes(), b"\0", name_id.as_bytes()].concat();
        self.keys.lookup(NAME, &both).to_vec()
    }

    pub(super) fn seal_names(&self, party: &Party) -> Result<Vec<u8>, StoreError> {
        let (name_id, session_index) = (party.name_id.clone(), party.session_index.clone());
        let names = serde_json::to_vec(&Names { name_id, session_index });
        let names = names.map_err(|_| StoreError::Corrupt(NAMES))?;
        Ok(self.keys.seal(&context(&party.provider), &names, self.entropy.as_ref()))
    }

    pub(super) fn open_names(&self, row: Row) -> Result<Party, StoreError> {
        let Row { provider, names } = row;
        let opened = self.keys.open(&context(&provider), &names);
        let opened = opened.map_err(|source| StoreError::Sealed { column: NAMES, source })?;
        let names = serde_json::from_slice(&opened).map_err(|_| StoreError::Corrupt(NAMES))?;
        let Names { name_id, session_index } = names;
        Ok(Party { provider, name_id, session_index })
    }
}

/// Binds sealed names to their service provider; a session's pass to the one that replaces it.
fn context(provider: &str) -> Vec<u8> {
    [NAMES.as_bytes(), b"/", provider.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::super::tests::sqlite;
    use super::*;

    #[tokio::test]
    async fn names_open_for_their_provider_alone_and_stand_nowhere_in_the_clear() {
        let store = &sqlite().await.store;
        let party = Party {
            provider: "https://phr.example".into(),
            name_id: "a lasting name".into(),
            session_index: "_index".into(),
        };
        let names = store.seal_names(&party).unwrap();
        assert!(!names.windows(4).any(|part| part == b"last" || part == b"inde"));
        let row = |provider: &str| Row { provider: provider.into(), names: names.clone() };
        assert_eq!(store.open_names(row("https://phr.example")).unwrap(), party);
        assert!(store.open_names(row("https://other.example")).is_err());
        let key = store.name_key("https://phr.example", "a lasting name");
        assert_ne!(key, store.name_key("https://other.example", "a lasting name"));
    }
}
