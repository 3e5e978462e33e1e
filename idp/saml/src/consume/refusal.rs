//! Why a response is refused: one cause, one error, one stable code.

use crate::encryption::DecryptionError;
use crate::gate::GateError;
use crate::status::Status;
use crate::tree::ShapeError;
use crate::verify::SignatureError;

/// Why a response is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The form field is too long.
    #[error("the form field is too long")]
    FieldSize,
    /// The form field is not base64.
    #[error("the form field is not base64")]
    Field,
    /// The gate stopped the document.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The document is not what a response must look like.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A signature is missing or does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The assertion cannot be decrypted.
    #[error(transparent)]
    Decryption(#[from] DecryptionError),
    /// It was written by another identity provider than the one asked.
    #[error("the response is from another issuer")]
    Issuer,
    /// It was sent to another address.
    #[error("the response is for another destination")]
    Destination,
    /// It answers another request, or none.
    #[error("the response answers another request")]
    InResponseTo,
    /// The identity provider reports that there was no login.
    #[error("the identity provider reports {0:?}")]
    Status(Status),
    /// It reports a success and brings no assertion, or a failure and brings one.
    #[error("the response and its status do not fit together")]
    NoAssertion,
    /// It is older than any that is accepted.
    #[error("the response is too old")]
    Stale,
    /// It was made in the future.
    #[error("the response is from the future")]
    Future,
    /// Its time is over.
    #[error("the assertion has expired")]
    Expired,
    /// Its time has not come.
    #[error("the assertion is not valid yet")]
    NotYetValid,
    /// It does not say until when it holds.
    #[error("the assertion has no end of validity")]
    Endless,
    /// It does not say for whom it is.
    #[error("the assertion has no audience")]
    NoAudience,
    /// It is for somebody else.
    #[error("the assertion is for another audience")]
    Audience,
    /// It may be delivered to another address only, or to none.
    #[error("the assertion is for another recipient")]
    Recipient,
    /// Its subject is not confirmed in the one way that is accepted.
    #[error("the subject is not confirmed as a bearer")]
    Confirmation,
    /// It holds only under a condition that is not understood.
    #[error("the assertion has a condition that is not understood")]
    Condition,
    /// The person was not authenticated anew, though that was asked for.
    #[error("the person was not authenticated anew")]
    NotFresh,
    /// The session that it starts has already ended.
    #[error("the session has already ended")]
    SessionEnded,
    /// It names the person within a scope that is not the identity provider's.
    #[error("an identifier has a scope that is not the issuer's")]
    Scope,
    /// The person was authenticated in a way that will not do.
    #[error("the class of authentication will not do")]
    ContextClass,
}

impl Refusal {
    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FieldSize => "saml.response.field-size",
            Self::Field => "saml.response.field",
            Self::Gate(cause) => cause.code(),
            Self::Shape(_) => "saml.response.shape",
            Self::Signature(cause) => cause.code(),
            Self::Decryption(_) => "saml.response.decryption",
            Self::Issuer => "saml.response.issuer",
            Self::Destination => "saml.response.destination",
            Self::InResponseTo => "saml.response.in-response-to",
            Self::Status(_) => "saml.response.status",
            Self::NoAssertion => "saml.response.no-assertion",
            Self::Stale => "saml.response.stale",
            Self::Future => "saml.response.future",
            Self::Expired => "saml.response.expired",
            Self::NotYetValid => "saml.response.not-yet-valid",
            Self::Endless => "saml.response.endless",
            Self::NoAudience => "saml.response.no-audience",
            Self::Audience => "saml.response.audience",
            Self::Recipient => "saml.response.recipient",
            Self::Confirmation => "saml.response.confirmation",
            Self::Condition => "saml.response.condition",
            Self::NotFresh => "saml.response.not-fresh",
            Self::SessionEnded => "saml.response.session-ended",
            Self::Scope => "saml.response.scope",
            Self::ContextClass => "saml.response.context-class",
        }
    }
}
