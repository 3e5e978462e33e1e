//! The records: certificates, and what happened to them.

use jiff::Timestamp;
use warifu_pki::{Certificate, Profile, PublicKey, Reason};
use warifu_service::storage::{Transaction, instant, is_duplicate, micros};
use warifu_service::{Database, Surroundings, execute, fetch_all, fetch_optional};

use crate::folder::Issuing;
use crate::{CaError, CertificateRecord, CertificateState, Owner};

/// A certificate that was just signed.
pub(crate) struct Issued<'a> {
    pub(crate) certificate: &'a Certificate,
    pub(crate) profile: &'a Profile,
    pub(crate) key: &'a PublicKey,
    pub(crate) owner: Owner<'a>,
    pub(crate) held: bool,
}

/// What happened.
#[derive(Clone, Copy)]
pub(crate) enum Event<'a> {
    Issued(&'a Certificate),
    Held,
    Released,
    Revoked(Reason),
}

impl Event<'_> {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Issued(_) => "certificate.issued",
            Self::Held => "certificates.held",
            Self::Released => "certificates.released",
            Self::Revoked(_) => "certificates.revoked",
        }
    }
}

pub(crate) fn reason(code: i64) -> Option<Reason> {
    Reason::from_code(u8::try_from(code).ok()?)
}

/// Inserts a certificate. Each key stands in one slot of one card.
pub(crate) async fn insert_certificate(
    on: &mut Transaction,
    issuing: &Issuing,
    issued: &Issued<'_>,
    now: Timestamp,
) -> Result<(), CaError> {
    let sql = "INSERT INTO certificates (serial, authority, generation, shard, profile, card, \
               party, key_hash, not_before, not_after, state, since, reason, listed) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'valid')";
    let Issued { certificate, profile, key, owner, held } = *issued;
    let held = held.then_some(Reason::CertificateHold);
    let inserted = execute!(
        on.on(),
        sql,
        certificate.serial_hex(),
        issuing.branch().name(),
        i64::from(issuing.generation()),
        i64::from(issuing.authority.shard_of(certificate.serial())),
        profile.name(),
        owner.card(),
        owner.party(),
        key.thumbprint(),
        micros(certificate.not_before()),
        micros(certificate.not_after()),
        held.map_or("valid", |_| "held"),
        micros(now),
        held.map(|reason| i64::from(reason.code())),
    );
    match inserted {
        Err(error) if is_duplicate(&error) => Err(CaError::KeyInUse),
        other => Ok(other.map(drop)?),
    }
}

/// Writes down what happened, under an id that begins with the time.
pub(crate) async fn insert_event(
    on: &mut Transaction,
    event: Event<'_>,
    owner: Owner<'_>,
    surroundings: &Surroundings,
) -> Result<(), CaError> {
    let at = micros(surroundings.now());
    let id = format!("{at:016x}{}", surroundings.hex(8));
    let (serial, reason) = match event {
        Event::Issued(certificate) => (Some(certificate.serial_hex()), None),
        Event::Revoked(reason) => (None, Some(i64::from(reason.code()))),
        Event::Held | Event::Released => (None, None),
    };
    let sql = "INSERT INTO authority_events (id, at, kind, card, party, serial, reason) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    execute!(on.on(), sql, id, at, event.kind(), owner.card(), owner.party(), serial, reason)?;
    Ok(())
}

/// Holds what is valid; gives how many that were.
pub(crate) async fn hold(on: &mut Transaction, card: &str, now: Timestamp) -> Result<u64, CaError> {
    let sql = "UPDATE certificates SET state = 'held', since = $2, reason = $3 \
               WHERE card = $1 AND state = 'valid'";
    let reason = i64::from(Reason::CertificateHold.code());
    Ok(execute!(on.on(), sql, card, micros(now), reason)?)
}

/// Releases what is held; gives how many that were.
pub(crate) async fn release(
    on: &mut Transaction,
    card: &str,
    now: Timestamp,
) -> Result<u64, CaError> {
    let sql = "UPDATE certificates SET state = 'valid', since = $2, reason = NULL \
               WHERE card = $1 AND state = 'held'";
    Ok(execute!(on.on(), sql, card, micros(now))?)
}

/// Revokes what is not revoked; gives how many that were.
pub(crate) async fn revoke(
    on: &mut Transaction,
    owner: Owner<'_>,
    now: Timestamp,
    reason: Reason,
) -> Result<u64, CaError> {
    let sql = "UPDATE certificates SET state = 'revoked', since = $3, reason = $4 \
               WHERE (card = $1 OR party = $2) AND state <> 'revoked'";
    let code = i64::from(reason.code());
    Ok(execute!(on.on(), sql, owner.card(), owner.party(), micros(now), code)?)
}

/// Whether a certificate of the card is revoked.
pub(crate) async fn is_revoked(on: &mut Transaction, card: &str) -> Result<bool, CaError> {
    let sql = "SELECT serial FROM certificates WHERE card = $1 AND state = 'revoked' LIMIT 1";
    Ok(fetch_optional!(on.on(), (String,), sql, card)?.is_some())
}

/// Whether anything was issued to this owner.
pub(crate) async fn is_known(on: &mut Transaction, owner: Owner<'_>) -> Result<bool, CaError> {
    let sql = "SELECT serial FROM certificates WHERE card = $1 OR party = $2 LIMIT 1";
    Ok(fetch_optional!(on.on(), (String,), sql, owner.card(), owner.party())?.is_some())
}

/// All certificates of an owner, oldest first.
pub(crate) async fn certificates_of(
    on: &Database,
    owner: Owner<'_>,
) -> Result<Vec<CertificateRecord>, CaError> {
    let sql = "SELECT serial, profile, not_before, not_after, state, since, reason \
               FROM certificates WHERE card = $1 OR party = $2 ORDER BY not_before, serial";
    let rows = fetch_all!(on.read(), Row, sql, owner.card(), owner.party())?;
    rows.into_iter().map(CertificateRecord::try_from).collect()
}

/// The card of a serial number.
pub(crate) async fn card_of_serial(on: &Database, serial: &str) -> Result<Option<String>, CaError> {
    let sql = "SELECT card FROM certificates WHERE serial = $1";
    let row = fetch_optional!(on.read(), (Option<String>,), sql, serial)?;
    Ok(row.and_then(|(card,)| card))
}

#[derive(sqlx::FromRow)]
struct Row {
    serial: String,
    profile: String,
    not_before: i64,
    not_after: i64,
    state: String,
    since: i64,
    reason: Option<i64>,
}

impl TryFrom<Row> for CertificateRecord {
    type Error = CaError;

    fn try_from(row: Row) -> Result<Self, CaError> {
        let since = instant(row.since);
        let state = match (row.state.as_str(), row.reason.and_then(reason)) {
            ("valid", None) => CertificateState::Valid,
            ("held", Some(_)) => CertificateState::Held { since },
            ("revoked", Some(reason)) => CertificateState::Revoked { at: since, reason },
            _ => return Err(CaError::Record { table: "certificates", key: row.serial }),
        };
        Ok(Self {
            state,
            not_before: instant(row.not_before),
            not_after: instant(row.not_after),
            serial: row.serial,
            profile: row.profile,
        })
    }
}
