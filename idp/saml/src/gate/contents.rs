//! What may stand where: for each place in a document, its content, as data.
//!
//! Only what could carry a signature, a key, ciphertext or an assertion is spelled out. The rest
//! is [`Place::Open`]: anything may stand there except those.

use crate::gate::Kind;
use crate::gate::grammar::{Content, Item, choice, may, must, sequence};
use crate::gate::place::Place;
use crate::namespace::Namespace::{
    Assertion, Canonicalization, Encryption, Metadata, Protocol, Signature, Soap,
};

const ISSUER: Item = must(Assertion, "Issuer", Place::Issuer);
const SIGNATURE: Item = may(Signature, "Signature", Place::Signature);
const LOGOUT_REQUEST: Item = must(Protocol, "LogoutRequest", Place::Message);
const LOGOUT_RESPONSE: Item = must(Protocol, "LogoutResponse", Place::Message);
const EXTENSIONS: Item = may(Protocol, "Extensions", Place::Open);
const STATUS: Item = must(Protocol, "Status", Place::Open);
const PLAIN_ASSERTION: Item = may(Assertion, "Assertion", Place::Assertion);
const SEALED_ASSERTION: Item = may(Assertion, "EncryptedAssertion", Place::EncryptedAssertion);
const KEY_NAME: Item = may(Signature, "KeyName", Place::Leaf);
const CERTIFICATE: Item = may(Signature, "X509Certificate", Place::Leaf);
const SUBJECT_NAME: Item = may(Signature, "X509SubjectName", Place::Leaf);
const ISSUER_SERIAL: Item = may(Signature, "X509IssuerSerial", Place::IssuerSerial);
const ROLES: &[Item] = &[
    may(Metadata, "IDPSSODescriptor", Place::Role),
    may(Metadata, "SPSSODescriptor", Place::Role),
    may(Metadata, "RoleDescriptor", Place::Role),
    may(Metadata, "AuthnAuthorityDescriptor", Place::Role),
    may(Metadata, "AttributeAuthorityDescriptor", Place::Role),
    may(Metadata, "PDPDescriptor", Place::Role),
    may(Metadata, "AffiliationDescriptor", Place::Role),
];
const MEMBERS: &[Item] = &[
    may(Metadata, "EntityDescriptor", Place::NestedEntity),
    may(Metadata, "EntitiesDescriptor", Place::NestedEntities),
];

const NOTHING: Content = sequence(&[]);
const ANYTHING: Content = sequence(&[]).or(&[]);

const RESPONSE_ROOT: Content = sequence(&[must(Protocol, "Response", Place::Response)]);
const ASSERTION_ROOT: Content = sequence(&[must(Assertion, "Assertion", Place::Assertion)]);
const AUTHN_REQUEST_ROOT: Content = sequence(&[must(Protocol, "AuthnRequest", Place::Message)]);
const LOGOUT_REQUEST_ROOT: Content = sequence(&[LOGOUT_REQUEST]);
const LOGOUT_RESPONSE_ROOT: Content = sequence(&[LOGOUT_RESPONSE]);
const ENVELOPE_ROOT: Content = sequence(&[must(Soap, "Envelope", Place::Envelope)]);
const METADATA_ROOT: Content = choice(&[
    may(Metadata, "EntityDescriptor", Place::Entity),
    may(Metadata, "EntitiesDescriptor", Place::Entities),
]);

const ENVELOPE: Content = sequence(&[must(Soap, "Body", Place::Body)]);
const BODY: Content = choice(&[LOGOUT_REQUEST, LOGOUT_RESPONSE]);
const RESPONSE: Content = Content {
    sequence: &[ISSUER, SIGNATURE, EXTENSIONS, STATUS],
    rest: &[PLAIN_ASSERTION, SEALED_ASSERTION],
    open: false,
};
const MESSAGE: Content = sequence(&[ISSUER, SIGNATURE]).or(&[]);

const ENTITIES: Content = sequence(&[SIGNATURE]).or(MEMBERS);
const NESTED_ENTITIES: Content = sequence(&[]).or(MEMBERS);
const ENTITY: Content = sequence(&[SIGNATURE]).or(ROLES);
const NESTED_ENTITY: Content = sequence(&[]).or(ROLES);
const ROLE: Content = sequence(&[]).or(&[may(Metadata, "KeyDescriptor", Place::KeyDescriptor)]);
const KEY_DESCRIPTOR: Content = Content {
    sequence: &[must(Signature, "KeyInfo", Place::PeerKeyInfo)],
    rest: &[may(Metadata, "EncryptionMethod", Place::PeerMethod)],
    open: false,
};
/// Keys are taken from certificates alone; bare ones beside them are passed over.
const PEER_KEY_INFO: Content = choice(&[
    KEY_NAME,
    may(Signature, "X509Data", Place::PeerX509Data),
    may(Signature, "KeyValue", Place::PeerKeyValue),
]);
const PEER_X509_DATA: Content =
    choice(&[SUBJECT_NAME, ISSUER_SERIAL, may(Signature, "X509SKI", Place::Leaf), CERTIFICATE]);
const PEER_KEY_VALUE: Content = sequence(&[must(Signature, "RSAKeyValue", Place::PeerRsaKeyValue)]);
const PEER_RSA_KEY_VALUE: Content =
    sequence(&[must(Signature, "Modulus", Place::Leaf), must(Signature, "Exponent", Place::Leaf)]);
const PEER_METHOD: Content = sequence(&[]).or(&[
    may(Signature, "DigestMethod", Place::PeerMethodDetail),
    may(Encryption, "KeySize", Place::Leaf),
]);

const SIGNATURE_CONTENT: Content = sequence(&[
    must(Signature, "SignedInfo", Place::SignedInfo),
    must(Signature, "SignatureValue", Place::Leaf),
    may(Signature, "KeyInfo", Place::KeyInfo),
]);
const SIGNED_INFO: Content = sequence(&[
    must(Signature, "CanonicalizationMethod", Place::Canonicalization),
    must(Signature, "SignatureMethod", Place::SignatureMethod),
    must(Signature, "Reference", Place::Reference),
]);
const REFERENCE: Content = sequence(&[
    must(Signature, "Transforms", Place::Transforms),
    must(Signature, "DigestMethod", Place::DigestMethod),
    must(Signature, "DigestValue", Place::Leaf),
]);
const TRANSFORMS: Content = sequence(&[
    must(Signature, "Transform", Place::EnvelopedTransform),
    must(Signature, "Transform", Place::CanonicalTransform),
]);
const CANONICAL_TRANSFORM: Content =
    sequence(&[may(Canonicalization, "InclusiveNamespaces", Place::InclusiveNamespaces)]);
/// Hints at a key; which one verifies is for the metadata to say.
const KEY_INFO: Content = sequence(&[KEY_NAME, must(Signature, "X509Data", Place::X509Data)]);
const X509_DATA: Content = choice(&[SUBJECT_NAME, ISSUER_SERIAL, CERTIFICATE]);
const ISSUER_SERIAL_CONTENT: Content = sequence(&[
    must(Signature, "X509IssuerName", Place::Leaf),
    must(Signature, "X509SerialNumber", Place::Leaf),
]);

const ENCRYPTED_ASSERTION: Content =
    sequence(&[must(Encryption, "EncryptedData", Place::EncryptedData)]);
const ENCRYPTED_DATA: Content = sequence(&[
    must(Encryption, "EncryptionMethod", Place::ContentMethod),
    must(Signature, "KeyInfo", Place::ContentKeyInfo),
    must(Encryption, "CipherData", Place::CipherData),
]);
const CONTENT_KEY_INFO: Content =
    sequence(&[must(Encryption, "EncryptedKey", Place::EncryptedKey)]);
const ENCRYPTED_KEY: Content = sequence(&[
    must(Encryption, "EncryptionMethod", Place::KeyMethod),
    may(Signature, "KeyInfo", Place::RecipientKeyInfo),
    must(Encryption, "CipherData", Place::CipherData),
]);
const KEY_METHOD: Content = sequence(&[may(Signature, "DigestMethod", Place::KeyMethodDigest)]);
const RECIPIENT_KEY_INFO: Content =
    choice(&[KEY_NAME, may(Signature, "X509Data", Place::X509Data)]);
const CIPHER_DATA: Content = sequence(&[must(Encryption, "CipherValue", Place::Leaf)]);

impl Place {
    /// What may stand inside.
    pub(super) fn content(self) -> &'static Content {
        match self {
            Self::Document(kind) => document(kind),
            Self::Envelope => &ENVELOPE,
            Self::Body => &BODY,
            Self::Response => &RESPONSE,
            Self::Message | Self::Assertion => &MESSAGE,
            Self::EncryptedAssertion => &ENCRYPTED_ASSERTION,
            Self::EncryptedData => &ENCRYPTED_DATA,
            Self::ContentKeyInfo => &CONTENT_KEY_INFO,
            Self::EncryptedKey => &ENCRYPTED_KEY,
            Self::KeyMethod => &KEY_METHOD,
            Self::RecipientKeyInfo => &RECIPIENT_KEY_INFO,
            Self::CipherData => &CIPHER_DATA,
            Self::Signature => &SIGNATURE_CONTENT,
            Self::SignedInfo => &SIGNED_INFO,
            Self::Reference => &REFERENCE,
            Self::Transforms => &TRANSFORMS,
            Self::CanonicalTransform => &CANONICAL_TRANSFORM,
            Self::KeyInfo => &KEY_INFO,
            Self::X509Data => &X509_DATA,
            Self::IssuerSerial => &ISSUER_SERIAL_CONTENT,
            Self::Entities => &ENTITIES,
            Self::NestedEntities => &NESTED_ENTITIES,
            Self::Entity => &ENTITY,
            Self::NestedEntity => &NESTED_ENTITY,
            Self::Role => &ROLE,
            Self::KeyDescriptor => &KEY_DESCRIPTOR,
            Self::PeerKeyInfo => &PEER_KEY_INFO,
            Self::PeerX509Data => &PEER_X509_DATA,
            Self::PeerKeyValue => &PEER_KEY_VALUE,
            Self::PeerRsaKeyValue => &PEER_RSA_KEY_VALUE,
            Self::PeerMethod => &PEER_METHOD,
            Self::Open => &ANYTHING,
            _ => &NOTHING,
        }
    }
}

fn document(kind: Kind) -> &'static Content {
    match kind {
        Kind::Response => &RESPONSE_ROOT,
        Kind::Assertion => &ASSERTION_ROOT,
        Kind::AuthnRequest => &AUTHN_REQUEST_ROOT,
        Kind::LogoutRequest => &LOGOUT_REQUEST_ROOT,
        Kind::LogoutResponse => &LOGOUT_RESPONSE_ROOT,
        Kind::Envelope => &ENVELOPE_ROOT,
        Kind::Metadata => &METADATA_ROOT,
    }
}
