//! The tickets of the office's staff: opened, believed, and ended.
//!
//! A ticket is used again and again until it ends, so what was opened is kept by the hash of the
//! token. Whether a sign-in was ended meanwhile stands in the database, where every server sees it;
//! what was read there is believed for a second.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use warifu_pki::jose::JoseError;
use warifu_pki::{Purpose, Ticket, TicketError, TicketOpener};
use warifu_service::storage::{instant, micros};
use warifu_service::{Database, execute, fetch_optional};

use crate::{Actor, StaffRole};

/// The AuthnContext class of a card with its PIN.
const CLASS_HIGH: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI";
/// How long an end that another server noted may go unnoticed here.
const FRESH: SignedDuration = SignedDuration::from_secs(1);
/// Tickets kept in memory.
const KEPT: usize = 10_000;

/// Why a ticket opens nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TicketRefusal {
    /// Nobody we trust made it for us.
    #[error("ticket.invalid: {0}")]
    Invalid(#[source] TicketError),
    /// It is for another recipient.
    #[error("ticket.audience: the ticket is for another recipient")]
    Audience,
    /// It has ended.
    #[error("ticket.expired: the ticket has ended")]
    Expired,
    /// Its sign-in was ended.
    #[error("ticket.ended: the sign-in was ended")]
    Ended,
    /// It is for the certificate of another client.
    #[error("ticket.binding: the ticket is for another certificate")]
    Binding,
    /// The sign-in was not with card and PIN.
    #[error("level.low: a card and its PIN are needed")]
    Level,
    /// The person has no role in the office.
    #[error("office.role: no role in the card office")]
    NoRole,
    /// The database does not answer.
    #[error(transparent)]
    Storage(#[from] sqlx::Error),
}

impl From<TicketError> for TicketRefusal {
    fn from(error: TicketError) -> Self {
        match error {
            TicketError::Token(JoseError::Expired) => Self::Expired,
            TicketError::Token(JoseError::WrongAudience) => Self::Audience,
            other => Self::Invalid(other),
        }
    }
}

/// The office's half of its staff's tickets. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Tickets {
    database: Database,
    openers: Arc<[TicketOpener]>,
    recent: Arc<Recent>,
}

/// A sign-in that a ticket tells of.
#[derive(Debug)]
struct SignIn {
    actor: Actor,
    client: String,
    issued: Timestamp,
    ends: Timestamp,
}

#[derive(sqlx::FromRow)]
struct EndedRow {
    ended_at: i64,
}

impl Tickets {
    /// Tickets that any of these opens.
    pub fn new(database: Database, openers: Vec<TicketOpener>) -> Self {
        Self { database, openers: openers.into(), recent: Arc::default() }
    }

    /// Who shows `ticket` over the certificate with that thumbprint.
    pub async fn admit(
        &self,
        ticket: &str,
        certificate: &str,
        now: Timestamp,
    ) -> Result<Actor, TicketRefusal> {
        let id = hash(ticket);
        let (sign_in, is_fresh) = match self.recent.get(&id, now) {
            Some(found) => found,
            None => (Arc::new(self.open(ticket, now)?), false),
        };
        if sign_in.ends <= now {
            return Err(TicketRefusal::Expired);
        }
        if sign_in.client != certificate {
            return Err(TicketRefusal::Binding);
        }
        if !is_fresh {
            self.require_not_ended(&sign_in).await?;
            self.recent.keep(id, Arc::clone(&sign_in), now);
        }
        Ok(sign_in.actor.clone())
    }

    /// Ends every ticket that `subject` was given until `at`.
    pub async fn end(&self, subject: &str, at: Timestamp) -> Result<(), sqlx::Error> {
        let sql = "INSERT INTO office_ended (subject, ended_at) VALUES ($1, $2) \
                   ON CONFLICT (subject) DO UPDATE SET ended_at = excluded.ended_at \
                   WHERE office_ended.ended_at < excluded.ended_at";
        execute!(self.database.write(), sql, subject, micros(at))?;
        self.recent.forget(subject);
        Ok(())
    }

    /// Drops the ends that no ticket can outlive any more.
    pub async fn sweep(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        // A minute more, for clocks that differ.
        let life = Purpose::CardOffice.lifetime() + SignedDuration::from_mins(1);
        let before = now.checked_sub(life).unwrap_or(Timestamp::MIN);
        let sql = "DELETE FROM office_ended WHERE ended_at < $1";
        execute!(self.database.write(), sql, micros(before)).map(drop)
    }

    /// Of several refusals, the one by the provider whose key the ticket names.
    fn open(&self, ticket: &str, now: Timestamp) -> Result<SignIn, TicketRefusal> {
        let mut refusal = TicketError::Token(JoseError::WrongIssuer);
        for opener in self.openers.iter() {
            match opener.open(ticket, now) {
                Ok(ticket) => return SignIn::of(ticket),
                Err(TicketError::Token(JoseError::WrongHeader | JoseError::BadSignature)) => {}
                Err(error) => refusal = error,
            }
        }
        Err(refusal.into())
    }

    async fn require_not_ended(&self, sign_in: &SignIn) -> Result<(), TicketRefusal> {
        let sql = "SELECT ended_at FROM office_ended WHERE subject = $1";
        let subject = sign_in.actor.id.as_str();
        let row = fetch_optional!(self.database.read(), EndedRow, sql, subject)?;
        match row {
            Some(row) if sign_in.issued <= instant(row.ended_at) => Err(TicketRefusal::Ended),
            _ => Ok(()),
        }
    }
}

impl SignIn {
    fn of(ticket: Ticket) -> Result<Self, TicketRefusal> {
        if ticket.acr != CLASS_HIGH {
            return Err(TicketRefusal::Level);
        }
        // Other ids belong to those who work at the office's own machine.
        if !ticket.sub.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(TicketRefusal::Invalid(TicketError::Claims));
        }
        let roles: BTreeSet<_> =
            ticket.roles.iter().filter_map(|urn| StaffRole::from_urn(urn)).collect();
        if roles.is_empty() {
            return Err(TicketRefusal::NoRole);
        }
        let at = |seconds| {
            Timestamp::from_second(seconds).map_err(|_| TicketRefusal::Invalid(TicketError::Claims))
        };
        Ok(Self {
            issued: at(ticket.iat)?,
            ends: at(ticket.exp)?,
            actor: Actor { id: ticket.sub, roles },
            client: ticket.cnf.x5t_s256,
        })
    }
}

fn hash(ticket: &str) -> [u8; 32] {
    let mut id = [0; 32];
    for (to, from) in id.iter_mut().zip(digest(&SHA256, ticket.as_bytes()).as_ref()) {
        *to = *from;
    }
    id
}

/// Tickets opened before, by the hash of the token.
#[derive(Debug, Default)]
struct Recent(Mutex<HashMap<[u8; 32], Known>>);

/// A sign-in, and until when it is believed without asking whether it was ended.
#[derive(Debug)]
struct Known {
    sign_in: Arc<SignIn>,
    until: Timestamp,
}

impl Recent {
    /// The sign-in, and whether it need not be looked up again.
    fn get(&self, id: &[u8; 32], now: Timestamp) -> Option<(Arc<SignIn>, bool)> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.get(id).map(|known| (Arc::clone(&known.sign_in), now < known.until))
    }

    fn keep(&self, id: [u8; 32], sign_in: Arc<SignIn>, now: Timestamp) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= KEPT {
            map.retain(|_, known| known.sign_in.ends > now);
        }
        if map.len() >= KEPT {
            map.clear();
        }
        let until = now.checked_add(FRESH).unwrap_or(now);
        map.insert(id, Known { sign_in, until });
    }

    fn forget(&self, subject: &str) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.retain(|_, known| known.sign_in.actor.id != subject);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use warifu_pki::{Confirmation, FileKey, KeyAlgorithm, TicketIssuer};
    use warifu_service::storage::DatabaseConfig;

    use super::*;
    use crate::store::migrations;

    const ISSUER: &str = "https://idp.example";
    const OFFICE: &str = "urn:warifu:ca";

    struct Desk {
        issuer: TicketIssuer,
        tickets: Tickets,
        _folder: tempfile::TempDir,
    }

    fn now() -> Timestamp {
        "2026-11-20T01:15:00Z".parse().unwrap()
    }

    async fn desk() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let config = DatabaseConfig::sqlite(&folder.path().join("office.db"));
        let database = Database::open(&config, migrations()).await.unwrap();
        let key = || FileKey::generate(KeyAlgorithm::P256).unwrap();
        let (idp, office) = (key(), key());
        let public = idp.public_key().clone();
        let opener = TicketOpener::of_office(&office, public, ISSUER, OFFICE).unwrap();
        let issuer = TicketIssuer::new(Arc::new(idp), office.public_key()).unwrap();
        Desk { issuer, tickets: Tickets::new(database, vec![opener]), _folder: folder }
    }

    fn ticket() -> Ticket {
        let iat = now().as_second();
        Ticket {
            iss: ISSUER.into(),
            aud: OFFICE.into(),
            sub: "somebody".into(),
            jti: "0123456789abcdef0123456789abcdef".into(),
            iat,
            exp: iat + 3600,
            acr: CLASS_HIGH.into(),
            auth_time: iat,
            cnf: Confirmation { x5t_s256: "thumb".into() },
            purpose: Purpose::CardOffice,
            roles: vec![StaffRole::Clerk.urn().into(), "urn:warifu:role:resident".into()],
            organization: None,
            act: None,
            holder: None,
        }
    }

    #[tokio::test]
    async fn a_ticket_gives_its_roles_here() {
        let Desk { issuer, tickets, .. } = &desk().await;
        let sealed = issuer.issue(&ticket()).unwrap();
        let actor = tickets.admit(&sealed, "thumb", now()).await.unwrap();
        assert_eq!(actor, Actor::staff("somebody", [StaffRole::Clerk]));
        let other = tickets.admit(&sealed, "other", now()).await;
        assert!(matches!(other, Err(TicketRefusal::Binding)));
    }

    #[tokio::test]
    async fn an_earlier_end_never_takes_the_place_of_a_later_one() {
        let Desk { issuer, tickets, .. } = &desk().await;
        let sealed = issuer.issue(&ticket()).unwrap();
        let hour = SignedDuration::from_hours(1);
        tickets.end("somebody", now()).await.unwrap();
        tickets.end("somebody", now() - hour).await.unwrap();
        let admitted = tickets.admit(&sealed, "thumb", now()).await;
        assert!(matches!(admitted, Err(TicketRefusal::Ended)));
        tickets.sweep(now() + hour).await.unwrap();
        let admitted = tickets.admit(&sealed, "thumb", now()).await;
        assert!(matches!(admitted, Err(TicketRefusal::Ended)), "swept while tickets lived");
        tickets.sweep(now() + hour + SignedDuration::from_secs(61)).await.unwrap();
        assert!(tickets.admit(&sealed, "thumb", now()).await.is_ok());
    }

    #[tokio::test]
    async fn the_store_of_opened_tickets_is_bounded() {
        let Desk { issuer, tickets, .. } = &desk().await;
        let sealed = issuer.issue(&ticket()).unwrap();
        let sign_in = Arc::new(tickets.open(&sealed, now()).unwrap());
        for number in 0..=KEPT {
            let id = hash(&number.to_string());
            tickets.recent.keep(id, Arc::clone(&sign_in), now());
        }
        assert!(tickets.recent.0.lock().unwrap().len() <= KEPT);
    }

    /// `cargo test -p warifu-office --lib -- --ignored --nocapture how_fast`
    #[tokio::test]
    #[ignore = "measures"]
    async fn how_fast_a_ticket_is_admitted() {
        let Desk { issuer, tickets, .. } = &desk().await;
        let sealed = issuer.issue(&ticket()).unwrap();
        let rounds = 2_000;
        let started = Instant::now();
        for _ in 0..rounds {
            tickets.open(&sealed, now()).unwrap();
        }
        let opened = started.elapsed() / rounds;
        let started = Instant::now();
        for _ in 0..rounds {
            tickets.admit(&sealed, "thumb", now()).await.unwrap();
        }
        println!("opened {opened:?}, admitted again {:?}", started.elapsed() / rounds);
    }
}
