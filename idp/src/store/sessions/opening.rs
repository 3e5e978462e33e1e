//! Sessions that sign-ins open, one statement for all that come at once.

use std::collections::HashSet;

use jiff::SignedDuration;
use warifu_service::fetch_over;
use warifu_service::storage::{Transaction, Write, micros};

use super::{Id, NewSession, Session};
use crate::person::CardState;
use crate::store::logins::is_open;
use crate::store::{CardId, SecretHash, Store, StoreError};

/// A session is opened as the outcome of a sign-in; whether it was.
pub(in crate::store) struct Opening {
    pub(super) store: Store,
    pub(super) new: NewSession,
    pub(super) replaces: Option<Session>,
    pub(super) login: String,
    pub(super) ends_at: Option<i64>,
    /// The holder reference, sealed.
    pub(super) holder: Option<Vec<u8>>,
}

impl Write for Opening {
    type Answer = bool;
    type Error = StoreError;

    fn subject(&self) -> &[u8] {
        self.login.as_bytes()
    }

    async fn write(these: &[Self], tx: &mut Transaction) -> Result<Vec<bool>, StoreError> {
        let used = use_cards(tx, these).await?;
        let good: Vec<_> = these.iter().filter(|one| used.contains(&one.new.used.card)).collect();
        let settled = settle(tx, &good).await?;
        let opened: Vec<_> = good.into_iter().filter(|one| settled.contains(&one.new.id)).collect();
        insert(tx, &opened).await?;
        for one in opened {
            if let Some(old) = &one.replaces {
                one.store.replace(tx, old, &one.new).await?;
            }
        }
        Ok(these.iter().map(|one| settled.contains(&one.new.id)).collect())
    }
}

/// Notes that the cards answered: those that are in use, for sign-ins that are open. Whoever stops a
/// card touches the same row, and so either comes first or finds the session.
async fn use_cards(tx: &mut Transaction, these: &[Opening]) -> Result<HashSet<CardId>, StoreError> {
    let (shown, bare): (Vec<_>, Vec<_>) =
        these.iter().partition(|one| one.new.used.certificate.is_some());
    let mut used = use_certificates(tx, &shown).await?;
    for one in bare {
        if is_open(tx, &one.login).await? && one.store.note_tap(tx, &one.new.used).await? {
            used.insert(one.new.used.card.clone());
        }
    }
    Ok(used)
}

/// The same for cards with certificates, which are noted too.
async fn use_certificates(
    tx: &mut Transaction,
    these: &[&Opening],
) -> Result<HashSet<CardId>, StoreError> {
    if these.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = "WITH v (id, state, login, used_at, issuer, certificate, expires_at) \
               AS (VALUES {rows}) \
               UPDATE cards SET used_at = v.used_at, issuer = v.issuer, \
               certificate = v.certificate, expires_at = v.expires_at FROM v \
               WHERE cards.id = v.id AND cards.state = v.state AND EXISTS \
               (SELECT 1 FROM logins WHERE logins.id = v.login AND logins.person IS NULL) \
               RETURNING cards.id";
    let shown = |one: Option<&&Opening>| one.and_then(|one| one.new.used.certificate.clone());
    let name = |one: Option<&&Opening>| {
        let shown = shown(one)?;
        Some(one?.store.certificate_id(&shown.issuer, &shown.serial))
    };
    let rows = fetch_over!(
        tx.on(),
        Id,
        sql,
        these,
        |one| one.map(|one| one.new.used.card.as_slice()),
        one.map(|_| CardState::Active.as_str()),
        one.map(|one| one.login.as_str()),
        one.map(|one| micros(one.new.used.at)),
        shown(one).map(|shown| shown.issuer),
        name(one),
        shown(one).map(|shown| micros(shown.expires_at)),
    )?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Writes the outcomes of the sign-ins that have none yet. The sessions that they are to open.
async fn settle(
    tx: &mut Transaction,
    these: &[&Opening],
) -> Result<HashSet<SecretHash>, StoreError> {
    if these.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = "WITH v (login, person, session, at, ends_at) AS (VALUES {rows}) \
               UPDATE logins SET person = v.person, session = v.session, \
               authenticated_at = v.at, ends_at = v.ends_at FROM v \
               WHERE logins.id = v.login AND logins.person IS NULL \
               RETURNING logins.session AS id";
    let rows = fetch_over!(
        tx.on(),
        Id,
        sql,
        these,
        |one| one.map(|one| one.login.as_str()),
        one.map(|one| one.new.person.as_str()),
        one.map(|one| one.new.id.as_slice()),
        one.map(|one| micros(one.new.used.at)),
        one.and_then(|one| one.ends_at),
    )?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// As the databases keep it: microseconds.
fn length(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

async fn insert(tx: &mut Transaction, these: &[&Opening]) -> Result<(), StoreError> {
    if these.is_empty() {
        return Ok(());
    }
    let sql = "WITH v (id, person, card, level, at, expires_at, idle, watch, holder, card_ends) \
               AS (VALUES {rows}) \
               INSERT INTO sessions \
               (id, person, card, level, authenticated_at, used_at, expires_at, idle, watch, holder, \
               card_ends) \
               SELECT id, person, card, level, at, at, expires_at, idle, watch, holder, card_ends \
               FROM v WHERE v.id IS NOT NULL";
    fetch_over!(
        tx.on(),
        Id,
        sql,
        these,
        |one| one.map(|one| one.new.id.as_slice()),
        one.map(|one| one.new.person.as_str()),
        one.map(|one| one.new.used.card.as_slice()),
        one.map(|one| one.new.level.as_str()),
        one.map(|one| micros(one.new.used.at)),
        one.map(|one| micros(one.new.expires_at)),
        one.map(|one| length(one.new.idle)),
        one.and_then(|one| one.new.watch.as_deref()),
        one.and_then(|one| one.holder.as_deref()),
        one.and_then(|one| one.new.card_ends).map(micros),
    )?;
    Ok(())
}
