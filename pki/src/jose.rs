//! Tokens: signed (JWS, RFC 7515) with ES256 and sealed (JWE, RFC 7516) with ECDH-ES and A256GCM.
//!
//! One algorithm each, chosen here and never by the token. Headers are read strictly: a member we
//! do not know makes the token malformed (so no `crit`, no `zip`, no embedded keys).

mod agreement;
mod jwe;
mod jws;
mod sealed;

pub use jwe::{JweOpener, JweSealer};
pub(crate) use jws::instant;
pub use jws::{Expected, JwsSigner, JwsVerifier};
pub(crate) use sealed::{SealedIssuer, SealedOpener};

use crate::{KeyError, SignError};

/// The longest token that is read or made, in bytes.
pub const MAX_TOKEN: usize = 8 * 1024;

/// Why a token is not believed, or could not be made.
#[derive(Debug, thiserror::Error)]
pub enum JoseError {
    /// Longer than [`MAX_TOKEN`].
    #[error("the token is too long")]
    TooLong,
    /// Not a token of the form, header and claims expected.
    #[error("the token is malformed")]
    Malformed,
    /// Made for something else, with another algorithm, or with another key.
    #[error("the token is of another type, algorithm or key")]
    WrongHeader,
    /// The signature is not the pinned key's.
    #[error("the signature on the token is wrong")]
    BadSignature,
    /// It was not sealed to this key, or was altered.
    #[error("the token does not open")]
    NotForUs,
    /// Issued by someone else.
    #[error("the token is of another issuer")]
    WrongIssuer,
    /// Meant for someone else.
    #[error("the token is for another audience")]
    WrongAudience,
    /// Issued in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Over.
    #[error("the token has expired")]
    Expired,
    /// Lives longer than such a token may.
    #[error("the token lives longer than it may")]
    TooLongLived,
    /// The key is not P-256.
    #[error("tokens are made with P-256 keys only")]
    WrongKey,
    /// The key was refused.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The signer failed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The library could not seal.
    #[error("the token could not be sealed")]
    Seal(#[source] josekit::JoseError),
}
