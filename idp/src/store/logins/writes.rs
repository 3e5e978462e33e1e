//! What many sign-ins at once write, one statement for all of them.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use warifu_service::fetch_over;
use warifu_service::storage::{Transaction, Write, micros};

use super::{Asker, Row, Taken, Task};
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
    id: String,
}

impl Write for AddLogin {
    type Answer = ();
    type Error = StoreError;

    fn subject(&self) -> &[u8] {
        self.id.as_bytes()
    }

    async fn write(these: &[Self], tx: &mut Transaction) -> Result<Vec<()>, StoreError> {
        let sql = "WITH v (id, browser, task, provider, acs, request, relay_state, classes, \
                   lasting, subject, level, within, person, session, authenticated_at, onward, \
                   expires_at) AS (VALUES {rows}) \
                   INSERT INTO logins (id, browser, task, provider, acs, request, relay_state, \
                   classes, lasting, subject, level, within, person, session, authenticated_at, \
                   onward, expires_at) SELECT * FROM v WHERE v.id IS NOT NULL";
        let asker = |new: Option<&Self>| new.and_then(|new| new.asker.clone());
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
            asker(new).and_then(|asker| asker.request),
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
        let sql = "WITH v (id, browser, now) AS (VALUES {rows}) \
                   SELECT logins.* FROM v JOIN logins ON logins.id = v.id \
                   WHERE logins.browser = v.browser AND logins.expires_at > v.now";
        let seen = fetch_over!(
            tx.on(),
            Row,
            sql,
            these,
            |one| one.map(|one| one.id.as_str()),
            one.map(|one| one.browser.as_slice()),
            one.map(|one| one.now),
        )?;
        let mut taken = take_out(tx, &seen).await?;
        let mut seen: HashMap<_, _> = seen.into_iter().map(|row| (row.id.clone(), row)).collect();
        let mut answer = |one: &Self| {
            let row = seen.get(&one.id).filter(|row| row.browser == one.browser);
            match row {
                None => Ok(Taken::Unknown),
                Some(_) if !taken.remove(&one.id) => Ok(Taken::Used),
                Some(row) if row.nonce_expires_at.is_none_or(|end| end <= one.now) => {
                    Ok(Taken::Late)
                }
                Some(_) => nonce_of(seen.remove(&one.id)),
            }
        };
        these.iter().map(&mut answer).collect()
    }
}

/// Takes out the nonces that were seen; of which sign-ins they still were there.
async fn take_out(tx: &mut Transaction, seen: &[Row]) -> Result<HashSet<String>, sqlx::Error> {
    let open: Vec<_> = seen.iter().filter(|row| row.nonce.is_some()).collect();
    if open.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = "WITH v (id, nonce) AS (VALUES {rows}) UPDATE logins SET nonce = NULL FROM v \
               WHERE logins.id = v.id AND logins.nonce = v.nonce RETURNING logins.id";
    let taken = fetch_over!(
        tx.on(),
        Id,
        sql,
        &open,
        |row| row.map(|row| row.id.as_str()),
        row.and_then(|row| row.nonce.as_deref()),
    )?;
    Ok(taken.into_iter().map(|row| row.id).collect())
}

fn nonce_of(row: Option<Row>) -> Result<Taken, StoreError> {
    let Some(row) = row else { return Ok(Taken::Used) };
    let Some(nonce) = row.nonce.clone() else { return Ok(Taken::Used) };
    Ok(Taken::Nonce(Box::new(row.try_into()?), nonce))
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
