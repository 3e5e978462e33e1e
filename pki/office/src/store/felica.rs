//! FeliCa cards, known by a keyed hash of their ID block and by nothing else.

use jiff::Timestamp;
use warifu_service::storage::{Transaction, is_duplicate, micros};
use warifu_service::{execute, fetch_optional};

use super::Store;
use crate::{CardId, OfficeError};

const TABLE: &str = "office_felica";
const ID: &str = "office_felica.id";

/// A FeliCa card as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FelicaRow {
    /// For whose life it stands, or stood.
    pub(crate) card: CardId,
    pub(crate) key_version: u16,
    pub(crate) is_ended: bool,
}

#[derive(sqlx::FromRow)]
struct Raw {
    card: String,
    key_version: i64,
    ended_at: Option<i64>,
}

impl TryFrom<Raw> for FelicaRow {
    type Error = OfficeError;

    fn try_from(raw: Raw) -> Result<Self, OfficeError> {
        let corrupt = || OfficeError::record(TABLE, &raw.card);
        Ok(Self {
            card: raw.card.parse().map_err(|_| corrupt())?,
            key_version: u16::try_from(raw.key_version).map_err(|_| corrupt())?,
            is_ended: raw.ended_at.is_some(),
        })
    }
}

impl Store {
    /// The FeliCa card with this ID block.
    pub(crate) async fn felica(&self, id: &[u8; 16]) -> Result<Option<FelicaRow>, OfficeError> {
        let sql = "SELECT card, key_version, ended_at FROM office_felica WHERE id_key = $1";
        let raw = fetch_optional!(self.database.read(), Raw, sql, self.felica_key(id))?;
        raw.map(FelicaRow::try_from).transpose()
    }

    /// Ends whichever FeliCa card stands for that life.
    pub(crate) async fn end_felica(
        &self,
        on: &mut Transaction,
        card: &CardId,
        now: Timestamp,
    ) -> Result<(), OfficeError> {
        let sql = "UPDATE office_felica SET ended_at = $2 WHERE card = $1 AND ended_at IS NULL";
        execute!(on.on(), sql, card.as_str(), micros(now))?;
        Ok(())
    }

    /// Puts a FeliCa card in that nobody had. `false` when somebody was faster.
    pub(crate) async fn insert_felica(
        &self,
        on: &mut Transaction,
        id: &[u8; 16],
        (card, key_version): (&CardId, u16),
        now: Timestamp,
    ) -> Result<bool, OfficeError> {
        let sql = "INSERT INTO office_felica (id_key, card, key_version, since) \
                   VALUES ($1, $2, $3, $4)";
        let (card, version) = (card.as_str(), i64::from(key_version));
        match execute!(on.on(), sql, self.felica_key(id), card, version, micros(now)) {
            Err(error) if is_duplicate(&error) => Ok(false),
            other => Ok(other.map(|_| true)?),
        }
    }

    /// Lets a FeliCa card stand for another life, or for the same one again. `false` when it has
    /// changed since it was read.
    pub(crate) async fn move_felica(
        &self,
        on: &mut Transaction,
        (id, was): (&[u8; 16], &FelicaRow),
        (card, key_version): (&CardId, u16),
        now: Timestamp,
    ) -> Result<bool, OfficeError> {
        let sql = "UPDATE office_felica \
                   SET card = $2, key_version = $3, since = $4, ended_at = NULL \
                   WHERE id_key = $1 AND card = $5 AND key_version = $6";
        let rows = execute!(
            on.on(),
            sql,
            self.felica_key(id),
            card.as_str(),
            i64::from(key_version),
            micros(now),
            was.card.as_str(),
            i64::from(was.key_version)
        )?;
        Ok(rows == 1)
    }

    /// Notes the key that a FeliCa card has now. `false` when it has changed since it was read.
    pub(crate) async fn set_felica_version(
        &self,
        on: &mut Transaction,
        (id, was): (&[u8; 16], &FelicaRow),
        key_version: u16,
    ) -> Result<bool, OfficeError> {
        let sql = "UPDATE office_felica SET key_version = $2 WHERE id_key = $1 AND card = $3 \
                   AND key_version = $4 AND ended_at IS NULL";
        let rows = execute!(
            on.on(),
            sql,
            self.felica_key(id),
            i64::from(key_version),
            was.card.as_str(),
            i64::from(was.key_version)
        )?;
        Ok(rows == 1)
    }

    fn felica_key(&self, id: &[u8; 16]) -> Vec<u8> {
        self.ring.lookup(ID, id).to_vec()
    }
}
