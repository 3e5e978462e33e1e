//! What goes into GENERAL AUTHENTICATE for a signature, and what comes out of it.

use openssl::{
    ecdsa::EcdsaSig,
    sha::{sha256, sha384},
};

use super::KeyAlgorithm;
use crate::{
    pki_card::{CardError, pkcs1},
    tlv::{self, TlvError},
};

/// The dynamic authentication template and what is in it.
const TEMPLATE: u32 = 0x7C;
const CHALLENGE: u32 = 0x81;
const RESPONSE: u32 = 0x82;

/// The bytes the key works on: the digest for ECDSA, the padded block for RSA.
pub(super) fn input(algorithm: KeyAlgorithm, message: &[u8]) -> Vec<u8> {
    match algorithm {
        KeyAlgorithm::P256 => sha256(message).to_vec(),
        KeyAlgorithm::P384 => sha384(message).to_vec(),
        KeyAlgorithm::Rsa2048 => pkcs1::block(&pkcs1::digest_info(message), algorithm.width()),
    }
}

/// The template that asks for the response to `input`.
pub(super) fn request(input: &[u8]) -> Result<Vec<u8>, TlvError> {
    let mut template = tlv::object(RESPONSE, &[])?;
    tlv::write(&mut template, CHALLENGE, input)?;
    tlv::object(TEMPLATE, &template)
}

/// The signature out of the card's answer: `r || s`, or the RSA signature.
pub(super) fn from_answer(algorithm: KeyAlgorithm, answer: &[u8]) -> Result<Vec<u8>, CardError> {
    let template = tlv::find(answer, TEMPLATE)?.ok_or(CardError::Malformed("template"))?;
    let signature = tlv::find(template, RESPONSE)?.ok_or(CardError::Malformed("template"))?;
    match algorithm {
        KeyAlgorithm::Rsa2048 if signature.len() == algorithm.width() => Ok(signature.to_vec()),
        KeyAlgorithm::Rsa2048 => Err(CardError::Malformed("signature")),
        KeyAlgorithm::P256 | KeyAlgorithm::P384 => {
            raw_ecdsa(signature, algorithm.width()).ok_or(CardError::Malformed("signature"))
        }
    }
}

/// DER `SEQUENCE { r, s }` to `r || s`, each `width` bytes; `None` if either does not fit.
fn raw_ecdsa(der: &[u8], width: usize) -> Option<Vec<u8>> {
    let signature = EcdsaSig::from_der(der).ok()?;
    if signature.r().is_negative() || signature.s().is_negative() {
        return None;
    }
    let width = i32::try_from(width).ok()?;
    let mut raw = signature.r().to_vec_padded(width).ok()?;
    raw.extend(signature.s().to_vec_padded(width).ok()?);
    Some(raw)
}

#[cfg(test)]
mod tests {
    use openssl::bn::BigNum;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hashes_for_the_curve() {
        assert_eq!(input(KeyAlgorithm::P256, b"abc"), sha256(b"abc"));
        assert_eq!(input(KeyAlgorithm::P384, b"abc"), sha384(b"abc"));
    }

    #[test]
    fn refuses_numbers_that_are_too_long_or_negative() {
        let long = EcdsaSig::from_private_components(
            BigNum::from_slice(&[1; 33]).unwrap(),
            BigNum::from_u32(1).unwrap(),
        );
        assert_eq!(raw_ecdsa(&long.unwrap().to_der().unwrap(), 32), None);
        assert_eq!(raw_ecdsa(&[0x30, 0x06, 0x02, 0x01, 0xFF, 0x02, 0x01, 0x01], 32), None);
    }

    proptest! {
        #[test]
        fn raw_signatures_keep_r_and_s(r in any::<[u8; 32]>(), s in any::<[u8; 32]>()) {
            let der = EcdsaSig::from_private_components(
                BigNum::from_slice(&r).unwrap(),
                BigNum::from_slice(&s).unwrap(),
            ).unwrap().to_der().unwrap();
            prop_assert_eq!(raw_ecdsa(&der, 32), Some([r, s].concat()));
        }

        #[test]
        fn any_answer_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::P384, KeyAlgorithm::Rsa2048] {
                let _ = from_answer(algorithm, &bytes);
                let _ = raw_ecdsa(&bytes, algorithm.width());
            }
        }
    }
}
