//! Cards: a keyed hash of the holder reference leads to the person.

use jiff::Timestamp;
use warifu_service::storage::micros;
use warifu_service::{execute, fetch_optional};

use super::{Store, StoreError};
use crate::person::{CardState, PersonId};

const CONTEXT: &str = "cards.holder";

/// What the identity provider knows of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    pub(crate) person: PersonId,
    pub(crate) state: CardState,
}

#[derive(sqlx::FromRow)]
struct Row {
    person: String,
    state: String,
}

impl TryFrom<Row> for Card {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            person: PersonId::parse(&row.person).ok_or(StoreError::Corrupt("cards.person"))?,
            state: CardState::parse(&row.state).ok_or(StoreError::Corrupt("cards.state"))?,
        })
    }
}

impl Store {
    /// Puts a card under a person; the same card again under the same person changes nothing.
    /// `false` when the card belongs to somebody else.
    pub(crate) async fn add_card(
        &self,
        holder_reference: &str,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO cards (holder, person, state, created_at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (holder) DO UPDATE SET person = cards.person \
                   WHERE cards.person = excluded.person";
        let holder = self.holder(holder_reference);
        let state = CardState::Active.as_str();
        let rows =
            execute!(self.database.write(), sql, holder, person.as_str(), state, micros(now))?;
        Ok(rows == 1)
    }

    pub(crate) async fn card(&self, holder_reference: &str) -> Result<Option<Card>, StoreError> {
        let sql = "SELECT person, state FROM cards WHERE holder = $1";
        let holder = self.holder(holder_reference);
        fetch_optional!(self.database.read(), Row, sql, holder)?.map(Card::try_from).transpose()
    }

    /// `false` when there is no such card.
    pub(crate) async fn set_card_state(
        &self,
        holder_reference: &str,
        state: CardState,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE cards SET state = $2 WHERE holder = $1";
        let holder = self.holder(holder_reference);
        Ok(execute!(self.database.write(), sql, holder, state.as_str())? == 1)
    }

    fn holder(&self, reference: &str) -> Vec<u8> {
        self.keys.lookup(CONTEXT, reference.as_bytes()).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::super::persons::tests::{id, taro};
    use super::super::tests::{both, now};
    use super::*;

    const HOLDER: &str = "00112233445566778899aabbccddeeff";

    #[tokio::test]
    async fn a_card_leads_to_its_person_and_to_nobody_else() {
        for rig in both().await {
            let store = &rig.store;
            for digit in ['a', 'b'] {
                store.add_person(&id(digit), &taro(), now()).await.unwrap();
            }
            assert!(store.add_card(HOLDER, &id('a'), now()).await.unwrap());
            assert!(store.add_card(HOLDER, &id('a'), now()).await.unwrap(), "not repeatable");
            assert!(!store.add_card(HOLDER, &id('b'), now()).await.unwrap(), "changed hands");
            let card = store.card(HOLDER).await.unwrap().unwrap();
            assert_eq!(card, Card { person: id('a'), state: CardState::Active });
            assert_eq!(store.card(&"f".repeat(32)).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn a_state_is_kept() {
        for rig in both().await {
            let store = &rig.store;
            assert!(!store.set_card_state(HOLDER, CardState::Ended).await.unwrap());
            store.add_person(&id('a'), &taro(), now()).await.unwrap();
            store.add_card(HOLDER, &id('a'), now()).await.unwrap();
            assert!(store.set_card_state(HOLDER, CardState::Suspended).await.unwrap());
            assert_eq!(store.card(HOLDER).await.unwrap().unwrap().state, CardState::Suspended);
        }
    }

    #[tokio::test]
    async fn the_holder_reference_is_not_in_the_row() {
        #[derive(sqlx::FromRow)]
        struct Holder {
            holder: Vec<u8>,
        }
        for rig in both().await {
            rig.store.add_person(&id('a'), &taro(), now()).await.unwrap();
            rig.store.add_card(HOLDER, &id('a'), now()).await.unwrap();
            let sql = "SELECT holder FROM cards";
            let row = fetch_optional!(rig.store.database.read(), Holder, sql).unwrap().unwrap();
            assert_eq!(row.holder.len(), 32);
            assert_ne!(row.holder, super::super::hash_of(HOLDER), "a plain hash can be guessed");
        }
    }
}
