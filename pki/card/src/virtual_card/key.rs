//! The keys in a virtual card, and what they compute.

use openssl::{
    bn::BigNumContext,
    derive::Deriver,
    ec::{EcGroup, EcGroupRef, EcKey, EcPoint, PointConversionForm},
    ecdsa::EcdsaSig,
    error::ErrorStack,
    nid::Nid,
    pkey::{PKey, Private, Public},
    rsa::{Padding, Rsa},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::memory::{ObjectName, VirtualCardError};
use crate::{
    apdu::StatusWord,
    piv::KeyAlgorithm,
    tlv::{self, TlvError},
};

/// The places for keys on a PIV card (SP 800-73-4 part 1, table 4b).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KeySlot {
    /// PIV authentication: PIN once per session.
    #[serde(rename = "9a")]
    Authentication,
    /// Digital signature: PIN before every use.
    #[serde(rename = "9c")]
    Signature,
    /// Key management (decryption, key agreement): PIN once per session.
    #[serde(rename = "9d")]
    KeyManagement,
    /// Card authentication: no PIN.
    #[serde(rename = "9e")]
    CardAuthentication,
}

impl KeySlot {
    /// The key reference of the slot.
    pub const fn key_reference(self) -> u8 {
        match self {
            Self::Authentication => 0x9A,
            Self::Signature => 0x9C,
            Self::KeyManagement => 0x9D,
            Self::CardAuthentication => 0x9E,
        }
    }

    pub(super) fn of_reference(reference: u8) -> Option<Self> {
        [Self::Authentication, Self::Signature, Self::KeyManagement, Self::CardAuthentication]
            .into_iter()
            .find(|slot| slot.key_reference() == reference)
    }

    pub(super) const fn certificate_name(self) -> ObjectName {
        ObjectName(match self {
            Self::Authentication => [0x5F, 0xC1, 0x05],
            Self::Signature => [0x5F, 0xC1, 0x0A],
            Self::KeyManagement => [0x5F, 0xC1, 0x0B],
            Self::CardAuthentication => [0x5F, 0xC1, 0x01],
        })
    }
}

/// A private key of a kind that a PIV card holds.
pub(super) struct CardKey {
    algorithm: KeyAlgorithm,
    key: PKey<Private>,
}

impl CardKey {
    pub fn new(key: &PKey<Private>) -> Result<Self, VirtualCardError> {
        let algorithm = KeyAlgorithm::of_key(key).ok_or(VirtualCardError::UnsupportedKey)?;
        Ok(Self { algorithm, key: key.clone() })
    }

    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, ErrorStack> {
        let key = match algorithm {
            KeyAlgorithm::Rsa2048 => PKey::from_rsa(Rsa::generate(2048)?)?,
            KeyAlgorithm::P256 => generate_on(Nid::X9_62_PRIME256V1)?,
            KeyAlgorithm::P384 => generate_on(Nid::SECP384R1)?,
        };
        Ok(Self { algorithm, key })
    }

    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The private-key operation: bare RSA (the host pads), or ECDSA over a digest, as DER.
    pub fn operate(&self, input: &[u8]) -> Result<Vec<u8>, StatusWord> {
        match self.algorithm {
            KeyAlgorithm::Rsa2048 => self.bare_rsa(input),
            KeyAlgorithm::P256 | KeyAlgorithm::P384 if !(1..=64).contains(&input.len()) => {
                Err(StatusWord::WRONG_DATA)
            }
            KeyAlgorithm::P256 | KeyAlgorithm::P384 => {
                Ok(EcdsaSig::sign(input, self.key.ec_key()?.as_ref())?.to_der()?)
            }
        }
    }

    fn bare_rsa(&self, input: &[u8]) -> Result<Vec<u8>, StatusWord> {
        let width = self.algorithm.width();
        if input.len() != width {
            return Err(StatusWord::WRONG_DATA);
        }
        let mut output = vec![0; width];
        // A number that is not below the modulus is the host's mistake, not ours.
        self.key
            .rsa()?
            .private_decrypt(input, &mut output, Padding::NONE)
            .map_err(|_| StatusWord::WRONG_DATA)?;
        Ok(output)
    }

    /// Key agreement (ECDH) with the other side's point `04 || X || Y`: the shared X.
    pub fn agree(&self, point: &[u8]) -> Result<Vec<u8>, StatusWord> {
        if self.algorithm == KeyAlgorithm::Rsa2048 {
            return Err(StatusWord::WRONG_DATA);
        }
        let own = self.key.ec_key()?;
        let peer = peer_key(own.group(), point).map_err(|_| StatusWord::WRONG_DATA)?;
        let mut deriver = Deriver::new(&self.key)?;
        deriver.set_peer(&peer).map_err(|_| StatusWord::WRONG_DATA)?;
        Ok(deriver.derive_to_vec()?)
    }

    /// The public key as it stands inside GENERATE's answer (SP 800-73-4 part 2, table 11).
    pub fn public_parts(&self) -> Result<Vec<u8>, StatusWord> {
        let mut inner = Vec::new();
        if self.algorithm == KeyAlgorithm::Rsa2048 {
            let key = self.key.rsa()?;
            tlv::write(&mut inner, 0x81, &key.n().to_vec())?;
            tlv::write(&mut inner, 0x82, &key.e().to_vec())?;
        } else {
            let (key, mut context) = (self.key.ec_key()?, BigNumContext::new()?);
            let form = PointConversionForm::UNCOMPRESSED;
            let point = key.public_key().to_bytes(key.group(), form, &mut context)?;
            tlv::write(&mut inner, 0x86, &point)?;
        }
        Ok(inner)
    }
}

fn generate_on(curve: Nid) -> Result<PKey<Private>, ErrorStack> {
    PKey::from_ec_key(EcKey::generate(EcGroup::from_curve_name(curve)?.as_ref())?)
}

fn peer_key(group: &EcGroupRef, point: &[u8]) -> Result<PKey<Public>, ErrorStack> {
    let mut context = BigNumContext::new()?;
    let point = EcPoint::from_bytes(group, point, &mut context)?;
    let key = EcKey::from_public_key(group, &point)?;
    key.check_key()?;
    PKey::from_ec_key(key)
}

/// What the crypto library cannot do is the card's own failure.
impl From<ErrorStack> for StatusWord {
    fn from(_: ErrorStack) -> Self {
        Self::UNKNOWN_FAILURE
    }
}

impl From<TlvError> for StatusWord {
    fn from(_: TlvError) -> Self {
        Self::WRONG_DATA
    }
}

impl Serialize for CardKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error;
        let pem = self.key.private_key_to_pem_pkcs8().map_err(S::Error::custom)?;
        to.serialize_str(&String::from_utf8(pem).map_err(S::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for CardKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let pem = zeroize::Zeroizing::new(String::deserialize(from)?);
        let key = PKey::private_key_from_pem(pem.as_bytes()).map_err(D::Error::custom)?;
        Self::new(&key).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsa_refuses_numbers_that_are_not_below_the_modulus() {
        let key = CardKey::generate(KeyAlgorithm::Rsa2048).unwrap();
        assert_eq!(key.operate(&[0xFF; 256]), Err(StatusWord::WRONG_DATA));
        assert_eq!(key.operate(&[0x01; 255]), Err(StatusWord::WRONG_DATA));
        assert_eq!(key.operate(&[0x01; 256]).unwrap().len(), 256);
        assert_eq!(key.agree(&[4; 65]), Err(StatusWord::WRONG_DATA));
    }

    #[test]
    fn both_sides_agree() {
        for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::P384] {
            let [ours, theirs] = [(); 2].map(|()| CardKey::generate(algorithm).unwrap());
            let point = |key: &CardKey| {
                tlv::find(&key.public_parts().unwrap(), 0x86).unwrap().unwrap().to_vec()
            };
            let shared = ours.agree(&point(&theirs)).unwrap();
            assert_eq!(shared, theirs.agree(&point(&ours)).unwrap());
            assert_eq!(shared.len(), algorithm.width());
            let mut off_curve = point(&theirs);
            *off_curve.last_mut().unwrap() ^= 1;
            assert_eq!(ours.agree(&off_curve), Err(StatusWord::WRONG_DATA));
        }
    }

    #[test]
    fn keys_of_other_kinds_are_refused() {
        let small = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
        assert!(matches!(CardKey::new(&small), Err(VirtualCardError::UnsupportedKey)));
    }
}
