//! What attributes may stand where, and which algorithms they may name.

use crate::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use crate::gate::GateError;
use crate::gate::place::Place;
use crate::gate::tag::Tag;
use crate::id::is_ncname;
use crate::names::{
    AES128_GCM, AES256_GCM, ENCRYPTED_ELEMENT, ENVELOPED_SIGNATURE, EXCLUSIVE_C14N, RSA_OAEP_MGF1P,
    SHA1,
};

/// Checks the attributes of an element at its place; `owner` is the `ID` of the element that the
/// signature at hand stands in.
pub(super) fn check(place: Place, tag: &Tag<'_>, owner: Option<&str>) -> Result<(), GateError> {
    check_id(place, tag)?;
    match place {
        Place::Canonicalization => algorithm(tag, is(EXCLUSIVE_C14N), GateError::Canonicalization),
        Place::SignatureMethod => {
            algorithm(tag, is_signature_algorithm, GateError::SignatureAlgorithm)
        }
        Place::DigestMethod => algorithm(tag, is_digest_algorithm, GateError::DigestAlgorithm),
        Place::EnvelopedTransform => algorithm(tag, is(ENVELOPED_SIGNATURE), GateError::Transforms),
        Place::CanonicalTransform => algorithm(tag, is(EXCLUSIVE_C14N), GateError::Transforms),
        Place::ContentMethod => algorithm(tag, is_cipher, GateError::EncryptionAlgorithm),
        Place::KeyMethod => algorithm(tag, is(RSA_OAEP_MGF1P), GateError::EncryptionAlgorithm),
        Place::KeyMethodDigest => algorithm(tag, is(SHA1), GateError::EncryptionAlgorithm),
        Place::Reference => check_reference(tag, owner),
        Place::EncryptedData => check_type(tag),
        Place::EncryptedKey => only(tag, &["Recipient"]),
        Place::Signature
        | Place::SignedInfo
        | Place::Transforms
        | Place::KeyInfo
        | Place::X509Data
        | Place::ContentKeyInfo
        | Place::RecipientKeyInfo
        | Place::CipherData
        | Place::Leaf => only(tag, &[]),
        _ => Ok(()),
    }
}

fn check_id(place: Place, tag: &Tag<'_>) -> Result<(), GateError> {
    match &tag.id {
        Some(_) if !place.may_have_id() => Err(GateError::ForeignId),
        Some(id) if !is_ncname(id) => Err(GateError::MalformedId),
        None if place.must_have_id() => Err(GateError::MissingId),
        _ => Ok(()),
    }
}

/// Exactly one reference target is right: the element that the signature stands in.
fn check_reference(tag: &Tag<'_>, owner: Option<&str>) -> Result<(), GateError> {
    let target = tag.attribute("URI").ok_or(GateError::ReferenceTarget)?;
    match target.strip_prefix('#') {
        None if !target.is_empty() => return Err(GateError::ReferenceExternal),
        Some(id) if owner == Some(id) => {}
        _ => return Err(GateError::ReferenceTarget),
    }
    only(tag, &["URI"])
}

fn check_type(tag: &Tag<'_>) -> Result<(), GateError> {
    match tag.attribute("Type") {
        None | Some(ENCRYPTED_ELEMENT) => only(tag, &["Type"]),
        Some(_) => Err(GateError::EncryptionShape),
    }
}

fn algorithm(
    tag: &Tag<'_>,
    is_accepted: impl Fn(&str) -> bool,
    refusal: GateError,
) -> Result<(), GateError> {
    only(tag, &["Algorithm"])?;
    if tag.attribute("Algorithm").is_some_and(is_accepted) { Ok(()) } else { Err(refusal) }
}

fn is(expected: &'static str) -> impl Fn(&str) -> bool {
    move |uri| uri == expected
}

fn is_signature_algorithm(uri: &str) -> bool {
    SignatureAlgorithm::from_uri(uri).is_some()
}

fn is_digest_algorithm(uri: &str) -> bool {
    DigestAlgorithm::from_uri(uri).is_some()
}

fn is_cipher(uri: &str) -> bool {
    matches!(uri, AES256_GCM | AES128_GCM)
}

fn only(tag: &Tag<'_>, names: &[&str]) -> Result<(), GateError> {
    let all_known = tag.plain.iter().all(|(name, _)| names.contains(name));
    if all_known && !tag.has_qualified { Ok(()) } else { Err(GateError::Attribute) }
}
