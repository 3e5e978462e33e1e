//! What many sign-ins at once write, one statement for all of them.

use std::collections::HashMap;

use jiff::Timestamp;
use warifu_service::fetch_over;
use warifu_service::storage::{Transaction, Write, micros};

use super::{Asker, FirstChallenge, Row, Taken, Task};
use crate::assurance::Level;
use crate::onward::OwnPage;
use crate::person::PersonId;
use crate::store::{Login, SecretHash, StoreError};

/// A sign-in is put there.
pub(in crate::store) struct AddLogin {
    pub(super) id: String,
    pub(super) browser: SecretHash,
    pub(super) task: Task,
    pub(super) asker: Option<Asker>,
    pub(super) level: Level,
    pub(super) within: Option<SecretHash>,
    pub(super) known: Option<Known>,
    pub(super) onward: Option<OwnPage>,
    pub(super) challenge: Option<FirstChallenge>,
    pub(super) expires_at: i64,
}

/// The session that answers a sign-in from the beginning.
pub(super) struct Known {
    pub(super) person: PersonId,
    pub(super) session: SecretHash,
    pub(super) authenticated_at: i64,
}

/// A challenge is set; the sign-in, where there still is that question.
pub(in crate::store) struct SetChallenge {
    pub(super) id: String,
    pub(super) browser: SecretHash,
    pub(super) now: i64,
    pub(super) was: Task,
    pub(super) task: Task,
    pub(super) nonce: String,
    pub(super) expires_at: i64,
    pub(super) watch: Option<SecretHash>,
}

/// A challenge is taken out.
pub(in crate::store) struct TakeChallenge {
    pub(super) id: String,
    pub(super) browser: SecretHash,
    pub(super) now: i64,
}

/// A sign-in is taken out for good.
#[derive(Clone)]
pub(in crate::store) struct TakeLogin {
    pub(super) id: String,
    pub(super) browser: SecretHash,
    pub(super) finished: bool,
    pub(super) now: i64,
}

#[derive(sqlx::FromRow)]
struct Id {
    #[expect(dead_code, reason = "nothing is returned")]
    id: String,
}

impl Write for AddLogin {
    type Answer = ();
    type Error = StoreError;

    fn subject(&self) -> &[u8] {
        self.id.as_bytes()
    }

    async fn write(these: &[Self], tx: &mut Transaction) -> Result<Vec<()>, StoreError> {
        let sql = "WITH v (id, browser, task, provider, acs, request, requested_at, relay_state, classes, \
                   lasting, subject, level, within, person, session, authenticated_at, onward, \
                   nonce, nonce_expires_at, watch, expires_at) AS (VALUES {rows}) \
                   INSERT INTO logins (id, browser, task, provider, acs, request, requested_at, relay_state, \
                   classes, lasting, subject, level, within, person, session, authenticated_at, \
                   onward, nonce, nonce_expires_at, watch, expires_at) SELECT * FROM v WHERE v.id IS NOT NULL";
        let asker = |new: Option<&Self>| new.and_then(|new| new.asker.clone());
        let request = |new: Option<&Self>| asker(new).and_then(|asker| asker.request);
        let challenge = |new: Option<&Self>| new.and_then(|new| new.challenge.clone());
        let wishes = |new: Option<&Self>| asker(new).map(|asker| asker.wishes);
        fetch_over!(
            tx.on(),
            Id,
            sql,
            these,
            |new| new.map(|new| new.id.as_str()),
            new.map(|new| new.browser.as_slice()),
            new.map(|new| new.task.as_str()),
            asker(new).map(|asker| asker.provider),
            asker(new).map(|asker| asker.acs),
            request(new).map(|asked| asked.id),
            request(new).map(|asked| micros(asked.at)),
            asker(new).and_then(|asker| asker.relay_state),
            wishes(new).map(|wishes| wishes.wanted.to_words()),
            wishes(new).map(|wishes| wishes.lasting),
            wishes(new).and_then(|wishes| wishes.subject),
            new.map(|new| new.level.as_str()),
            new.and_then(|new| new.within.as_deref()),
            new.and_then(|new| new.known.as_ref()).map(|known| known.person.as_str()),
            new.and_then(|new| new.known.as_ref()).map(|known| known.session.as_slice()),
            new.and_then(|new| new.known.as_ref()).map(|known| known.authenticated_at),
            new.and_then(|new| new.onward.as_ref()).map(OwnPage::as_str),
            challenge(new).map(|challenge| challenge.nonce),
            challenge(new).map(|challenge| micros(challenge.expires_at)),
            challenge(new).map(|challenge| challenge.watch),
            new.map(|new| new.expires_at),
        )?;
        Ok(vec![(); these.len()])
    }
}

impl Write for SetChallenge {
    type Answer = Option<Login>;
    type Error = StoreError;

    fn subject(&self) -> &[u8] {
        self.id.as_bytes()
    }

    async fn write(these: &[Self], tx: &mut Transaction) -> Result<Vec<Option<Login>>, StoreError> {
        // PostgreSQL returns the columns of `v` too: so none has a name of those of `logins`.
        let sql = "WITH v (login, secret, now, was, next, fresh, until, token) AS (VALUES {rows}) \
                   UPDATE logins SET nonce = v.fresh, nonce_expires_at = v.until, \
                   watch = v.token, task = v.next, proved = NULL, proved_at = NULL FROM v \
                   WHERE logins.id = v.login AND logins.browser = v.secret \
                   AND logins.expires_at > v.now AND logins.task = v.was \
                   AND logins.person IS NULL RETURNING *";
        let set = fetch_over!(
            tx.on(),
            Row,
            sql,
            these,
            |one| one.map(|one| one.id.as_str()),
            one.map(|one| one.browser.as_slice()),
            one.map(|one| one.now),
            one.map(|one| one.was.as_str()),
            one.map(|one| one.task.as_str()),
            one.map(|one| one.nonce.as_str()),
            one.map(|one| one.expires_at),
            one.and_then(|one| one.watch.as_deref()),
        )?;
        // Of two for the same sign-in at once, one stands.
        let mut set: HashMap<_, _> =
            set.into_iter().filter_map(|row| Some((row.nonce.clone()?, row))).collect();
        let login = |one: &Self| set.remove(&one.nonce).map(Login::try_from).transpose();
        these.iter().map(login).collect()
    }
}

impl Write for TakeChallenge {
    type Answer = Taken;
    type Error = StoreError;

    fn subject(&self) -> &[u8] {
        self.id.as_bytes()
    }

    async fn write(these: &[Self], tx: &mut Transaction) -> Result<Vec<Taken>, StoreError> {
        // PostgreSQL returns the columns of `v` too: so none has a name of those of `logins`.
        let sql = "WITH v (login, secret, now) AS (VALUES {rows}) \
                   UPDATE logins SET spent = logins.nonce, nonce = NULL FROM v \
                   WHERE logins.id = v.login AND logins.browser = v.secret \
                   AND logins.expires_at > v.now RETURNING *";
        let taken = fetch_over!(
            tx.on(),
            Row,
            sql,
            these,
            |one| one.map(|one| one.id.as_str()),
            one.map(|one| one.browser.as_slice()),
            one.map(|one| one.now),
        )?;
        let mut taken: HashMap<_, _> = taken.into_iter().map(|row| (row.id.clone(), row)).collect();
        let mut answer = |one: &Self| {
            let row = taken.get_mut(&one.id).filter(|row| row.browser == one.browser);
            let Some(row) = row else { return Ok(Taken::Unknown) };
            // Of two that take it at once, the first gets it.
            let Some(nonce) = row.spent.take() else { return Ok(Taken::Used) };
            if row.nonce_expires_at.is_none_or(|end| end <= one.now) {
                return Ok(Taken::Late);
            }
            Ok(Taken::Nonce(Box::new(row.clone().try_into()?), nonce))
        };
        these.iter().map(&mut answer).collect()
    }
}

impl TakeLogin {
    /// With its outcome (`finished`), or before it has one.
    pub(in crate::store) fn new(
        id: &str,
        browser: &SecretHash,
        finished: bool,
        now: Timestamp,
    ) -> Self {
        Self { id: id.to_owned(), browser: browser.clone(), finished, now: micros(now) }
    }
}

impl Write for TakeLogin {
    type Answer = Option<Login>;
    type Error = StoreError;

    fn subject(&self) -> &[u8] {
        self.id.as_bytes()
    }

    async fn write(these: &[Self], tx: &mut Transaction) -> Result<Vec<Option<Login>>, StoreError> {
        let sql = "WITH v (id, browser, finished, now) AS (VALUES {rows}) \
                   DELETE FROM logins WHERE id IN (SELECT v.id FROM v) AND EXISTS \
                   (SELECT 1 FROM v WHERE v.id = logins.id AND v.browser = logins.browser \
                   AND v.finished = (logins.person IS NOT NULL) AND v.now < logins.expires_at) \
                   RETURNING *";
        let rows = fetch_over!(
            tx.on(),
            Row,
            sql,
            these,
            |one| one.map(|one| one.id.as_str()),
            one.map(|one| one.browser.as_slice()),
            one.map(|one| one.finished),
            one.map(|one| one.now),
        )?;
        let mut gone: HashMap<_, _> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
        let mut answer = |one: &Self| {
            let fits = gone.get(&one.id).is_some_and(|row| {
                row.browser == one.browser && row.person.is_some() == one.finished
            });
            let row = if fits { gone.remove(&one.id) } else { None };
            row.map(Login::try_from).transpose()
        };
        these.iter().map(&mut answer).collect()
    }
}
