//! What the card office says of FeliCa cards. One stands beside a card at a time, the one registered
//! last; and since the two cards that one passes between are two subjects, their events come in any
//! order. Told in the same second, an end comes before what it is registered for next.

use jiff::Timestamp;
use warifu_service::storage::{Transaction, micros};
use warifu_service::{execute, fetch_optional};

use super::super::registry::{ApplyError, Word};
use super::super::{Card, CardId, Store, StoreError};
use super::{FELICA_SCHEME, forget_pin};
use crate::person::CardState;

/// A FeliCa card as it was told of before.
struct Known {
    card: Card,
    told_at: i64,
}

#[derive(sqlx::FromRow)]
struct ToldAt {
    told_at: i64,
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

impl Word<'_> {
    /// A FeliCa card stands beside the card that this is about. How many sessions ended by it.
    pub(in crate::store) async fn token_registered(
        &self,
        tx: &mut Transaction,
        token: &str,
        key_version: u16,
    ) -> Result<usize, ApplyError> {
        let (own, known) = self.both(tx, token).await?;
        let id = self.store.felica_id_of(token);
        match known {
            None if own.state == CardState::Ended => return Ok(0),
            None => self.put(tx, token, &own, key_version).await?,
            Some(known) if self.is_over(&known, &own) => return Ok(0),
            Some(known) => self.renew(tx, (&known.card, token), &own, key_version).await?,
        }
        self.keep_one(tx, &id, &own).await
    }

    /// A FeliCa card stands beside the card that this is about no more. How many sessions ended by
    /// it.
    pub(in crate::store) async fn token_ended(
        &self,
        tx: &mut Transaction,
        token: &str,
    ) -> Result<usize, ApplyError> {
        let (own, known) = self.both(tx, token).await?;
        let id = self.store.felica_id_of(token);
        match known {
            None if own.state == CardState::Ended => Ok(0),
            None => {
                self.put(tx, token, &own, 0).await?;
                Ok(self.end(tx, &id).await?)
            }
            Some(known) if known.card.beside.as_ref() != Some(&own.id) => Ok(0),
            Some(known) if known.told_at > micros(self.told_at) => Ok(0),
            Some(_) => Ok(self.end(tx, &id).await?),
        }
    }

    /// The card that this is about, and the FeliCa card where it is known. It never changes hands.
    async fn both(
        &self,
        tx: &mut Transaction,
        token: &str,
    ) -> Result<(Card, Option<Known>), ApplyError> {
        let store = self.store;
        let own = store.card_in(tx, &store.card_id(self.about)).await?.ok_or(ApplyError::Early)?;
        let known = store.known(tx, &store.felica_id_of(token)).await?;
        if known.as_ref().is_some_and(|known| known.card.person != own.person) {
            return Err(ApplyError::CardTaken);
        }
        Ok((own, known))
    }

    /// Whether something later is known already.
    fn is_over(&self, known: &Known, own: &Card) -> bool {
        let told_at = micros(self.told_at);
        let ended_here =
            known.card.state == CardState::Ended && known.card.beside.as_ref() == Some(&own.id);
        known.told_at > told_at || (known.told_at == told_at && ended_here)
    }

    async fn put(
        &self,
        tx: &mut Transaction,
        token: &str,
        own: &Card,
        key_version: u16,
    ) -> Result<(), StoreError> {
        let (id, idm) = (self.store.felica_id_of(token), self.store.idm_of(token));
        let sql = "INSERT INTO cards (id, person, scheme, state, beside, told_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let (person, state) = (own.person.as_str(), CardState::Active.as_str());
        let (id, beside, at) = (id.as_slice(), own.id.as_slice(), micros(self.told_at));
        execute!(tx.on(), sql, id, person, FELICA_SCHEME, state, beside, at)?;
        let sql = "INSERT INTO felica_cards (card, key_version, tries, idm) VALUES ($1, $2, 0, $3)";
        execute!(tx.on(), sql, id, i64::from(key_version), idm.as_ref().map(<[u8; 32]>::as_slice))?;
        Ok(())
    }

    /// It has a new key, or stands beside another card. A new life begins without a PIN; in the old
    /// one a card that its holder stopped stays so until the holder chooses a PIN.
    async fn renew(
        &self,
        tx: &mut Transaction,
        (known, token): (&Card, &str),
        own: &Card,
        key_version: u16,
    ) -> Result<(), StoreError> {
        let stays = known.beside.as_ref() == Some(&own.id) && known.state != CardState::Ended;
        if !stays {
            self.store.end_sessions_of(tx, known, self.now).await?;
            forget_pin(tx, &known.id).await?;
        }
        let state = if stays { known.state } else { CardState::Active };
        let sql = "UPDATE cards SET state = $2, beside = $3, told_at = $4 WHERE id = $1";
        let (id, beside, at) = (known.id.as_slice(), own.id.as_slice(), micros(self.told_at));
        execute!(tx.on(), sql, id, state.as_str(), beside, at)?;
        let sql = "UPDATE felica_cards SET key_version = $2 WHERE card = $1 AND key_version < $2";
        execute!(tx.on(), sql, id, i64::from(key_version))?;
        let idm = self.store.idm_of(token);
        let sql = "UPDATE felica_cards SET idm = $2 WHERE card = $1";
        execute!(tx.on(), sql, id, idm.as_ref().map(<[u8; 32]>::as_slice))?;
        Ok(())
    }

    /// Ends the others beside the same card, or this one when another was registered later.
    async fn keep_one(
        &self,
        tx: &mut Transaction,
        id: &CardId,
        own: &Card,
    ) -> Result<usize, ApplyError> {
        if self.store.is_later_beside(tx, &own.id, self.told_at).await? {
            return Ok(self.end(tx, id).await?);
        }
        let mut ended = 0;
        for other in self.store.cards_beside(tx, &own.id).await? {
            if other.id != *id && other.state != CardState::Ended {
                ended += self.end(tx, &other.id).await?;
            }
        }
        Ok(ended)
    }

    /// Its end takes the time of this word unless a later one was said.
    async fn end(&self, tx: &mut Transaction, id: &CardId) -> Result<usize, StoreError> {
        let sql = "UPDATE cards SET state = $2, \
                   told_at = CASE WHEN told_at < $3 THEN $3 ELSE told_at END WHERE id = $1";
        let ended = CardState::Ended.as_str();
        execute!(tx.on(), sql, id.as_slice(), ended, micros(self.told_at))?;
        forget_pin(tx, id).await?;
        match self.store.card_in(tx, id).await? {
            Some(card) => self.store.end_sessions_of(tx, &card, self.now).await,
            None => Ok(0),
        }
    }
}

impl Store {
    async fn known(&self, tx: &mut Transaction, id: &CardId) -> Result<Option<Known>, StoreError> {
        let Some(card) = self.card_in(tx, id).await? else { return Ok(None) };
        let sql = "SELECT told_at FROM cards WHERE id = $1";
        let row = fetch_optional!(tx.on(), ToldAt, sql, id.as_slice())?;
        Ok(row.map(|row| Known { card, told_at: row.told_at }))
    }

    /// Whether something was said later of a FeliCa card beside that card.
    async fn is_later_beside(
        &self,
        tx: &mut Transaction,
        own: &CardId,
        told_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) AS count FROM cards WHERE beside = $1 AND told_at > $2";
        let row = fetch_optional!(tx.on(), Count, sql, own.as_slice(), micros(told_at))?;
        Ok(row.is_some_and(|row| row.count > 0))
    }
}
