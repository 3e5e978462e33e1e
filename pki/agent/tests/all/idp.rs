//! An identity provider as the agent knows it: an origin, a key, and requests signed with it.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use josekit::jws::{self, ES256, HS256, JwsHeader, JwsSigner};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use warifu_agent::TrustedIdp;

pub const ORIGIN: &str = "https://idp.example:8444";
pub const NOW: &str = "2026-11-20T01:00:00Z";

pub struct Idp {
    pub origin: String,
    key: PKey<Private>,
}

impl Idp {
    pub fn at(origin: &str) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        Self { origin: origin.to_owned(), key }
    }

    pub fn trusted(&self) -> TrustedIdp {
        TrustedIdp { origin: self.origin.clone(), request_key_pem: self.public_pem() }
    }

    fn public_pem(&self) -> String {
        String::from_utf8(self.key.public_key_to_pem().unwrap()).unwrap()
    }

    /// Claims that are all right, each time with another transaction.
    pub fn claims(&self) -> Value {
        static TRANSACTION: AtomicU32 = AtomicU32::new(0);
        let now = now().as_second();
        json!({
            "iss": self.origin, "aud": "card-agent", "nonce": nonce(), "methods": ["piv-pin"],
            "tx": format!("tx-{}", TRANSACTION.fetch_add(1, Ordering::SeqCst)),
            "rp_name": "割符ポータル", "language": "ja", "iat": now, "exp": now + 120,
        })
    }

    /// The same with these claims instead.
    fn claims_with(&self, changes: &Value) -> Value {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    }

    pub fn sign(&self, claims: &Value) -> String {
        let pem = self.key.private_key_to_pem_pkcs8().unwrap();
        compact(claims, &ES256.signer_from_pem(pem).unwrap())
    }

    /// The public key taken for an HMAC secret: the classic confusion of algorithms.
    pub fn sign_confused(&self, claims: &Value) -> String {
        compact(claims, &HS256.signer_from_bytes(self.public_pem()).unwrap())
    }

    pub fn sign_with_none(claims: &Value) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.", part(r#"{"alg":"none"}"#), part(&claims.to_string()))
    }

    /// A good request.
    pub fn request(&self) -> String {
        body(&self.sign(&self.claims()))
    }

    /// A request with these claims.
    pub fn request_with(&self, changes: &Value) -> String {
        body(&self.sign(&self.claims_with(changes)))
    }
}

pub fn body(request: &str) -> String {
    json!({ "request": request }).to_string()
}

pub fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub fn nonce() -> String {
    STANDARD.encode([42; 32])
}

fn compact(claims: &Value, signer: &dyn JwsSigner) -> String {
    let header = JwsHeader::new();
    jws::serialize_compact(claims.to_string().as_bytes(), &header, signer).unwrap()
}
