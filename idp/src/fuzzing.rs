//! For fuzzing alone: the reader of cards' answers, with cards that it believes.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use warifu_pki::{
    Authority, CardPurpose, CardTrust, Certificate, FileKey, KeyAlgorithm, Lists, Profile,
    Publication, Subject, Validity,
};
use warifu_service::clock::SystemEntropy;

use crate::trust::Believed;
use crate::web_eid::{self, AuthToken, Challenge};

const HOLDER: &str = "0123456789abcdef0123456789abcdef";
const LISTS: &str = "http://localhost:8446/crl/cards.crl";
const CHALLENGE: Challenge<'static> = Challenge {
    origin: "https://idp.example",
    nonce: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    purpose: CardPurpose::Authentication,
};

/// An identity provider's ear for cards, and the certificate of a card that it believes.
pub struct TokenReader {
    believed: Believed,
    certificate: Certificate,
    now: Timestamp,
}

impl TokenReader {
    /// Makes the authorities and the card; the card's key is lost.
    pub fn new(now: Timestamp) -> Result<Self, Box<dyn std::error::Error>> {
        let key = || FileKey::generate(KeyAlgorithm::P256).map(Arc::new);
        let day = SignedDuration::from_hours(24);
        let long = Validity::lasting(now - day, day * 1000);
        let root = Authority::self_signed_root("Test root", key()?, long, &SystemEntropy)?;
        let lists = Publication { lists: Lists::One(LISTS.into()), ..Publication::default() };
        let profile = &Profile::CARDS_AUTHORITY;
        let cards = root.issue_ca(profile, "Test cards", key()?, lists, long, &SystemEntropy)?;
        let (subject, year) = (Subject::named(HOLDER), Validity::lasting(now - day, day * 365));
        let (profile, lost) = (&Profile::CARD_AUTHENTICATION, key()?);
        let certificate =
            cards.issue(profile, &subject, lost.public_key(), year, &SystemEntropy)?;
        let issuers = vec![cards.certificate().clone()];
        let trust = CardTrust::new(root.certificate().clone(), issuers)?;
        Ok(Self { believed: Believed::of(trust, HashMap::new()), certificate, now })
    }

    /// The certificate (DER) that is believed.
    pub fn certificate(&self) -> &[u8] {
        self.certificate.der()
    }

    /// Whether these bytes are taken for the card's answer.
    pub fn takes(&self, json: &[u8]) -> bool {
        let Ok(token) = serde_json::from_slice::<AuthToken>(json) else { return false };
        web_eid::verify(&self.believed, &token, &CHALLENGE, self.now).is_ok()
    }

    /// The same, in the form of a token.
    pub fn takes_parts(&self, certificate: &[u8], signature: &[u8]) -> bool {
        let token = json!({
            "unverifiedCertificate": STANDARD.encode(certificate),
            "algorithm": "ES256",
            "signature": STANDARD.encode(signature),
            "format": "web-eid:1.0",
        });
        self.takes(token.to_string().as_bytes())
    }
}
