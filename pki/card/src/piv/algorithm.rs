//! The kinds of keys a PIV card holds.

use openssl::{
    nid::Nid,
    pkey::{HasPublic, Id, PKeyRef},
    x509::X509,
};

use crate::pki_card::CardError;

/// The kind of a card's key. It also fixes the hash: SHA-256, or SHA-384 for P-384.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// RSA with a modulus of 2048 bits, PKCS#1 v1.5.
    Rsa2048,
    /// ECDSA on NIST P-256.
    P256,
    /// ECDSA on NIST P-384.
    P384,
}

impl KeyAlgorithm {
    /// The kind of the key that a certificate (DER) is for; others are
    /// [`CardError::UnsupportedKey`].
    pub fn of_certificate(der: &[u8]) -> Result<Self, CardError> {
        let certificate = X509::from_der(der).map_err(|_| CardError::Malformed("certificate"))?;
        let key = certificate.public_key().map_err(|_| CardError::UnsupportedKey)?;
        Self::of_key(&key).ok_or(CardError::UnsupportedKey)
    }

    /// The kind of a key, if it is one a card can hold.
    pub fn of_key<T: HasPublic>(key: &PKeyRef<T>) -> Option<Self> {
        match (key.id(), key.bits()) {
            (Id::RSA, 2048) => Some(Self::Rsa2048),
            (Id::EC, _) => match key.ec_key().ok()?.group().curve_name()? {
                Nid::X9_62_PRIME256V1 => Some(Self::P256),
                Nid::SECP384R1 => Some(Self::P384),
                _ => None,
            },
            _ => None,
        }
    }

    /// The name of the signatures made with it (JWA, RFC 7518, 3.1; also `web-eid:1.0`).
    pub const fn jose_name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RS256",
            Self::P256 => "ES256",
            Self::P384 => "ES384",
        }
    }

    /// The number of the algorithm on the card (SP 800-78-4, table 6-2).
    pub(crate) const fn piv_id(self) -> u8 {
        match self {
            Self::Rsa2048 => 0x07,
            Self::P256 => 0x11,
            Self::P384 => 0x14,
        }
    }

    /// The algorithm of that number.
    pub(crate) fn of_piv_id(id: u8) -> Option<Self> {
        [Self::Rsa2048, Self::P256, Self::P384]
            .into_iter()
            .find(|algorithm| algorithm.piv_id() == id)
    }

    /// Bytes of the modulus, or of one coordinate.
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::Rsa2048 => 256,
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}
