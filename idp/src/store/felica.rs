//! FeliCa cards: each stands beside a card of the card office and opens what that one opens, for so
//! long as that one does. Their PINs are kept here, as hashes, with the tries that are left.

mod told;

use jiff::Timestamp;
use warifu_card::felica::Idm;
use warifu_service::storage::{Transaction, instant};
use warifu_service::{execute, fetch_all, fetch_optional};
use zeroize::Zeroizing;

use super::{Card, CardId, Store, StoreError};
use crate::person::{CardState, PersonId};

/// The scheme of FeliCa cards.
pub(crate) const FELICA_SCHEME: &str = "felica-lite-s";
/// Wrong PINs in a row until the card takes none any more.
pub(crate) const MOST_TRIES: u8 = 5;
/// What the PIN is hashed under before it is hashed slowly: without the key ring a stolen copy of the
/// database does not even let one guess.
const PEPPER: &str = "felica_cards.pin";
/// What the number that every reader sees is looked up under.
const IDM: &str = "felica_cards.idm";
/// Of its eight bytes, the first of the ID block (FeliCa Lite-S, block 82h).
const IDM_DIGITS: usize = 16;

/// A FeliCa card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FelicaCard {
    pub(crate) card: Card,
    /// The state of the card that it stands beside.
    pub(crate) beside: CardState,
    /// The end of that one's certificate, with which this one ends too; none before it was used.
    pub(crate) ends_at: Option<Timestamp>,
    /// The newest version of its key that was told.
    pub(crate) key_version: u16,
    pub(crate) pin: PinState,
}

/// How its PIN stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PinState {
    /// Its holder has not chosen one.
    None,
    /// So many tries are left, at least one.
    Tries(u8),
    /// Wrong too often; its holder has to choose another.
    Blocked,
}

#[derive(sqlx::FromRow)]
struct Row {
    key_version: i64,
    has_pin: bool,
    tries: i64,
    beside: String,
    ends_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Named {
    card: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct Hash {
    pin: String,
}

impl Row {
    fn pin(&self) -> Result<PinState, StoreError> {
        let tries =
            u8::try_from(self.tries).map_err(|_| StoreError::Corrupt("felica_cards.tries"))?;
        Ok(match (self.has_pin, tries) {
            (false, _) => PinState::None,
            (true, 0) => PinState::Blocked,
            (true, left) => PinState::Tries(left),
        })
    }
}

impl Store {
    /// The name here of the FeliCa card with this ID block.
    pub(crate) fn felica_id(&self, id_block: &[u8; 16]) -> CardId {
        self.felica_id_of(&data_encoding::HEXLOWER.encode(id_block))
    }

    /// The same by its hexadecimal digits.
    fn felica_id_of(&self, digits: &str) -> CardId {
        self.card_id(&format!("{FELICA_SCHEME}:{digits}"))
    }

    /// The name here of the number with which these digits of an ID block begin: the card's own.
    fn idm_of(&self, digits: &str) -> Option<[u8; 32]> {
        let idm = digits.get(..IDM_DIGITS)?;
        Some(self.keys.lookup(IDM, idm.as_bytes()))
    }

    /// The card in use whose number that is; none where it is not one alone.
    pub(crate) async fn felica_card_by_idm(
        &self,
        idm: &Idm,
    ) -> Result<Option<FelicaCard>, StoreError> {
        let name = self.keys.lookup(IDM, data_encoding::HEXLOWER.encode(idm).as_bytes());
        let sql = "SELECT felica_cards.card FROM felica_cards \
                   JOIN cards ON cards.id = felica_cards.card \
                   WHERE felica_cards.idm = $1 AND cards.state <> $2 LIMIT 2";
        let ended = CardState::Ended.as_str();
        let found = fetch_all!(self.database.read(), Named, sql, name.as_slice(), ended)?;
        match &found[..] {
            [one] => self.felica_card(&one.card).await,
            _ => Ok(None),
        }
    }

    pub(crate) async fn felica_card(&self, id: &CardId) -> Result<Option<FelicaCard>, StoreError> {
        let Some(card) = self.card(id).await? else { return Ok(None) };
        let sql = "SELECT felica_cards.key_version, felica_cards.pin IS NOT NULL AS has_pin, \
                   felica_cards.tries, own.state AS beside, own.expires_at AS ends_at \
                   FROM felica_cards \
                   JOIN cards ON cards.id = felica_cards.card \
                   JOIN cards AS own ON own.id = cards.beside WHERE felica_cards.card = $1";
        let row = fetch_optional!(self.database.read(), Row, sql, id.as_slice())?;
        let Some(row) = row else { return Ok(None) };
        let key_version = u16::try_from(row.key_version);
        Ok(Some(FelicaCard {
            card,
            beside: CardState::parse(&row.beside).ok_or(StoreError::Corrupt("cards.state"))?,
            ends_at: row.ends_at.map(instant),
            key_version: key_version
                .map_err(|_| StoreError::Corrupt("felica_cards.key_version"))?,
            pin: row.pin()?,
        }))
    }

    /// The keyed hash of a PIN of that card.
    pub(crate) fn peppered(&self, card: &CardId, pin: &[u8]) -> Zeroizing<[u8; 32]> {
        let bytes = Zeroizing::new([card.as_slice(), pin].concat());
        Zeroizing::new(self.keys.lookup(PEPPER, &bytes))
    }

    /// Uses up a try, and gives the hash to check it against; `None` when there is no PIN or no try
    /// left. The try is gone before the check, whatever becomes of this server meanwhile.
    pub(crate) async fn take_try(&self, card: &CardId) -> Result<Option<String>, StoreError> {
        let sql = "UPDATE felica_cards SET tries = tries - 1 \
                   WHERE card = $1 AND tries > 0 AND pin IS NOT NULL RETURNING pin";
        let row = fetch_optional!(self.database.write(), Hash, sql, card.as_slice())?;
        Ok(row.map(|row| row.pin))
    }

    /// The PIN was right: all tries are back, unless another PIN was chosen meanwhile.
    pub(crate) async fn give_tries_back(
        &self,
        card: &CardId,
        hash: &str,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE felica_cards SET tries = $3 WHERE card = $1 AND pin = $2";
        let most = i64::from(MOST_TRIES);
        Ok(execute!(self.database.write(), sql, card.as_slice(), hash, most)? == 1)
    }

    /// Gives a person's FeliCa card a new PIN, which also puts it into use again when its holder had
    /// stopped it. `false` when the person has no such card.
    pub(crate) async fn choose_pin(
        &self,
        person: &PersonId,
        card: &CardId,
        hash: &str,
    ) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let sql = "UPDATE cards SET state = $3 WHERE id = $1 AND person = $2 AND scheme = $4 \
                   AND state <> $5";
        let (active, ended) = (CardState::Active.as_str(), CardState::Ended.as_str());
        let (id, person) = (card.as_slice(), person.as_str());
        let sql_pin = "UPDATE felica_cards SET pin = $2, tries = $3 WHERE card = $1";
        let done = execute!(tx.on(), sql, id, person, active, FELICA_SCHEME, ended)? == 1
            && execute!(tx.on(), sql_pin, id, hash, i64::from(MOST_TRIES))? == 1;
        if done {
            tx.commit().await?;
        }
        Ok(done)
    }

    /// Stops a person's FeliCa card at the person's wish: its PIN is forgotten, and what it opened
    /// ends. `false` when the person has no such card in use.
    pub(crate) async fn stop_felica(
        &self,
        person: &PersonId,
        id: &CardId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let sql = "UPDATE cards SET state = $3 WHERE id = $1 AND person = $2 AND scheme = $4 \
                   AND state = $5";
        let (stopped, active) = (CardState::Suspended.as_str(), CardState::Active.as_str());
        let (card, holder) = (id.as_slice(), person.as_str());
        if execute!(tx.on(), sql, card, holder, stopped, FELICA_SCHEME, active)? != 1 {
            return Ok(false);
        }
        forget_pin(&mut tx, id).await?;
        if let Some(card) = self.card_in(&mut tx, id).await? {
            self.end_sessions_of(&mut tx, &card, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

async fn forget_pin(tx: &mut Transaction, card: &CardId) -> Result<(), StoreError> {
    let sql = "UPDATE felica_cards SET pin = NULL, tries = 0 WHERE card = $1";
    execute!(tx.on(), sql, card.as_slice())?;
    Ok(())
}

#[cfg(test)]
mod tests;
