//! A card's keys and certificates, answering challenges as the card software would.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use warifu_pki::{Certificate, FileKey, KeyAlgorithm, Profile, Signer};

use super::pki::{HOLDER, Pki, p256, rsa};

/// Which of the card's two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CardKind {
    Authentication,
    Presence,
    Staff,
}

pub(crate) struct Card {
    pub(crate) key: FileKey,
    pub(crate) certificate: Certificate,
}

impl CardKind {
    pub(crate) fn profile(self) -> &'static Profile {
        match self {
            Self::Authentication => &Profile::CARD_AUTHENTICATION,
            Self::Presence => &Profile::CARD_PRESENCE,
            Self::Staff => &Profile::STAFF_AUTHENTICATION,
        }
    }
}

impl Card {
    pub(crate) fn new(pki: &Pki, kind: CardKind, holder: &str) -> Self {
        Self::lasting(pki, kind, holder, p256(), (10, 365))
    }

    pub(crate) fn rsa(pki: &Pki) -> Self {
        let key = rsa(KeyAlgorithm::Rsa2048).clone();
        Self::lasting(pki, CardKind::Authentication, HOLDER, key, (10, 365))
    }

    pub(crate) fn dated(pki: &Pki, from_days_ago: i64, length: i64) -> Self {
        let dates = (from_days_ago, length);
        Self::lasting(pki, CardKind::Authentication, HOLDER, p256(), dates)
    }

    fn lasting(pki: &Pki, kind: CardKind, holder: &str, key: FileKey, dates: (i64, i64)) -> Self {
        let certificate = pki.card(kind.profile(), key.public_key(), holder, dates);
        Self { key, certificate }
    }

    /// The token for a challenge.
    pub(crate) fn token(&self, origin: &str, nonce: &str) -> Value {
        let mut bytes = digest(&SHA256, origin.as_bytes()).as_ref().to_vec();
        bytes.extend_from_slice(digest(&SHA256, nonce.as_bytes()).as_ref());
        let signature = self.key.sign(&bytes).unwrap();
        let (algorithm, signature) = match self.key.algorithm() {
            KeyAlgorithm::P256 => ("ES256", raw(&signature)),
            _ => ("RS256", signature),
        };
        json!({
            "unverifiedCertificate": STANDARD.encode(self.certificate.der()),
            "algorithm": algorithm,
            "signature": STANDARD.encode(signature),
            "format": "web-eid:1.0",
            "appVersion": "urn:warifu:test",
        })
    }
}

/// r || s of a P-256 signature in DER (all lengths below 128).
fn raw(der: &[u8]) -> Vec<u8> {
    let mut rest = &der[2..];
    let mut out = Vec::new();
    for _ in 0..2 {
        let (number, after) = rest[2..].split_at(usize::from(rest[1]));
        let start = number.len().saturating_sub(32);
        out.extend(std::iter::repeat_n(0, 32 - (number.len() - start)));
        out.extend_from_slice(&number[start..]);
        rest = after;
    }
    out
}
