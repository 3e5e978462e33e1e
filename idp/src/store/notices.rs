//! What others have still to be told: logouts, security events. It survives a restart, and each
//! attempt is claimed, so that several identity provider nodes share the work.

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use warifu_service::storage::{Transaction, instant, micros};
use warifu_service::{execute, fetch_all};

use super::standings::Standing;
use super::{Party, Store, StoreError};
use crate::person::PersonId;

const COLUMN: &str = "notices.message";
/// For so long a notice is left to whoever made it and tells it at once.
const HEAD_START: SignedDuration = SignedDuration::from_secs(10);

/// Who is told of more than the logouts of its own sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tells {
    /// The relay takes security events.
    pub(crate) relay: bool,
    /// The card office takes security events.
    pub(crate) card_office: bool,
}

/// Those who are told by their part, not by an entity id (which has a colon).
pub(crate) mod receiver {
    pub(crate) const RELAY: &str = "relay";
    pub(crate) const CARD_OFFICE: &str = "card-office";
}

/// What somebody is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Message {
    /// To a service provider: the session that it knows by these names is over.
    Logout { name_id: String, session_index: String },
    /// To relay and card office: whatever stands on a sign-in of this person before that second is
    /// over.
    SessionRevoked { person: PersonId, before: i64 },
    /// To the relay: whether this person has a card that opens.
    Standing { person: PersonId, standing: Standing },
    /// To the card office: the holder has put the card into use.
    CardActivated { holder_reference: String },
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// 32 hexadecimal digits.
    pub(crate) id: String,
    /// Entity id of a service provider, or one of [`receiver`].
    pub(crate) receiver: String,
    pub(crate) message: Message,
    pub(crate) made_at: Timestamp,
    /// Attempts begun before this one.
    pub(crate) attempts: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    receiver: String,
    message: Vec<u8>,
    made_at: i64,
    attempts: i64,
}

impl Store {
    /// Tells a service provider of the end of a session.
    pub(super) async fn tell_logout(
        &self,
        tx: &mut Transaction,
        party: &Party,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (name_id, session_index) = (party.name_id.clone(), party.session_index.clone());
        let message = Message::Logout { name_id, session_index };
        self.add_notice(tx, &party.provider, message, now).await
    }

    /// The same, when the caller makes the first attempt at once; others take over when it does
    /// not.
    pub(super) async fn tell_logout_first(
        &self,
        tx: &mut Transaction,
        party: &Party,
        now: Timestamp,
    ) -> Result<Notice, StoreError> {
        let (name_id, session_index) = (party.name_id.clone(), party.session_index.clone());
        let message = Message::Logout { name_id, session_index };
        self.add_notice_due(tx, &party.provider, message, (now, now + HEAD_START)).await
    }

    /// Tells relay and card office that a person's sign-ins before a second count no more.
    pub(super) async fn tell_revoked(
        &self,
        tx: &mut Transaction,
        person: &PersonId,
        before: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let message = Message::SessionRevoked { person: person.clone(), before };
        if self.tells.relay {
            self.add_notice(tx, receiver::RELAY, message.clone(), now).await?;
        }
        if self.tells.card_office {
            self.add_notice(tx, receiver::CARD_OFFICE, message, now).await?;
        }
        Ok(())
    }

    /// Tells the relay how a person stands.
    pub(super) async fn tell_standing(
        &self,
        tx: &mut Transaction,
        person: &PersonId,
        standing: Standing,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !self.tells.relay {
            return Ok(());
        }
        let message = Message::Standing { person: person.clone(), standing };
        self.add_notice(tx, receiver::RELAY, message, now).await
    }

    /// Tells the card office that a card is in use.
    pub(super) async fn tell_activated(
        &self,
        tx: &mut Transaction,
        holder_reference: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let message = Message::CardActivated { holder_reference: holder_reference.to_owned() };
        self.add_notice(tx, receiver::CARD_OFFICE, message, now).await
    }

    async fn add_notice(
        &self,
        tx: &mut Transaction,
        receiver: &str,
        message: Message,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.add_notice_due(tx, receiver, message, (now, now)).await?;
        Ok(())
    }

    async fn add_notice_due(
        &self,
        tx: &mut Transaction,
        receiver: &str,
        message: Message,
        (now, due): (Timestamp, Timestamp),
    ) -> Result<Notice, StoreError> {
        let mut id = [0; 16];
        self.entropy.fill(&mut id);
        let id = HEXLOWER.encode(&id);
        let plain = serde_json::to_vec(&message).map_err(|_| StoreError::Corrupt(COLUMN))?;
        let sealed = self.keys.seal(&context(&id), &plain, self.entropy.as_ref());
        let sql = "INSERT INTO notices (id, receiver, message, made_at, attempts, due_at) \
                   VALUES ($1, $2, $3, $4, 0, $5)";
        execute!(tx.on(), sql, id.as_str(), receiver, sealed, micros(now), micros(due))?;
        Ok(Notice { id, receiver: receiver.to_owned(), message, made_at: now, attempts: 0 })
    }

    /// At most so many of the notices whose time has come, oldest first.
    pub(crate) async fn due_notices(
        &self,
        now: Timestamp,
        most: i64,
    ) -> Result<Vec<Notice>, StoreError> {
        let sql = "SELECT id, receiver, message, made_at, attempts FROM notices \
                   WHERE due_at <= $1 ORDER BY due_at LIMIT $2";
        let rows = fetch_all!(self.database.read(), Row, sql, micros(now), most)?;
        rows.into_iter().map(|row| self.open_notice(row)).collect()
    }

    /// Begins an attempt; the next one is due at `next`. `false` when another node has begun it.
    pub(crate) async fn claim_notice(
        &self,
        notice: &Notice,
        next: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE notices SET attempts = attempts + 1, due_at = $3 \
                   WHERE id = $1 AND attempts = $2";
        let (id, next) = (notice.id.as_str(), micros(next));
        Ok(execute!(self.database.write(), sql, id, notice.attempts, next)? == 1)
    }

    /// It was told, or given up; the logout that waits for it hears which.
    pub(crate) async fn settle_notice(
        &self,
        notice: &Notice,
        told: bool,
    ) -> Result<(), StoreError> {
        let mut tx = self.database.begin().await?;
        execute!(tx.on(), "DELETE FROM notices WHERE id = $1", notice.id.as_str())?;
        if matches!(notice.message, Message::Logout { .. }) {
            super::logouts::settle_told(&mut tx, &notice.id, told).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    fn open_notice(&self, row: Row) -> Result<Notice, StoreError> {
        let plain = self
            .keys
            .open(&context(&row.id), &row.message)
            .map_err(|source| StoreError::Sealed { column: COLUMN, source })?;
        Ok(Notice {
            message: serde_json::from_slice(&plain).map_err(|_| StoreError::Corrupt(COLUMN))?,
            id: row.id,
            receiver: row.receiver,
            made_at: instant(row.made_at),
            attempts: row.attempts,
        })
    }
}

fn context(id: &str) -> Vec<u8> {
    format!("{COLUMN}/{id}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{both, now};
    use super::*;

    #[tokio::test]
    async fn an_attempt_is_claimed_once_and_comes_again() {
        for rig in both().await {
            let store = &rig.store;
            let party = Party {
                provider: "https://portal.example".into(),
                name_id: "_n".into(),
                session_index: "i".into(),
            };
            let mut tx = store.database.begin().await.unwrap();
            store.tell_logout(&mut tx, &party, now()).await.unwrap();
            tx.commit().await.unwrap();

            let [notice] = store.due_notices(now(), 9).await.unwrap().try_into().unwrap();
            let next = now() + SignedDuration::from_secs(2);
            assert!(store.claim_notice(&notice, next).await.unwrap());
            assert!(!store.claim_notice(&notice, next).await.unwrap());
            assert_eq!(store.due_notices(now(), 9).await.unwrap(), []);
            let [again] = store.due_notices(next, 9).await.unwrap().try_into().unwrap();
            assert_eq!((again.attempts, again.made_at), (1, now()));
            store.settle_notice(&again, true).await.unwrap();
            assert_eq!(store.due_notices(next, 9).await.unwrap(), []);
        }
    }

    #[tokio::test]
    async fn a_row_does_not_say_whom_it_is_about() {
        #[derive(Debug, sqlx::FromRow)]
        struct Sealed {
            message: Vec<u8>,
        }
        for rig in both().await {
            let holder = "00112233445566778899aabbccddeeff";
            let mut tx = rig.store.database.begin().await.unwrap();
            rig.store.tell_activated(&mut tx, holder, now()).await.unwrap();
            tx.commit().await.unwrap();
            let sql = "SELECT message FROM notices";
            let [row] =
                fetch_all!(rig.store.database.read(), Sealed, sql).unwrap().try_into().unwrap();
            assert!(!row.message.windows(32).any(|window| window == holder.as_bytes()));
        }
    }
}
