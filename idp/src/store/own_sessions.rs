//! A person's sessions, as the person may see them.

use jiff::{SignedDuration, Timestamp};
use warifu_service::fetch_all;
use warifu_service::storage::{instant, micros};

use super::{CardId, SecretHash, Store, StoreError};
use crate::assurance::Level;
use crate::person::PersonId;

/// More than any person has.
const MOST: i64 = 100;

/// One of a person's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnSession {
    pub(crate) id: SecretHash,
    /// The card that opened it.
    pub(crate) card: CardId,
    pub(crate) level: Level,
    pub(crate) authenticated_at: Timestamp,
    pub(crate) used_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// How long it may be unused.
    pub(crate) idle: SignedDuration,
    /// The entity ids of the service providers that hold a session under it.
    pub(crate) providers: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Vec<u8>,
    card: Vec<u8>,
    level: String,
    authenticated_at: i64,
    used_at: i64,
    expires_at: i64,
    idle: i64,
}

#[derive(sqlx::FromRow)]
struct Held {
    session: Vec<u8>,
    provider: String,
}

impl Store {
    /// A person's sessions that go on, the newest first.
    pub(crate) async fn own_sessions(
        &self,
        person: &PersonId,
        now: Timestamp,
    ) -> Result<Vec<OwnSession>, StoreError> {
        let sql = "SELECT id, card, level, authenticated_at, used_at, expires_at, idle \
                   FROM sessions WHERE person = $1 AND expires_at > $2 AND used_at + idle > $2 \
                   ORDER BY authenticated_at DESC, id LIMIT $3";
        let who = person.as_str();
        let rows = fetch_all!(self.database.read(), Row, sql, who, micros(now), MOST)?;
        let sql = "SELECT session, provider FROM session_parties WHERE session IN \
                   (SELECT id FROM sessions WHERE person = $1) ORDER BY provider";
        let held = fetch_all!(self.database.read(), Held, sql, who)?;
        rows.into_iter().map(|row| own(row, &held)).collect()
    }
}

fn own(row: Row, held: &[Held]) -> Result<OwnSession, StoreError> {
    let under = held.iter().filter(|held| held.session == row.id);
    let providers = under.map(|held| held.provider.clone()).collect();
    Ok(OwnSession {
        id: row.id,
        card: row.card,
        level: Level::parse(&row.level).ok_or(StoreError::Corrupt("sessions.level"))?,
        authenticated_at: instant(row.authenticated_at),
        used_at: instant(row.used_at),
        expires_at: instant(row.expires_at),
        idle: SignedDuration::from_micros(row.idle),
        providers,
    })
}

#[cfg(test)]
mod tests {
    use super::super::hash_of;
    use super::super::persons::tests::id;
    use super::super::sessions::tests::{asked, open, portal, ready};
    use super::super::tests::{both, now};
    use super::*;

    const IDLE: SignedDuration = SignedDuration::from_mins(15);

    #[tokio::test]
    async fn a_person_sees_own_sessions_while_they_go_on() {
        for rig in both().await {
            let store = &rig.store;
            ready(store).await;
            for (cookie, person) in [("c", 'a'), ("d", 'a'), ("e", 'b')] {
                open(store, cookie, person, None).await;
            }
            store
                .record_answer(&hash_of("d"), &portal("n"), Some(&asked("r")), now())
                .await
                .unwrap();
            let mut own = store.own_sessions(&id('a'), now()).await.unwrap();
            own.sort_by_key(|session| session.providers.len());
            let [one, other] = own.try_into().unwrap();
            assert_eq!((one.id, one.providers), (hash_of("c"), Vec::new()));
            assert_eq!((other.id, other.providers), (hash_of("d"), vec![portal("n").provider]));
            assert_eq!((other.level, other.authenticated_at), (Level::High, now()));
            assert_eq!(store.own_sessions(&id('a'), now() + IDLE).await.unwrap(), []);
            assert_eq!(store.own_sessions(&id('9'), now()).await.unwrap(), []);
        }
    }
}
