//! Names the fault when something stands where it may not.

use crate::gate::GateError;
use crate::gate::grammar::{is_assertion, is_message};
use crate::gate::place::Place;
use crate::namespace::Namespace::{self, Assertion, Encryption, Protocol, Signature};

/// The fault of an element that has no place where it stands.
pub(super) fn of_element(parent: Place, namespace: Namespace, name: &str) -> GateError {
    match (parent, namespace, name) {
        (Place::Document(_), ..) => GateError::Root,
        (
            Place::EnvelopedTransform
            | Place::CanonicalTransform
            | Place::InclusiveNamespaces
            | Place::Transforms,
            ..,
        ) => GateError::Transforms,
        (_, Signature, "Signature") => GateError::SignatureMisplaced,
        (_, Signature, "Object" | "Manifest" | "SignatureProperties") => GateError::SignatureObject,
        (Place::SignedInfo, Signature, "Reference") => GateError::References,
        (
            Place::KeyInfo
            | Place::X509Data
            | Place::ContentKeyInfo
            | Place::RecipientKeyInfo
            | Place::IssuerSerial
            | Place::PeerKeyInfo
            | Place::PeerX509Data
            | Place::PeerKeyValue
            | Place::PeerRsaKeyValue,
            ..,
        ) => GateError::KeyMaterial,
        (_, Encryption, "CipherReference") => GateError::CipherReference,
        (_, Assertion, name) if is_assertion(name) => GateError::AssertionMisplaced,
        (_, Protocol, name) if is_message(name) => GateError::NestedMessage,
        _ => of_shape(parent, namespace),
    }
}

fn of_shape(parent: Place, namespace: Namespace) -> GateError {
    match parent {
        Place::Signature | Place::SignedInfo | Place::Reference => GateError::SignatureShape,
        Place::EncryptedAssertion
        | Place::EncryptedData
        | Place::EncryptedKey
        | Place::KeyMethod
        | Place::CipherData => GateError::EncryptionShape,
        _ if namespace == Encryption => GateError::EncryptionMisplaced,
        _ if namespace == Signature => GateError::SignatureMisplaced,
        _ => GateError::UnexpectedElement,
    }
}

/// The fault of an element that closes before all it must hold was there.
pub(super) fn of_end(place: Place) -> GateError {
    match place {
        Place::Document(_) => GateError::Root,
        Place::Transforms => GateError::Transforms,
        Place::Signature | Place::SignedInfo | Place::Reference => GateError::SignatureShape,
        Place::KeyInfo => GateError::KeyMaterial,
        Place::EncryptedAssertion
        | Place::EncryptedData
        | Place::ContentKeyInfo
        | Place::EncryptedKey
        | Place::CipherData => GateError::EncryptionShape,
        _ => GateError::MissingElement,
    }
}
