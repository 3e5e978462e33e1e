//! Links: which connector knows a subject under which pseudonym, and the way back.
//!
//! Subjects and pseudonyms stand in the database sealed or as keyed hashes only, and so does every
//! time: when a link was made would join this database to others.

mod bulk;
pub mod filling;

use std::sync::Arc;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use warifu_contract::coverage::Validity;
use warifu_contract::linking::MaskedTarget;
use warifu_contract::linking::portal::FrozenBy;
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::Transaction;
use warifu_service::{Database, Problem, Surroundings, execute, fetch_all, fetch_optional};

use crate::sealed;

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
    /// A column opens, but holds what it cannot.
    #[error("link.unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl From<LinkStoreError> for Problem {
    fn from(cause: LinkStoreError) -> Self {
        match cause {
            LinkStoreError::Storage(cause) => cause.into(),
            cause => Self::internal(&cause),
        }
    }
}

/// One link of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub connector: String,
    pub pseudonym: String,
    pub terms: Terms,
}

/// Under which terms a link stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Terms {
    /// Names the link, from the ceremony on.
    pub id: String,
    /// What the ceremony is called at the connector.
    pub errand: String,
    /// When it was made.
    pub since: Timestamp,
    /// From when until when the subject was, or is, with the holder.
    pub period: Option<Validity>,
    /// Whom the subject was shown.
    pub target: Option<MaskedTarget>,
    /// Who stopped it.
    pub frozen_by: Option<FrozenBy>,
}

impl Terms {
    /// Of a link that no ceremony made.
    pub fn plain(id: String, since: Timestamp) -> Self {
        Self { errand: id.clone(), id, since, period: None, target: None, frozen_by: None }
    }

    /// Whether the holder must not be asked.
    pub fn is_frozen(&self) -> bool {
        self.frozen_by.is_some()
    }
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    connector: String,
    pseudonym: Vec<u8>,
    terms: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
struct AliasRow {
    subject: Vec<u8>,
}

impl Links {
    /// Every link of `subject`.
    pub async fn of(&self, subject: &str) -> Result<Vec<Link>, LinkStoreError> {
        let key = self.subject_key(subject);
        let sql = "SELECT connector, pseudonym, terms FROM relay_link WHERE subject = $1 \
                   ORDER BY connector";
        let rows = fetch_all!(self.database.read(), LinkRow, sql, key.as_slice())?;
        rows.into_iter().map(|row| self.link(&key, row)).collect()
    }

    fn link(&self, key: &[u8], row: LinkRow) -> Result<Link, LinkStoreError> {
        let context = place("relay_link.pseudonym", &[key, row.connector.as_bytes()]);
        let pseudonym = self.ring.open_text(&context, &row.pseudonym)?;
        let terms = match row.terms {
            Some(sealed) => self.open(&terms_place(key, &row.connector), &sealed)?,
            None => self.unspoken(key, &row.connector),
        };
        Ok(Link { connector: row.connector, pseudonym, terms })
    }

    /// The terms of a link from before there were any.
    fn unspoken(&self, key: &[u8], connector: &str) -> Terms {
        let named = self.ring.lookup("relay_link.id", &place(connector, &[key]));
        let id = named.first_chunk::<16>().unwrap_or(&[0; 16]);
        Terms::plain(data_encoding::HEXLOWER.encode(id), Timestamp::UNIX_EPOCH)
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
        let context = place("relay_alias.subject", &[&key]);
        Ok(row.map(|row| self.ring.open_text(&context, &row.subject)).transpose()?)
    }

    /// Links `subject` to `connector` under `pseudonym`, in place of an earlier pseudonym there.
    pub async fn save(&self, subject: &str, link: &Link) -> Result<(), LinkStoreError> {
        let earlier = self.of(subject).await?;
        let earlier = earlier.iter().find(|known| known.connector == link.connector);
        let mut transaction = self.database.begin().await?;
        if let Some(earlier) = earlier {
            self.drop_in(&mut transaction, subject, earlier).await?;
        }
        self.save_in(&mut transaction, subject, link).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Writes a link where there is none.
    pub async fn save_in(
        &self,
        transaction: &mut Transaction,
        subject: &str,
        link: &Link,
    ) -> Result<(), LinkStoreError> {
        let key = self.subject_key(subject);
        let alias = self.alias_key(&link.connector, &link.pseudonym);
        let context = place("relay_link.pseudonym", &[&key, link.connector.as_bytes()]);
        let pseudonym = self.seal(&context, link.pseudonym.as_bytes());
        let terms = self.seal_as(&terms_place(&key, &link.connector), &link.terms)?;
        let subject = self.seal(&place("relay_alias.subject", &[&alias]), subject.as_bytes());
        let sql = "INSERT INTO relay_link (subject, connector, pseudonym, terms) \
                   VALUES ($1, $2, $3, $4)";
        let connector = link.connector.as_str();
        execute!(transaction.on(), sql, key.as_slice(), connector, pseudonym, terms)?;
        let sql = "INSERT INTO relay_alias (pseudonym, subject) VALUES ($1, $2) \
                   ON CONFLICT (pseudonym) DO UPDATE SET subject = excluded.subject";
        execute!(transaction.on(), sql, alias.as_slice(), subject)?;
        Ok(())
    }

    /// Removes a link and the way back.
    pub async fn drop_in(
        &self,
        transaction: &mut Transaction,
        subject: &str,
        link: &Link,
    ) -> Result<(), LinkStoreError> {
        let (key, connector) = (self.subject_key(subject), link.connector.as_str());
        let sql = "DELETE FROM relay_link WHERE subject = $1 AND connector = $2";
        execute!(transaction.on(), sql, key.as_slice(), connector)?;
        let alias = self.alias_key(connector, &link.pseudonym);
        let sql = "DELETE FROM relay_alias WHERE pseudonym = $1";
        execute!(transaction.on(), sql, alias.as_slice())?;
        Ok(())
    }

    /// Gives a link other terms.
    pub async fn change_in(
        &self,
        transaction: &mut Transaction,
        subject: &str,
        link: &Link,
    ) -> Result<(), LinkStoreError> {
        let (key, connector) = (self.subject_key(subject), link.connector.as_str());
        let terms = self.seal_as(&terms_place(&key, connector), &link.terms)?;
        let sql = "UPDATE relay_link SET terms = $3 WHERE subject = $1 AND connector = $2";
        execute!(transaction.on(), sql, key.as_slice(), connector, terms)?;
        Ok(())
    }

    pub(crate) fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        self.ring.seal(context, plain, self.surroundings.entropy.as_ref())
    }

    pub(crate) fn seal_as(
        &self,
        context: &[u8],
        value: &impl Serialize,
    ) -> Result<Vec<u8>, LinkStoreError> {
        Ok(sealed::seal(&self.ring, self.surroundings.entropy.as_ref(), context, value)?)
    }

    pub(crate) fn open<T: DeserializeOwned>(
        &self,
        context: &[u8],
        body: &[u8],
    ) -> Result<T, LinkStoreError> {
        sealed::open(&self.ring, context, body)
    }

    pub(crate) fn subject_key(&self, subject: &str) -> [u8; 32] {
        self.ring.lookup("relay_link.subject", subject.as_bytes())
    }

    fn alias_key(&self, connector: &str, pseudonym: &str) -> [u8; 32] {
        let context = format!("relay_alias.pseudonym/{connector}");
        self.ring.lookup(&context, pseudonym.as_bytes())
    }
}

/// Where a sealed value stands: its column and the row's key.
pub(crate) fn place(column: &str, key: &[&[u8]]) -> Vec<u8> {
    let mut place = column.as_bytes().to_vec();
    for part in key {
        place.push(b'/');
        place.extend_from_slice(part);
    }
    place
}

fn terms_place(subject: &[u8], connector: &str) -> Vec<u8> {
    place("relay_link.terms", &[subject, connector.as_bytes()])
}
