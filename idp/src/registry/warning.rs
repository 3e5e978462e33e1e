//! What an operator should know about a service provider's metadata before it counts.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use warifu_saml::{Certificate, Entity, KeyKind, SpRole};

use crate::provider::Registration;

/// Metadata and certificates that end within so long are about to.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 30);
/// The federation asks for more than the least.
const GOOD_RSA_BITS: u32 = 3072;

/// Something about the metadata that is allowed and not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Warning {
    /// Nobody signed it: it is believed because of the way it came.
    Unsigned,
    /// It does not say until when it holds.
    Endless,
    /// It ends soon.
    EndsSoon,
    /// An RSA key is shorter than recommended.
    ShortKey,
    /// A certificate ends soon, or has ended. SAML does not look at that; people should.
    CertificateEnds,
    /// There is no key to encrypt to.
    NoEncryptionKey,
    /// It can sign no request, and there is no key to know its logouts by.
    NoSigningKey,
    /// It cannot be told that a session is over.
    NoLogout,
    /// An address is not https.
    PlainAddress,
    /// It gives no name for people.
    NoName,
}

impl Warning {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Unsigned,
        Self::Endless,
        Self::EndsSoon,
        Self::ShortKey,
        Self::CertificateEnds,
        Self::NoEncryptionKey,
        Self::NoSigningKey,
        Self::NoLogout,
        Self::PlainAddress,
        Self::NoName,
    ];

    /// Its word in the catalogues, after `provider-warning-`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Endless => "endless",
            Self::EndsSoon => "ends-soon",
            Self::ShortKey => "short-key",
            Self::CertificateEnds => "certificate-ends",
            Self::NoEncryptionKey => "no-encryption-key",
            Self::NoSigningKey => "no-signing-key",
            Self::NoLogout => "no-logout",
            Self::PlainAddress => "plain-address",
            Self::NoName => "no-name",
        }
    }
}

/// All that there is to say about what was read.
pub(super) fn warnings(
    entity: &Entity,
    registration: &Registration,
    now: Timestamp,
) -> Vec<Warning> {
    let Some(role) = &entity.sp else { return Vec::new() };
    let keys = || role.signing.iter().chain(&role.encryption);
    let soon = |end: Timestamp| end.duration_since(now) < SOON;
    let holds = |warning: &Warning| match warning {
        Warning::Unsigned => registration.is_unsigned(),
        Warning::Endless => entity.valid_until.is_none(),
        Warning::EndsSoon => entity.valid_until.is_some_and(soon) && registration.is_pasted(),
        Warning::ShortKey => keys().any(is_short),
        Warning::CertificateEnds => keys().filter_map(Certificate::not_after).any(soon),
        Warning::NoEncryptionKey => role.encryption_key().is_none(),
        Warning::NoSigningKey => role.signing.is_empty(),
        Warning::NoLogout => role.slo.is_empty(),
        Warning::PlainAddress => addresses(role).any(|url| !url.starts_with("https://")),
        Warning::NoName => role.display_names.is_empty(),
    };
    Warning::ALL.into_iter().filter(holds).collect()
}

fn addresses(role: &SpRole) -> impl Iterator<Item = &str> {
    let answers = role.acs.iter().map(|acs| acs.location.as_str());
    answers.chain(role.slo.iter().map(|slo| slo.location.as_str()))
}

fn is_short(key: &Certificate) -> bool {
    key.key_kind() == KeyKind::Rsa && key.key_bits() < GOOD_RSA_BITS
}
