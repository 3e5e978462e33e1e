//! Why a path is not believed: one cause each.

use crate::CertificateError;

/// Why a certificate, or the path that leads to it, is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PathError {
    /// More bytes, names or constraints than a certificate has.
    #[error("the certificate is too large")]
    TooLarge,
    /// Not a certificate, or an extension that is not what it should be.
    #[error("the certificate is malformed")]
    Malformed,
    /// BER, or DER that can be written in another way.
    #[error("the certificate is not in DER")]
    NotDer,
    /// Something follows the certificate, or a part of it.
    #[error("there are bytes behind the end of the certificate")]
    TrailingBytes,
    /// The algorithm inside differs from that of the signature: RFC 5280 §4.1.1.2.
    #[error("the certificate names two signature algorithms")]
    TwoAlgorithms,
    /// The same extension stands there twice: RFC 5280 §4.2.
    #[error("the certificate has an extension twice")]
    RepeatedExtension,
    /// Zero, negative or longer than 20 octets: RFC 5280 §4.1.2.2.
    #[error("the serial number of the certificate is not a positive number of up to 20 octets")]
    BadSerial,
    /// A control character, NUL above all, in a name.
    #[error("there is a control character in a name of the path")]
    BadName,
    /// Its issuer is none of ours.
    #[error("the certificate is of an unknown issuer")]
    UnknownIssuer,
    /// It names an issuer that did not sign it.
    #[error("a signature of the path is wrong")]
    BadSignature,
    /// Signed with SHA-1 or another algorithm that is not used.
    #[error("a signature of the path is made with an algorithm that is not used")]
    UnsupportedSignature,
    /// A key of a kind or size that is not used.
    #[error("a key of the path is of a kind or size that is not used")]
    UnsupportedKey,
    /// The issuers certify each other in a circle and lead to no root.
    #[error("the path runs in a circle")]
    Loop,
    /// No root after the longest path that is followed.
    #[error("the path has too many certificates")]
    TooLong,
    /// An issuer's own validity has not begun.
    #[error("an issuer of the path is not valid yet")]
    IssuerNotYetValid,
    /// An issuer's own validity is over.
    #[error("an issuer of the path has expired")]
    IssuerExpired,
    /// An issuer is not an authority: RFC 5280 §6.1.4 (k).
    #[error("an issuer of the path is no authority")]
    NotAnAuthority,
    /// An issuer's key is not for signing certificates: RFC 5280 §6.1.4 (n).
    #[error("an issuer of the path may not sign certificates")]
    MayNotSign,
    /// More authorities than one above permits: RFC 5280 §6.1.4 (l).
    #[error("more authorities stand in the path than one above permits")]
    PathLengthExceeded,
    /// A name lies outside the subtrees that an authority is limited to: RFC 5280 §6.1.3 (b).
    #[error("a name lies outside what an authority of the path may certify")]
    NameNotPermitted,
    /// A name lies in a subtree that an authority may not certify: RFC 5280 §6.1.3 (c).
    #[error("a name lies in what an authority of the path may not certify")]
    NameExcluded,
    /// Its validity has not begun.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// Its validity is over.
    #[error("the certificate has expired")]
    Expired,
    /// A critical extension that we do not understand: RFC 5280 §4.2.
    #[error("a certificate of the path has an unknown critical extension")]
    UnknownCriticalExtension,
    /// It is one of an authority, not of a card.
    #[error("the certificate is one of an authority")]
    IsAuthority,
    /// Its key is not for signatures, or for more than signatures.
    #[error("the key usage of the certificate is wrong")]
    WrongKeyUsage,
    /// It is for something else, or its issuer may not give this purpose.
    #[error("the certificate is for another purpose")]
    WrongPurpose,
    /// It was not issued under a policy asked for, all along the path.
    #[error("the certificate was issued under another policy")]
    WrongPolicy,
    /// Its subject is not a holder reference and nothing else.
    #[error("the subject of the certificate is not a holder reference")]
    BadHolderReference,
}

impl PathError {
    /// A stable code for programs and help texts.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge
            | Self::Malformed
            | Self::NotDer
            | Self::TrailingBytes
            | Self::TwoAlgorithms
            | Self::RepeatedExtension
            | Self::BadSerial
            | Self::BadName => "card.malformed",
            Self::UnknownIssuer => "card.unknown-issuer",
            Self::BadSignature | Self::UnsupportedSignature => "card.bad-signature",
            Self::Loop
            | Self::TooLong
            | Self::IssuerNotYetValid
            | Self::IssuerExpired
            | Self::NotAnAuthority
            | Self::MayNotSign
            | Self::PathLengthExceeded
            | Self::NameNotPermitted
            | Self::NameExcluded => "card.issuer-not-valid",
            Self::NotYetValid => "card.not-yet-valid",
            Self::Expired => "card.expired",
            Self::UnsupportedKey
            | Self::UnknownCriticalExtension
            | Self::IsAuthority
            | Self::WrongKeyUsage
            | Self::WrongPurpose
            | Self::WrongPolicy
            | Self::BadHolderReference => "card.wrong-profile",
        }
    }
}

impl From<CertificateError> for PathError {
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::TooLarge => Self::TooLarge,
            CertificateError::Malformed | CertificateError::NoPem => Self::Malformed,
            CertificateError::NotDer => Self::NotDer,
            CertificateError::TrailingBytes => Self::TrailingBytes,
            CertificateError::TwoAlgorithms => Self::TwoAlgorithms,
            CertificateError::RepeatedExtension => Self::RepeatedExtension,
            CertificateError::BadSerial => Self::BadSerial,
        }
    }
}

/// Why roots and authorities cannot be trusted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// There is no root.
    #[error("no root is given")]
    NoRoot,
    /// There is nobody to believe.
    #[error("no issuer of cards is given")]
    NoIssuer,
    /// More authorities than are looked at, or so many of one name that matching them takes too
    /// long.
    #[error("too many authorities are given")]
    TooMany,
    /// A root or an issuer is not an authority that may sign certificates and lists.
    #[error("a certificate that should be of an authority is not")]
    NotAnAuthority,
    /// A root did not sign itself, or an issuer was not signed by a root.
    #[error("an authority is not signed by the root")]
    NotSignedByRoot,
    /// The same key stands for two schemes, so that a card's scheme and level would be in doubt.
    #[error("an authority belongs to two card schemes")]
    SharedAuthority,
    /// Two schemes have one name.
    #[error("two card schemes have the same name")]
    SameScheme,
    /// The certificates could not be read.
    #[error("the authorities cannot be read: {0}")]
    Unreadable(PathError),
}
