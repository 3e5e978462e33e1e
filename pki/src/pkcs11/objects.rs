//! Key objects in a token: finding them, reading the public half, making a pair.

pub(super) mod secret_key;

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use openssl::bn::BigNum;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use x509_cert::der::asn1::{BitString, OctetString};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5912::{ID_EC_PUBLIC_KEY, SECP_256_R_1, SECP_384_R_1};
use x509_cert::der::{self, Any, Decode, Encode};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::TokenError;
use crate::{KeyAlgorithm, KeyError, PublicKey};

/// 65537.
const RSA_EXPONENT: [u8; 3] = [1, 0, 1];

/// The one private key of that label.
pub(super) fn private_key(session: &Session, label: &str) -> Result<ObjectHandle, TokenError> {
    the_one(session, ObjectClass::PRIVATE_KEY, label)
}

/// The one public key of that label.
pub(super) fn public_key(session: &Session, label: &str) -> Result<PublicKey, KeyError> {
    let key = the_one(session, ObjectClass::PUBLIC_KEY, label)?;
    let wanted = [
        AttributeType::EcParams,
        AttributeType::EcPoint,
        AttributeType::Modulus,
        AttributeType::PublicExponent,
    ];
    let found = session.get_attributes(key, &wanted).map_err(TokenError::from)?;
    PublicKey::from_der(&key_info(&found)?)
}

/// Makes a key pair whose private half can neither be read nor taken out.
pub(super) fn generate(
    session: &Session,
    label: &str,
    algorithm: KeyAlgorithm,
) -> Result<(), KeyError> {
    let taken = session.find_objects(&[named(label)]).map_err(TokenError::from)?;
    if !taken.is_empty() {
        return Err(TokenError::Exists(label.to_owned()).into());
    }
    let (mechanism, kind) = kind(algorithm).map_err(|_| KeyError::Unsupported)?;
    let shared = [Attribute::Token(true), named(label), Attribute::Id(label.as_bytes().to_vec())];
    let public = [&shared[..], &[Attribute::Verify(true)], &kind].concat();
    let secret =
        [Attribute::Private(true), Attribute::Sensitive(true), Attribute::Extractable(false)];
    let private = [&shared[..], &[Attribute::Sign(true)], &secret].concat();
    session.generate_key_pair(&mechanism, &public, &private).map_err(TokenError::from)?;
    Ok(())
}

fn kind(algorithm: KeyAlgorithm) -> der::Result<(Mechanism<'static>, Vec<Attribute>)> {
    Ok(match algorithm {
        KeyAlgorithm::P256 => on_curve(SECP_256_R_1)?,
        KeyAlgorithm::P384 => on_curve(SECP_384_R_1)?,
        KeyAlgorithm::Rsa2048 => with_modulus(2048),
        KeyAlgorithm::Rsa3072 => with_modulus(3072),
    })
}

fn on_curve(curve: ObjectIdentifier) -> der::Result<(Mechanism<'static>, Vec<Attribute>)> {
    Ok((Mechanism::EccKeyPairGen, vec![Attribute::EcParams(curve.to_der()?)]))
}

fn with_modulus(bits: u64) -> (Mechanism<'static>, Vec<Attribute>) {
    let exponent = Attribute::PublicExponent(RSA_EXPONENT.to_vec());
    (Mechanism::RsaPkcsKeyPairGen, vec![Attribute::ModulusBits(bits.into()), exponent])
}

fn the_one(session: &Session, class: ObjectClass, label: &str) -> Result<ObjectHandle, TokenError> {
    let found = session.find_objects(&[Attribute::Class(class), named(label)])?;
    match found.as_slice() {
        [] => Err(TokenError::NoKey(label.to_owned())),
        [key] => Ok(*key),
        _ => Err(TokenError::Ambiguous(label.to_owned())),
    }
}

fn named(label: &str) -> Attribute {
    Attribute::Label(label.as_bytes().to_vec())
}

/// The `SubjectPublicKeyInfo` of a public key object.
fn key_info(attributes: &[Attribute]) -> Result<Vec<u8>, KeyError> {
    let (mut curve, mut point, mut modulus, mut exponent) = (None, None, None, None);
    for attribute in attributes {
        match attribute {
            Attribute::EcParams(value) => curve = Some(value),
            Attribute::EcPoint(value) => point = Some(value),
            Attribute::Modulus(value) => modulus = Some(value),
            Attribute::PublicExponent(value) => exponent = Some(value),
            _ => {}
        }
    }
    match (curve, point, modulus, exponent) {
        (Some(curve), Some(point), None, None) => {
            curve_key(curve, point).map_err(|_| KeyError::Malformed)
        }
        (None, None, Some(modulus), Some(exponent)) => rsa_key(modulus, exponent),
        _ => Err(KeyError::Unsupported),
    }
}

/// The point is a DER octet string (PKCS#11 v2.40 §2.3.3); some tokens leave the wrapping away.
fn curve_key(curve: &[u8], point: &[u8]) -> der::Result<Vec<u8>> {
    let wrapped = OctetString::from_der(point);
    let point = wrapped.as_ref().map_or(point, OctetString::as_bytes);
    let algorithm =
        AlgorithmIdentifierOwned { oid: ID_EC_PUBLIC_KEY, parameters: Some(Any::from_der(curve)?) };
    let subject_public_key = BitString::from_bytes(point)?;
    SubjectPublicKeyInfoOwned { algorithm, subject_public_key }.to_der()
}

fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Result<Vec<u8>, KeyError> {
    let [modulus, exponent] = [BigNum::from_slice(modulus)?, BigNum::from_slice(exponent)?];
    Ok(PKey::from_rsa(Rsa::from_public_components(modulus, exponent)?)?.public_key_to_der()?)
}
