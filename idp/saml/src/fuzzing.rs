//! For fuzzing alone: what an attacker cannot sign, signed.

use jiff::Timestamp;

use crate::encryption::EncryptionKey;
use crate::id::Random;
use crate::issue::{Envelope, IssueError};
use crate::sign::XmlSigner;
use crate::status::Status;

/// A signed response around whatever text, encrypted, as an identity provider that has gone mad
/// would send it: for the readers behind the signature.
pub fn response_around(
    assertion: &str,
    [issuer, acs_url, request]: [&str; 3],
    encrypt_to: &EncryptionKey,
    signer: &dyn XmlSigner,
    now: Timestamp,
    random: Random<'_>,
) -> Result<String, IssueError> {
    let envelope = Envelope {
        issuer,
        acs_url,
        in_response_to: Some(request),
        issued_at: now,
        status: Status::Success,
        message: None,
    };
    let sealed = encrypt_to.encrypt(assertion, now, random)?;
    Ok(envelope.around(&sealed, signer, random)?.xml)
}
