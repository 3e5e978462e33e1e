//! What the card office says, put into the tables: who there is, which cards they have, and in which
//! state these are. Each event counts once, and a later word is not undone by an earlier one.

use jiff::Timestamp;
use warifu_pki::Organization;
use warifu_pki::security_event::{Event, SecurityEvent};
use warifu_service::storage::Transaction;

use super::cards::NewCard;
use super::replay::claim_event;
use super::{Store, StoreError};
use crate::person::{CardState, Person, PersonId, Role};

/// What came of an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It counts, and ended so many sessions.
    Now { ended: usize },
    /// It counted before.
    Before,
}

/// Why an event of the card office was not obeyed.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// It is about a card or person that is not known yet; it may be told again later.
    #[error("the card or person is not known yet")]
    Early,
    /// The card belongs to somebody else.
    #[error("the card belongs to somebody else")]
    CardTaken,
    /// It has no meaning here, or names a role that there is not.
    #[error("not an event that counts here")]
    Meaningless,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ApplyError {
    fn from(cause: sqlx::Error) -> Self {
        Self::Store(cause.into())
    }
}

impl Store {
    /// Puts an event that was believed into the tables.
    pub(crate) async fn apply(
        &self,
        event: &SecurityEvent,
        now: Timestamp,
    ) -> Result<Told, ApplyError> {
        let told_at = Timestamp::from_second(event.iat).map_err(|_| ApplyError::Meaningless)?;
        let mut tx = self.database.begin().await?;
        if !claim_event(&mut tx, &event.iss, &event.jti, told_at).await? {
            return Ok(Told::Before);
        }
        let word = Word { store: self, about: &event.subject, told_at, now };
        let ended = word.obey(&mut tx, &event.event).await?;
        tx.commit().await?;
        Ok(Told::Now { ended })
    }
}

/// One event, as it is obeyed.
pub(super) struct Word<'a> {
    pub(super) store: &'a Store,
    pub(super) about: &'a str,
    pub(super) told_at: Timestamp,
    pub(super) now: Timestamp,
}

impl Word<'_> {
    /// How many sessions it ended.
    async fn obey(&self, tx: &mut Transaction, event: &Event) -> Result<usize, ApplyError> {
        match event {
            Event::CardIssued { person, display_name, roles, organization, replaces } => {
                let id = PersonId::parse(person).ok_or(ApplyError::Meaningless)?;
                let person = profile(display_name, roles, organization.as_ref())?;
                self.issued(tx, &id, &person, replaces.as_deref()).await
            }
            Event::CardState { state, .. } => self.set_state(tx, (*state).into()).await,
            Event::PersonEnded => self.person_ended(tx).await,
            Event::TokenRegistered { token, key_version } => {
                self.token_registered(tx, token, *key_version).await
            }
            Event::TokenEnded { token } => self.token_ended(tx, token).await,
            Event::CardActivated
            | Event::AccountDisabled
            | Event::AccountEnabled
            | Event::AccountPurged
            | Event::SessionRevoked { .. } => Err(ApplyError::Meaningless),
        }
    }

    async fn issued(
        &self,
        tx: &mut Transaction,
        id: &PersonId,
        person: &Person,
        replaces: Option<&str>,
    ) -> Result<usize, ApplyError> {
        let lives = self.store.put_person(tx, id, person, self.told_at).await?;
        let card = NewCard {
            id: self.store.card_id(self.about),
            person: id,
            scheme: None,
            state: if lives { CardState::Issued } else { CardState::Ended },
            replaces: replaces.map(|holder| self.store.card_id(holder)),
            told_at: self.told_at,
        };
        if self.store.put_card(tx, &card).await? { Ok(0) } else { Err(ApplyError::CardTaken) }
    }

    async fn set_state(&self, tx: &mut Transaction, state: CardState) -> Result<usize, ApplyError> {
        let id = self.store.card_id(self.about);
        let card = self.store.card_in(tx, &id).await?.ok_or(ApplyError::Early)?;
        let changed = self.store.set_card_state(tx, &id, state, self.told_at).await?;
        if !changed {
            return Ok(0);
        }
        self.store.tell_change(tx, &card, self.now).await?;
        if state == CardState::Active {
            return Ok(0);
        }
        Ok(self.store.end_opened_by(tx, &card, self.now).await?)
    }

    /// Everything of theirs ends; what they added themselves is forgotten.
    async fn person_ended(&self, tx: &mut Transaction) -> Result<usize, ApplyError> {
        let person = PersonId::parse(self.about).ok_or(ApplyError::Meaningless)?;
        if !self.store.end_person(tx, &person, self.told_at).await? {
            return Err(ApplyError::Early);
        }
        self.store.drop_consents(tx, &person).await?;
        self.store.tell_gone(tx, &person, self.now).await?;
        let mut ended = 0;
        for card in self.store.cards_of_in(tx, &person).await? {
            let over = CardState::Ended;
            if self.store.set_card_state(tx, &card.id, over, self.told_at).await? {
                ended += self.store.end_sessions_of(tx, &card, self.now).await?;
                self.store.drop_foreign_card(tx, &card.id, &person).await?;
            }
        }
        Ok(ended)
    }
}

fn profile(
    display_name: &str,
    roles: &[String],
    organization: Option<&Organization>,
) -> Result<Person, ApplyError> {
    let roles: Option<Vec<_>> = roles.iter().map(|urn| Role::from_urn(urn)).collect();
    Ok(Person {
        display_name: display_name.to_owned(),
        roles: roles.ok_or(ApplyError::Meaningless)?,
        organization: organization.cloned(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::sessions::tests::{card_of, open};
    use super::super::tests::{both, now};
    use super::super::{Card, Store};
    use super::*;
    use crate::store::persons::tests::id;
    use jiff::SignedDuration;
    use warifu_pki::security_event::CardStatus;

    const SECOND: SignedDuration = SignedDuration::from_secs(1);

    fn event(about: &str, event: Event, at: Timestamp) -> SecurityEvent {
        SecurityEvent {
            iss: "urn:warifu:ca".into(),
            aud: "https://idp.example".into(),
            jti: warifu_service::Surroundings::system().hex(16),
            iat: at.as_second(),
            subject: about.into(),
            event,
        }
    }

    fn issued(person: char, role: &str) -> Event {
        Event::CardIssued {
            person: id(person).as_str().into(),
            display_name: "上野太郎".into(),
            roles: vec![role.into()],
            organization: None,
            replaces: None,
        }
    }

    fn state(state: CardStatus) -> Event {
        Event::CardState { state, reason: None }
    }

    const RESIDENT: &str = "urn:warifu:role:resident";

    async fn card(store: &Store, person: char) -> Card {
        store.card(&store.card_id(&card_of(person))).await.unwrap().unwrap()
    }

    /// A person whose card is in use.
    async fn known(store: &Store, person: char) {
        for what in [issued(person, RESIDENT), state(CardStatus::Active)] {
            let told = store.apply(&event(&card_of(person), what, now()), now()).await.unwrap();
            assert_eq!(told, Told::Now { ended: 0 });
        }
    }

    #[tokio::test]
    async fn an_issued_card_makes_a_person_known_and_waits() {
        for rig in both().await {
            let store = &rig.store;
            let event = event(&card_of('a'), issued('a', RESIDENT), now());
            assert_eq!(store.apply(&event, now()).await.unwrap(), Told::Now { ended: 0 });
            assert_eq!(store.apply(&event, now()).await.unwrap(), Told::Before);
            assert_eq!(card(store, 'a').await.state, CardState::Issued);
            let person = store.person(&id('a')).await.unwrap().unwrap();
            assert_eq!(person.roles, [Role::Resident]);
        }
    }

    #[tokio::test]
    async fn a_card_does_not_change_hands() {
        for rig in both().await {
            known(&rig.store, 'a').await;
            let other = event(&card_of('a'), issued('b', RESIDENT), now());
            let refused = rig.store.apply(&other, now()).await;
            assert!(matches!(refused, Err(ApplyError::CardTaken)));
            assert_eq!(rig.store.person(&id('b')).await.unwrap(), None, "half of it was kept");
        }
    }

    #[tokio::test]
    async fn a_stopped_card_ends_its_sessions_at_once() {
        for rig in both().await {
            let store = &rig.store;
            known(store, 'a').await;
            open(store, "c", 'a', None).await;
            let stop = event(&card_of('a'), state(CardStatus::Suspended), now() + SECOND);
            assert_eq!(store.apply(&stop, now()).await.unwrap(), Told::Now { ended: 1 });
            assert_eq!(card(store, 'a').await.state, CardState::Suspended);
        }
    }

    #[tokio::test]
    async fn what_comes_before_its_time_is_asked_for_again() {
        for rig in both().await {
            let store = &rig.store;
            let early = event(&card_of('a'), state(CardStatus::Suspended), now());
            assert!(matches!(store.apply(&early, now()).await, Err(ApplyError::Early)));
            let gone = event(id('a').as_str(), Event::PersonEnded, now());
            assert!(matches!(store.apply(&gone, now()).await, Err(ApplyError::Early)));
            known(store, 'a').await;
            assert_eq!(store.apply(&early, now()).await.unwrap(), Told::Now { ended: 0 });
        }
    }

    #[tokio::test]
    async fn the_end_of_a_person_is_the_end_of_all_their_cards() {
        for rig in both().await {
            let store = &rig.store;
            known(store, 'a').await;
            open(store, "c", 'a', None).await;
            let gone = event(id('a').as_str(), Event::PersonEnded, now() + SECOND);
            assert_eq!(store.apply(&gone, now()).await.unwrap(), Told::Now { ended: 1 });
            assert_eq!(card(store, 'a').await.state, CardState::Ended);
            let late = event(&card_of('b'), issued('a', RESIDENT), now());
            store.apply(&late, now()).await.unwrap();
            assert_eq!(card(store, 'b').await.state, CardState::Ended, "of before the end");
            let anew = event(&card_of('c'), issued('a', RESIDENT), now() + SECOND * 2);
            store.apply(&anew, now()).await.unwrap();
            assert_eq!(card(store, 'c').await.state, CardState::Issued, "came back");
        }
    }

    #[tokio::test]
    async fn what_has_no_meaning_here_is_refused() {
        for rig in both().await {
            let session = Event::SessionRevoked { event_timestamp: 0 };
            for what in [Event::CardActivated, session, issued('a', "urn:warifu:role:king")] {
                let refused = rig.store.apply(&event(&card_of('a'), what, now()), now()).await;
                assert!(matches!(refused, Err(ApplyError::Meaningless)));
            }
        }
    }
}
