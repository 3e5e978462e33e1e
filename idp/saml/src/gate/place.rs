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
    DigestMethod,
    KeyInfo,
    X509Data,
    Entities,
    NestedEntities,
    Entity,
    NestedEntity,
    Role,
    KeyDescriptor,
    PeerKeyInfo,
    PeerX509Data,
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

    /// Whether an `ID` may stand here.
    pub(super) fn may_have_id(self) -> bool {
        self.must_have_id()
            || matches!(
                self,
                Self::Entities
                    | Self::NestedEntities
                    | Self::Entity
                    | Self::NestedEntity
                    | Self::Role
            )
    }

    /// Whether an `ID` must stand here.
    pub(super) fn must_have_id(self) -> bool {
        matches!(self, Self::Response | Self::Message | Self::Assertion)
    }
}
