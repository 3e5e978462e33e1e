//! A card in software: its keys are here, so that signing costs what it costs a card's holder,
//! not what a reader costs.

use std::sync::Arc;

use anyhow::Context as _;
use openssl::base64::encode_block;
use openssl::ecdsa::EcdsaSig;
use openssl::sha::sha256;
use serde_json::{Value, json};
use warifu_ca::{CardOffice, NewCard};
use warifu_idp::{Idp, NewPerson, Role};
use warifu_pki::{FileKey, KeyAlgorithm, PossessionProof, Signer as _};
use warifu_service::Surroundings;

/// Bytes of each half of a P-256 signature.
const HALF: i32 = 32;

/// A card that signs in.
#[derive(Clone)]
pub struct SoftwareCard {
    key: FileKey,
    certificate: Arc<str>,
}

impl SoftwareCard {
    /// Has a card issued for a new virtual resident.
    pub async fn issue(
        office: &CardOffice,
        idp: &Idp,
        surroundings: &Surroundings,
    ) -> anyhow::Result<Self> {
        let (key, presence) =
            (FileKey::generate(KeyAlgorithm::P256)?, FileKey::generate(KeyAlgorithm::P256)?);
        let holder = surroundings.hex(16);
        let card = NewCard {
            authentication: PossessionProof::request(&holder, &key)?,
            presence: PossessionProof::request(&holder, &presence)?,
            holder_reference: holder.clone(),
            validity: None,
        };
        let issued = office.issue_card(&card).await?;
        let person = NewPerson {
            display_name: "計測 太郎".to_owned(),
            roles: vec![Role::Resident],
            organization: None,
        };
        let person = idp.enrol_person(person).await?;
        idp.enrol_card(&person, &holder).await?;
        Ok(Self { key, certificate: encode_block(issued.authentication.der()).into() })
    }

    /// The token that a card agent gives for this card: the hash of the page's origin and that of
    /// the nonce, signed.
    pub fn token(&self, origin: &str, nonce: &str) -> anyhow::Result<Value> {
        let message = [sha256(origin.as_bytes()), sha256(nonce.as_bytes())].concat();
        let signature = EcdsaSig::from_der(&self.key.sign(&message)?).context("the signature")?;
        let halves =
            [signature.r().to_vec_padded(HALF)?, signature.s().to_vec_padded(HALF)?].concat();
        Ok(json!({
            "unverifiedCertificate": &*self.certificate,
            "algorithm": "ES256",
            "signature": encode_block(&halves),
            "format": "web-eid:1.0",
            "appVersion": "urn:warifu:bench",
        }))
    }
}
