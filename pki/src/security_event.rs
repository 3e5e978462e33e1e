//! Security events: what the card office, the identity provider and the relay tell each other at
//! once, as signed tokens (RFC 8417) with one event each.
//!
//! Event types are ours, but for the end of a session, which is CAEP's. A token carries no `sub` and
//! no `exp` (RFC 8417 §4.5, §4.6): it is about `sub_id`, and it is believed for seven days, so that a
//! sender that could not deliver may try again. Receivers keep each `jti` that long.

mod wire;

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::jose::{JoseError, JwsSigner, JwsVerifier, instant};
use crate::ticket::are_bounded;
use crate::{Organization, PublicKey, Reason, Signer};

/// RFC 8417 §2.3.
const TYPE: &str = "secevent+jwt";
/// How long after it was issued an event is still taken.
pub const LONGEST_DELAY: SignedDuration = SignedDuration::from_hours(24 * 7);
/// How far the sender's clock may be ahead of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);
/// 128 random bits take 22 characters of base64url or 32 of hexadecimal.
const JTI_LENGTHS: std::ops::RangeInclusive<usize> = 22..=64;
const MAX_WORD: usize = 256;
const MAX_DISPLAY_NAME: usize = 128;

/// One event, addressed to one receiver.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityEvent {
    /// Who says so: at most 256 visible ASCII characters.
    pub iss: String,
    /// Who is told: at most 256 visible ASCII characters.
    pub aud: String,
    /// Names the event, so that it is obeyed once: 22 to 64 visible ASCII characters.
    pub jti: String,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// Whom it is about, as an opaque identifier (RFC 9493 §3.2.5): the holder reference for card
    /// events, the person reference when a person ends, the receiver's pairwise subject where
    /// sessions or a person's whole standing are meant.
    #[serde(rename = "sub_id", with = "wire::opaque")]
    pub subject: String,
    /// What happened.
    #[serde(rename = "events")]
    pub event: Event,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Event {
    /// A card was made for a person. It opens nothing until it is activated.
    #[serde(rename = "urn:warifu:event:card-issued")]
    CardIssued {
        /// The person reference: 32 lower-case hexadecimal digits, the same for all of a person's
        /// cards.
        person: String,
        /// The name to greet the person by, at most 128 characters. Shown by no `Debug`.
        display_name: String,
        /// The person's roles, at most 16.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        roles: Vec<String>,
        /// Where a member of staff works.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organization: Option<Organization>,
        /// The holder reference of the card that this one takes the place of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<String>,
    },
    /// A card changed its state.
    #[serde(rename = "urn:warifu:event:card-state")]
    CardState {
        /// The state it is in now.
        state: CardStatus,
        /// Why, where that is said.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "wire::reason")]
        reason: Option<Reason>,
    },
    /// The resident has put the card into use, with a PIN of their own.
    #[serde(rename = "urn:warifu:event:card-activated", with = "wire::empty")]
    CardActivated,
    /// The person has died or moved away: everything of theirs ends.
    #[serde(rename = "urn:warifu:event:person-ended", with = "wire::empty")]
    PersonEnded,
    /// A FeliCa card stands beside the card from now on, in place of any other; or it has a new key.
    #[serde(rename = "urn:warifu:event:token-registered")]
    TokenRegistered {
        /// The FeliCa card's ID block: 32 lower-case hexadecimal digits. Shown by no `Debug`.
        token: String,
        /// The version of the master key that its own key is made from, from 1 on.
        key_version: u16,
    },
    /// A FeliCa card stands beside the card no more.
    #[serde(rename = "urn:warifu:event:token-ended")]
    TokenEnded {
        /// The FeliCa card's ID block: 32 lower-case hexadecimal digits. Shown by no `Debug`.
        token: String,
    },
    /// The person has no card that opens anything for the time being (RISC 1.0 §2.3).
    #[serde(
        rename = "https://schemas.openid.net/secevent/risc/event-type/account-disabled",
        with = "wire::empty"
    )]
    AccountDisabled,
    /// The person has a card that opens again (RISC 1.0 §2.4).
    #[serde(
        rename = "https://schemas.openid.net/secevent/risc/event-type/account-enabled",
        with = "wire::empty"
    )]
    AccountEnabled,
    /// The person has died or moved away, and does not come back (RISC 1.0 §2.2).
    #[serde(
        rename = "https://schemas.openid.net/secevent/risc/event-type/account-purged",
        with = "wire::empty"
    )]
    AccountPurged,
    /// Every session of the subject is over (CAEP 1.0 §3.1).
    #[serde(rename = "https://schemas.openid.net/secevent/caep/event-type/session-revoked")]
    SessionRevoked {
        /// When it happened, in seconds since 1970.
        event_timestamp: i64,
    },
}

/// The states of a card that others are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CardStatus {
    /// It opens what it should.
    Active,
    /// It opens nothing for the time being.
    Suspended,
    /// It opens nothing ever again.
    Ended,
}

impl Event {
    /// A short, stable name, for records.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CardIssued { .. } => "card-issued",
            Self::CardState { .. } => "card-state",
            Self::CardActivated => "card-activated",
            Self::PersonEnded => "person-ended",
            Self::TokenRegistered { .. } => "token-registered",
            Self::TokenEnded { .. } => "token-ended",
            Self::AccountDisabled => "account-disabled",
            Self::AccountEnabled => "account-enabled",
            Self::AccountPurged => "account-purged",
            Self::SessionRevoked { .. } => "session-revoked",
        }
    }

    fn is_about(&self, subject: &str) -> bool {
        match self {
            Self::CardIssued { .. }
            | Self::CardState { .. }
            | Self::CardActivated
            | Self::PersonEnded
            | Self::TokenRegistered { .. }
            | Self::TokenEnded { .. } => is_reference(subject),
            Self::AccountDisabled
            | Self::AccountEnabled
            | Self::AccountPurged
            | Self::SessionRevoked { .. } => is_word(subject),
        }
    }

    fn is_bounded(&self) -> bool {
        match self {
            Self::CardIssued { person, display_name, roles, organization, replaces } => {
                is_reference(person)
                    && is_display_name(display_name)
                    && are_bounded(roles)
                    && organization.as_ref().is_none_or(Organization::is_bounded)
                    && replaces.as_deref().is_none_or(is_reference)
            }
            Self::TokenRegistered { token, key_version } => {
                is_reference(token) && *key_version != 0
            }
            Self::TokenEnded { token } => is_reference(token),
            Self::SessionRevoked { event_timestamp } => instant(*event_timestamp).is_ok(),
            Self::CardState { .. }
            | Self::CardActivated
            | Self::PersonEnded
            | Self::AccountDisabled
            | Self::AccountEnabled
            | Self::AccountPurged => true,
        }
    }
}

/// Names the kind of event and nothing that it says about a person.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Names the event and nobody whom it is about.
impl fmt::Debug for SecurityEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecurityEvent")
            .field("iss", &self.iss)
            .field("aud", &self.aud)
            .field("jti", &self.jti)
            .field("iat", &self.iat)
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}

impl SecurityEvent {
    fn require_bounded(&self) -> Result<(), JoseError> {
        let bounded = is_word(&self.iss)
            && is_word(&self.aud)
            && is_word(&self.jti)
            && JTI_LENGTHS.contains(&self.jti.len())
            && self.event.is_about(&self.subject)
            && self.event.is_bounded();
        if bounded { Ok(()) } else { Err(JoseError::Malformed) }
    }
}

/// Signs events: the sender's half.
#[derive(Clone, Debug)]
pub struct EventIssuer {
    signer: JwsSigner,
}

impl EventIssuer {
    /// Signs with a P-256 key.
    pub fn new(signer: Arc<dyn Signer>) -> Result<Self, JoseError> {
        Ok(Self { signer: JwsSigner::new(signer)? })
    }

    /// Makes the token, compact form, at most 8 KiB; [`JoseError::Malformed`] where the event is out
    /// of its bounds.
    pub fn issue(&self, event: &SecurityEvent) -> Result<String, JoseError> {
        event.require_bounded()?;
        self.signer.sign(TYPE, event)
    }
}

/// Believes events: the receiver's half.
#[derive(Clone, Debug)]
pub struct EventReceiver {
    verifier: JwsVerifier,
    issuer: String,
    audience: String,
}

impl EventReceiver {
    /// Believes what `issuer` signed with this key (P-256) for `audience`.
    pub fn new(key: &PublicKey, issuer: &str, audience: &str) -> Result<Self, JoseError> {
        let verifier = JwsVerifier::new(key.clone())?;
        Ok(Self { verifier, issuer: issuer.to_owned(), audience: audience.to_owned() })
    }

    /// The event in a token whose signature, type, issuer and audience are as expected, and that was
    /// issued at most seven days ago and at most 60 seconds ahead of our clock. That each `jti`
    /// counts once is the caller's to keep.
    pub fn open(&self, token: &str, now: Timestamp) -> Result<SecurityEvent, JoseError> {
        let event: SecurityEvent = self.verifier.signature_only(token, TYPE)?;
        let issued = instant(event.iat)?;
        let refused = [
            (event.iss != self.issuer, JoseError::WrongIssuer),
            (event.aud != self.audience, JoseError::WrongAudience),
            (issued.duration_since(now) > CLOCK_SKEW, JoseError::NotYetValid),
            (now.duration_since(issued) > LONGEST_DELAY, JoseError::Expired),
        ];
        refused.into_iter().find(|(is_so, _)| *is_so).map_or(Ok(()), |(_, cause)| Err(cause))?;
        event.require_bounded()?;
        Ok(event)
    }
}

/// What a receiver answers to the sender in `err` when it refuses a token (RFC 8935 §2.4).
pub const fn refusal(error: &JoseError) -> &'static str {
    match error {
        JoseError::WrongIssuer => "invalid_issuer",
        JoseError::WrongAudience => "invalid_audience",
        JoseError::BadSignature | JoseError::WrongHeader => "invalid_key",
        _ => "invalid_request",
    }
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// 32 lower-case hexadecimal digits: a holder, a person, an ID block.
fn is_reference(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_display_name(text: &str) -> bool {
    (1..=MAX_DISPLAY_NAME).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
