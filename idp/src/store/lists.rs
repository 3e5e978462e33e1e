//! The latest revocation lists that were believed, and the authorities that were announced last.

use warifu_service::{execute, fetch_all, fetch_optional};

use super::{Store, StoreError};

/// A list that was believed once.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct StoredList {
    /// `x5t#S256` of its issuer.
    pub(crate) issuer: String,
    /// The address it was made for; empty for one that covers all.
    pub(crate) url: String,
    /// Its number.
    pub(crate) number: i64,
    /// The list itself.
    pub(crate) der: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct Announced {
    pem: Vec<u8>,
}

impl Store {
    /// Keeps a list, unless a later one is kept already.
    pub(crate) async fn keep_list(&self, list: &StoredList) -> Result<(), StoreError> {
        let sql = "INSERT INTO revocation_lists (issuer, url, number, der) \
                   VALUES ($1, $2, $3, $4) ON CONFLICT (issuer, url) DO UPDATE \
                   SET number = excluded.number, der = excluded.der \
                   WHERE excluded.number > revocation_lists.number";
        let (issuer, url) = (list.issuer.as_str(), list.url.as_str());
        execute!(self.database.write(), sql, issuer, url, list.number, list.der.as_slice())?;
        Ok(())
    }

    /// Keeps what authorities were announced at that place.
    pub(crate) async fn keep_announcement(
        &self,
        place: &str,
        pem: &[u8],
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO announcements (place, pem) VALUES ($1, $2) \
                   ON CONFLICT (place) DO UPDATE SET pem = excluded.pem";
        execute!(self.database.write(), sql, place, pem)?;
        Ok(())
    }

    /// The authorities that were announced there last, PEM.
    pub(crate) async fn kept_announcement(
        &self,
        place: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT pem FROM announcements WHERE place = $1";
        let row = fetch_optional!(self.database.read(), Announced, sql, place)?;
        Ok(row.map(|row| row.pem))
    }

    /// The lists kept of an issuer.
    pub(crate) async fn kept_lists(&self, issuer: &str) -> Result<Vec<StoredList>, StoreError> {
        let sql = "SELECT issuer, url, number, der FROM revocation_lists WHERE issuer = $1";
        Ok(fetch_all!(self.database.read(), StoredList, sql, issuer)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::both;
    use super::*;

    fn list(number: i64, der: &[u8]) -> StoredList {
        let (issuer, url) = ("issuer".into(), "http://ca/crl/cards-1-00.crl".into());
        StoredList { issuer, url, number, der: der.into() }
    }

    #[tokio::test]
    async fn the_latest_announcement_stays() {
        for rig in both().await {
            let store = &rig.store;
            assert_eq!(store.kept_announcement("x").await.unwrap(), None);
            for pem in [b"1st", b"2nd"] {
                store.keep_announcement("x", pem).await.unwrap();
            }
            assert_eq!(store.kept_announcement("x").await.unwrap().unwrap(), b"2nd");
        }
    }

    #[tokio::test]
    async fn the_latest_list_stays() {
        for rig in both().await {
            let store = &rig.store;
            for (number, der) in [(2, b"2nd"), (1, b"1st"), (3, b"3rd"), (3, b"xxx")] {
                store.keep_list(&list(number, der)).await.unwrap();
            }
            assert_eq!(store.kept_lists("issuer").await.unwrap(), [list(3, b"3rd")]);
            assert_eq!(store.kept_lists("other").await.unwrap(), []);
        }
    }
}
