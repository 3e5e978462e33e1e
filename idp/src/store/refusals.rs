//! Refused attempts, counted by the minute.

use std::net::IpAddr;

use jiff::Timestamp;
use warifu_service::storage::{instant, micros};
use warifu_service::{execute, fetch_all};

use super::{CardId, Store, StoreError};

const CONTEXT: &str = "refusals.address";

/// Attempts that were refused in the same minute, for the same reason, from the same address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) minute: Timestamp,
    pub(crate) code: String,
    /// None where there were too many to tell them apart.
    pub(crate) address: Option<IpAddr>,
    pub(crate) card: Option<CardId>,
    pub(crate) provider: Option<String>,
    pub(crate) count: i64,
}

/// Which refusals to show, newest first.
pub(crate) struct Shown<'a> {
    pub(crate) since: Timestamp,
    pub(crate) code: Option<&'a str>,
    pub(crate) most: u16,
}

#[derive(sqlx::FromRow)]
struct Row {
    minute: i64,
    code: String,
    card: Vec<u8>,
    provider: String,
    address: Vec<u8>,
    count: i64,
}

impl Store {
    /// Adds refusals to those of their minutes.
    pub(crate) async fn add_refusals(&self, refused: &[Refusal]) -> Result<(), StoreError> {
        let sql = "INSERT INTO refusals (minute, code, source, card, provider, address, count) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) \
                   ON CONFLICT (minute, code, source, card, provider) \
                   DO UPDATE SET count = refusals.count + excluded.count";
        let mut tx = self.database.begin().await?;
        for one in refused {
            let address = one.address.map(|address| address.to_string()).unwrap_or_default();
            let source = self.keys.lookup(CONTEXT, address.as_bytes());
            let sealed = self.keys.seal(CONTEXT.as_bytes(), address.as_bytes(), &*self.entropy);
            let (minute, code) = (micros(one.minute), one.code.as_str());
            let card = one.card.as_deref().unwrap_or_default();
            let provider = one.provider.as_deref().unwrap_or_default();
            let (source, sealed) = (source.as_slice(), sealed.as_slice());
            execute!(tx.on(), sql, minute, code, source, card, provider, sealed, one.count)?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Refusals, newest first.
    pub(crate) async fn refusals(&self, shown: &Shown<'_>) -> Result<Vec<Refusal>, StoreError> {
        let sql = "SELECT minute, code, card, provider, address, count FROM refusals \
                   WHERE minute >= $1 AND ($2 = '' OR code = $2) \
                   ORDER BY minute DESC, count DESC, code LIMIT $3";
        let (since, code) = (micros(shown.since), shown.code.unwrap_or_default());
        let rows = fetch_all!(self.database.read(), Row, sql, since, code, i64::from(shown.most))?;
        rows.into_iter().map(|row| self.refusal(row)).collect()
    }

    /// Deletes those of minutes before.
    pub(crate) async fn sweep_refusals(&self, before: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM refusals WHERE minute < $1";
        Ok(execute!(self.database.write(), sql, micros(before))?)
    }

    fn refusal(&self, row: Row) -> Result<Refusal, StoreError> {
        let address = self
            .keys
            .open_text(CONTEXT.as_bytes(), &row.address)
            .map_err(|source| StoreError::Sealed { column: CONTEXT, source })?;
        Ok(Refusal {
            minute: instant(row.minute),
            code: row.code,
            address: address.parse().ok(),
            card: Some(row.card).filter(|card| !card.is_empty()),
            provider: Some(row.provider).filter(|provider| !provider.is_empty()),
            count: row.count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{both, now};
    use super::*;
    use jiff::SignedDuration;
    use std::net::Ipv4Addr;

    fn refusal(code: &str, host: u8, minute: Timestamp) -> Refusal {
        Refusal {
            minute,
            code: code.to_owned(),
            address: Some(Ipv4Addr::new(192, 0, 2, host).into()),
            card: None,
            provider: Some("https://portal.example/saml/metadata".to_owned()),
            count: 2,
        }
    }

    async fn shown(store: &Store, code: Option<&str>) -> Vec<Refusal> {
        store.refusals(&Shown { since: now(), code, most: 10 }).await.unwrap()
    }

    #[tokio::test]
    async fn refusals_of_a_minute_add_up() {
        for rig in both().await {
            let store = &rig.store;
            let (one, other) = (refusal("sso.acs", 1, now()), refusal("sso.acs", 2, now()));
            store.add_refusals(&[one.clone(), other]).await.unwrap();
            store.add_refusals(std::slice::from_ref(&one)).await.unwrap();
            let found = shown(store, Some("sso.acs")).await;
            assert_eq!(found.len(), 2);
            assert_eq!(found[0], Refusal { count: 4, ..one });
            assert_eq!(shown(store, Some("sso.stale")).await, []);
        }
    }

    #[tokio::test]
    async fn what_is_old_is_neither_shown_nor_kept() {
        for rig in both().await {
            let store = &rig.store;
            let old = now() - SignedDuration::from_hours(1);
            let all = [refusal("login.stale", 1, old), refusal("login.stale", 1, now())];
            store.add_refusals(&all).await.unwrap();
            assert_eq!(shown(store, None).await.len(), 1);
            assert_eq!(store.sweep_refusals(now()).await.unwrap(), 1);
        }
    }

    #[tokio::test]
    async fn no_address_stands_in_the_table() {
        for rig in both().await {
            let store = &rig.store;
            store.add_refusals(&[refusal("sso.acs", 7, now())]).await.unwrap();
            let sql = "SELECT minute, code, card, provider, address, count FROM refusals";
            let rows = fetch_all!(store.database.read(), Row, sql).unwrap();
            let kept = String::from_utf8_lossy(&rows[0].address);
            assert!(!kept.contains("192.0.2.7"), "{kept}");
        }
    }
}
