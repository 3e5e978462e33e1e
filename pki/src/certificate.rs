//! A certificate, parsed once, with the fields that are asked for again and again.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use jiff::Timestamp;
use openssl::sha::sha256;
use x509_cert::TbsCertificate;
use x509_cert::certificate::Version;
use x509_cert::der::asn1::AnyRef;
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::{self, Decode, Encode, ErrorKind, Tag, Tagged};
use x509_cert::ext::pkix::{BasicConstraints, SubjectKeyIdentifier};

use crate::signed::Signed;
use crate::{KeyError, PublicKey, name, validity};

/// Certificates on cards are below 3 KiB; a server's with many names below 8.
const MAX_CERTIFICATE: usize = 8 * 1024;
const MAX_CHAIN: usize = 8;
const MAX_SERIAL: usize = 20;

/// A version 3 certificate (RFC 5280). Parsing it says nothing about who signed it.
#[derive(Clone, Debug)]
pub struct Certificate {
    der: Vec<u8>,
    content: TbsCertificate,
    serial: Vec<u8>,
    public_key_der: Vec<u8>,
}

/// Bytes are not a certificate that we read.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Longer than 8 KiB, or a chain of more than 8.
    #[error("the certificate is too large")]
    TooLarge,
    /// Not what RFC 5280 §4.1 says.
    #[error("the certificate is malformed")]
    Malformed,
    /// Encoded by the wider rules of BER, or otherwise in more than the one way DER allows.
    #[error("the certificate is not in DER")]
    NotDer,
    /// Something follows the certificate, or a part of it.
    #[error("there are bytes behind the end of the certificate")]
    TrailingBytes,
    /// The algorithm that is signed is not the algorithm of the signature (RFC 5280 §4.1.1.2).
    #[error("the certificate names two signature algorithms")]
    TwoAlgorithms,
    /// An extension stands there twice (RFC 5280 §4.2).
    #[error("the certificate has an extension twice")]
    RepeatedExtension,
    /// Zero, negative, or longer than 20 octets (RFC 5280 §4.1.2.2).
    #[error("the serial number of the certificate is not a positive number of up to 20 octets")]
    BadSerial,
    /// No `CERTIFICATE` block where PEM was expected.
    #[error("no certificate is found in the PEM text")]
    NoPem,
}

impl From<der::Error> for CertificateError {
    fn from(error: der::Error) -> Self {
        match error.kind() {
            ErrorKind::TrailingData { .. } => Self::TrailingBytes,
            ErrorKind::IndefiniteLength
            | ErrorKind::Noncanonical { .. }
            | ErrorKind::Length { .. }
            | ErrorKind::Overlength
            | ErrorKind::SetOrdering => Self::NotDer,
            _ => Self::Malformed,
        }
    }
}

impl Certificate {
    /// Reads one certificate of at most 8 KiB, DER.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE {
            return Err(CertificateError::TooLarge);
        }
        let signed = Signed::parse(der)?;
        let content = TbsCertificate::from_der(signed.content)
            .map_err(|error| content_error(error, signed.content))?;
        require_well_formed(&content, &signed)?;
        Ok(Self {
            der: der.to_vec(),
            serial: positive_serial(content.serial_number.as_bytes())?.to_vec(),
            public_key_der: content.subject_public_key_info.to_der()?,
            content,
        })
    }

    /// Reads the first certificate of a PEM text.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        Self::chain_from_pem(pem)?.into_iter().next().ok_or(CertificateError::NoPem)
    }

    /// Reads all certificates of a PEM text in their order, at most 8, at least one.
    pub fn chain_from_pem(pem: &[u8]) -> Result<Vec<Self>, CertificateError> {
        Self::all_from_pem(pem, MAX_CHAIN)
    }

    /// Reads all certificates of a PEM text in their order, at most so many, at least one.
    pub fn all_from_pem(pem: &[u8], most: usize) -> Result<Vec<Self>, CertificateError> {
        if pem.len() > 2 * most * MAX_CERTIFICATE {
            return Err(CertificateError::TooLarge);
        }
        let text = std::str::from_utf8(pem).map_err(|_| CertificateError::NoPem)?;
        if pem_blocks(text).nth(most).is_some() {
            return Err(CertificateError::TooLarge);
        }
        let all = pem_blocks(text).map(from_block).collect::<Result<Vec<_>, _>>()?;
        if all.is_empty() { Err(CertificateError::NoPem) } else { Ok(all) }
    }

    /// The certificate as it was read.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as a PEM block.
    pub fn pem(&self) -> String {
        to_pem("CERTIFICATE", &self.der)
    }

    /// The serial number: big-endian, no leading zeros.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// The serial number in lower-case hexadecimal.
    pub fn serial_hex(&self) -> String {
        HEXLOWER.encode(&self.serial)
    }

    /// The common name of the subject, where there is one.
    pub fn subject_cn(&self) -> Option<&str> {
        name::common_name(&self.content.subject)
    }

    /// The first second of validity.
    pub fn not_before(&self) -> Timestamp {
        validity::from_x509(self.content.validity.not_before)
    }

    /// The last second of validity.
    pub fn not_after(&self) -> Timestamp {
        validity::from_x509(self.content.validity.not_after)
    }

    /// `x5t#S256` of RFC 8705 §3.1: base64url without padding of the SHA-256 of the DER.
    pub fn thumbprint(&self) -> String {
        BASE64URL_NOPAD.encode(&sha256(&self.der))
    }

    /// The subject's public key as `SubjectPublicKeyInfo`, DER.
    pub fn public_key_der(&self) -> &[u8] {
        &self.public_key_der
    }

    /// The subject's public key, if it is of a kind we use.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_der(&self.public_key_der)
    }

    /// Whether the certificate may issue others.
    pub fn is_authority(&self) -> bool {
        self.extension::<BasicConstraints>().is_ok_and(|found| found.is_some_and(|c| c.ca))
    }

    /// The subject key identifier, where there is one.
    pub fn key_identifier(&self) -> Option<Vec<u8>> {
        let found = self.extension::<SubjectKeyIdentifier>().ok().flatten()?;
        Some(found.0.as_bytes().to_vec())
    }

    pub(crate) fn content(&self) -> &TbsCertificate {
        &self.content
    }

    /// An extension by its type; an error if it is there and malformed.
    pub(crate) fn extension<T>(&self) -> der::Result<Option<T>>
    where
        T: for<'a> Decode<'a> + AssociatedOid,
    {
        Ok(self.content.get::<T>()?.map(|(_, value)| value))
    }

    /// Whether the key made this certificate's signature.
    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> bool {
        Signed::parse(&self.der).is_ok_and(|signed| signed.is_by(key))
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

/// RFC 7468 §2: lines of 64 characters between two boundaries.
pub(crate) fn to_pem(label: &str, der: &[u8]) -> String {
    let encoded = BASE64.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in encoded.as_bytes().chunks(64) {
        pem.extend(line.iter().copied().map(char::from));
        pem.push('\n');
    }
    pem + "-----END " + label + "-----\n"
}

fn require_well_formed(
    content: &TbsCertificate,
    signed: &Signed<'_>,
) -> Result<(), CertificateError> {
    let flaws = [
        (content.to_der()? != signed.content, CertificateError::NotDer),
        (content.version != Version::V3, CertificateError::Malformed),
        (content.signature != signed.algorithm, CertificateError::TwoAlgorithms),
        (content.issuer_unique_id.is_some(), CertificateError::Malformed),
        (content.subject_unique_id.is_some(), CertificateError::Malformed),
        (has_repeated_extension(content), CertificateError::RepeatedExtension),
    ];
    flaws.into_iter().find(|(is_so, _)| *is_so).map_or(Ok(()), |(_, cause)| Err(cause))
}

/// The library does not say which part it refused; a serial number that is much too long is told
/// apart from all else.
fn content_error(error: der::Error, content: &[u8]) -> CertificateError {
    let parts = Vec::<AnyRef<'_>>::from_der(content).unwrap_or_default();
    let serial = parts.iter().find(|part| part.tag() == Tag::Integer);
    let is_long = serial.is_some_and(|serial| serial.value().len() > MAX_SERIAL + 1);
    if is_long { CertificateError::BadSerial } else { error.into() }
}

/// RFC 5280 §4.2: no extension twice.
fn has_repeated_extension(content: &TbsCertificate) -> bool {
    let mut oids: Vec<_> = content.extensions.iter().flatten().map(|one| one.extn_id).collect();
    let total = oids.len();
    oids.sort_unstable();
    oids.dedup();
    oids.len() != total
}

/// RFC 5280 §4.1.2.2: positive, at most 20 octets.
pub(crate) fn positive_serial(bytes: &[u8]) -> Result<&[u8], CertificateError> {
    let is_negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let start = bytes.iter().position(|byte| *byte != 0).ok_or(CertificateError::BadSerial)?;
    let serial = bytes.get(start..).unwrap_or_default();
    if is_negative || serial.len() > MAX_SERIAL {
        return Err(CertificateError::BadSerial);
    }
    Ok(serial)
}

fn pem_blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split("-----BEGIN CERTIFICATE-----").skip(1)
}

fn from_block(block: &str) -> Result<Certificate, CertificateError> {
    let (body, _) = block.split_once("-----END CERTIFICATE-----").ok_or(CertificateError::NoPem)?;
    let compact: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = BASE64.decode(compact.as_bytes()).map_err(|_| CertificateError::Malformed)?;
    Certificate::from_der(&der)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{self, World};

    #[test]
    fn the_fields_are_those_openssl_sees() {
        let world = World::new();
        let card = world.authentication_card();
        let theirs = openssl::x509::X509::from_der(card.der()).unwrap();
        let serial = theirs.serial_number().to_bn().unwrap().to_hex_str().unwrap().to_lowercase();
        assert_eq!(card.serial_hex(), serial);
        assert_eq!(card.serial().len(), 16);
        assert_eq!(card.pem().as_bytes(), theirs.to_pem().unwrap());
        assert_eq!(card.subject_cn(), Some(testing::HOLDER));
        let digest = theirs.digest(openssl::hash::MessageDigest::sha256()).unwrap();
        assert_eq!(card.thumbprint(), BASE64URL_NOPAD.encode(&digest));
        assert!(!card.is_authority());
        assert!(world.cards.certificate().is_authority());
    }

    #[test]
    fn a_chain_is_read_in_its_order() {
        let world = World::new();
        let chain =
            format!("{}\n{}", world.cards.certificate().pem(), world.root.certificate().pem());
        let read = Certificate::chain_from_pem(chain.as_bytes()).unwrap();
        assert_eq!(read, [world.cards.certificate().clone(), world.root.certificate().clone()]);
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let world = World::new();
        let mut longer = world.authentication_card().der().to_vec();
        longer.push(0);
        assert!(matches!(Certificate::from_der(&longer), Err(CertificateError::TrailingBytes)));
        let huge = vec![0x30; MAX_CERTIFICATE + 1];
        assert!(matches!(Certificate::from_der(&huge), Err(CertificateError::TooLarge)));
        assert!(matches!(Certificate::from_pem(b"hello"), Err(CertificateError::NoPem)));
        let many = world.root.certificate().pem().repeat(MAX_CHAIN + 1);
        let read = Certificate::chain_from_pem(many.as_bytes());
        assert!(matches!(read, Err(CertificateError::TooLarge)));
    }

    #[test]
    fn serial_numbers_are_positive_and_short() {
        assert_eq!(positive_serial(&[0, 0x80, 1]).unwrap(), [0x80, 1]);
        assert!(positive_serial(&[0x80, 1]).is_err());
        assert!(positive_serial(&[0]).is_err());
        assert!(positive_serial(&[1; 21]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1024)) {
            prop_assert!(Certificate::from_der(&bytes).is_err());
            prop_assert!(Certificate::chain_from_pem(&bytes).is_err());
        }

        #[test]
        fn a_changed_certificate_never_panics(changes in testing::changes()) {
            let world = testing::world();
            let changed = testing::changed(world.authentication_card().der(), &changes);
            if let Ok(read) = Certificate::from_der(&changed) {
                let _ = (read.subject_cn(), read.key_identifier(), read.public_key().is_ok());
                let _ = (read.not_before(), read.not_after(), read.is_authority());
            }
        }
    }
}
