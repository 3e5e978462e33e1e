//! Answers to service providers under their sessions, one statement for all that come at once.

use std::collections::{HashMap, HashSet};

use warifu_service::storage::{Transaction, Write};
use warifu_service::{execute, fetch_over};

use super::{Id, Party, Recorded};
use crate::store::logins::TakeLogin;
use crate::store::parties::Row as PartyRow;
use crate::store::replay::{Claim, claim_all};
use crate::store::{SecretHash, Store, StoreError};

/// A request of a provider is answered under a session.
pub(in crate::store) struct Answering {
    pub(super) store: Store,
    /// The sign-in that it uses up, where there is one.
    pub(super) login: Option<TakeLogin>,
    pub(super) session: SecretHash,
    /// The names by which the provider is to know the session, unless it knows some already.
    pub(super) fresh: Party,
    /// The request that is answered, where there was one.
    pub(super) claim: Option<Claim>,
    pub(super) now: i64,
}

/// A provider under a session, and its names there.
#[derive(sqlx::FromRow)]
struct Known {
    session: Vec<u8>,
    #[sqlx(flatten)]
    party: PartyRow,
}

/// A session and a provider.
type Place = (SecretHash, String);

impl Answering {
    fn place(&self) -> Place {
        (self.session.clone(), self.fresh.provider.clone())
    }
}

impl Write for Answering {
    type Answer = Recorded;
    type Error = StoreError;

    fn subject(&self) -> &[u8] {
        &self.session
    }

    async fn write(these: &[Self], tx: &mut Transaction) -> Result<Vec<Recorded>, StoreError> {
        let unused = take_out(tx, these).await?;
        let pairs = these.iter().zip(&unused);
        let standing: Vec<_> = pairs.filter(|(_, unused)| **unused).map(|(one, _)| one).collect();
        let alive = touch(tx, &standing).await?;
        let living = standing.iter().filter(|one| alive.contains(&one.session));
        let claims: Vec<_> = living.filter_map(|one| one.claim.as_ref()).collect();
        let mut claimed = claim_all(tx, &claims).await?;
        // Of two that ask for the same answer at once, the first gets it.
        let mut first = |claim: &Claim| claimed.remove(&claim.request);
        let refusal = |(one, unused): (&Self, &bool)| match &one.claim {
            _ if !unused => Some(Recorded::LoginGone),
            _ if !alive.contains(&one.session) => Some(Recorded::SessionOver),
            Some(claim) if !first(claim) => Some(Recorded::Before),
            _ => None,
        };
        let refusals: Vec<_> = these.iter().zip(&unused).map(refusal).collect();
        let pairs = these.iter().zip(&refusals);
        let joining: Vec<_> =
            pairs.filter(|(_, refusal)| refusal.is_none()).map(|(one, _)| one).collect();
        let mut names = join(tx, &joining).await?.into_iter().map(Recorded::Now);
        Ok(refusals.into_iter().filter_map(|refusal| refusal.or_else(|| names.next())).collect())
    }
}

/// Takes out the sign-ins that are used up. Of which answers none was used up before.
async fn take_out(tx: &mut Transaction, these: &[Answering]) -> Result<Vec<bool>, StoreError> {
    let logins: Vec<_> = these.iter().filter_map(|one| one.login.clone()).collect();
    let taken = if logins.is_empty() { Vec::new() } else { TakeLogin::write(&logins, tx).await? };
    let mut taken = taken.into_iter().map(|login| login.is_some());
    let unused = these.iter().map(|one| one.login.is_none() || taken.next().unwrap_or_default());
    Ok(unused.collect())
}

/// Notes that the sessions are used, which keeps others from ending them meanwhile: they touch the
/// same row first. Which of them are alive.
async fn touch(
    tx: &mut Transaction,
    these: &[&Answering],
) -> Result<HashSet<SecretHash>, sqlx::Error> {
    if these.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = "WITH v (id, now) AS (VALUES {rows}) UPDATE sessions SET used_at = v.now, longest_pause = CASE \
               WHEN v.now - used_at > longest_pause THEN v.now - used_at ELSE longest_pause END \
               FROM v WHERE sessions.id = v.id AND sessions.expires_at > v.now RETURNING sessions.id";
    let rows = fetch_over!(
        tx.on(),
        Id,
        sql,
        these,
        |one| one.map(|one| one.session.as_slice()),
        one.map(|one| one.now),
    )?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The names by which the providers know the sessions: those of an earlier answer, else the fresh
/// ones. A provider knows a session by one name, so one of another kind takes the place of the
/// earlier. Whoever touches a session first adds its providers, so nobody adds one in between.
async fn join(tx: &mut Transaction, these: &[&Answering]) -> Result<Vec<Party>, StoreError> {
    let Some(Answering { store, .. }) = these.first() else { return Ok(Vec::new()) };
    let known = known(tx, these).await?.into_iter().map(|known| known.split(store));
    let before = known.collect::<Result<HashMap<Place, Party>, _>>()?;
    let mut now = before.clone();
    let names = these.iter().map(|one| {
        let names = now.entry(one.place()).or_insert_with(|| one.fresh.clone());
        if names.is_lasting() != one.fresh.is_lasting() {
            names.name_id.clone_from(&one.fresh.name_id);
        }
        names.clone()
    });
    let names = names.collect();
    let (renamed, added): (Vec<_>, Vec<_>) = now
        .into_iter()
        .filter(|(place, names)| before.get(place) != Some(names))
        .partition(|(place, _)| before.contains_key(place));
    rename(tx, store, &renamed).await?;
    add(tx, store, &added).await?;
    Ok(names)
}

impl Known {
    fn split(self, store: &Store) -> Result<(Place, Party), StoreError> {
        let party = store.open_names(self.party)?;
        Ok(((self.session, party.provider.clone()), party))
    }
}

async fn known(tx: &mut Transaction, these: &[&Answering]) -> Result<Vec<Known>, sqlx::Error> {
    let sql = "WITH v (session, provider) AS (VALUES {rows}) \
               SELECT p.session, p.provider, p.names FROM v \
               JOIN session_parties p ON p.session = v.session AND p.provider = v.provider";
    fetch_over!(
        tx.on(),
        Known,
        sql,
        these,
        |one| one.map(|one| one.session.as_slice()),
        one.map(|one| one.fresh.provider.as_str()),
    )
}

async fn rename(
    tx: &mut Transaction,
    store: &Store,
    these: &[(Place, Party)],
) -> Result<(), StoreError> {
    let sql = "UPDATE session_parties SET name = $3, names = $4 \
               WHERE session = $1 AND provider = $2";
    for ((session, provider), party) in these {
        let (name, names) = (store.name_key(provider, &party.name_id), store.seal_names(party)?);
        execute!(tx.on(), sql, session.as_slice(), provider.as_str(), name, names)?;
    }
    Ok(())
}

async fn add(
    tx: &mut Transaction,
    store: &Store,
    these: &[(Place, Party)],
) -> Result<(), StoreError> {
    if these.is_empty() {
        return Ok(());
    }
    let sql = "WITH v (session, provider, name, names) AS (VALUES {rows}) \
               INSERT INTO session_parties (session, provider, name, names) \
               SELECT session, provider, name, names FROM v WHERE v.session IS NOT NULL";
    let sealed = |(place, party): &(Place, Party)| {
        let name = store.name_key(&party.provider, &party.name_id);
        Ok((place.clone(), name, store.seal_names(party)?))
    };
    let rows = these.iter().map(sealed).collect::<Result<Vec<_>, StoreError>>()?;
    fetch_over!(
        tx.on(),
        Known,
        sql,
        &rows,
        |one| one.map(|((session, _), ..)| session.as_slice()),
        one.map(|((_, provider), ..)| provider.as_str()),
        one.map(|(_, name, _)| name.as_slice()),
        one.map(|(.., names)| names.as_slice()),
    )?;
    Ok(())
}
