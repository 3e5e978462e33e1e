//! Service providers' metadata as it was believed last, and what was read and waits for somebody to
//! say that it is meant.

use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderValue;
use warifu_service::storage::{Transaction, instant, micros};
use warifu_service::{execute, fetch_optional};

use super::{Store, StoreError};
use crate::fetch::Validators;

/// What was read waits so long for its confirmation.
const DRAFT_LASTS: SignedDuration = SignedDuration::from_hours(1);

/// A document that was believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) document: Vec<u8>,
    pub(crate) validators: Validators,
    pub(crate) valid_until: Option<Timestamp>,
    pub(crate) read_at: Timestamp,
}

impl Kept {
    /// A document that came without an address.
    pub(crate) fn of(
        document: Vec<u8>,
        valid_until: Option<Timestamp>,
        read_at: Timestamp,
    ) -> Self {
        Self { document, validators: Validators::default(), valid_until, read_at }
    }

    /// Under what the document of a registered provider is kept.
    pub(crate) fn place_of(provider: &str) -> String {
        format!("provider:{provider}")
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    document: Vec<u8>,
    tag: Option<Vec<u8>>,
    modified: Option<Vec<u8>>,
    valid_until: Option<i64>,
    read_at: i64,
}

impl From<Row> for Kept {
    fn from(row: Row) -> Self {
        let header = |bytes: Option<Vec<u8>>| HeaderValue::from_bytes(&bytes?).ok();
        Self {
            document: row.document,
            validators: Validators { tag: header(row.tag), modified: header(row.modified) },
            valid_until: row.valid_until.map(instant),
            read_at: instant(row.read_at),
        }
    }
}

/// What waits for its confirmation.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct StoredDraft {
    pub(crate) draft: String,
    pub(crate) document: Option<Vec<u8>>,
}

impl Store {
    /// Keeps what was believed at a place.
    pub(crate) async fn keep_document(&self, place: &str, kept: &Kept) -> Result<(), StoreError> {
        let mut tx = self.database.begin().await?;
        put(&mut tx, place, kept).await?;
        Ok(tx.commit().await?)
    }

    /// What was believed there last.
    pub(crate) async fn kept_document(&self, place: &str) -> Result<Option<Kept>, StoreError> {
        let sql = "SELECT document, tag, modified, valid_until, read_at \
                   FROM provider_documents WHERE place = $1";
        Ok(fetch_optional!(self.database.read(), Row, sql, place)?.map(Kept::from))
    }

    /// Lays something down until it is confirmed.
    pub(crate) async fn add_draft(
        &self,
        id: &str,
        who: &str,
        draft: &StoredDraft,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO provider_drafts (id, who, draft, document, made_at) \
                   VALUES ($1, $2, $3, $4, $5)";
        let (text, document) = (draft.draft.as_str(), draft.document.as_deref());
        execute!(self.database.write(), sql, id, who, text, document, micros(now))?;
        Ok(())
    }

    /// What somebody laid down; nobody else sees it.
    pub(crate) async fn draft(
        &self,
        id: &str,
        who: &str,
        now: Timestamp,
    ) -> Result<Option<StoredDraft>, StoreError> {
        let sql = "SELECT draft, document FROM provider_drafts \
                   WHERE id = $1 AND who = $2 AND made_at > $3";
        let since = micros(now - DRAFT_LASTS);
        Ok(fetch_optional!(self.database.read(), StoredDraft, sql, id, who, since)?)
    }

    /// It is confirmed, or not wanted.
    pub(crate) async fn drop_draft(&self, id: &str) -> Result<(), StoreError> {
        execute!(self.database.write(), "DELETE FROM provider_drafts WHERE id = $1", id)?;
        Ok(())
    }

    /// Takes away what nobody confirmed.
    pub(crate) async fn sweep_drafts(&self, now: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM provider_drafts WHERE made_at <= $1";
        execute!(self.database.write(), sql, micros(now - DRAFT_LASTS))?;
        Ok(())
    }
}

/// Keeps what was believed at a place, within a change.
pub(super) async fn put(tx: &mut Transaction, place: &str, kept: &Kept) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO provider_documents \
               (place, document, tag, modified, valid_until, read_at) \
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (place) DO UPDATE SET \
               document = excluded.document, tag = excluded.tag, modified = excluded.modified, \
               valid_until = excluded.valid_until, read_at = excluded.read_at";
    let bytes = |value: &Option<HeaderValue>| value.as_ref().map(|v| v.as_bytes().to_vec());
    let (tag, modified) = (bytes(&kept.validators.tag), bytes(&kept.validators.modified));
    let (document, until) = (kept.document.as_slice(), kept.valid_until.map(micros));
    execute!(tx.on(), sql, place, document, tag, modified, until, micros(kept.read_at))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{both, now};
    use super::*;

    #[tokio::test]
    async fn the_last_document_stays_with_its_validators() {
        for rig in both().await {
            let store = &rig.store;
            let mut kept = Kept::of(b"1st".to_vec(), Some(now()), now());
            store.keep_document("https://sp.example/md", &kept).await.unwrap();
            kept.document = b"2nd".to_vec();
            kept.validators.tag = Some(HeaderValue::from_static("\"2\""));
            store.keep_document("https://sp.example/md", &kept).await.unwrap();
            assert_eq!(store.kept_document("https://sp.example/md").await.unwrap(), Some(kept));
            assert_eq!(store.kept_document("elsewhere").await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn a_draft_is_seen_by_who_laid_it_down_for_a_while() {
        for rig in both().await {
            let store = &rig.store;
            let draft = StoredDraft { draft: "{}".into(), document: Some(b"<a/>".to_vec()) };
            store.add_draft("1", "me", &draft, now()).await.unwrap();
            assert_eq!(store.draft("1", "me", now()).await.unwrap(), Some(draft));
            assert_eq!(store.draft("1", "other", now()).await.unwrap(), None);
            let late = now() + SignedDuration::from_hours(2);
            assert_eq!(store.draft("1", "me", late).await.unwrap(), None);
            store.sweep_drafts(late).await.unwrap();
            assert_eq!(store.draft("1", "me", now()).await.unwrap(), None);
        }
    }
}
