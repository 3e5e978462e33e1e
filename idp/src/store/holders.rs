//! What holders do to their cards themselves: put a new one into use, add one that others issued,
//! take it away again.

use jiff::Timestamp;

use super::cards::NewCard;
use super::{CardId, Store, StoreError, Use};
use crate::person::{CardState, PersonId};

/// What came of adding a card.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Added {
    Now,
    /// The person has it already.
    Before,
    SomebodyElses,
}

impl Store {
    /// Puts a card into use that waited for it; the card office is to be told. `false` when it did
    /// not wait.
    pub(crate) async fn activate(
        &self,
        id: &CardId,
        holder_reference: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let before = self.card_in(&mut tx, id).await?;
        let activated = self.activate_card(&mut tx, id, now).await?;
        if let Some(before) = before.filter(|_| activated) {
            self.tell_change(&mut tx, &before, now).await?;
            self.tell_activated(&mut tx, holder_reference, now).await?;
        }
        tx.commit().await?;
        Ok(activated)
    }

    /// Puts a card of that scheme, which has just answered, under a person.
    pub(crate) async fn add_foreign_card(
        &self,
        person: &PersonId,
        scheme: &str,
        used: &Use,
    ) -> Result<Added, StoreError> {
        let mut tx = self.database.begin().await?;
        let known = self.card_in(&mut tx, &used.card).await?;
        if let Some(known) = known {
            return Ok(if known.person == *person { Added::Before } else { Added::SomebodyElses });
        }
        let card = NewCard {
            id: used.card.clone(),
            person,
            scheme: Some(scheme),
            state: CardState::Active,
            replaces: None,
            told_at: used.at,
        };
        let own = self.put_card(&mut tx, &card).await?;
        self.note_use(&mut tx, used).await?;
        tx.commit().await?;
        Ok(if own { Added::Now } else { Added::SomebodyElses })
    }

    /// Takes a card that others issued away from a person, and ends what it opened. `false` when the
    /// person has no such card.
    pub(crate) async fn remove_foreign_card(
        &self,
        id: &CardId,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let card = self.card_in(&mut tx, id).await?;
        let own = card.filter(|card| card.person == *person && card.scheme.is_some());
        let Some(card) = own else { return Ok(false) };
        self.end_sessions_of(&mut tx, &card, now).await?;
        let dropped = self.drop_foreign_card(&mut tx, id, person).await?;
        tx.commit().await?;
        Ok(dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::super::cards::tests::{HOLDER, put, shown};
    use super::super::persons::tests::id;
    use super::super::tests::{both, now};
    use super::*;
    use crate::store::Message;

    fn used(store: &Store) -> Use {
        let certificate = Some(shown("40ab", now()));
        Use { card: store.card_id("jpki:ab"), at: now(), certificate }
    }

    #[tokio::test]
    async fn the_office_is_told_of_an_activation_once() {
        for rig in both().await {
            let store = &rig.store;
            put(store, 'a', HOLDER).await;
            let card = store.card_id(HOLDER);
            assert!(!store.activate(&card, HOLDER, now()).await.unwrap(), "is in use");
            let mut tx = store.database.begin().await.unwrap();
            store.set_card_state(&mut tx, &card, CardState::Issued, now()).await.unwrap();
            tx.commit().await.unwrap();
            assert!(store.activate(&card, HOLDER, now()).await.unwrap());
            assert!(!store.activate(&card, HOLDER, now()).await.unwrap());
            let [notice] = store.due_notices(now(), 9).await.unwrap().try_into().unwrap();
            let holder_reference = HOLDER.to_owned();
            assert_eq!(notice.message, Message::CardActivated { holder_reference });
        }
    }

    #[tokio::test]
    async fn a_card_of_others_belongs_to_who_added_it_until_it_is_taken_away() {
        for rig in both().await {
            let store = &rig.store;
            put(store, 'a', HOLDER).await;
            put(store, 'b', &"b".repeat(32)).await;
            let add = async |person| {
                store.add_foreign_card(&id(person), "jpki", &used(store)).await.unwrap()
            };
            assert_eq!(add('a').await, Added::Now);
            assert_eq!(add('a').await, Added::Before);
            assert_eq!(add('b').await, Added::SomebodyElses);
            let card = store.card_id("jpki:ab");
            assert_eq!(store.card(&card).await.unwrap().unwrap().scheme.as_deref(), Some("jpki"));
            assert_eq!(store.cards_of(&id('a')).await.unwrap().len(), 2);
            assert!(!store.remove_foreign_card(&card, &id('b'), now()).await.unwrap());
            assert!(store.remove_foreign_card(&card, &id('a'), now()).await.unwrap());
            let own = store.card_id(HOLDER);
            assert!(!store.remove_foreign_card(&own, &id('a'), now()).await.unwrap());
            assert_eq!(add('b').await, Added::Now);
        }
    }
}
