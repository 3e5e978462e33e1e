//! The office's records: cards, certificates, events.

use jiff::Timestamp;
use warifu_pki::{Certificate, Profile, PublicKey, Reason};
use warifu_service::storage::{Transaction, instant, is_duplicate, micros};
use warifu_service::{Database, Surroundings, execute, fetch_all, fetch_optional};

use crate::{CardId, CardNumber, CardState, OfficeError};

/// A row of `cards`.
#[derive(sqlx::FromRow)]
pub(crate) struct CardRow {
    pub(crate) number: String,
    pub(crate) holder: Vec<u8>,
    state: String,
    issued_at: i64,
    revoked_at: Option<i64>,
    reason: Option<i64>,
}

impl CardRow {
    pub(crate) fn number(&self) -> Result<CardNumber, OfficeError> {
        self.number.parse().map_err(|_| self.corrupt())
    }

    pub(crate) fn issued_at(&self) -> Timestamp {
        instant(self.issued_at)
    }

    pub(crate) fn state(&self) -> Result<CardState, OfficeError> {
        match (self.state.as_str(), self.revoked_at, self.reason) {
            ("issued", None, None) => Ok(CardState::Issued),
            ("revoked", Some(at), Some(code)) => {
                let reason = reason(code).ok_or_else(|| self.corrupt())?;
                Ok(CardState::Revoked { at: instant(at), reason })
            }
            _ => Err(self.corrupt()),
        }
    }

    fn corrupt(&self) -> OfficeError {
        OfficeError::Record { table: "cards", key: self.number.clone() }
    }
}

pub(crate) fn reason(code: i64) -> Option<Reason> {
    Reason::from_code(u8::try_from(code).ok()?)
}

/// What identifies the holder in a row: sealed, and as a keyed hash.
pub(crate) struct SealedHolder {
    pub(crate) sealed: Vec<u8>,
    pub(crate) lookup: Vec<u8>,
}

/// Whose a certificate is.
#[derive(Clone, Copy)]
pub(crate) enum Owner<'a> {
    Card(&'a CardNumber),
    Party(&'a str),
}

impl<'a> Owner<'a> {
    fn card(self) -> Option<&'a str> {
        match self {
            Self::Card(number) => Some(number.as_str()),
            Self::Party(_) => None,
        }
    }

    fn party(self) -> Option<&'a str> {
        match self {
            Self::Card(_) => None,
            Self::Party(name) => Some(name),
        }
    }
}

/// What happened to a card or a party.
#[derive(Clone, Copy)]
pub(crate) enum Event<'a> {
    CardIssued,
    CardRevoked(Reason),
    CertificateIssued(&'a Certificate),
}

impl Event<'_> {
    const fn kind(&self) -> &'static str {
        match self {
            Self::CardIssued => "card.issued",
            Self::CardRevoked(_) => "card.revoked",
            Self::CertificateIssued(_) => "certificate.issued",
        }
    }
}

/// Inserts a card; `false` if there is one of that number.
pub(crate) async fn insert_card(
    on: &mut Transaction,
    number: &CardNumber,
    holder: &SealedHolder,
    now: Timestamp,
) -> Result<bool, OfficeError> {
    let sql = "INSERT INTO cards (number, holder, holder_lookup, state, issued_at) \
               VALUES ($1, $2, $3, 'issued', $4) ON CONFLICT (number) DO NOTHING";
    let (sealed, lookup) = (&holder.sealed, &holder.lookup);
    Ok(execute!(on.on(), sql, number.as_str(), sealed, lookup, micros(now))? == 1)
}

/// Inserts a certificate. Each key stands in one slot of one card.
pub(crate) async fn insert_certificate(
    on: &mut Transaction,
    certificate: &Certificate,
    profile: &Profile,
    owner: Owner<'_>,
    key: &PublicKey,
) -> Result<(), OfficeError> {
    let sql = "INSERT INTO certificates \
               (serial, profile, card, party, key_hash, not_before, not_after, state) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, 'valid')";
    let inserted = execute!(
        on.on(),
        sql,
        certificate.serial_hex(),
        profile.name(),
        owner.card(),
        owner.party(),
        key.thumbprint(),
        micros(certificate.not_before()),
        micros(certificate.not_after()),
    );
    match inserted {
        Err(error) if is_duplicate(&error) => Err(OfficeError::KeyInUse),
        other => Ok(other.map(drop)?),
    }
}

/// Writes down what happened, under an id that begins with the time.
pub(crate) async fn insert_event(
    on: &mut Transaction,
    event: Event<'_>,
    owner: Owner<'_>,
    surroundings: &Surroundings,
) -> Result<(), OfficeError> {
    let at = micros(surroundings.now());
    let id = format!("{at:016x}{}", surroundings.hex(8));
    let (serial, reason) = match event {
        Event::CardIssued => (None, None),
        Event::CardRevoked(reason) => (None, Some(i64::from(reason.code()))),
        Event::CertificateIssued(certificate) => (Some(certificate.serial_hex()), None),
    };
    let sql = "INSERT INTO events (id, at, kind, card, party, serial, reason) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    execute!(on.on(), sql, id, at, event.kind(), owner.card(), owner.party(), serial, reason)?;
    Ok(())
}

/// Revokes a card and its certificates; `false` if it was revoked before.
pub(crate) async fn revoke(
    on: &mut Transaction,
    number: &CardNumber,
    now: Timestamp,
    reason: Reason,
) -> Result<bool, OfficeError> {
    let (at, code) = (micros(now), i64::from(reason.code()));
    let sql = "UPDATE cards SET state = 'revoked', revoked_at = $2, reason = $3 \
               WHERE number = $1 AND state = 'issued'";
    if execute!(on.on(), sql, number.as_str(), at, code)? == 0 {
        return Ok(false);
    }
    let sql = "UPDATE certificates SET state = 'revoked', revoked_at = $2, reason = $3 \
               WHERE card = $1 AND state = 'valid'";
    execute!(on.on(), sql, number.as_str(), at, code)?;
    Ok(true)
}

/// Finds a card by its number or by a serial number.
pub(crate) async fn card(on: &Database, id: &CardId) -> Result<Option<CardRow>, OfficeError> {
    const BY_NUMBER: &str = "SELECT number, holder, state, issued_at, revoked_at, reason \
                             FROM cards WHERE number = $1";
    const BY_SERIAL: &str = "SELECT number, holder, cards.state, issued_at, cards.revoked_at, \
                             cards.reason FROM cards \
                             JOIN certificates ON certificates.card = cards.number \
                             WHERE certificates.serial = $1";
    let (sql, key) = match id {
        CardId::Number(number) => (BY_NUMBER, number.as_str()),
        CardId::Serial(serial) => (BY_SERIAL, serial.as_str()),
    };
    Ok(fetch_optional!(on.read(), CardRow, sql, key)?)
}

/// All cards of a holder, oldest first.
pub(crate) async fn cards_of(on: &Database, lookup: &[u8]) -> Result<Vec<CardRow>, OfficeError> {
    let sql = "SELECT number, holder, state, issued_at, revoked_at, reason FROM cards \
               WHERE holder_lookup = $1 ORDER BY issued_at, number";
    Ok(fetch_all!(on.read(), CardRow, sql, lookup)?)
}

/// The serial numbers of a card's certificates.
pub(crate) async fn serials(on: &Database, number: &str) -> Result<Vec<String>, OfficeError> {
    let sql = "SELECT serial FROM certificates WHERE card = $1 ORDER BY profile";
    let rows = fetch_all!(on.read(), (String,), sql, number)?;
    Ok(rows.into_iter().map(|(serial,)| serial).collect())
}
