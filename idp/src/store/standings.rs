//! Whether a person has a card that opens, as far as the relay is told of it: what another reads for
//! them by a mandate rests while they have none.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use warifu_service::storage::Transaction;

use super::{Card, Store, StoreError};
use crate::person::{CardState, PersonId};

/// How a person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Standing {
    /// With a card that opens.
    Open,
    /// With none for the time being.
    Closed,
    /// Gone for good.
    Gone,
}

impl Store {
    /// Lets the relay be told when the change of a card, which is given as it was `before`, was that
    /// of the only card that opens. Of somebody who never had another it need not hear.
    pub(super) async fn tell_change(
        &self,
        tx: &mut Transaction,
        before: &Card,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(after) = self.card_in(tx, &before.id).await? else { return Ok(()) };
        let is_open = after.state == CardState::Active;
        if before.beside.is_some() || (before.state == CardState::Active) == is_open {
            return Ok(());
        }
        let mut others = self.cards_of_in(tx, &before.person).await?;
        others.retain(|card| card.id != before.id && card.beside.is_none());
        let has_other = others.iter().any(|card| card.state == CardState::Active);
        let is_first = others.is_empty() && before.state == CardState::Issued;
        if has_other || (is_open && is_first) {
            return Ok(());
        }
        let standing = if is_open { Standing::Open } else { Standing::Closed };
        self.tell_standing(tx, &before.person, standing, now).await
    }

    /// Lets the relay be told that a person is gone.
    pub(super) async fn tell_gone(
        &self,
        tx: &mut Transaction,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.tell_standing(tx, person, Standing::Gone, now).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::cards::tests::put;
    use super::super::notices::Message;
    use super::super::persons::tests::id;
    use super::super::tests::{both, now};
    use super::*;

    const FIRST: &str = "00112233445566778899aabbccddeeff";
    const SECOND: &str = "cccccccccccccccccccccccccccccccc";

    async fn set(store: &Store, holder: &str, state: CardState) {
        let mut tx = store.database.begin().await.unwrap();
        let card = store.card_in(&mut tx, &store.card_id(holder)).await.unwrap().unwrap();
        store.set_card_state(&mut tx, &card.id, state, now()).await.unwrap();
        store.tell_change(&mut tx, &card, now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// What the relay is to be told, and has not been yet.
    async fn told(store: &Store) -> Vec<Standing> {
        let mut told = Vec::new();
        for notice in store.due_notices(now(), 99).await.unwrap() {
            if let Message::Standing { person, standing } = &notice.message {
                assert_eq!(*person, id('a'));
                told.push(*standing);
            }
            store.settle_notice(&notice, true).await.unwrap();
        }
        told
    }

    #[tokio::test]
    async fn only_the_last_card_that_opens_counts() {
        for rig in both().await {
            let store = &rig.store;
            put(store, 'a', FIRST).await;
            put(store, 'a', SECOND).await;
            set(store, FIRST, CardState::Suspended).await;
            assert_eq!(told(store).await, [], "there is another");
            set(store, SECOND, CardState::Ended).await;
            assert_eq!(told(store).await, [Standing::Closed]);
            set(store, SECOND, CardState::Ended).await;
            assert_eq!(told(store).await, [], "nothing new");
            set(store, FIRST, CardState::Active).await;
            assert_eq!(told(store).await, [Standing::Open]);
        }
    }

    #[tokio::test]
    async fn a_new_card_in_place_of_the_old_opens_again_and_a_first_one_is_no_news() {
        for rig in both().await {
            let store = &rig.store;
            put(store, 'a', FIRST).await;
            set(store, FIRST, CardState::Ended).await;
            assert_eq!(told(store).await, [Standing::Closed]);
            let card = super::super::cards::NewCard {
                id: store.card_id(SECOND),
                person: &id('a'),
                scheme: None,
                state: CardState::Issued,
                replaces: Some(store.card_id(FIRST)),
                told_at: now(),
            };
            let mut tx = store.database.begin().await.unwrap();
            store.put_card(&mut tx, &card).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(told(store).await, [], "not in use yet");
            assert!(store.activate(&store.card_id(SECOND), SECOND, now()).await.unwrap());
            assert_eq!(told(store).await, [Standing::Open]);
        }
    }
}
