//! Links: which connector knows a subject under which pseudonym, and the way back.
//!
//! Subjects and pseudonyms stand in the database sealed or as keyed hashes only.

use std::sync::Arc;

use warifu_service::seal::{KeyRing, SealError};
use warifu_service::{Database, Surroundings, execute, fetch_all, fetch_optional};

/// The links of the relay.
#[derive(Debug, Clone)]
pub(crate) struct Links {
    pub database: Database,
    pub ring: Arc<KeyRing>,
    pub surroundings: Surroundings,
}

/// Why a link cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LinkStoreError {
    /// The database refuses.
    #[error("link.storage: {0}")]
    Storage(#[from] sqlx::Error),
    /// A column does not open: altered, or of another key ring.
    #[error("link.sealed: {0}")]
    Sealed(#[from] SealError),
}

/// One link of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub connector: String,
    pub pseudonym: String,
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    connector: String,
    pseudonym: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct AliasRow {
    subject: Vec<u8>,
}

impl Links {
    /// Every link of `subject`.
    pub async fn of(&self, subject: &str) -> Result<Vec<Link>, LinkStoreError> {
        let key = self.subject_key(subject);
        let sql = "SELECT connector, pseudonym FROM relay_link WHERE subject = $1 \
                   ORDER BY connector";
        let rows = fetch_all!(self.database.read(), LinkRow, sql, key.as_slice())?;
        rows.into_iter()
            .map(|row| {
                let context = link_context(&key, &row.connector);
                let pseudonym = self.ring.open_text(&context, &row.pseudonym)?;
                Ok(Link { connector: row.connector, pseudonym })
            })
            .collect()
    }

    /// The subject whom `connector` knows as `pseudonym`.
    pub async fn subject_of(
        &self,
        connector: &str,
        pseudonym: &str,
    ) -> Result<Option<String>, LinkStoreError> {
        let key = self.alias_key(connector, pseudonym);
        let sql = "SELECT subject FROM relay_alias WHERE pseudonym = $1";
        let row = fetch_optional!(self.database.read(), AliasRow, sql, key.as_slice())?;
        let subject = row.map(|row| self.ring.open_text(&alias_context(&key), &row.subject));
        Ok(subject.transpose()?)
    }

    /// Links `subject` to `connector` under `pseudonym`, in place of an earlier pseudonym there.
    pub async fn save(&self, subject: &str, link: &Link) -> Result<(), LinkStoreError> {
        let earlier = self.of(subject).await?;
        let earlier = earlier.iter().find(|known| known.connector == link.connector);
        let key = self.subject_key(subject);
        let alias = self.alias_key(&link.connector, &link.pseudonym);
        let pseudonym = self.seal(&link_context(&key, &link.connector), link.pseudonym.as_bytes());
        let subject = self.seal(&alias_context(&alias), subject.as_bytes());
        let mut transaction = self.database.begin().await?;
        if let Some(earlier) = earlier {
            let old = self.alias_key(&earlier.connector, &earlier.pseudonym);
            let sql = "DELETE FROM relay_alias WHERE pseudonym = $1";
            execute!(transaction.on(), sql, old.as_slice())?;
        }
        let sql = "INSERT INTO relay_link (subject, connector, pseudonym) VALUES ($1, $2, $3) \
                   ON CONFLICT (subject, connector) DO UPDATE SET pseudonym = excluded.pseudonym";
        execute!(transaction.on(), sql, key.as_slice(), link.connector.as_str(), pseudonym)?;
        let sql = "INSERT INTO relay_alias (pseudonym, subject) VALUES ($1, $2) \
                   ON CONFLICT (pseudonym) DO UPDATE SET subject = excluded.subject";
        execute!(transaction.on(), sql, alias.as_slice(), subject)?;
        transaction.commit().await?;
        Ok(())
    }

    fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        self.ring.seal(context, plain, self.surroundings.entropy.as_ref())
    }

    fn subject_key(&self, subject: &str) -> [u8; 32] {
        self.ring.lookup("relay_link.subject", subject.as_bytes())
    }

    fn alias_key(&self, connector: &str, pseudonym: &str) -> [u8; 32] {
        let context = format!("relay_alias.pseudonym/{connector}");
        self.ring.lookup(&context, pseudonym.as_bytes())
    }
}

fn link_context(subject: &[u8], connector: &str) -> Vec<u8> {
    [b"relay_link.pseudonym/", subject, b"/", connector.as_bytes()].concat()
}

fn alias_context(pseudonym: &[u8]) -> Vec<u8> {
    [b"relay_alias.subject/", pseudonym].concat()
}
