//! Attempts at making a card: what was certified, before it is written onto the card.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use warifu_service::storage::{Transaction, micros};
use warifu_service::{execute, fetch_all, fetch_optional};
use zeroize::Zeroize as _;

use super::Store;
use super::words::{value, word};
use crate::{CardId, OfficeError};

const TABLE: &str = "office_personalisations";
const BODY: &str = "office_personalisations.body";

/// How far an attempt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AttemptState {
    /// Its keys are certified, on hold.
    Certified,
    /// The card is finished.
    Finished,
    /// Given up: its certificates are revoked.
    Abandoned,
}

/// What an attempt made. Base64 and hexadecimal, because it is sealed as JSON.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Made {
    /// The card's GUID, hexadecimal; none where the card was not in our reader.
    pub(crate) guid: Option<String>,
    /// The letter's transport code.
    pub(crate) code: String,
    /// The key in 9A.
    pub(crate) authentication: MadeKey,
    /// The key in 9E.
    pub(crate) presence: Option<MadeKey>,
    /// The last moment of the certificates.
    pub(crate) expires_at: Timestamp,
}

/// A key on a card and its certificate.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MadeKey {
    /// `SubjectPublicKeyInfo`, DER, in base64.
    pub(crate) public_key: String,
    /// The certificate, DER, in base64.
    pub(crate) certificate: String,
}

/// An attempt at making a card.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) card: CardId,
    pub(crate) number: u32,
    /// By which the authority knows its certificates.
    pub(crate) owner: String,
    pub(crate) state: AttemptState,
    pub(crate) made: Made,
}

impl Drop for Made {
    fn drop(&mut self) {
        self.code.zeroize();
    }
}

/// Shows no secret.
impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Made(…)")
    }
}

#[derive(sqlx::FromRow)]
struct Raw {
    attempt: i64,
    owner: String,
    state: String,
    body: Vec<u8>,
}

impl Store {
    /// The owner that the authority knows an attempt's certificates by.
    pub(crate) fn owner(card: &CardId, attempt: u32) -> String {
        format!("{}-{attempt}", card.as_str())
    }

    pub(crate) async fn insert_attempt(
        &self,
        on: &mut Transaction,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<(), OfficeError> {
        let sql = "INSERT INTO office_personalisations (card, attempt, owner, state, body, at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let (card, owner) = (attempt.card.as_str(), attempt.owner.as_str());
        let state = word(TABLE, attempt.state)?;
        let body = self.seal_json(BODY, owner, &attempt.made)?;
        execute!(on.on(), sql, card, i64::from(attempt.number), owner, state, body, micros(now))?;
        Ok(())
    }

    pub(crate) async fn set_attempt_state(
        &self,
        on: &mut Transaction,
        attempt: &Attempt,
        state: AttemptState,
    ) -> Result<(), OfficeError> {
        let sql = "UPDATE office_personalisations SET state = $2 WHERE owner = $1";
        execute!(on.on(), sql, attempt.owner.as_str(), word(TABLE, state)?)?;
        Ok(())
    }

    /// A card's last attempt.
    pub(crate) async fn last_attempt(&self, card: &CardId) -> Result<Option<Attempt>, OfficeError> {
        let sql = "SELECT attempt, owner, state, body FROM office_personalisations \
                   WHERE card = $1 ORDER BY attempt DESC LIMIT 1";
        let raw = fetch_optional!(self.database.read(), Raw, sql, card.as_str())?;
        raw.map(|raw| self.attempt_opened(card, raw)).transpose()
    }

    /// All attempts at a card, oldest first.
    pub(crate) async fn attempts(&self, card: &CardId) -> Result<Vec<Attempt>, OfficeError> {
        let sql = "SELECT attempt, owner, state, body FROM office_personalisations \
                   WHERE card = $1 ORDER BY attempt";
        let raws = fetch_all!(self.database.read(), Raw, sql, card.as_str())?;
        raws.into_iter().map(|raw| self.attempt_opened(card, raw)).collect()
    }

    fn attempt_opened(&self, card: &CardId, raw: Raw) -> Result<Attempt, OfficeError> {
        Ok(Attempt {
            card: card.clone(),
            number: u32::try_from(raw.attempt)
                .map_err(|_| OfficeError::record(TABLE, &raw.owner))?,
            state: value(TABLE, &raw.owner, &raw.state)?,
            made: self.open_json(BODY, &raw.owner, &raw.body)?,
            owner: raw.owner,
        })
    }
}
