//! Tokens that one party signed and then sealed to another: a JWS in a JWE.

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

use super::{Expected, JoseError, JweOpener, JwsVerifier};
use crate::{FileKey, PublicKey};

/// The recipient's half: opens what one issuer signed for one audience.
#[derive(Clone, Debug)]
pub(crate) struct SealedOpener {
    opener: JweOpener,
    verifier: JwsVerifier,
    issuer: String,
    audience: String,
}

impl SealedOpener {
    /// Opens, with the recipient's key, what `issuer` signed with its key for `audience`.
    pub fn new(
        own: &FileKey,
        theirs: PublicKey,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, JoseError> {
        Ok(Self {
            opener: JweOpener::new(own)?,
            verifier: JwsVerifier::new(theirs)?,
            issuer: issuer.into(),
            audience: audience.into(),
        })
    }

    /// Opens a token of type `typ` and checks signature, issuer, audience and times. What the claims
    /// say besides is the caller's to check.
    pub fn open<T: DeserializeOwned>(
        &self,
        sealed: &str,
        (typ, longest): (&str, SignedDuration),
        now: Timestamp,
    ) -> Result<T, JoseError> {
        let expected = Expected { typ, issuer: &self.issuer, audience: &self.audience, longest };
        self.verifier.verify(&self.opener.open(sealed)?, &expected, now)
    }
}
