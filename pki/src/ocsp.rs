//! The online certificate status protocol (RFC 6960): reading a request, and answering it in the
//! name of an issuer with a responder's own certificate.
//!
//! No storage and no clock: who knows the state of a certificate says it in [`Answer`].

mod request;
mod responder;

pub use request::{BadRequest, CertId, MAX_REQUEST, Request};
pub use responder::{Answer, CertStatus, RespondError, Responder, ResponderError};

/// An answer that says nothing about a certificate and is not signed (RFC 6960 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The request does not conform to the syntax.
    MalformedRequest,
    /// The responder is in an inconsistent state.
    InternalError,
    /// The responder cannot answer now, but will.
    TryLater,
    /// The responder does not answer for this issuer.
    Unauthorized,
}

impl Failure {
    /// The whole response, DER: a sequence with the status alone.
    pub const fn der(self) -> &'static [u8] {
        match self {
            Self::MalformedRequest => &[0x30, 0x03, 0x0a, 0x01, 1],
            Self::InternalError => &[0x30, 0x03, 0x0a, 0x01, 2],
            Self::TryLater => &[0x30, 0x03, 0x0a, 0x01, 3],
            Self::Unauthorized => &[0x30, 0x03, 0x0a, 0x01, 6],
        }
    }
}

#[cfg(test)]
mod tests;
