//! A peer's or our own certificate: a named box for a public key, parsed once.
//!
//! SAML trusts keys because they stand in trusted metadata; the chain and the dates of the
//! certificate around them mean nothing (SAML metadata interoperability profile 2.6).

use std::fmt;

use data_encoding::BASE64;
use jiff::Timestamp;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNumContext;
use openssl::ec::{EcKey, EcKeyRef, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKey, PKeyRef, Public};
use openssl::x509::X509;

use crate::algorithm::SignatureAlgorithm;

/// The smallest RSA key that is let in, in bits.
const RSA_MINIMUM_BITS: u32 = 2048;
/// The largest RSA key that is let in, in bits: beyond it a verification costs too much.
const RSA_MAXIMUM_BITS: u32 = 8192;

/// What kind of key this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA of 2048 to 8192 bits.
    Rsa,
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
}

/// Why a key or certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is not the PEM or DER that it should be.
    #[error("not a key or certificate that can be read")]
    Malformed(#[from] ErrorStack),
    /// It is neither RSA of enough bits nor on P-256 or P-384.
    #[error("a key of a kind or size that is not used here")]
    Unsuitable,
    /// The private key does not belong to the certificate.
    #[error("the private key and the certificate do not belong together")]
    Mismatch,
}

impl KeyError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "saml.key.malformed",
            Self::Unsuitable => "saml.key.unsuitable",
            Self::Mismatch => "saml.key.mismatch",
        }
    }
}

/// A certificate with its public key at hand.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    base64: String,
    key: PKey<Public>,
    /// The same key where it is one of a curve: OpenSSL 3 takes longer through its providers than the
    /// curve does.
    curve_key: Option<EcKey<Public>>,
    /// Its point where that curve is P-256: ring takes less time still. Uncompressed (SEC 1 §2.3.3).
    p256_point: Option<Vec<u8>>,
    kind: KeyKind,
}

impl Certificate {
    /// Reads DER.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_x509(&X509::from_der(der)?)
    }

    /// Reads the first certificate of a PEM text.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::from_x509(&X509::from_pem(pem)?)
    }

    fn from_x509(x509: &X509) -> Result<Self, KeyError> {
        let der = x509.to_der()?;
        let key = x509.public_key()?;
        let kind = kind_of(&key)?;
        let curve_key = key.ec_key().ok();
        let p256 = curve_key.as_deref().filter(|_| kind == KeyKind::P256);
        let p256_point = p256.map(uncompressed).transpose()?;
        Ok(Self { base64: BASE64.encode(&der), der, curve_key, p256_point, key, kind })
    }

    /// Its DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What kind of key it holds.
    pub fn key_kind(&self) -> KeyKind {
        self.kind
    }

    /// How long its key is, in bits.
    pub fn key_bits(&self) -> u32 {
        self.key.bits()
    }

    /// The end that it names. Nothing here depends on it; people may want to know.
    pub fn not_after(&self) -> Option<Timestamp> {
        let x509 = X509::from_der(&self.der).ok()?;
        let since = Asn1Time::from_unix(0).ok()?.diff(x509.not_after()).ok()?;
        let seconds = i64::from(since.days) * 24 * 60 * 60 + i64::from(since.secs);
        Timestamp::from_second(seconds).ok()
    }

    /// Its DER in base64 on one line, as `ds:X509Certificate` carries it.
    pub(crate) fn base64(&self) -> &str {
        &self.base64
    }

    pub(crate) fn key(&self) -> &PKeyRef<Public> {
        &self.key
    }

    /// Its key, where it is one of a curve.
    pub(crate) fn curve_key(&self) -> Option<&EcKeyRef<Public>> {
        self.curve_key.as_deref()
    }

    /// The point of its key, where that is one of P-256.
    pub(crate) fn p256_point(&self) -> Option<&[u8]> {
        self.p256_point.as_deref()
    }

    /// Whether a signature of this algorithm could have been made with this key.
    pub(crate) fn suits(&self, algorithm: SignatureAlgorithm) -> bool {
        algorithm.is_rsa() == (self.kind == KeyKind::Rsa)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

fn uncompressed(key: &EcKeyRef<Public>) -> Result<Vec<u8>, ErrorStack> {
    let form = PointConversionForm::UNCOMPRESSED;
    key.public_key().to_bytes(key.group(), form, &mut *BigNumContext::new()?)
}

/// The kind of a key, refusing those that are too small or unknown.
pub(crate) fn kind_of<T: HasPublic>(key: &PKeyRef<T>) -> Result<KeyKind, KeyError> {
    match key.id() {
        Id::RSA if (RSA_MINIMUM_BITS..=RSA_MAXIMUM_BITS).contains(&key.bits()) => Ok(KeyKind::Rsa),
        Id::EC => match key.ec_key()?.group().curve_name() {
            Some(Nid::X9_62_PRIME256V1) => Ok(KeyKind::P256),
            Some(Nid::SECP384R1) => Ok(KeyKind::P384),
            _ => Err(KeyError::Unsuitable),
        },
        _ => Err(KeyError::Unsuitable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::XmlSigner;
    use crate::testing::{KEYS, ec_key, rsa_key, self_signed};

    fn refused(key: &PKeyRef<openssl::pkey::Private>) -> &'static str {
        let der = self_signed(&key.to_owned()).to_der().unwrap();
        Certificate::from_der(&der).unwrap_err().code()
    }

    #[test]
    fn keys_that_are_too_small_or_unknown_are_refused() {
        assert_eq!(refused(&rsa_key(1024)), "saml.key.unsuitable");
        assert_eq!(refused(&ec_key(Nid::SECP256K1)), "saml.key.unsuitable");
        assert_eq!(refused(&ec_key(Nid::SECP224R1)), "saml.key.unsuitable");
    }

    #[test]
    fn pem_and_der_are_the_same_certificate() {
        let certificate = KEYS.p256.certificate();
        let pem = X509::from_der(certificate.der()).unwrap().to_pem().unwrap();
        assert_eq!(&Certificate::from_pem(&pem).unwrap(), certificate);
        assert_eq!((certificate.key_kind(), certificate.key_bits()), (KeyKind::P256, 256));
        assert!(certificate.not_after() > Some(Timestamp::UNIX_EPOCH));
        assert_eq!(KEYS.p384.certificate().key_kind(), KeyKind::P384);
        assert_eq!(KEYS.rsa.certificate().key_kind(), KeyKind::Rsa);
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        for bytes in [&b""[..], b"-----BEGIN CERTIFICATE-----", &[0x30, 0x80, 0]] {
            assert_eq!(Certificate::from_der(bytes).unwrap_err().code(), "saml.key.malformed");
            assert_eq!(Certificate::from_pem(bytes).unwrap_err().code(), "saml.key.malformed");
        }
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        let certificate = KEYS.rsa.certificate();
        assert_eq!(format!("{certificate:?}"), "Certificate { kind: Rsa, .. }");
    }
}
