//! The public key of a card's key, in the form that certificates have it.

use openssl::{
    bn::{BigNum, BigNumContext},
    ec::{EcGroup, EcKey, EcPoint},
    ecdsa::EcdsaSig,
    error::ErrorStack,
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Public},
    rsa::Rsa,
    sign::Verifier,
    x509::X509,
};

use super::PersonaliseError;
use crate::{piv::KeyAlgorithm, pki_card::CardError, tlv};

const MODULUS: u32 = 0x81;
const EXPONENT: u32 = 0x82;
const POINT: u32 = 0x86;

/// The key out of what is inside the answer to GENERATE (SP 800-73-4 part 2, table 11), as
/// `SubjectPublicKeyInfo`. It must be a good key of this kind.
pub(super) fn from_template(
    algorithm: KeyAlgorithm,
    template: &[u8],
) -> Result<Vec<u8>, PersonaliseError> {
    let part = |tag| -> Result<&[u8], PersonaliseError> {
        Ok(tlv::find(template, tag)?.ok_or(CardError::Malformed("public key"))?)
    };
    let key = match algorithm {
        KeyAlgorithm::Rsa2048 => rsa(part(MODULUS)?, part(EXPONENT)?),
        KeyAlgorithm::P256 => on_curve(Nid::X9_62_PRIME256V1, part(POINT)?),
        KeyAlgorithm::P384 => on_curve(Nid::SECP384R1, part(POINT)?),
    };
    let key = key.map_err(|_| CardError::Malformed("public key"))?;
    if KeyAlgorithm::of_key(&key) != Some(algorithm) {
        return Err(CardError::Malformed("public key").into());
    }
    Ok(key.public_key_to_der()?)
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<PKey<Public>, ErrorStack> {
    let [n, e] = [BigNum::from_slice(modulus)?, BigNum::from_slice(exponent)?];
    PKey::from_rsa(Rsa::from_public_components(n, e)?)
}

fn on_curve(curve: Nid, point: &[u8]) -> Result<PKey<Public>, ErrorStack> {
    let (group, mut context) = (EcGroup::from_curve_name(curve)?, BigNumContext::new()?);
    let point = EcPoint::from_bytes(&group, point, &mut context)?;
    let key = EcKey::from_public_key(&group, &point)?;
    key.check_key()?;
    PKey::from_ec_key(key)
}

/// The key that a certificate is for.
pub(super) fn of_certificate(der: &[u8]) -> Result<Vec<u8>, PersonaliseError> {
    let certificate = X509::from_der(der).map_err(|_| CardError::Malformed("certificate"))?;
    Ok(certificate.public_key()?.public_key_to_der()?)
}

/// The kind of a key in this form.
pub(super) fn algorithm(public_key: &[u8]) -> Result<KeyAlgorithm, PersonaliseError> {
    let key = read(public_key)?;
    Ok(KeyAlgorithm::of_key(&key).ok_or(CardError::UnsupportedKey)?)
}

fn read(public_key: &[u8]) -> Result<PKey<Public>, PersonaliseError> {
    Ok(PKey::public_key_from_der(public_key).map_err(|_| CardError::Malformed("public key"))?)
}

/// Whether the signature, in the form that [`Piv::sign`](crate::piv::Piv::sign) gives it, is this
/// key's over the message.
pub(super) fn signed(
    public_key: &[u8],
    algorithm: KeyAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, PersonaliseError> {
    let (digest, signature) = match algorithm {
        KeyAlgorithm::Rsa2048 => (MessageDigest::sha256(), signature.to_vec()),
        KeyAlgorithm::P256 => (MessageDigest::sha256(), der(signature)?),
        KeyAlgorithm::P384 => (MessageDigest::sha384(), der(signature)?),
    };
    let key = read(public_key)?;
    let mut verifier = Verifier::new(digest, &key)?;
    // What cannot even be a signature of this key is none.
    Ok(verifier.verify_oneshot(&signature, message).unwrap_or(false))
}

/// `r || s` to DER.
fn der(raw: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let (r, s) = raw.split_at(raw.len() / 2);
    let [r, s] = [BigNum::from_slice(r)?, BigNum::from_slice(s)?];
    EcdsaSig::from_private_components(r, s)?.to_der()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_good_keys_of_the_kind_asked_for_are_taken() {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = EcKey::generate(&group).unwrap();
        let form = openssl::ec::PointConversionForm::UNCOMPRESSED;
        let mut context = BigNumContext::new().unwrap();
        let point = key.public_key().to_bytes(&group, form, &mut context).unwrap();
        let template = tlv::object(POINT, &point).unwrap();
        let der = from_template(KeyAlgorithm::P256, &template).unwrap();
        assert_eq!(algorithm(&der), Ok(KeyAlgorithm::P256));
        assert!(from_template(KeyAlgorithm::P384, &template).is_err());
        assert!(from_template(KeyAlgorithm::Rsa2048, &template).is_err());
        let mut off_curve = template;
        *off_curve.last_mut().unwrap() ^= 1;
        assert!(from_template(KeyAlgorithm::P256, &off_curve).is_err());
    }

    #[test]
    fn rsa_keys_of_another_size_are_refused() {
        let small = Rsa::generate(1024).unwrap();
        let mut template = tlv::object(MODULUS, &small.n().to_vec()).unwrap();
        tlv::write(&mut template, EXPONENT, &small.e().to_vec()).unwrap();
        let refused = from_template(KeyAlgorithm::Rsa2048, &template);
        assert_eq!(refused, Err(CardError::Malformed("public key").into()));
    }

    proptest! {
        #[test]
        fn any_template_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::P384, KeyAlgorithm::Rsa2048] {
                prop_assert!(from_template(algorithm, &bytes).is_err());
            }
            prop_assert!(algorithm(&bytes).is_err());
            prop_assert!(of_certificate(&bytes).is_err());
        }
    }
}
