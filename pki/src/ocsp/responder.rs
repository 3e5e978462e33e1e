//! Answering for one issuer, with a certificate that the issuer made for this purpose alone
//! (RFC 6960 §4.2.2.2).

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use openssl::sha::{sha1, sha256};
use x509_cert::der::asn1::{OctetString, OctetStringRef};
use x509_cert::der::oid::db::rfc5280::ID_KP_OCSP_SIGNING;
use x509_cert::der::oid::db::rfc6960::{ID_PKIX_OCSP_BASIC, ID_PKIX_OCSP_NONCE};
use x509_cert::der::{self, Encode, Header, Length, Tag, TagNumber};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{CrlReason, ExtendedKeyUsage};
use x509_ocsp::{ResponderId, ResponseData, RevokedInfo, SingleResponse, Version};

use super::CertId;
use super::request::IssuerHash;
use crate::{Certificate, Reason, SignError, Signer, validity};

const EXPLICIT_0: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber::N0 };
/// `responseStatus` of an answer that says something: `successful`.
const SUCCESSFUL: &[u8] = &[0x0a, 0x01, 0x00];

/// What is known about a certificate. One that the issuer never issued is [`Unknown`](Self::Unknown).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertStatus {
    /// Issued and not revoked. It says nothing about its validity in time.
    Good,
    /// Revoked, or suspended for the time being ([`Reason::CertificateHold`]).
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// Not a certificate of this issuer.
    Unknown,
}

/// What is answered about one certificate.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The certificate, as the client named it.
    pub asked: &'a CertId,
    /// Its state.
    pub status: CertStatus,
    /// When this was known to be so.
    pub this_update: Timestamp,
    /// When more will be known: until then the answer may be kept.
    pub next_update: Timestamp,
}

/// Answers in the name of an issuer.
pub struct Responder {
    issuer: IssuerHashes,
    certificate: Certificate,
    signer: Arc<dyn Signer>,
    id: ResponderId,
    algorithm: Vec<u8>,
    /// `certs`, ready to be put into every answer.
    chain: Vec<u8>,
}

/// A certificate and a key do not make a responder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponderError {
    /// The issuer did not sign the responder's certificate.
    #[error("the OCSP responder's certificate is not the issuer's")]
    NotIssued,
    /// The certificate is not for signing OCSP responses.
    #[error("the certificate is not for an OCSP responder")]
    NotForOcsp,
    /// The key is not the certificate's.
    #[error("the key does not belong to the OCSP responder's certificate")]
    WrongKey,
    /// Something in the certificates cannot be encoded.
    #[error("the OCSP responder's certificate cannot be encoded")]
    Encoding,
}

/// An answer could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RespondError {
    /// The signer failed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The answer has no DER.
    #[error("the OCSP response could not be encoded")]
    Encoding(#[from] der::Error),
}

impl Responder {
    /// Puts a responder together. The issuer is the one whose certificates it answers for.
    pub fn new(
        issuer: &Certificate,
        certificate: Certificate,
        signer: Arc<dyn Signer>,
    ) -> Result<Self, ResponderError> {
        let key = issuer.public_key().map_err(|_| ResponderError::NotIssued)?;
        require(certificate.is_signed_by(&key), ResponderError::NotIssued)?;
        require(is_for_ocsp(&certificate), ResponderError::NotForOcsp)?;
        let fits = certificate.public_key_der() == signer.public_key_der();
        require(fits, ResponderError::WrongKey)?;
        let algorithm = signer.algorithm().signature_identifier().to_der();
        Ok(Self {
            issuer: IssuerHashes::new(issuer).map_err(|_| ResponderError::Encoding)?,
            id: responder_id(&certificate).map_err(|_| ResponderError::Encoding)?,
            algorithm: algorithm.map_err(|_| ResponderError::Encoding)?,
            chain: chain(&certificate).map_err(|_| ResponderError::Encoding)?,
            certificate,
            signer,
        })
    }

    /// Whether the certificate asked about would be of this issuer: both hashes, of the name and of
    /// the key, are compared.
    pub fn answers_for(&self, asked: &CertId) -> bool {
        self.issuer.are_in(asked)
    }

    /// The responder's own certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Makes and signs the response (DER) with an answer to each question, echoing the nonce.
    pub fn respond(
        &self,
        answers: &[Answer<'_>],
        nonce: Option<&[u8]>,
        produced_at: Timestamp,
    ) -> Result<Vec<u8>, RespondError> {
        let content = ResponseData {
            version: Version::V1,
            responder_id: self.id.clone(),
            produced_at: validity::to_x509(produced_at)?.into(),
            responses: answers.iter().map(single).collect::<der::Result<_>>()?,
            response_extensions: nonce.map(echo).transpose()?.map(|nonce| vec![nonce]),
        };
        let content = content.to_der()?;
        let signature = self.signer.sign(&content)?;
        Ok(self.envelope(&content, &signature)?)
    }

    /// `OCSPResponse` around `BasicOCSPResponse`, from parts that are DER already: the responder's
    /// certificate is not written anew for each answer.
    fn envelope(&self, content: &[u8], signature: &[u8]) -> der::Result<Vec<u8>> {
        // The first byte says that no bits are unused.
        let signature = element(Tag::BitString, &[&[0], signature])?;
        let parts = [content, &self.algorithm, &signature, &self.chain];
        let basic = element(Tag::Sequence, &parts)?;
        let basic = element(Tag::OctetString, &[&basic])?;
        let kind = ID_PKIX_OCSP_BASIC.to_der()?;
        let bytes = element(Tag::Sequence, &[&kind, &basic])?;
        element(Tag::Sequence, &[SUCCESSFUL, &element(EXPLICIT_0, &[&bytes])?])
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responder")
            .field("certificate", &self.certificate.serial_hex())
            .finish_non_exhaustive()
    }
}

/// An issuer's name and key, hashed both ways.
struct IssuerHashes {
    sha1: ([u8; 20], [u8; 20]),
    sha256: ([u8; 32], [u8; 32]),
}

impl IssuerHashes {
    fn new(issuer: &Certificate) -> der::Result<Self> {
        let name = issuer.content().subject.to_der()?;
        let key = issuer.content().subject_public_key_info.subject_public_key.raw_bytes();
        Ok(Self { sha1: (sha1(&name), sha1(key)), sha256: (sha256(&name), sha256(key)) })
    }

    fn are_in(&self, asked: &CertId) -> bool {
        let (name, key): (&[u8], &[u8]) = match asked.issuer_hash() {
            Some(IssuerHash::Sha1) => (&self.sha1.0, &self.sha1.1),
            Some(IssuerHash::Sha256) => (&self.sha256.0, &self.sha256.1),
            None => return false,
        };
        let written = &asked.written;
        written.issuer_name_hash.as_bytes() == name && written.issuer_key_hash.as_bytes() == key
    }
}

fn require(holds: bool, otherwise: ResponderError) -> Result<(), ResponderError> {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn is_for_ocsp(certificate: &Certificate) -> bool {
    let purposes = certificate.extension::<ExtendedKeyUsage>().ok().flatten();
    purposes.is_some_and(|purposes| purposes.0.contains(&ID_KP_OCSP_SIGNING))
}

/// By key, which RFC 6960 §4.2.1 always hashes with SHA-1.
fn responder_id(certificate: &Certificate) -> der::Result<ResponderId> {
    let key = certificate.content().subject_public_key_info.subject_public_key.raw_bytes();
    Ok(ResponderId::ByKey(OctetString::new(sha1(key))?))
}

fn chain(certificate: &Certificate) -> der::Result<Vec<u8>> {
    element(EXPLICIT_0, &[&element(Tag::Sequence, &[certificate.der()])?])
}

fn single(answer: &Answer<'_>) -> der::Result<SingleResponse> {
    Ok(SingleResponse {
        cert_id: answer.asked.written.clone(),
        cert_status: status(answer.status)?,
        this_update: validity::to_x509(answer.this_update)?.into(),
        next_update: Some(validity::to_x509(answer.next_update)?.into()),
        single_extensions: None,
    })
}

fn status(status: CertStatus) -> der::Result<x509_ocsp::CertStatus> {
    Ok(match status {
        CertStatus::Good => x509_ocsp::CertStatus::good(),
        CertStatus::Unknown => x509_ocsp::CertStatus::unknown(),
        CertStatus::Revoked { at, reason } => x509_ocsp::CertStatus::revoked(RevokedInfo {
            revocation_time: validity::to_x509(at)?.into(),
            revocation_reason: x509_reason(reason),
        }),
    })
}

/// RFC 5280 §5.3.1: absent rather than "unspecified".
fn x509_reason(reason: Reason) -> Option<CrlReason> {
    let code = u32::from(reason.code());
    CrlReason::try_from(code).ok().filter(|reason| *reason != CrlReason::Unspecified)
}

fn echo(nonce: &[u8]) -> der::Result<Extension> {
    let value = OctetString::new(OctetStringRef::new(nonce)?.to_der()?)?;
    Ok(Extension { extn_id: ID_PKIX_OCSP_NONCE, critical: false, extn_value: value })
}

/// One element around parts that are DER already.
fn element(tag: Tag, parts: &[&[u8]]) -> der::Result<Vec<u8>> {
    let content: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(content + 6);
    Header::new(tag, Length::try_from(content)?)?.encode_to_vec(&mut out)?;
    for part in parts {
        out.extend_from_slice(part);
    }
    Ok(out)
}
