//! Tokens that one party signed and then sealed to another: a JWS in a JWE.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Expected, JoseError, JweOpener, JweSealer, JwsSigner, JwsVerifier, instant};
use crate::{FileKey, PublicKey, Signer};

/// The issuer's half: signs for one recipient. Its clones seal under the same agreements.
#[derive(Clone, Debug)]
pub(crate) struct SealedIssuer {
    signer: JwsSigner,
    sealer: JweSealer,
}

impl SealedIssuer {
    /// Signs with one key and seals to another, both P-256.
    pub fn new(signer: Arc<dyn Signer>, recipient: &PublicKey) -> Result<Self, JoseError> {
        Ok(Self { signer: JwsSigner::new(signer)?, sealer: JweSealer::new(recipient)? })
    }

    /// Makes a token of type `typ` at `iat`, in seconds since 1970, which its claims say as well:
    /// compact form, at most 8 KiB.
    pub fn issue(&self, typ: &str, claims: &impl Serialize, iat: i64) -> Result<String, JoseError> {
        self.sealer.seal(&self.signer.sign(typ, claims)?, instant(iat)?)
    }

    /// The same recipient's, signed by somebody else.
    #[cfg(test)]
    pub fn signed_by(self, stranger: Arc<dyn Signer>) -> Self {
        Self { signer: JwsSigner::new(stranger).unwrap(), ..self }
    }
}

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
