//! A card in software: its keys are here, so that signing costs what it costs a card's holder,
//! not what a reader costs.

use std::sync::Arc;

use anyhow::Context as _;
use jiff::SignedDuration;
use openssl::base64::encode_block;
use openssl::ecdsa::EcdsaSig;
use openssl::sha::sha256;
use serde_json::{Value, json};
use warifu_ca::{Ca, CertificateOrder, Owner};
use warifu_idp::Idp;
use warifu_pki::security_event::{CardStatus, Event, SecurityEvent};
use warifu_pki::{Certificate, FileKey, KeyAlgorithm, Profile, Signer as _, Subject};
use warifu_service::Surroundings;

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Bytes of each half of a P-256 signature.
const HALF: i32 = 32;

/// A card that signs in.
#[derive(Clone)]
pub struct SoftwareCard {
    holder: String,
    key: FileKey,
    certificate: Certificate,
    shown: Arc<str>,
}

impl SoftwareCard {
    /// A card of a new virtual resident, in use.
    pub async fn issue(ca: &Ca, idp: &Idp, surroundings: &Surroundings) -> anyhow::Result<Self> {
        let key = FileKey::generate(KeyAlgorithm::P256)?;
        let holder = surroundings.hex(16);
        let mut transaction = ca.begin().await?;
        let order = CertificateOrder {
            profile: &Profile::CARD_AUTHENTICATION,
            subject: &Subject::named(holder.clone()),
            key: key.public_key(),
            owner: Owner::Card(&holder),
            lifetime: DAY,
            held: false,
        };
        let certificate = ca.certify(&mut transaction, &order).await?;
        transaction.commit().await?;
        let event = |event| event_about(&holder, event, surroundings);
        idp.apply(&event(Event::CardIssued {
            person: surroundings.hex(16),
            display_name: "計測 太郎".to_owned(),
            roles: vec!["urn:warifu:role:resident".to_owned()],
            organization: None,
            replaces: None,
        }))
        .await?;
        idp.apply(&event(Event::CardState { state: CardStatus::Active, reason: None })).await?;
        Ok(Self { holder, key, shown: encode_block(certificate.der()).into(), certificate })
    }

    /// Its holder, as the card office refers to them.
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// The certificate that signs in.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The token that a card agent gives for this card: the hash of the page's origin and that of
    /// the nonce, signed.
    pub fn token(&self, origin: &str, nonce: &str) -> anyhow::Result<Value> {
        let message = [sha256(origin.as_bytes()), sha256(nonce.as_bytes())].concat();
        let signature = EcdsaSig::from_der(&self.key.sign(&message)?).context("the signature")?;
        let halves =
            [signature.r().to_vec_padded(HALF)?, signature.s().to_vec_padded(HALF)?].concat();
        Ok(json!({
            "unverifiedCertificate": &*self.shown,
            "algorithm": "ES256",
            "signature": encode_block(&halves),
            "format": "web-eid:1.0",
            "appVersion": "urn:warifu:bench",
        }))
    }
}

/// What the card office would tell the identity provider of a card.
fn event_about(holder: &str, event: Event, surroundings: &Surroundings) -> SecurityEvent {
    SecurityEvent {
        iss: "urn:warifu:ca".to_owned(),
        aud: "urn:warifu:idp".to_owned(),
        jti: surroundings.hex(16),
        iat: surroundings.now().as_second(),
        subject: holder.to_owned(),
        event,
    }
}
