//! What a client asks: bounded, strict DER, nothing in it believed.

use x509_cert::der::asn1::OctetStringRef;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5912::{ID_SHA_1, ID_SHA_256};
use x509_cert::der::oid::db::rfc6960::{
    ID_PKIX_OCSP_NONCE, ID_PKIX_OCSP_PREF_SIG_ALGS, ID_PKIX_OCSP_RESPONSE,
};
use x509_cert::der::{self, Decode, Encode, Tag, Tagged};
use x509_cert::ext::{Extension, Extensions};
use x509_ocsp::OcspRequest;

use crate::certificate::positive_serial;

/// The longest request that is read, in bytes. One certificate takes about 100.
pub const MAX_REQUEST: usize = 2 * 1024;
/// How many certificates one request may name.
const MAX_ASKED: usize = 8;
/// RFC 9654 §2.1: 1 to 128 octets.
const MAX_NONCE: usize = 128;

/// A request (RFC 6960 §4.1). A signature on it is neither needed nor checked.
#[derive(Clone, Debug)]
pub struct Request {
    asked: Vec<CertId>,
    nonce: Option<Vec<u8>>,
}

/// A certificate as a client names it: hashes of its issuer's name and key, and its serial number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertId {
    pub(super) written: x509_ocsp::CertId,
    der: Vec<u8>,
    serial: Vec<u8>,
}

/// How the issuer was hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IssuerHash {
    Sha1,
    Sha256,
}

/// A request is not read; each is answered with [`MalformedRequest`](super::Failure).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    /// More than [`MAX_REQUEST`] bytes, or more than 8 certificates.
    #[error("the OCSP request is too large")]
    TooLarge,
    /// Not a request in DER.
    #[error("the OCSP request is malformed")]
    Malformed,
    /// A nonce that is empty, longer than 128 bytes, or no octet string (RFC 9654 §2.1).
    #[error("the nonce of the OCSP request is malformed")]
    Nonce,
    /// A critical extension that we do not understand (RFC 6960 §4.4).
    #[error("the OCSP request has an unknown critical extension")]
    UnknownCriticalExtension,
}

impl From<der::Error> for BadRequest {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

impl Request {
    /// Reads a request, DER.
    pub fn parse(der: &[u8]) -> Result<Self, BadRequest> {
        require(der.len() <= MAX_REQUEST, BadRequest::TooLarge)?;
        let request = OcspRequest::from_der(der)?;
        // The library also reads a few things that DER forbids, such as defaults spelled out.
        require(request.to_der()? == der, BadRequest::Malformed)?;
        let content = request.tbs_request;
        let nonce = nonce(content.request_extensions.as_ref())?;
        require(!content.request_list.is_empty(), BadRequest::Malformed)?;
        require(content.request_list.len() <= MAX_ASKED, BadRequest::TooLarge)?;
        let asked = content.request_list.into_iter().map(asked).collect::<Result<_, _>>()?;
        Ok(Self { asked, nonce })
    }

    /// The certificates it asks about: 1 to 8.
    pub fn asked(&self) -> &[CertId] {
        &self.asked
    }

    /// The nonce to be echoed, 1 to 128 bytes.
    pub fn nonce(&self) -> Option<&[u8]> {
        self.nonce.as_deref()
    }
}

impl CertId {
    /// The serial number: big-endian, no leading zeros.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// As the client wrote it, DER: the same for the same certificate, issuer and hash algorithm.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// `None` for a hash that we do not know.
    pub(super) fn issuer_hash(&self) -> Option<IssuerHash> {
        match self.written.hash_algorithm.oid {
            ID_SHA_1 => Some(IssuerHash::Sha1),
            ID_SHA_256 => Some(IssuerHash::Sha256),
            _ => None,
        }
    }
}

fn require(holds: bool, otherwise: BadRequest) -> Result<(), BadRequest> {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn asked(request: x509_ocsp::Request) -> Result<CertId, BadRequest> {
    require_understood(request.single_request_extensions.as_ref())?;
    let written = request.req_cert;
    // RFC 5754 §2: absent or NULL.
    let parameters = written.hash_algorithm.parameters.as_ref();
    require(parameters.is_none_or(|value| value.tag() == Tag::Null), BadRequest::Malformed)?;
    let serial = positive_serial(written.serial_number.as_bytes());
    let serial = serial.map_err(|_| BadRequest::Malformed)?.to_vec();
    Ok(CertId { der: written.to_der()?, written, serial })
}

fn nonce(extensions: Option<&Extensions>) -> Result<Option<Vec<u8>>, BadRequest> {
    require_understood(extensions)?;
    let mut nonces = extensions.into_iter().flatten().filter(|one| is(one, ID_PKIX_OCSP_NONCE));
    let Some(nonce) = nonces.next() else { return Ok(None) };
    require(nonces.next().is_none(), BadRequest::Malformed)?;
    let nonce = OctetStringRef::from_der(nonce.extn_value.as_bytes());
    let nonce = nonce.map_err(|_| BadRequest::Nonce)?.as_bytes();
    require((1..=MAX_NONCE).contains(&nonce.len()), BadRequest::Nonce)?;
    Ok(Some(nonce.to_vec()))
}

/// A client may insist on the basic response, which is the only one we give, and may wish for an
/// algorithm; a wish may be left unheard (RFC 6960 §4.4.7).
fn require_understood(extensions: Option<&Extensions>) -> Result<(), BadRequest> {
    let known = [ID_PKIX_OCSP_NONCE, ID_PKIX_OCSP_RESPONSE, ID_PKIX_OCSP_PREF_SIG_ALGS];
    let mut critical = extensions.into_iter().flatten().filter(|one| one.critical);
    let understood = critical.all(|one| known.contains(&one.extn_id));
    require(understood, BadRequest::UnknownCriticalExtension)
}

fn is(extension: &Extension, id: ObjectIdentifier) -> bool {
    extension.extn_id == id
}
