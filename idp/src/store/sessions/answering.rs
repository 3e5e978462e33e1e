//! Answers to service providers under their sessions, one statement for all that come at once.

use std::collections::HashMap;

use warifu_service::storage::{Transaction, Write};
use warifu_service::{execute, fetch_over};

use super::{Party, Recorded};
use crate::store::logins::TakeLogin;
use crate::store::parties::Row as PartyRow;
use crate::store::readers::in_places;
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

/// The session of an answer, which is alive.
#[derive(sqlx::FromRow)]
struct Alive {
    /// Which answer it is for.
    place: i64,
    /// The names by which the provider knows it already.
    names: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
struct Added {
    #[expect(dead_code, reason = "nothing is returned")]
    session: Vec<u8>,
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
        let alive = alive(tx, these).await?;
        let standing = these.iter().zip(&unused).zip(&alive);
        let living = standing.clone().filter(|((_, unused), alive)| **unused && alive.is_some());
        let claims: Vec<_> = living.filter_map(|((one, _), _)| one.claim.as_ref()).collect();
        let mut claimed = claim_all(tx, &claims).await?;
        let refusal = |((one, unused), alive): ((&Self, &bool), &Option<Alive>)| match &one.claim {
            _ if !unused => Some(Recorded::LoginGone),
            _ if alive.is_none() => Some(Recorded::SessionOver),
            // Of two that ask for the same answer at once, the first gets it.
            Some(claim) if !claimed.remove(claim) => Some(Recorded::Before),
            _ => None,
        };
        let refusals: Vec<_> = standing.map(refusal).collect();
        let joining = these.iter().zip(alive).zip(&refusals);
        let joining = joining.filter(|(_, refusal)| refusal.is_none());
        let joining: Vec<_> =
            joining.filter_map(|((one, alive), _)| Some((one, alive?.names))).collect();
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

/// Which of the sessions are alive, and by which names the providers know them. They stay so until the
/// commit: whoever would end one waits for its row.
async fn alive(
    tx: &mut Transaction,
    these: &[Answering],
) -> Result<Vec<Option<Alive>>, sqlx::Error> {
    let sql = format!(
        "WITH v (place, session, provider, now) AS (VALUES {{rows}}) SELECT v.place, p.names \
         FROM v JOIN sessions ON sessions.id = v.session AND sessions.expires_at > v.now \
         LEFT JOIN session_parties p ON p.session = v.session AND p.provider = v.provider{}",
        tx.held("sessions")
    );
    let asked: Vec<_> = (0_i64..).zip(these).collect();
    let rows = fetch_over!(
        tx.on(),
        Alive,
        &sql,
        &asked,
        |one| one.map(|(place, _)| *place),
        one.map(|(_, one)| one.session.as_slice()),
        one.map(|(_, one)| one.fresh.provider.as_str()),
        one.map(|(_, one)| one.now),
    )?;
    Ok(in_places(these.len(), rows.into_iter().map(|row| (row.place, row))))
}

/// The names by which the providers know the sessions: those of an earlier answer, else the fresh
/// ones. A provider knows a session by one name, so one of another kind takes the place of the
/// earlier.
async fn join(
    tx: &mut Transaction,
    these: &[(&Answering, Option<Vec<u8>>)],
) -> Result<Vec<Party>, StoreError> {
    let Some((Answering { store, .. }, _)) = these.first() else { return Ok(Vec::new()) };
    let known = these.iter().filter_map(|(one, names)| Some((*one, names.clone()?)));
    let known = known.map(|(one, names)| {
        let provider = one.fresh.provider.clone();
        Ok((one.place(), store.open_names(PartyRow { provider, names })?))
    });
    let before = known.collect::<Result<HashMap<Place, Party>, StoreError>>()?;
    let mut now = before.clone();
    let names = these.iter().map(|(one, _)| {
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
        Added,
        sql,
        &rows,
        |one| one.map(|((session, _), ..)| session.as_slice()),
        one.map(|((_, provider), ..)| provider.as_str()),
        one.map(|(_, name, _)| name.as_slice()),
        one.map(|(.., names)| names.as_slice()),
    )?;
    Ok(())
}
