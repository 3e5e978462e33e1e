//! The places in a document that matter to the gate.

use crate::gate::Kind;

/// Where in a document an element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Above the document element.
    Document(Kind),
    Envelope,
    Body,
    Response,
    /// `AuthnRequest`, `LogoutRequest`, `LogoutResponse`.
    Message,
    Assertion,
    Issuer,
    EncryptedAssertion,
    EncryptedData,
    ContentMethod,
    ContentKeyInfo,
    EncryptedKey,
    KeyMethod,
    KeyMethodDigest,
    RecipientKeyInfo,
    CipherData,
    Signature,
    SignedInfo,
    Canonicalization,
    SignatureMethod,
    Reference,
    Transforms,
    EnvelopedTransform,
    CanonicalTransform,
    InclusiveNamespaces,
    DigestMethod,
    KeyInfo,
    X509Data,
    IssuerSerial,
    Entities,
    NestedEntities,
    Entity,
    NestedEntity,
    Role,
    KeyDescriptor,
    PeerKeyInfo,
    PeerX509Data,
    PeerKeyValue,
    PeerRsaKeyValue,
    PeerMethod,
    PeerMethodDetail,
    /// Text alone, without attributes.
    Leaf,
    /// Anything that is not listed above.
    Open,
}

impl Place {
    /// Whether text may stand inside.
    pub(super) fn takes_text(self) -> bool {
        matches!(self, Self::Open | Self::Leaf | Self::Issuer)
    }

    /// Whether a comment may stand here, if the document is metadata.
    pub(super) fn takes_comment(self) -> bool {
        matches!(
            self,
            Self::Document(_)
                | Self::Entities
                | Self::NestedEntities
                | Self::Entity
                | Self::NestedEntity
                | Self::Role
                | Self::KeyDescriptor
                | Self::PeerKeyInfo
                | Self::PeerX509Data
                | Self::Open
        )
    }

    /// The identifier attribute that may stand here: `ID` in SAML, `Id` in XML encryption.
    pub(super) fn id_name(self) -> Option<&'static str> {
        match self {
            Self::Response
            | Self::Message
            | Self::Assertion
            | Self::Entities
            | Self::NestedEntities
            | Self::Entity
            | Self::NestedEntity
            | Self::Role => Some("ID"),
            Self::EncryptedData | Self::EncryptedKey => Some("Id"),
            _ => None,
        }
    }

    /// Whether it must stand here.
    pub(super) fn must_have_id(self) -> bool {
        matches!(self, Self::Response | Self::Message | Self::Assertion)
    }
}
