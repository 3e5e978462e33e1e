//! Sign-ins on their way to the host that asks browsers for a card's certificate, and back. A ticket
//! leads there, a code leads back; the database knows keyed hashes of both.

use jiff::Timestamp;
use warifu_service::storage::micros;
use warifu_service::{execute, fetch_optional};

use super::logins::Row;
use super::{Login, Store, StoreError};

const TICKET: &str = "card_visits.ticket";
const CODE: &str = "card_visits.code";
const CERTIFICATE: &str = "card_visits.certificate";

/// What leads from the card's host back to the sign-in.
pub(crate) struct Passage<'a> {
    /// The ticket that it is given for, which counts no more.
    pub(crate) ticket: &'a str,
    pub(crate) code: &'a str,
    /// The card's certificate (DER).
    pub(crate) certificate: &'a [u8],
    pub(crate) expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Returned {
    certificate: Vec<u8>,
    expires_at: i64,
}

impl Store {
    /// Lets that ticket lead to the card's host, in place of whatever was on its way before.
    pub(crate) async fn set_visit(
        &self,
        login: &str,
        ticket: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO card_visits (login, secret, expires_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (login) DO UPDATE SET secret = excluded.secret, \
                   certificate = NULL, expires_at = excluded.expires_at";
        let secret = self.keys.lookup(TICKET, ticket.as_bytes());
        execute!(self.database.write(), sql, login, secret.as_slice(), micros(expires_at))?;
        Ok(())
    }

    /// The sign-in that a ticket leads on, while both last and it has no outcome.
    pub(crate) async fn visiting(
        &self,
        login: &str,
        ticket: &str,
        now: Timestamp,
    ) -> Result<Option<Login>, StoreError> {
        let sql = "SELECT logins.* FROM card_visits \
                   JOIN logins ON logins.id = card_visits.login \
                   WHERE card_visits.login = $1 AND card_visits.secret = $2 \
                   AND card_visits.certificate IS NULL AND card_visits.expires_at > $3 \
                   AND logins.expires_at > $3 AND logins.person IS NULL";
        let secret = self.keys.lookup(TICKET, ticket.as_bytes());
        let (secret, now) = (secret.as_slice(), micros(now));
        let row = fetch_optional!(self.database.read(), Row, sql, login, secret, now)?;
        row.map(Login::try_from).transpose()
    }

    /// Takes the ticket and lets a code lead back: of several that try, one does.
    pub(crate) async fn lead_back(
        &self,
        login: &str,
        passage: &Passage<'_>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE card_visits SET secret = $3, certificate = $4, expires_at = $5 \
                   WHERE login = $1 AND secret = $2 AND certificate IS NULL";
        let ticket = self.keys.lookup(TICKET, passage.ticket.as_bytes());
        let code = self.keys.lookup(CODE, passage.code.as_bytes());
        let sealed = self.keys.seal(&context(login), passage.certificate, self.entropy.as_ref());
        let (ticket, code, sealed) = (ticket.as_slice(), code.as_slice(), sealed.as_slice());
        let until = micros(passage.expires_at);
        Ok(execute!(self.database.write(), sql, login, ticket, code, sealed, until)? == 1)
    }

    /// Takes the certificate (DER) that came back under that code, whoever brings it: a code counts
    /// once.
    pub(crate) async fn take_visit(
        &self,
        login: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "DELETE FROM card_visits WHERE login = $1 AND secret = $2 \
                   AND certificate IS NOT NULL RETURNING certificate, expires_at";
        let secret = self.keys.lookup(CODE, code.as_bytes());
        let row = fetch_optional!(self.database.write(), Returned, sql, login, secret.as_slice())?;
        let Some(row) = row.filter(|row| row.expires_at > micros(now)) else { return Ok(None) };
        let opened = self.keys.open(&context(login), &row.certificate);
        opened.map(Some).map_err(|source| StoreError::Sealed { column: CERTIFICATE, source })
    }

    /// Deletes the visits that were given up.
    pub(crate) async fn sweep_visits(&self, now: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM card_visits WHERE expires_at <= $1";
        Ok(execute!(self.database.write(), sql, micros(now))?)
    }
}

/// Binds a sealed certificate to its row.
fn context(login: &str) -> Vec<u8> {
    format!("{CERTIFICATE}:{login}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::logins::tests::{TX, new_login};
    use super::super::tests::{both, now};
    use super::*;
    use jiff::SignedDuration;

    const MINUTE: SignedDuration = SignedDuration::from_mins(1);

    fn passage<'a>(ticket: &'a str, code: &'a str) -> Passage<'a> {
        Passage { ticket, code, certificate: b"certificate", expires_at: now() + MINUTE }
    }

    #[tokio::test]
    async fn a_ticket_leads_there_and_a_code_leads_back_once() {
        for rig in both().await {
            let store = &rig.store;
            store.add_login(&new_login()).await.unwrap();
            store.set_visit(TX, "old", now() + MINUTE).await.unwrap();
            store.set_visit(TX, "ticket", now() + MINUTE).await.unwrap();
            assert!(store.visiting(TX, "old", now()).await.unwrap().is_none());
            assert!(store.visiting(TX, "ticket", now() + MINUTE).await.unwrap().is_none());
            assert_eq!(store.visiting(TX, "ticket", now()).await.unwrap().unwrap().id, TX);
            assert!(store.lead_back(TX, &passage("ticket", "code")).await.unwrap());
            assert!(!store.lead_back(TX, &passage("ticket", "other")).await.unwrap());
            assert!(store.visiting(TX, "ticket", now()).await.unwrap().is_none());
            for (login, code) in [(TX, "ticket"), (TX, "other"), ("another", "code")] {
                assert_eq!(store.take_visit(login, code, now()).await.unwrap(), None, "{code}");
            }
            let taken = store.take_visit(TX, "code", now()).await.unwrap();
            assert_eq!(taken.as_deref(), Some(&b"certificate"[..]));
            assert_eq!(store.take_visit(TX, "code", now()).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn a_ticket_is_no_code_and_a_late_code_is_gone() {
        for rig in both().await {
            let store = &rig.store;
            store.add_login(&new_login()).await.unwrap();
            store.set_visit(TX, "same", now() + MINUTE).await.unwrap();
            assert_eq!(store.take_visit(TX, "same", now()).await.unwrap(), None);
            assert!(store.lead_back(TX, &passage("same", "code")).await.unwrap());
            assert_eq!(store.take_visit(TX, "code", now() + MINUTE).await.unwrap(), None);
            assert_eq!(store.take_visit(TX, "code", now()).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn of_many_that_come_back_at_once_one_gets_in() {
        for rig in both().await {
            rig.store.add_login(&new_login()).await.unwrap();
            rig.store.set_visit(TX, "ticket", now() + MINUTE).await.unwrap();
            let passage = passage("ticket", "code");
            let tries = (0..8).map(|_| rig.store.lead_back(TX, &passage));
            let led = futures::future::join_all(tries).await;
            assert_eq!(led.into_iter().filter(|led| *led.as_ref().unwrap()).count(), 1);
            let tries = (0..8).map(|_| rig.store.take_visit(TX, "code", now()));
            let taken = futures::future::join_all(tries).await;
            let lucky = taken.into_iter().filter(|taken| taken.as_ref().unwrap().is_some());
            assert_eq!(lucky.count(), 1);
        }
    }

    #[tokio::test]
    async fn nothing_of_them_stays() {
        for rig in both().await {
            let store = &rig.store;
            store.set_visit(TX, "ticket", now() + MINUTE).await.unwrap();
            assert_eq!(store.sweep_visits(now()).await.unwrap(), 0);
            assert_eq!(store.sweep_visits(now() + MINUTE).await.unwrap(), 1);
        }
    }
}
