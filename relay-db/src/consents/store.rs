//! The store of consents, and the way back from an organisation to those who let it in.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use warifu_contract::consent::{Consent, ConsentReader};
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::{Database, Problem, Surroundings, execute, fetch_all, fetch_optional};

use crate::links::place;

/// Bytes of an id.
const ID: usize = 16;

/// The consents of the relay.
#[derive(Debug, Clone)]
pub(crate) struct Consents {
    pub database: Database,
    pub ring: Arc<KeyRing>,
    pub surroundings: Surroundings,
}

/// Why a consent cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsentStoreError {
    #[error("consent.storage: {0}")]
    Storage(#[from] sqlx::Error),
    #[error("consent.sealed: {0}")]
    Sealed(#[from] SealError),
    #[error("consent.unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("consent.id: not 32 hexadecimal digits")]
    Id,
}

impl From<ConsentStoreError> for Problem {
    fn from(cause: ConsentStoreError) -> Self {
        match cause {
            ConsentStoreError::Storage(cause) => cause.into(),
            cause => Self::internal(&cause),
        }
    }
}

#[derive(sqlx::FromRow)]
struct ConsentRow {
    id: Vec<u8>,
    body: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct ReaderRow {
    subject: Vec<u8>,
}

impl Consents {
    /// The id that a client's key stands for: the same key gives the same consent.
    pub fn id_for(&self, subject: &str, key: &str) -> String {
        let named = format!("{subject}\n{key}");
        let mut id = HEXLOWER.encode(&self.ring.lookup("relay_consent.id", named.as_bytes()));
        id.truncate(2 * ID);
        id
    }

    /// Every consent of `subject`, newest first.
    pub async fn of(&self, subject: &str) -> Result<Vec<Consent>, ConsentStoreError> {
        let key = self.subject_key(subject);
        let sql = "SELECT id, body FROM relay_consent WHERE subject = $1";
        let rows = fetch_all!(self.database.read(), ConsentRow, sql, key.as_slice())?;
        let open = |row: ConsentRow| {
            let body = self.ring.open(&body_place(&key, &row.id), &row.body)?;
            Ok(serde_json::from_slice(&body)?)
        };
        let consents = rows.into_iter().map(open);
        let mut consents = consents.collect::<Result<Vec<Consent>, ConsentStoreError>>()?;
        consents.sort_by(|a, b| (b.given.at, &b.id).cmp(&(a.given.at, &a.id)));
        Ok(consents)
    }

    /// The person who gave the organisation `code` the consent `id`, whether or not it still holds.
    pub async fn subject_of(
        &self,
        code: &str,
        id: &str,
    ) -> Result<Option<String>, ConsentStoreError> {
        let Ok(id) = bytes_of(id) else { return Ok(None) };
        let reader = self.reader_key(code);
        let sql = "SELECT subject FROM relay_consent_reader WHERE reader = $1 AND id = $2";
        let read = self.database.read();
        let row = fetch_optional!(read, ReaderRow, sql, reader.as_slice(), id.as_slice())?;
        let open = |row: ReaderRow| self.ring.open_text(&reader_place(&reader, &id), &row.subject);
        Ok(row.map(open).transpose()?)
    }

    /// Writes `consent` down, unless it is there already.
    pub async fn save(&self, subject: &str, consent: &Consent) -> Result<(), ConsentStoreError> {
        let (key, id) = (self.subject_key(subject), bytes_of(&consent.id)?);
        let body = self.seal(&body_place(&key, &id), &serde_json::to_vec(consent)?);
        let mut transaction = self.database.begin().await?;
        let sql = "INSERT INTO relay_consent (subject, id, body) VALUES ($1, $2, $3) \
                   ON CONFLICT (subject, id) DO NOTHING";
        execute!(transaction.on(), sql, key.as_slice(), id.as_slice(), body)?;
        if let ConsentReader::Organization { code, .. } = &consent.terms.reader {
            let reader = self.reader_key(code);
            let subject = self.seal(&reader_place(&reader, &id), subject.as_bytes());
            let sql = "INSERT INTO relay_consent_reader (reader, id, subject) \
                       VALUES ($1, $2, $3) ON CONFLICT (reader, id) DO NOTHING";
            execute!(transaction.on(), sql, reader.as_slice(), id.as_slice(), subject)?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Puts `consent` in the place of what stood under its id.
    pub async fn replace(&self, subject: &str, consent: &Consent) -> Result<(), ConsentStoreError> {
        let (key, id) = (self.subject_key(subject), bytes_of(&consent.id)?);
        let body = self.seal(&body_place(&key, &id), &serde_json::to_vec(consent)?);
        let sql = "UPDATE relay_consent SET body = $3 WHERE subject = $1 AND id = $2";
        execute!(self.database.write(), sql, key.as_slice(), id.as_slice(), body)?;
        Ok(())
    }

    fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        self.ring.seal(context, plain, self.surroundings.entropy.as_ref())
    }

    fn subject_key(&self, subject: &str) -> [u8; 32] {
        self.ring.lookup("relay_consent.subject", subject.as_bytes())
    }

    fn reader_key(&self, code: &str) -> [u8; 32] {
        self.ring.lookup("relay_consent_reader.reader", code.as_bytes())
    }
}

fn bytes_of(id: &str) -> Result<Vec<u8>, ConsentStoreError> {
    let bytes = HEXLOWER.decode(id.as_bytes()).ok().filter(|bytes| bytes.len() == ID);
    bytes.ok_or(ConsentStoreError::Id)
}

fn body_place(subject: &[u8], id: &[u8]) -> Vec<u8> {
    place("relay_consent.body", &[subject, id])
}

fn reader_place(reader: &[u8], id: &[u8]) -> Vec<u8> {
    place("relay_consent_reader.subject", &[reader, id])
}
