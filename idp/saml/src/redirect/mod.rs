//! The HTTP-Redirect binding (SAML bindings 3.4): a message in a query, deflated, and signed over
//! the very bytes of the query.

mod inflate;
mod query;

use data_encoding::BASE64;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::hash;
use openssl::sign::Verifier;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use url::form_urlencoded::byte_serialize;

use crate::algorithm::SignatureAlgorithm;
use crate::certificate::Certificate;
use crate::redirect::query::Query;
use crate::sign::{SignError, XmlSigner, message_digest};

/// The longest relay state that is taken or sent, in bytes. The binding asks for 80; service
/// providers that put an address there need more.
pub const RELAY_STATE_LIMIT: usize = 1024;

/// Which parameter carries the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectParameter {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    Response,
}

impl RedirectParameter {
    fn name(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// Why a message in a query is not taken, or not sent.
#[derive(Debug, thiserror::Error)]
pub enum RedirectError {
    /// The query is longer than any that is taken.
    #[error("the query is too long")]
    Size,
    /// A parameter that must be there is not.
    #[error("a parameter is missing")]
    Missing,
    /// A parameter is there twice.
    #[error("a parameter is there twice")]
    Duplicate,
    /// A parameter is not encoded as it must be.
    #[error("a parameter is not encoded as it must be")]
    Encoding,
    /// The relay state is too long.
    #[error("the relay state is too long")]
    RelayState,
    /// An encoding other than DEFLATE.
    #[error("the encoding of the message is not supported")]
    UnknownEncoding,
    /// What it inflates to is too large, or it does not inflate.
    #[error("the message does not inflate within bounds")]
    Inflate,
    /// The query is not signed.
    #[error("the query is not signed")]
    Unsigned,
    /// The signature algorithm is not let in.
    #[error("the signature algorithm is not accepted")]
    Algorithm,
    /// No key of the peer is of the kind that the signature was made with.
    #[error("there is no key to verify the signature with")]
    NoKey,
    /// The signature does not hold.
    #[error("the signature is not valid")]
    Invalid,
    /// The key did not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl RedirectError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Size => "saml.redirect.size",
            Self::Missing => "saml.redirect.missing",
            Self::Duplicate => "saml.redirect.twice",
            Self::Encoding => "saml.redirect.encoding",
            Self::RelayState => "saml.redirect.relay-state",
            Self::UnknownEncoding => "saml.redirect.unknown-encoding",
            Self::Inflate => "saml.redirect.inflate",
            Self::Unsigned => "saml.redirect.unsigned",
            Self::Algorithm => "saml.redirect.algorithm",
            Self::NoKey => "saml.redirect.no-key",
            Self::Invalid => "saml.redirect.invalid",
            Self::Sign(cause) => cause.code(),
        }
    }
}

/// The address to send a browser to, so that it carries the message to `endpoint`.
pub fn url(
    endpoint: &str,
    parameter: RedirectParameter,
    xml: &str,
    relay_state: Option<&str>,
    signer: Option<&dyn XmlSigner>,
) -> Result<String, RedirectError> {
    let mut query = format!("{}={}", parameter.name(), escape(&encode(xml)));
    if let Some(state) = relay_state {
        if state.len() > RELAY_STATE_LIMIT {
            return Err(RedirectError::RelayState);
        }
        query.extend(["&RelayState=", &escape(state)]);
    }
    if let Some(signer) = signer {
        query.extend(["&SigAlg=", &escape(signer.algorithm().uri())]);
        let signature = BASE64.encode(&crate::sign::sign_for_xml(signer, query.as_bytes())?);
        query.extend(["&Signature=", &escape(&signature)]);
    }
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    Ok(format!("{endpoint}{joint}{query}"))
}

fn encode(xml: &str) -> String {
    BASE64.encode(&inflate::deflate(xml.as_bytes()))
}

fn escape(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// What DER begins with where it is a sequence (X.690 8.9).
const SEQUENCE: u8 = 0x30;

/// A message that came in a query. Its XML has not been through the gate.
#[derive(Debug)]
pub struct Received {
    /// The document, as it was inflated.
    pub xml: Vec<u8>,
    /// What is to be sent back with the answer.
    pub relay_state: Option<String>,
    signature: Option<QuerySignature>,
}

#[derive(Debug)]
struct QuerySignature {
    algorithm: SignatureAlgorithm,
    /// The very bytes that were signed.
    signed: Vec<u8>,
    value: Vec<u8>,
}

/// Takes the message out of a query, which is to be passed as it stood in the address, without the
/// question mark.
pub fn receive(raw_query: &str, parameter: RedirectParameter) -> Result<Received, RedirectError> {
    let query = Query::parse(raw_query, parameter.name())?;
    let relay_state = query.relay_state.as_ref().map(|state| state.value.clone());
    if relay_state.as_ref().is_some_and(|state| state.len() > RELAY_STATE_LIMIT) {
        return Err(RedirectError::RelayState);
    }
    let signature = read_signature(&query)?;
    let deflated = crate::base64::decode(&query.message.value).ok_or(RedirectError::Encoding)?;
    Ok(Received { xml: inflate::inflate(&deflated)?, relay_state, signature })
}

fn read_signature(query: &Query<'_>) -> Result<Option<QuerySignature>, RedirectError> {
    match (&query.algorithm, &query.signature) {
        (None, None) => Ok(None),
        (Some(algorithm), Some(signature)) => Ok(Some(QuerySignature {
            algorithm: SignatureAlgorithm::from_uri(&algorithm.value)
                .ok_or(RedirectError::Algorithm)?,
            signed: query.signed_bytes(),
            value: crate::base64::decode(&signature.value).ok_or(RedirectError::Encoding)?,
        })),
        _ => Err(RedirectError::Missing),
    }
}

impl Received {
    /// Whether the query carries a signature (nobody has verified it yet).
    pub fn is_signed(&self) -> bool {
        self.signature.is_some()
    }

    /// Verifies the signature with the keys of the peer. A query without one does not verify.
    pub fn verify(&self, keys: &[Certificate]) -> Result<(), RedirectError> {
        let signature = self.signature.as_ref().ok_or(RedirectError::Unsigned)?;
        let mut candidates = keys.iter().filter(|key| key.suits(signature.algorithm)).peekable();
        if candidates.peek().is_none() {
            return Err(RedirectError::NoKey);
        }
        let holds = |key: &Certificate| signature.holds(key).unwrap_or(false);
        if candidates.any(holds) { Ok(()) } else { Err(RedirectError::Invalid) }
    }
}

impl QuerySignature {
    fn holds(&self, key: &Certificate) -> Result<bool, ErrorStack> {
        if self.algorithm == SignatureAlgorithm::EcdsaSha256
            && let Some(point) = key.p256_point()
        {
            return Ok(self.holds_on_p256(point));
        }
        let digest = message_digest(self.algorithm.digest());
        match key.curve_key() {
            Some(key) => self.ecdsa()?.verify(&hash(digest, &self.signed)?, key),
            None => Verifier::new(digest, key.key())?.verify_oneshot(&self.value, &self.signed),
        }
    }

    /// The same for most of what comes, by ring.
    fn holds_on_p256(&self, point: &[u8]) -> bool {
        let side_by_side = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        let der = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
        side_by_side.verify(&self.signed, &self.value).is_ok()
            || (self.value.first() == Some(&SEQUENCE)
                && der.verify(&self.signed, &self.value).is_ok())
    }

    /// ECDSA values are r and s side by side, as in XML signature (RFC 9231 2.3.6); some peers send
    /// DER all the same.
    fn ecdsa(&self) -> Result<EcdsaSig, ErrorStack> {
        if self.value.first() == Some(&SEQUENCE)
            && let Ok(signature) = EcdsaSig::from_der(&self.value)
            && signature.to_der()? == self.value
        {
            return Ok(signature);
        }
        let (r, s) = self.value.split_at(self.value.len() / 2);
        let number = openssl::bn::BigNum::from_slice;
        EcdsaSig::from_private_components(number(r)?, number(s)?)
    }
}

#[cfg(test)]
mod tests;
