//! The key algorithms Warifu uses, and what follows from each: digest, names, identifiers.

use openssl::hash::MessageDigest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5912;
use x509_cert::der::{Any, Tag};
use x509_cert::spki::{AlgorithmIdentifierOwned, AlgorithmIdentifierRef};

/// A kind of key. The digest is fixed by the kind: SHA-384 for P-384, SHA-256 for all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum KeyAlgorithm {
    /// ECDSA over NIST P-256.
    #[serde(rename = "P-256")]
    P256,
    /// ECDSA over NIST P-384.
    #[serde(rename = "P-384")]
    P384,
    /// RSA with 2048 bits; for cards that can do no better.
    #[serde(rename = "RSA-2048")]
    Rsa2048,
    /// RSA with 3072 bits.
    #[serde(rename = "RSA-3072")]
    Rsa3072,
}

impl KeyAlgorithm {
    /// The name, as configuration and documents write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::Rsa2048 => "RSA-2048",
            Self::Rsa3072 => "RSA-3072",
        }
    }

    /// The JOSE name of a signature by such a key (RFC 7518 §3.1).
    pub const fn jws_name(self) -> &'static str {
        match self {
            Self::P256 => "ES256",
            Self::P384 => "ES384",
            Self::Rsa2048 | Self::Rsa3072 => "RS256",
        }
    }

    /// Bytes of one coordinate, for the elliptic curves.
    pub(crate) const fn coordinate_length(self) -> Option<usize> {
        match self {
            Self::P256 => Some(32),
            Self::P384 => Some(48),
            Self::Rsa2048 | Self::Rsa3072 => None,
        }
    }

    pub(crate) fn digest(self) -> MessageDigest {
        match self {
            Self::P384 => MessageDigest::sha384(),
            Self::P256 | Self::Rsa2048 | Self::Rsa3072 => MessageDigest::sha256(),
        }
    }

    /// The X.509 signature algorithm (RFC 5758 §3.2 for ECDSA, RFC 4055 §5 for RSA).
    pub(crate) fn signature_identifier(self) -> AlgorithmIdentifierOwned {
        let oid = match self {
            Self::P256 => rfc5912::ECDSA_WITH_SHA_256,
            Self::P384 => rfc5912::ECDSA_WITH_SHA_384,
            Self::Rsa2048 | Self::Rsa3072 => rfc5912::SHA_256_WITH_RSA_ENCRYPTION,
        };
        let parameters = self.coordinate_length().is_none().then(Any::null);
        AlgorithmIdentifierOwned { oid, parameters }
    }

    /// Reads the algorithm of a `SubjectPublicKeyInfo`. The size of an RSA modulus is not in the
    /// identifier, so the caller measures it. Only named curves: RFC 5480 §2.1.1.
    pub(crate) fn from_key_identifier(
        identifier: &AlgorithmIdentifierRef<'_>,
        key_bits: u32,
    ) -> Option<Self> {
        match identifier.oid {
            rfc5912::ID_EC_PUBLIC_KEY => from_curve(named_curve(identifier)?),
            rfc5912::RSA_ENCRYPTION if has_null_parameters(identifier) => from_modulus(key_bits),
            _ => None,
        }
    }
}

fn named_curve(identifier: &AlgorithmIdentifierRef<'_>) -> Option<ObjectIdentifier> {
    identifier.parameters?.decode_as().ok()
}

fn from_curve(curve: ObjectIdentifier) -> Option<KeyAlgorithm> {
    match curve {
        rfc5912::SECP_256_R_1 => Some(KeyAlgorithm::P256),
        rfc5912::SECP_384_R_1 => Some(KeyAlgorithm::P384),
        _ => None,
    }
}

fn has_null_parameters(identifier: &AlgorithmIdentifierRef<'_>) -> bool {
    use x509_cert::der::Tagged;
    identifier.parameters.is_some_and(|value| value.tag() == Tag::Null)
}

fn from_modulus(bits: u32) -> Option<KeyAlgorithm> {
    match bits {
        2048 => Some(KeyAlgorithm::Rsa2048),
        3072 => Some(KeyAlgorithm::Rsa3072),
        _ => None,
    }
}
