//! How sessions end, and who is told of it.
//!
//! Service providers are told of the session they know. Relay and card office know no sessions, only
//! sign-ins of a subject before some second; so they are told only what is true of the whole person.

use jiff::Timestamp;
use warifu_service::storage::{Transaction, instant};
use warifu_service::{execute, fetch_all, fetch_optional};

use super::parties::Row;
use super::sessions::hold;
use super::{Card, CardId, Party, SecretHash, Store, StoreError};
use crate::person::PersonId;

/// A session, as far as its end is concerned.
#[derive(sqlx::FromRow)]
struct Open {
    id: Vec<u8>,
    person: String,
    card: Vec<u8>,
    authenticated_at: i64,
}

impl Open {
    fn person(&self) -> Result<PersonId, StoreError> {
        PersonId::parse(&self.person).ok_or(StoreError::Corrupt("sessions.person"))
    }

    fn second(&self) -> i64 {
        instant(self.authenticated_at).as_second()
    }
}

impl Store {
    /// Ends a session at its person's wish; its service providers are to be told, from now on. How
    /// many they are.
    pub(crate) async fn end_session(
        &self,
        id: &SecretHash,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut tx = self.database.begin().await?;
        let told = self.end(&mut tx, id, now).await?;
        tx.commit().await?;
        Ok(told)
    }

    /// Ends what a card opened, as when it is stopped. How many sessions those were.
    pub(crate) async fn revoke_card(
        &self,
        id: &CardId,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut tx = self.database.begin().await?;
        let Some(card) = self.card_in(&mut tx, id).await? else { return Ok(0) };
        let ended = self.end_opened_by(&mut tx, &card, now).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Ends what a card opened, and the FeliCa cards beside it. How many sessions those were.
    pub(super) async fn end_opened_by(
        &self,
        tx: &mut Transaction,
        card: &Card,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut ended = self.end_sessions_of(tx, card, now).await?;
        for token in self.cards_beside(tx, &card.id).await? {
            ended += self.end_sessions_of(tx, &token, now).await?;
        }
        Ok(ended)
    }

    /// Ends one session, and lets its service providers be told. How many they are.
    pub(super) async fn end(
        &self,
        tx: &mut Transaction,
        id: &SecretHash,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let parties = self.end_untold(tx, id, now).await?.unwrap_or_default();
        for party in &parties {
            self.tell_logout(tx, party, now).await?;
        }
        Ok(parties.len())
    }

    /// Ends one session and gives its service providers, whom the caller has to tell; `None` when
    /// there is no such session. Relay and card office hear of it when the person has no other.
    pub(super) async fn end_untold(
        &self,
        tx: &mut Transaction,
        id: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Vec<Party>>, StoreError> {
        let sql = "SELECT id, person, card, authenticated_at FROM sessions WHERE id = $1";
        let Some(session) = fetch_optional!(tx.on(), Open, sql, id.as_slice())? else {
            return Ok(None);
        };
        let parties = self.close_untold(tx, id).await?;
        let person = session.person()?;
        if sessions_of(tx, &person).await?.is_empty() {
            self.tell_revoked(tx, &person, after(session.second(), now), now).await?;
        }
        Ok(Some(parties))
    }

    /// Ends the sessions that a card opened. Those that the person opened with another card later
    /// go on; earlier ones do not, for relay and card office cannot tell them apart.
    pub(super) async fn end_sessions_of(
        &self,
        tx: &mut Transaction,
        card: &Card,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let Some(last_use) = card.used_at.map(Timestamp::as_second) else { return Ok(0) };
        let open = sessions_of(tx, &card.person).await?;
        let goes_on = |session: &Open| session.card != card.id && session.second() > last_use;
        let before = if open.iter().any(goes_on) { last_use + 1 } else { after(last_use, now) };
        let ending: Vec<_> = open.iter().filter(|session| !goes_on(session)).collect();
        for session in &ending {
            self.close(tx, &session.id, now).await?;
        }
        self.tell_revoked(tx, &card.person, before, now).await?;
        Ok(ending.len())
    }

    /// Closes a session and lets its service providers be told. How many they are.
    pub(super) async fn close(
        &self,
        tx: &mut Transaction,
        id: &SecretHash,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let parties = self.close_untold(tx, id).await?;
        for party in &parties {
            self.tell_logout(tx, party, now).await?;
        }
        Ok(parties.len())
    }

    /// Closes a session and gives its service providers.
    async fn close_untold(
        &self,
        tx: &mut Transaction,
        id: &SecretHash,
    ) -> Result<Vec<Party>, StoreError> {
        hold(tx, id).await?;
        let sql = "DELETE FROM session_parties WHERE session = $1 RETURNING provider, names";
        let parties = fetch_all!(tx.on(), Row, sql, id.as_slice())?;
        execute!(tx.on(), "DELETE FROM sessions WHERE id = $1", id.as_slice())?;
        parties.into_iter().map(|party| self.open_names(party)).collect()
    }
}

/// The second before which nothing counts any more: after that sign-in, and not before now. A person
/// who signs in anew within the second is not kept out.
fn after(sign_in: i64, now: Timestamp) -> i64 {
    now.as_second().max(sign_in + 1)
}

async fn sessions_of(tx: &mut Transaction, person: &PersonId) -> Result<Vec<Open>, StoreError> {
    let sql = "SELECT id, person, card, authenticated_at FROM sessions WHERE person = $1";
    Ok(fetch_all!(tx.on(), Open, sql, person.as_str())?)
}

#[cfg(test)]
mod tests {
    use super::super::hash_of;
    use super::super::notices::Message;
    use super::super::notices::receiver::{CARD_OFFICE, RELAY};
    use super::super::sessions::tests::{
        asked, card_of, logouts, new_session, open, portal, ready,
    };
    use super::super::tests::{both, now};
    use super::super::{NewLogin, NewSession, Recorded, Use};
    use super::*;
    use crate::store::logins::tests::new_login;
    use jiff::SignedDuration;

    const SECOND: SignedDuration = SignedDuration::from_secs(1);

    /// What relay and card office are told: the receiver, and the second before which all is over.
    async fn told(store: &Store) -> Vec<(String, i64)> {
        let due = store.due_notices(now() + SignedDuration::from_hours(9), 99).await.unwrap();
        let mut told: Vec<_> = due
            .into_iter()
            .filter_map(|notice| match notice.message {
                Message::SessionRevoked { before, .. } => Some((notice.receiver, before)),
                _ => None,
            })
            .collect();
        told.sort();
        told
    }

    fn both_told(before: i64) -> Vec<(String, i64)> {
        [CARD_OFFICE, RELAY].map(|receiver| (receiver.to_owned(), before)).into()
    }

    /// Opens a session with the person's second card, so many seconds later.
    async fn open_with_second_card(store: &Store, cookie: &str, later: i64) {
        let second = "c".repeat(32);
        super::super::cards::tests::put(store, 'a', &second).await;
        store.add_login(&NewLogin { id: cookie, ..new_login() }).await.unwrap();
        let session = new_session(store, cookie, 'a');
        let at = now() + SignedDuration::from_secs(later);
        let used = Use { card: store.card_id(&second), at, ..session.used };
        let session = NewSession { used, ..session };
        assert!(store.open_session(&session, None, cookie, None).await.unwrap());
    }

    async fn lives(store: &Store, cookie: &str) -> bool {
        store.session(&hash_of(cookie), now()).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn a_stopped_card_takes_its_sessions_along() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            open(store, "d", 'b', None).await;
            let answered = store
                .record_answer(&hash_of("c"), &portal("n"), Some(&asked("r")), now())
                .await
                .unwrap();
            assert_eq!(answered, Recorded::Now(portal("n")));
            let card = store.card_id(&card_of('a'));
            let later = now() + SignedDuration::from_mins(5);
            assert_eq!(store.revoke_card(&card, later).await.unwrap(), 1);
            assert!(!lives(store, "c").await && lives(store, "d").await);
            assert_eq!(logouts(store).await, 1);
            assert_eq!(told(store).await, both_told(later.as_second()));
        }
    }

    #[tokio::test]
    async fn what_a_newer_card_opened_goes_on() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            open_with_second_card(store, "d", 5).await;
            let card = store.card_id(&card_of('a'));
            assert_eq!(store.revoke_card(&card, now() + SECOND * 9).await.unwrap(), 1);
            assert!(!lives(store, "c").await && lives(store, "d").await);
            assert_eq!(told(store).await, both_told(now().as_second() + 1));
        }
    }

    #[tokio::test]
    async fn what_another_card_opened_before_ends_as_well() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            open_with_second_card(store, "d", 5).await;
            let card = store.card_id(&"c".repeat(32));
            assert_eq!(store.revoke_card(&card, now() + SECOND * 9).await.unwrap(), 2);
            assert_eq!(told(store).await, both_told(now().as_second() + 9));
        }
    }

    #[tokio::test]
    async fn a_card_that_never_opened_anything_ends_nothing() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            let card = store.card_id(&card_of('a'));
            assert_eq!(store.revoke_card(&card, now()).await.unwrap(), 0);
            assert_eq!(store.revoke_card(&store.card_id("none"), now()).await.unwrap(), 0);
            assert_eq!(told(store).await, []);
        }
    }

    #[tokio::test]
    async fn a_card_whose_session_is_swept_may_still_have_opened_something() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            let idle = SignedDuration::from_mins(15);
            store.sweep_sessions(now() + idle).await.unwrap();
            let card = store.card_id(&card_of('a'));
            assert_eq!(store.revoke_card(&card, now() + idle).await.unwrap(), 0);
            assert_eq!(told(store).await, both_told((now() + idle).as_second()));
        }
    }

    #[tokio::test]
    async fn signing_out_of_one_of_two_browsers_is_no_end_of_the_person() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            open(store, "c", 'a', None).await;
            open(store, "d", 'a', None).await;
            store.end_session(&hash_of("c"), now()).await.unwrap();
            assert_eq!(told(store).await, []);
            store.end_session(&hash_of("d"), now()).await.unwrap();
            assert_eq!(told(store).await, both_told(now().as_second() + 1));
        }
    }
}
