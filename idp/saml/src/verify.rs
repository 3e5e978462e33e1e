//! Verifying the signature of a document that passed the gate, with xmlsec through samael.
//!
//! What comes back was read from the bytes that were signed, and from nothing else. xmlsec is given
//! one key at a time, never none, and nothing it could fetch: the gate lets no reference through but
//! to the signed element itself, and xmlsec's own fetching is switched off besides.

use std::sync::OnceLock;

use samael::crypto::{
    AllowedSignatureAlgorithm, CertificateDer, Crypto, CryptoProvider, ReduceMode,
};

use crate::algorithm::SignatureAlgorithm;
use crate::certificate::Certificate;
use crate::gate::{Admitted, GateError, Kind, admit};
use crate::tree::{self, Element, ShapeError};

/// The most keys that are tried for one document.
const KEY_LIMIT: usize = 16;

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is none where one must be.
    #[error("the document is not signed")]
    Missing,
    /// No key of the peer is of the kind that the signature was made with.
    #[error("there is no key to verify the signature with")]
    NoKey,
    /// It was not made with any of the peer's keys, or the content was changed.
    #[error("the signature is not valid")]
    Invalid,
    /// It is over something other than the document that was read.
    #[error("the signature is over something else")]
    OtherContent,
}

impl SignatureError {
    /// The stable code of this error.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "saml.signature.missing",
            Self::NoKey => "saml.signature.no-key",
            Self::Invalid => "saml.signature.invalid",
            Self::OtherContent => "saml.signature.other-content",
        }
    }
}

/// The document element as it was signed. If an assertion inside is signed as well, that signature
/// was verified too.
pub(crate) fn signed_root<E>(document: &Admitted<'_>, keys: &[Certificate]) -> Result<Element, E>
where
    E: From<SignatureError> + From<GateError> + From<ShapeError>,
{
    let algorithm = document.facts().root_signature.ok_or(SignatureError::Missing)?;
    let signed = digested(document, algorithm, keys)?;
    let signed = admit(document.kind(), signed.as_bytes())?;
    if signed.facts().root_id != document.facts().root_id || signed.is_signed() {
        return Err(SignatureError::OtherContent.into());
    }
    Ok(tree::parse(&signed)?)
}

/// The assertion as it was signed, in a response that is not signed itself.
pub(crate) fn signed_assertion<E>(
    response: &Admitted<'_>,
    keys: &[Certificate],
) -> Result<Element, E>
where
    E: From<SignatureError> + From<GateError> + From<ShapeError>,
{
    let facts = response.facts();
    let algorithm = facts.assertion_signature.ok_or(SignatureError::Missing)?;
    if facts.root_signature.is_some() {
        return Err(SignatureError::OtherContent.into());
    }
    let signed = digested(response, algorithm, keys)?;
    Ok(tree::parse(&admit(Kind::Assertion, signed.as_bytes())?)?)
}

/// The very bytes whose digest was signed, once a signature over it holds.
pub(crate) fn digested(
    document: &Admitted<'_>,
    algorithm: SignatureAlgorithm,
    keys: &[Certificate],
) -> Result<String, SignatureError> {
    let mut candidates = keys.iter().filter(|key| key.suits(algorithm)).take(KEY_LIMIT).peekable();
    let first = candidates.peek().ok_or(SignatureError::NoKey)?;
    prepare(first);
    candidates.find_map(|key| verify_with(document, key)).ok_or(SignatureError::Invalid)
}

fn verify_with(document: &Admitted<'_>, key: &Certificate) -> Option<String> {
    Crypto::reduce_xml_to_signed_with_allowed_algorithms(
        document.text(),
        &[CertificateDer::from(key.der().to_vec())],
        ReduceMode::PreDigest,
        Some(&SignatureAlgorithm::ALL.map(allowed)),
    )
    .ok()
}

fn allowed(algorithm: SignatureAlgorithm) -> AllowedSignatureAlgorithm {
    match algorithm {
        SignatureAlgorithm::RsaSha256 => AllowedSignatureAlgorithm::RsaSha256,
        SignatureAlgorithm::RsaSha384 => AllowedSignatureAlgorithm::RsaSha384,
        SignatureAlgorithm::RsaSha512 => AllowedSignatureAlgorithm::RsaSha512,
        SignatureAlgorithm::EcdsaSha256 => AllowedSignatureAlgorithm::EcdsaSha256,
        SignatureAlgorithm::EcdsaSha384 => AllowedSignatureAlgorithm::EcdsaSha384,
        SignatureAlgorithm::EcdsaSha512 => AllowedSignatureAlgorithm::EcdsaSha512,
    }
}

#[expect(
    unsafe_code,
    reason = "two switches of xmlsec that no crate wraps; neither takes a pointer"
)]
mod xmlsec {
    #[link(name = "xmlsec1")]
    unsafe extern "C" {
        /// Forgets every way to fetch a URL. Call it once, after xmlsec has started.
        pub safe fn xmlSecIOCleanupCallbacks();
        /// Whether errors are printed to standard error.
        pub safe fn xmlSecErrorsDefaultCallbackEnableOutput(enabled: std::ffi::c_int);
    }
}

/// Starts xmlsec, once: quiet, and without any way to fetch a URL.
fn prepare(any_key: &Certificate) {
    static READY: OnceLock<()> = OnceLock::new();
    READY.get_or_init(|| {
        xmlsec::xmlSecErrorsDefaultCallbackEnableOutput(0);
        // samael starts xmlsec on first use and has no other way to ask for it. The document has no
        // signature, so the answer is an error that says nothing.
        let key = CertificateDer::from(any_key.der().to_vec());
        let _ = Crypto::verify_signed_xml("<start/>", &key, None);
        xmlsec::xmlSecIOCleanupCallbacks();
    });
}
