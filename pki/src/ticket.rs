//! Tickets: what the identity provider tells the relay, or the card office, about a sign-in, carried
//! by a portal that cannot read it. Signed by the identity provider, then sealed to the recipient.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::jose::{JoseError, SealedIssuer, SealedOpener};
use crate::{FileKey, PublicKey, Signer};

const RELAY_TYPE: &str = "relay-ticket+jwt";
const OFFICE_TYPE: &str = "office-ticket+jwt";
const MAX_ROLES: usize = 16;
/// Bytes of an identifier, a role, an organisation's code.
const MAX_WORD: usize = 256;
/// Bytes of an organisation's name.
const MAX_NAME: usize = 512;
/// Bytes of the sealed holder.
const MAX_HOLDER: usize = 2 * 1024;
/// 128 random bits take 22 characters of base64url or 32 of hexadecimal.
const JTI_LENGTHS: std::ops::RangeInclusive<usize> = 22..=64;

/// What a ticket opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The subject's own records, for the subject. Five minutes.
    Records,
    /// Whether the subject's insurance is valid, for the member of staff in `act`. Two minutes.
    Eligibility,
    /// The card office, for a member of its staff. Sixty minutes, used again and again until then.
    CardOffice,
}

impl Purpose {
    /// The longest life of such a ticket.
    pub const fn lifetime(self) -> SignedDuration {
        match self {
            Self::Records => SignedDuration::from_mins(5),
            Self::Eligibility => SignedDuration::from_mins(2),
            Self::CardOffice => SignedDuration::from_mins(60),
        }
    }

    /// The token's type says who it is for (RFC 8725 §3.11), so that neither recipient ever opens
    /// the other's tickets.
    const fn token_type(self) -> &'static str {
        match self {
            Self::Records | Self::Eligibility => RELAY_TYPE,
            Self::CardOffice => OFFICE_TYPE,
        }
    }
}

/// The one client that may present the ticket (RFC 8705 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The thumbprint of the client's certificate.
    #[serde(rename = "x5t#S256")]
    pub x5t_s256: String,
}

/// An organisation on whose behalf someone acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// Its code, for example of a medical institution.
    pub code: String,
    /// Its name.
    pub name: String,
}

impl Organization {
    pub(crate) fn is_bounded(&self) -> bool {
        (1..=MAX_WORD).contains(&self.code.len()) && (1..=MAX_NAME).contains(&self.name.len())
    }
}

/// Who acts where the subject is someone else (RFC 8693 §4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The relay's pairwise identifier of the actor.
    pub sub: String,
    /// Where the actor works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<Organization>,
}

impl Actor {
    fn is_bounded(&self) -> bool {
        is_word(&self.sub) && self.organization.as_ref().is_none_or(Organization::is_bounded)
    }
}

/// The claims of a ticket. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// The identity provider.
    pub iss: String,
    /// The recipient: the relay, or the card office.
    pub aud: String,
    /// The recipient's pairwise identifier of the person: whose data it is about or, for the card
    /// office, who signed in.
    pub sub: String,
    /// Names the ticket, so that it is used once: 22 to 64 characters.
    pub jti: String,
    /// When it was issued.
    pub iat: i64,
    /// When it ends.
    pub exp: i64,
    /// How the person signed in: an authentication context class.
    pub acr: String,
    /// When the person signed in.
    pub auth_time: i64,
    /// Who may present it.
    pub cnf: Confirmation,
    /// What it opens.
    pub purpose: Purpose,
    /// The roles of whoever signed in, or tapped the card; at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// The organisation of whoever signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<Organization>,
    /// Who asks, for eligibility; absent for all else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// Who the subject is to the card office, sealed to the office: what the relay shows it to be
    /// given vouchers, and cannot read. For records only; at most 2 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
}

/// Why a ticket is refused, or could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// The token that carries it is refused.
    #[error(transparent)]
    Token(#[from] JoseError),
    /// Its claims contradict each other or are out of bounds.
    #[error("the claims of the ticket do not fit together")]
    Claims,
}

impl Ticket {
    fn require_sound(&self) -> Result<(), TicketError> {
        let life = self.exp.checked_sub(self.iat).unwrap_or(i64::MAX);
        let sound = (1..=self.purpose.lifetime().as_secs()).contains(&life)
            && JTI_LENGTHS.contains(&self.jti.len())
            && is_word(&self.sub)
            && is_word(&self.cnf.x5t_s256)
            && are_bounded(&self.roles)
            && self.organization.as_ref().is_none_or(Organization::is_bounded)
            && self.act.as_ref().is_none_or(Actor::is_bounded)
            && self.act.is_some() == (self.purpose == Purpose::Eligibility)
            && self.holder.as_ref().is_none_or(|holder| self.may_carry(holder));
        if sound { Ok(()) } else { Err(TicketError::Claims) }
    }

    fn may_carry(&self, holder: &str) -> bool {
        self.purpose == Purpose::Records && (1..=MAX_HOLDER).contains(&holder.len())
    }
}

pub(crate) fn are_bounded(roles: &[String]) -> bool {
    roles.len() <= MAX_ROLES && roles.iter().all(|role| is_word(role))
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len())
}

/// Issues tickets: the identity provider's half.
#[derive(Clone, Debug)]
pub struct TicketIssuer(SealedIssuer);

impl TicketIssuer {
    /// Signs with the identity provider's key and seals to the recipient's, both P-256.
    pub fn new(signer: Arc<dyn Signer>, recipient: &PublicKey) -> Result<Self, JoseError> {
        SealedIssuer::new(signer, recipient).map(Self)
    }

    /// Makes a ticket: a JWS in a JWE, compact form, at most 8 KiB.
    pub fn issue(&self, ticket: &Ticket) -> Result<String, TicketError> {
        ticket.require_sound()?;
        Ok(self.0.issue(ticket.purpose.token_type(), ticket, ticket.iat)?)
    }
}

/// Opens tickets: the recipient's half.
#[derive(Clone, Debug)]
pub struct TicketOpener {
    opener: SealedOpener,
    typ: &'static str,
    longest: SignedDuration,
}

impl TicketOpener {
    /// Opens, with the relay's key, tickets for records and eligibility that the identity provider
    /// `issuer` signed with its key for the relay `audience`.
    pub fn new(
        relay: &FileKey,
        idp: PublicKey,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, JoseError> {
        Ok(Self {
            opener: SealedOpener::new(relay, idp, issuer, audience)?,
            typ: RELAY_TYPE,
            longest: Purpose::Records.lifetime(),
        })
    }

    /// Opens, with the card office's key, tickets of its staff.
    pub fn of_office(
        office: &FileKey,
        idp: PublicKey,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, JoseError> {
        let opener = Self::new(office, idp, issuer, audience)?;
        Ok(Self { typ: OFFICE_TYPE, longest: Purpose::CardOffice.lifetime(), ..opener })
    }

    /// Opens a ticket and checks signature, issuer, audience, times and claims. That `jti` was not
    /// used before (where that counts) and that the client fits `cnf` is the caller's to check.
    pub fn open(&self, sealed: &str, now: Timestamp) -> Result<Ticket, TicketError> {
        let ticket: Ticket = self.opener.open(sealed, (self.typ, self.longest), now)?;
        ticket.require_sound()?;
        let fits = ticket.purpose.token_type() == self.typ;
        if fits { Ok(ticket) } else { Err(TicketError::Claims) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyAlgorithm;
    use crate::testing::{key_256, now};

    const IDP: &str = "https://idp.localhost:8444";
    const RELAY: &str = "urn:warifu:relay";

    struct Pair {
        issuer: TicketIssuer,
        opener: TicketOpener,
    }

    fn pair() -> Pair {
        let relay = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let issuer = TicketIssuer::new(Arc::new(key_256().clone()), relay.public_key()).unwrap();
        let idp = key_256().public_key().clone();
        let opener = TicketOpener::new(&relay, idp, IDP, RELAY).unwrap();
        Pair { issuer, opener }
    }

    fn records() -> Ticket {
        let iat = now().as_second();
        Ticket {
            iss: IDP.into(),
            aud: RELAY.into(),
            sub: "subject".into(),
            jti: "0123456789abcdef0123456789abcdef".into(),
            iat,
            exp: iat + 300,
            acr: "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI".into(),
            auth_time: iat,
            cnf: Confirmation { x5t_s256: "thumb".into() },
            purpose: Purpose::Records,
            roles: vec!["urn:warifu:role:resident".into()],
            organization: None,
            act: None,
            holder: None,
        }
    }

    fn eligibility() -> Ticket {
        let clinic =
            Organization { code: "1310000001".into(), name: "割符クリニック".into() };
        let act = Actor { sub: "staff".into(), organization: Some(clinic.clone()) };
        Ticket {
            purpose: Purpose::Eligibility,
            exp: records().iat + 120,
            act: Some(act),
            organization: Some(clinic),
            ..records()
        }
    }

    fn office() -> Ticket {
        Ticket { purpose: Purpose::CardOffice, exp: records().iat + 3600, ..records() }
    }

    #[test]
    fn tickets_go_round_and_the_carrier_reads_nothing() {
        let Pair { issuer, opener } = pair();
        let linking = Ticket { holder: Some("sealed".repeat(200)), ..records() };
        for ticket in [records(), linking, eligibility()] {
            let sealed = issuer.issue(&ticket).unwrap();
            assert_eq!(opener.open(&sealed, now()).unwrap(), ticket);
            assert_eq!(sealed.split('.').count(), 5);
        }
    }

    #[test]
    fn claims_that_do_not_fit_together_are_neither_issued_nor_opened() {
        let Pair { issuer, opener } = pair();
        let unsound = [
            Ticket { exp: records().iat + 301, ..records() },
            Ticket { exp: eligibility().iat + 121, ..eligibility() },
            Ticket { exp: i64::MIN, iat: i64::MAX, ..records() },
            Ticket { act: None, ..eligibility() },
            Ticket { act: eligibility().act, ..records() },
            Ticket { jti: "short".into(), ..records() },
            Ticket { sub: String::new(), ..records() },
            Ticket { roles: vec!["r".into(); 17], ..records() },
            Ticket { roles: vec!["r".repeat(257)], ..records() },
            Ticket { holder: Some("sealed".into()), ..eligibility() },
            Ticket { holder: Some("h".repeat(2049)), ..records() },
            Ticket { act: eligibility().act, ..office() },
            Ticket { exp: office().iat + 3601, ..office() },
        ];
        for ticket in unsound {
            assert!(matches!(issuer.issue(&ticket), Err(TicketError::Claims)), "{ticket:?}");
            let forced = issuer.0.issue(RELAY_TYPE, &ticket, records().iat).unwrap();
            assert!(opener.open(&forced, now()).is_err(), "{ticket:?}");
        }
    }

    #[test]
    fn relay_and_card_office_open_their_own_tickets_only() {
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let issuer = TicketIssuer::new(Arc::new(key_256().clone()), key.public_key()).unwrap();
        let idp = key_256().public_key().clone();
        let relay = TicketOpener::new(&key, idp.clone(), IDP, RELAY).unwrap();
        let desk = TicketOpener::of_office(&key, idp, IDP, RELAY).unwrap();
        let late = now() + SignedDuration::from_mins(59);
        let sealed = issuer.issue(&office()).unwrap();
        assert_eq!(desk.open(&sealed, late).unwrap(), office());
        assert!(matches!(
            relay.open(&sealed, now()),
            Err(TicketError::Token(JoseError::WrongHeader))
        ));
        let sealed = issuer.issue(&records()).unwrap();
        assert!(matches!(
            desk.open(&sealed, now()),
            Err(TicketError::Token(JoseError::WrongHeader))
        ));
        let short = Ticket { exp: office().iat + 60, ..office() };
        let disguised = issuer.0.issue(RELAY_TYPE, &short, short.iat).unwrap();
        assert!(matches!(relay.open(&disguised, now()), Err(TicketError::Claims)));
    }

    #[test]
    fn a_ticket_ends_and_is_for_one_relay_of_one_issuer() {
        let Pair { issuer, opener } = pair();
        let sealed = issuer.issue(&records()).unwrap();
        let later = now() + SignedDuration::from_mins(5);
        let opened = opener.open(&sealed, later);
        assert!(matches!(opened, Err(TicketError::Token(JoseError::Expired))));
        let elsewhere = Ticket { aud: "urn:warifu:relay2".into(), ..records() };
        let opened = opener.open(&issuer.issue(&elsewhere).unwrap(), now());
        assert!(matches!(opened, Err(TicketError::Token(JoseError::WrongAudience))));
        let by_other = Ticket { iss: "https://idp.example".into(), ..records() };
        let opened = opener.open(&issuer.issue(&by_other).unwrap(), now());
        assert!(matches!(opened, Err(TicketError::Token(JoseError::WrongIssuer))));
    }

    #[test]
    fn a_ticket_sealed_for_us_by_anyone_else_is_refused() {
        let Pair { issuer, opener } = pair();
        let stranger = Arc::new(FileKey::generate(KeyAlgorithm::P256).unwrap());
        let forged = TicketIssuer(issuer.0.signed_by(stranger));
        let opened = opener.open(&forged.issue(&records()).unwrap(), now());
        assert!(matches!(opened, Err(TicketError::Token(JoseError::WrongHeader))));
    }
}
