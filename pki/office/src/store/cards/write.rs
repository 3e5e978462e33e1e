//! Putting cards in, and changing them.

use jiff::Timestamp;
use warifu_contract::identity::IdentityOutcome;
use warifu_service::storage::{Transaction, micros};
use warifu_service::{execute, fetch_optional};

use super::{APPLICATION, CODE, HOLDER, NUMBER, NewCard, PROOF, Projection, TABLE, TRACKING};
use crate::store::words::word;
use crate::store::{Person, Store};
use crate::{CardId, CardNumber, OfficeError};

impl Store {
    /// Puts a new card in, as its first event says. `false` when the id is taken.
    pub(crate) async fn insert_card(
        &self,
        on: &mut Transaction,
        card: &NewCard<'_>,
        projection: &Projection,
    ) -> Result<bool, OfficeError> {
        let sql = "INSERT INTO office_cards (id, version, stage, since, head, kind, channel, \
                   application, name_key, kana_key, replaces, person) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
                   ON CONFLICT (id) DO NOTHING";
        let id = card.id.as_str();
        let (name, kana) = self.name_keys(&card.application.applicant);
        let rows = execute!(
            on.on(),
            sql,
            id,
            i64::from(projection.version),
            projection.stage.as_str(),
            micros(projection.since),
            projection.head.as_slice(),
            word(TABLE, card.application.kind())?,
            word(TABLE, card.channel)?,
            self.seal_json(APPLICATION, id, card.application)?,
            name,
            kana,
            card.replaces.map(CardId::as_str),
            card.person
        )?;
        Ok(rows == 1)
    }

    /// Writes what the events say now. `false` when the card has gone on meanwhile.
    pub(crate) async fn project(
        &self,
        on: &mut Transaction,
        id: &CardId,
        projection: &Projection,
    ) -> Result<bool, OfficeError> {
        let sql = "UPDATE office_cards SET version = $2, stage = $3, since = $4, reason = $5, \
                   head = $6 WHERE id = $1 AND version = $7";
        let version = i64::from(projection.version);
        let reason = projection.reason.map(|reason| word(TABLE, reason)).transpose()?;
        let rows = execute!(
            on.on(),
            sql,
            id.as_str(),
            version,
            projection.stage.as_str(),
            micros(projection.since),
            reason,
            projection.head.as_slice(),
            version - 1
        )?;
        Ok(rows == 1)
    }

    pub(crate) async fn set_proof(
        &self,
        on: &mut Transaction,
        id: &CardId,
        proof: &IdentityOutcome,
    ) -> Result<(), OfficeError> {
        let sql = "UPDATE office_cards SET proof = $2 WHERE id = $1";
        let sealed = self.seal_json(PROOF, id.as_str(), proof)?;
        execute!(on.on(), sql, id.as_str(), sealed)?;
        Ok(())
    }

    pub(crate) async fn set_person(
        &self,
        on: &mut Transaction,
        id: &CardId,
        person: &Person,
    ) -> Result<(), OfficeError> {
        let sql = "UPDATE office_cards SET person = $2 WHERE id = $1";
        execute!(on.on(), sql, id.as_str(), person.id.as_str())?;
        Ok(())
    }

    /// Gives the card its printed number and its holder reference. `false` when the number is taken.
    pub(crate) async fn set_number(
        &self,
        on: &mut Transaction,
        id: &CardId,
        number: &CardNumber,
        holder: &str,
    ) -> Result<bool, OfficeError> {
        let taken = "SELECT id FROM office_cards WHERE number_key = $1";
        let number_key = self.key(NUMBER, number.as_str());
        if fetch_optional!(on.on(), (String,), taken, number_key.clone())?.is_some() {
            return Ok(false);
        }
        let sql = "UPDATE office_cards SET number = $2, number_key = $3, holder = $4, \
                   holder_key = $5 WHERE id = $1";
        let row = id.as_str();
        let sealed_number = self.seal(NUMBER, row, number.as_str().as_bytes());
        let sealed_holder = self.seal(HOLDER, row, holder.as_bytes());
        let holder_key = self.key(HOLDER, holder);
        execute!(on.on(), sql, row, sealed_number, number_key, sealed_holder, holder_key)?;
        Ok(true)
    }

    pub(crate) async fn set_tracking(
        &self,
        on: &mut Transaction,
        id: &CardId,
        tracking: &str,
    ) -> Result<(), OfficeError> {
        let sql = "UPDATE office_cards SET tracking = $2 WHERE id = $1";
        let sealed = self.seal(TRACKING, id.as_str(), tracking.as_bytes());
        execute!(on.on(), sql, id.as_str(), sealed)?;
        Ok(())
    }

    /// What is on the finished card: whose certificates, until when, and the letter's code.
    pub(crate) async fn set_made(
        &self,
        on: &mut Transaction,
        id: &CardId,
        owner: &str,
        expires_at: Timestamp,
        code: &str,
    ) -> Result<(), OfficeError> {
        let sql = "UPDATE office_cards SET owner = $2, expires_at = $3, code = $4 WHERE id = $1";
        let sealed = self.seal(CODE, id.as_str(), code.as_bytes());
        execute!(on.on(), sql, id.as_str(), owner, micros(expires_at), sealed)?;
        Ok(())
    }

    /// A dead card's code opens nothing; nobody need know it.
    pub(crate) async fn forget_code(
        &self,
        on: &mut Transaction,
        id: &CardId,
    ) -> Result<(), OfficeError> {
        execute!(on.on(), "UPDATE office_cards SET code = NULL WHERE id = $1", id.as_str())?;
        Ok(())
    }

    pub(crate) async fn set_successor(
        &self,
        on: &mut Transaction,
        id: &CardId,
        next: Option<&CardId>,
    ) -> Result<(), OfficeError> {
        let sql = "UPDATE office_cards SET replaced_by = $2 WHERE id = $1";
        execute!(on.on(), sql, id.as_str(), next.map(CardId::as_str))?;
        Ok(())
    }
}
