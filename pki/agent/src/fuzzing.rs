//! For fuzzing alone: the reader of identity providers' requests, and requests signed as one of them
//! would that has gone mad.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use josekit::jws::alg::ecdsa::EcdsaJwsSigner;
use josekit::jws::{self, ES256, JwsHeader};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use serde_json::json;

use crate::config::TrustedIdp;
use crate::gate;
use crate::idp::{self, IdentityProvider};
use crate::purpose::Purpose;

const TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

/// An agent's ear for one identity provider, and that one's key.
pub struct RequestReader {
    provider: Arc<IdentityProvider>,
    signer: EcdsaJwsSigner,
    now: Timestamp,
}

impl RequestReader {
    /// With a key of its own.
    pub fn new(now: Timestamp) -> Result<Self, Box<dyn std::error::Error>> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
        let signer = ES256.signer_from_pem(key.private_key_to_pem_pkcs8()?)?;
        let trusted = TrustedIdp {
            origin: "https://idp.example".to_owned(),
            request_key_pem: String::from_utf8(key.public_key_to_pem()?)?,
        };
        Ok(Self { provider: Arc::new(idp::parse(&trusted)?), signer, now })
    }

    /// Whether these bytes are taken for a request.
    pub fn takes(&self, body: &[u8]) -> bool {
        let purposes = [Purpose::SignIn, Purpose::Activate, Purpose::ChangePin];
        purposes
            .into_iter()
            .any(|purpose| gate::verify(body, &self.provider, purpose, self.now, TOLERANCE).is_ok())
    }

    /// Whether these claims are, under the identity provider's signature.
    pub fn takes_signed(&self, claims: &[u8]) -> bool {
        let signed = jws::serialize_compact(claims, &JwsHeader::new(), &self.signer);
        signed.is_ok_and(|signed| self.takes(json!({ "request": signed }).to_string().as_bytes()))
    }
}
