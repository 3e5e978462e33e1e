//! Signing: the seam behind which a key stays, and the enveloped XML signature made through it.

mod enveloped;
mod key;

pub(crate) use enveloped::envelop;
pub use key::KeySigner;
pub(crate) use key::message_digest;

use openssl::bn::BigNumRef;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;

use crate::algorithm::SignatureAlgorithm;
use crate::certificate::{Certificate, KeyKind};

/// A private key that signs messages, wherever it lives: in memory, on a token, in an HSM.
pub trait XmlSigner: Send + Sync {
    /// The algorithm [`sign`](Self::sign) uses.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// The certificate of the key.
    fn certificate(&self) -> &Certificate;

    /// Hashes and signs the bytes: DER for ECDSA, PKCS#1 v1.5 for RSA.
    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// The key did not sign.
#[derive(Debug, thiserror::Error)]
#[error("the key did not sign")]
pub struct SignError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl SignError {
    /// Wraps what the key's own library reported.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }

    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        "saml.sign.failed"
    }
}

impl From<ErrorStack> for SignError {
    fn from(cause: ErrorStack) -> Self {
        Self::new(cause)
    }
}

/// Signs as XML signature wants it: an ECDSA value is r and s side by side, each as long as the
/// order of the curve (RFC 9231 2.3.6).
pub(crate) fn sign_for_xml(signer: &dyn XmlSigner, bytes: &[u8]) -> Result<Vec<u8>, SignError> {
    let signature = signer.sign(bytes)?;
    match signer.certificate().key_kind() {
        KeyKind::Rsa => Ok(signature),
        KeyKind::P256 => raw_ecdsa(&signature, 32),
        KeyKind::P384 => raw_ecdsa(&signature, 48),
    }
}

fn raw_ecdsa(der: &[u8], length: i32) -> Result<Vec<u8>, SignError> {
    let signature = EcdsaSig::from_der(der)?;
    let padded = |number: &BigNumRef| number.to_vec_padded(length);
    let mut raw = padded(signature.r())?;
    raw.extend(padded(signature.s())?);
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::KeyError;
    use crate::testing::{KEYS, certificate, rsa_key};

    #[test]
    fn a_value_for_xml_is_as_long_as_the_key_makes_it() {
        for _ in 0..50 {
            assert_eq!(sign_for_xml(&KEYS.p256, b"x").unwrap().len(), 64);
        }
        assert_eq!(sign_for_xml(&KEYS.p384, b"x").unwrap().len(), 96);
        assert_eq!(sign_for_xml(&KEYS.rsa, b"x").unwrap().len(), 384);
    }

    #[test]
    fn a_key_and_its_certificate_belong_together() {
        let (one, other) = (rsa_key(2048), rsa_key(2048));
        assert!(KeySigner::new(one.clone(), certificate(&one)).is_ok());
        let mismatch = KeySigner::new(one, certificate(&other));
        assert!(matches!(mismatch, Err(KeyError::Mismatch)));
    }

    /// A key that lives elsewhere and has failed.
    struct Unplugged;

    impl XmlSigner for Unplugged {
        fn algorithm(&self) -> SignatureAlgorithm {
            SignatureAlgorithm::EcdsaSha256
        }

        fn certificate(&self) -> &Certificate {
            KEYS.p256.certificate()
        }

        fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
            Err(SignError::new("token removed"))
        }
    }

    #[test]
    fn a_key_elsewhere_may_fail() {
        let mut document = "<a/>".to_owned();
        let error = envelop(&mut document, 0, "_a", &Unplugged).unwrap_err();
        assert_eq!(error.code(), "saml.sign.failed");
        assert_eq!(document, "<a/>");
    }
}
