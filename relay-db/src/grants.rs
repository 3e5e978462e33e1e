//! Tickets used up, and the access tokens given for them.
//!
//! A token is 256 random bits; the database has its keyed hash and what it grants, sealed. What
//! was read is kept in memory for two seconds, so that a busy desk does not read it at each call
//! and a revocation taken by another server of the relay is noticed soon.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use warifu_contract::duty::{Duty, May};
use warifu_contract::mandate::guardian;
use warifu_contract::services::{Audience, Level};
use warifu_pki::{Actor, Organization, Purpose, Ticket};
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::micros;
use warifu_service::{Database, Problem, Surroundings, execute, fetch_optional};

use crate::revocations::{Revocations, SignIn};
use crate::sealed;

/// The AuthnContext class of a card with its PIN.
const CLASS_HIGH: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI";
/// The AuthnContext class of a card whose PIN the identity provider checks.
const CLASS_SUBSTANTIAL: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:Smartcard";
/// The role of a city's staff at the counter.
const ROLE_CITY_CLERK: &str = "urn:warifu:role:city-clerk";
/// The role of an organisation's staff who decide doubts about links to its members.
const ROLE_LINK_APPROVER: &str = "urn:warifu:role:link-approver";
/// The role of the consortium's staff, who may decide such doubts for every holder.
const ROLE_CONSORTIUM_ADMIN: &str = "urn:warifu:role:consortium-admin";
/// Bytes of a token before base64url.
const TOKEN_BYTES: usize = 32;
/// How long what was read is believed without reading again.
const FRESH: SignedDuration = SignedDuration::from_secs(2);
/// Grants kept in memory.
const KEPT: usize = 10_000;

/// What an access token grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grant {
    /// The identity provider that vouched for the sign-in.
    pub issuer: String,
    /// When the person signed in, in seconds since 1970.
    pub authenticated: i64,
    /// Whom it is about: the relay's pairwise identifier.
    pub subject: String,
    /// The subject's own records, or one eligibility check at a desk.
    pub purpose: Purpose,
    /// How the person signed in.
    pub class: String,
    /// Roles of whoever signed in.
    pub roles: Vec<String>,
    /// The organisation of whoever signed in.
    pub organization: Option<Organization>,
    /// Who asks about the subject, for eligibility.
    pub actor: Option<Actor>,
    /// Who the subject is to the card office, sealed to the office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Thumbprint of the one client certificate that may use it.
    pub client: String,
    /// When it ends.
    pub expires: Timestamp,
}

/// A member of staff who acts for an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Staff {
    pub member: String,
    pub organization: Organization,
}

impl Grant {
    /// What `ticket` grants until `expires`.
    pub fn from_ticket(ticket: Ticket, expires: Timestamp) -> Self {
        Self {
            issuer: ticket.iss,
            authenticated: ticket.auth_time,
            subject: ticket.sub,
            purpose: ticket.purpose,
            class: ticket.acr,
            roles: ticket.roles,
            organization: ticket.organization,
            actor: ticket.act,
            holder: ticket.holder,
            client: ticket.cnf.x5t_s256,
            expires,
        }
    }

    /// Whether whoever signed in used a card and its PIN.
    pub fn is_high(&self) -> bool {
        self.class == CLASS_HIGH
    }

    /// How sure the sign-in was; none when it opens no records.
    pub fn level(&self) -> Option<Level> {
        match self.class.as_str() {
            CLASS_HIGH => Some(Level::High),
            CLASS_SUBSTANTIAL => Some(Level::Substantial),
            _ => None,
        }
    }

    /// The subject as a member of a city's staff, signed in with card and PIN.
    pub fn city_clerk(&self) -> Option<Staff> {
        let is_clerk = self.roles.iter().any(|role| role == ROLE_CITY_CLERK);
        let allowed = self.purpose == Purpose::Records && self.is_high() && is_clerk;
        let organization = self.organization.clone().filter(|_| allowed)?;
        Some(Staff { member: self.subject.clone(), organization })
    }

    /// The member of staff who tapped the subject's card.
    pub fn tapped_by(&self) -> Option<Staff> {
        let actor = self.actor.as_ref().filter(|_| self.purpose == Purpose::Eligibility)?;
        let organization = actor.organization.clone()?;
        Some(Staff { member: actor.sub.clone(), organization })
    }

    /// The same, and as whose staff: what a city hall taps a card for is not what a clinic does.
    pub fn tapped_as(&self) -> Result<(Staff, Audience), &'static str> {
        let staff = self.tapped_by().ok_or("token.purpose")?;
        let roles = || self.roles.iter().map(String::as_str);
        if Duty::Check.of(roles()) != May::No {
            Ok((staff, Audience::Clinic))
        } else if roles().any(|role| role == ROLE_CITY_CLERK) {
            Ok((staff, Audience::CityClerk))
        } else {
            Err("role.none")
        }
    }

    /// The member of staff who tapped the subject's card where patients' insurance is checked.
    pub fn tapped_at_desk(&self) -> Result<Staff, &'static str> {
        match self.tapped_as()? {
            (staff, Audience::Clinic) => Ok(staff),
            _ => Err("role.none"),
        }
    }

    /// Whose sign-ins it stands on: the subject's own or the tap of the subject's card, and that of
    /// whoever tapped it.
    pub fn sign_ins(&self) -> impl Iterator<Item = SignIn<'_>> {
        let people = [Some(self.subject.as_str()), self.actor.as_ref().map(|act| act.sub.as_str())];
        people.into_iter().flatten().map(|subject| SignIn {
            issuer: &self.issuer,
            subject,
            at: self.authenticated,
        })
    }

    /// The subject as a member of staff who may check patients' insurance, signed in with card and
    /// PIN.
    pub fn desk(&self) -> Option<Staff> {
        self.staff(Duty::Check).map(|(staff, _)| staff)
    }

    /// The subject as a member of staff, signed in with card and PIN, and what the own roles allow
    /// of `duty`; none when that is nothing.
    pub fn staff(&self, duty: Duty) -> Option<(Staff, May)> {
        self.who_may(duty.of(self.roles.iter().map(String::as_str)))
    }

    /// The subject as a member of staff who decides doubts about links to a holder whose staff
    /// work for `organization`, signed in with card and PIN.
    pub fn link_approver(&self, organization: Option<&str>) -> Option<Staff> {
        let has = |role: &str| self.roles.iter().any(|one| one == role);
        let allowed = self.purpose == Purpose::Records && self.is_high();
        let own = self.organization.clone().filter(|_| allowed)?;
        let is_holders = organization == Some(own.code.as_str()) && has(ROLE_LINK_APPROVER);
        let decides = is_holders || has(ROLE_CONSORTIUM_ADMIN);
        decides.then(|| Staff { member: self.subject.clone(), organization: own })
    }

    /// The subject as a member of staff who sees guardians' papers, signed in with card and PIN, and
    /// whether they may approve what another proposed.
    pub fn papers_staff(&self) -> Option<(Staff, May)> {
        self.who_may(guardian::may(self.roles.iter().map(String::as_str)))
    }

    fn who_may(&self, may: May) -> Option<(Staff, May)> {
        let allowed = self.purpose == Purpose::Records && self.is_high() && may != May::No;
        let organization = self.organization.clone().filter(|_| allowed)?;
        Some((Staff { member: self.subject.clone(), organization }, may))
    }

    /// What the token can be used for, in words (RFC 6749 section 3.3).
    pub fn scope(&self) -> &'static str {
        match self.purpose {
            Purpose::Eligibility => "eligibility:card",
            Purpose::Records if self.desk().is_some() => "records history eligibility:number",
            Purpose::Records => "records history",
            // The relay opens no ticket of this kind.
            Purpose::CardOffice => "",
        }
    }
}

/// Why grants cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GrantStoreError {
    #[error("grant.storage: {0}")]
    Storage(#[from] sqlx::Error),
    #[error("grant.sealed: {0}")]
    Sealed(#[from] SealError),
    #[error("grant.unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl From<GrantStoreError> for Problem {
    fn from(cause: GrantStoreError) -> Self {
        match cause {
            GrantStoreError::Storage(cause) => cause.into(),
            cause => Self::internal(&cause),
        }
    }
}

/// What a token that was given stands for now.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// It grants this. Whether its time is over is the caller's to check.
    Granted(Arc<Grant>),
    /// A sign-in that it stands on was revoked.
    Revoked,
}

/// The store of used tickets and of tokens.
#[derive(Debug)]
pub(crate) struct Grants {
    database: Database,
    ring: Arc<KeyRing>,
    surroundings: Surroundings,
    revocations: Revocations,
    recent: Recent,
}

#[derive(sqlx::FromRow)]
struct TokenRow {
    body: Vec<u8>,
}

impl Grants {
    pub fn new(database: Database, ring: Arc<KeyRing>, surroundings: Surroundings) -> Self {
        let revocations = Revocations::new(database.clone(), Arc::clone(&ring));
        Self { database, ring, surroundings, revocations, recent: Recent::default() }
    }

    /// Whether a sign-in that `grant` stands on was revoked.
    pub async fn is_revoked(&self, grant: &Grant) -> Result<bool, GrantStoreError> {
        for sign_in in grant.sign_ins() {
            if self.revocations.covers(sign_in).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether such a revocation would be news.
    pub async fn would_revoke(&self, sign_in: SignIn<'_>) -> Result<bool, GrantStoreError> {
        Ok(!self.revocations.covers(sign_in).await?)
    }

    /// Ends what stands on this sign-in of its subject or an earlier one: here at once, on the
    /// relay's other servers when they read again.
    pub async fn revoke(&self, sign_in: SignIn<'_>) -> Result<(), GrantStoreError> {
        self.revocations.save(sign_in, self.surroundings.now()).await?;
        self.recent.forget(sign_in);
        Ok(())
    }

    /// Notes that the ticket `jti` of `issuer` was used. False when it had been before.
    pub async fn use_up(
        &self,
        issuer: &str,
        jti: &str,
        until: Timestamp,
    ) -> Result<bool, GrantStoreError> {
        let id = self.ring.lookup("relay_ticket.id", format!("{issuer}\n{jti}").as_bytes());
        let sql = "INSERT INTO relay_ticket (id, expires) VALUES ($1, $2) \
                   ON CONFLICT (id) DO NOTHING";
        let new = execute!(self.database.write(), sql, id.as_slice(), micros(until))?;
        Ok(new == 1)
    }

    /// Keeps `grant`, and gives the token for it.
    pub async fn issue(&self, grant: &Grant) -> Result<String, GrantStoreError> {
        let secret = self.surroundings.bytes::<TOKEN_BYTES>();
        let id = self.id_of(&secret);
        let entropy = self.surroundings.entropy.as_ref();
        let body = sealed::seal(&self.ring, entropy, &context(&id), grant)?;
        let sql = "INSERT INTO relay_token (id, expires, body) VALUES ($1, $2, $3)";
        let expires = micros(grant.expires);
        execute!(self.database.write(), sql, id.as_slice(), expires, body)?;
        Ok(BASE64URL_NOPAD.encode(&secret))
    }

    /// What `token` stands for; none when it was never given or is forgotten.
    pub async fn of(&self, token: &str) -> Result<Option<Found>, GrantStoreError> {
        let Some(secret) = secret_of(token) else { return Ok(None) };
        let id = self.id_of(&secret);
        let now = self.surroundings.now();
        if let Some(grant) = self.recent.get(&id, now) {
            return Ok(Some(Found::Granted(grant)));
        }
        let sql = "SELECT body FROM relay_token WHERE id = $1";
        let row = fetch_optional!(self.database.read(), TokenRow, sql, id.as_slice())?;
        let Some(row) = row else { return Ok(None) };
        let grant = sealed::open::<Grant, GrantStoreError>(&self.ring, &context(&id), &row.body)?;
        if self.is_revoked(&grant).await? {
            return Ok(Some(Found::Revoked));
        }
        Ok(Some(Found::Granted(self.recent.keep(id, grant, now))))
    }

    /// Drops what ended before `now`.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64, GrantStoreError> {
        let now = micros(now);
        let tickets = "DELETE FROM relay_ticket WHERE expires < $1";
        let tokens = "DELETE FROM relay_token WHERE expires < $1";
        let dropped = execute!(self.database.write(), tickets, now)?
            + execute!(self.database.write(), tokens, now)?;
        Ok(dropped + self.revocations.sweep(now).await?)
    }

    fn id_of(&self, secret: &[u8]) -> [u8; 32] {
        self.ring.lookup("relay_token.id", secret)
    }
}

fn secret_of(token: &str) -> Option<Vec<u8>> {
    let bounded = token.len() == BASE64URL_NOPAD.encode_len(TOKEN_BYTES);
    bounded.then(|| BASE64URL_NOPAD.decode(token.as_bytes()).ok())?
}

fn context(id: &[u8]) -> Vec<u8> {
    [b"relay_token.body/", id].concat()
}

/// Grants read a moment ago.
#[derive(Debug, Default)]
struct Recent(Mutex<HashMap<[u8; 32], Read>>);

/// A grant, and until when it is believed without reading again.
#[derive(Debug, Clone)]
struct Read {
    grant: Arc<Grant>,
    until: Timestamp,
}

impl Recent {
    fn get(&self, id: &[u8; 32], now: Timestamp) -> Option<Arc<Grant>> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = map.get(id)?;
        (now < read.until).then(|| Arc::clone(&read.grant))
    }

    /// Forgets what stands on that sign-in of its subject or an earlier one.
    fn forget(&self, revoked: SignIn<'_>) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.retain(|_, read| !read.grant.sign_ins().any(|sign_in| revoked.covers(sign_in)));
    }

    fn keep(&self, id: [u8; 32], grant: Grant, now: Timestamp) -> Arc<Grant> {
        let grant = Arc::new(grant);
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= KEPT {
            map.clear();
        }
        let until = now.checked_add(FRESH).unwrap_or(now);
        map.insert(id, Read { grant: Arc::clone(&grant), until });
        grant
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grant() -> Grant {
        let clinic = Organization { code: "1310000001".into(), name: "第一診療所".into() };
        Grant {
            issuer: "https://idp.example".into(),
            authenticated: 0,
            subject: "receptionist".into(),
            purpose: Purpose::Records,
            class: CLASS_HIGH.into(),
            roles: vec!["urn:warifu:role:clinic-desk".into()],
            organization: Some(clinic),
            holder: None,
            actor: None,
            client: "thumb".into(),
            expires: Timestamp::MAX,
        }
    }

    #[test]
    fn a_desk_needs_role_organisation_and_pin() {
        assert_eq!(grant().desk().map(|desk| desk.member), Some("receptionist".into()));
        let lacking = [
            Grant { roles: Vec::new(), ..grant() },
            Grant { organization: None, ..grant() },
            Grant { class: "urn:warifu:ac:presence".into(), ..grant() },
            Grant { purpose: Purpose::Eligibility, ..grant() },
        ];
        for grant in lacking {
            assert_eq!(grant.desk(), None, "{grant:?}");
        }
    }

    #[test]
    fn a_tapped_card_speaks_for_the_one_who_tapped_it() {
        let actor = Actor { sub: "staff".into(), organization: grant().organization };
        let tapped = Grant { purpose: Purpose::Eligibility, actor: Some(actor.clone()), ..grant() };
        assert_eq!(tapped.tapped_by().map(|desk| desk.member), Some("staff".into()));
        assert_eq!(tapped.scope(), "eligibility:card");
        let nowhere = Actor { organization: None, ..actor };
        assert_eq!(Grant { actor: Some(nowhere), ..tapped }.tapped_by(), None);
    }

    #[test]
    fn what_was_read_is_believed_for_two_seconds() {
        let (recent, now) = (Recent::default(), Timestamp::UNIX_EPOCH);
        recent.keep([1; 32], grant(), now);
        assert!(recent.get(&[1; 32], now + SignedDuration::from_millis(1_999)).is_some());
        assert!(recent.get(&[1; 32], now + FRESH).is_none());
        assert!(recent.get(&[2; 32], now).is_none());
    }

    #[test]
    fn a_revoked_sign_in_is_forgotten_and_later_ones_are_not() {
        let (recent, now) = (Recent::default(), Timestamp::UNIX_EPOCH);
        recent.keep([1; 32], grant(), now);
        recent.keep([2; 32], Grant { authenticated: 1, ..grant() }, now);
        recent.keep([3; 32], Grant { issuer: "https://other.example".into(), ..grant() }, now);
        recent.forget(SignIn { issuer: "https://idp.example", subject: "receptionist", at: 0 });
        assert!(recent.get(&[1; 32], now).is_none());
        assert!(recent.get(&[2; 32], now).is_some() && recent.get(&[3; 32], now).is_some());
    }

    #[test]
    fn a_tap_ends_with_the_sign_in_of_whoever_tapped() {
        let actor = Actor { sub: "staff".into(), organization: None };
        let tapped = Grant { actor: Some(actor), ..grant() };
        let people: Vec<_> = tapped.sign_ins().map(|sign_in| sign_in.subject).collect();
        assert_eq!(people, ["receptionist", "staff"]);
    }

    proptest! {
        #[test]
        fn any_text_is_no_token_or_32_bytes(text in "\\PC{0,60}|[A-Za-z0-9_-]{43}") {
            if let Some(secret) = secret_of(&text) {
                prop_assert_eq!(secret.len(), TOKEN_BYTES);
            }
        }
    }
}
