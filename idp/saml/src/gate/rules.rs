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

/// The most prefixes in an `ec:InclusiveNamespaces`.
const PREFIX_LIMIT: usize = 32;

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
        Place::EncryptedKey => only(tag, &["Id", "Recipient"]),
        Place::InclusiveNamespaces => check_prefixes(tag),
        Place::Signature
        | Place::SignedInfo
        | Place::Transforms
        | Place::KeyInfo
        | Place::X509Data
        | Place::IssuerSerial
        | Place::ContentKeyInfo
        | Place::RecipientKeyInfo
        | Place::CipherData
        | Place::Leaf => only(tag, &[]),
        _ => Ok(()),
    }
}

fn check_id(place: Place, tag: &Tag<'_>) -> Result<(), GateError> {
    match &tag.id {
        Some((name, _)) if place.id_name() != Some(name) => Err(GateError::ForeignId),
        Some((_, id)) if !is_ncname(id) => Err(GateError::MalformedId),
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
        None | Some(ENCRYPTED_ELEMENT) => only(tag, &["Id", "Type"]),
        Some(_) => Err(GateError::EncryptionShape),
    }
}

/// The prefixes whose declarations canonicalization keeps although nothing visible uses them: those
/// of types in values, `xs:string`. What is read later is the canonical form itself, so they cannot
/// change what anything means; they are names, and not many.
fn check_prefixes(tag: &Tag<'_>) -> Result<(), GateError> {
    only(tag, &["PrefixList"])?;
    let list = tag.attribute("PrefixList").ok_or(GateError::Transforms)?;
    let is_prefix = |prefix: &str| prefix == "#default" || is_ncname(prefix);
    let fits = list.split(' ').count() <= PREFIX_LIMIT && list.split(' ').all(is_prefix);
    if fits { Ok(()) } else { Err(GateError::Transforms) }
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
