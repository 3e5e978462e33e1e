//! The envelope that certificates, revocation lists and requests share: content, algorithm,
//! signature (RFC 5280 §4.1.1).

use x509_cert::der::asn1::{Any, BitString, BitStringRef};
use x509_cert::der::{self, Decode, Encode, Reader, SliceReader};
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::{PublicKey, SignError, Signer};

/// An envelope taken apart. `content` is exactly the bytes that were signed.
pub(crate) struct Signed<'a> {
    pub(crate) content: &'a [u8],
    pub(crate) algorithm: AlgorithmIdentifierOwned,
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Takes DER apart; nothing may follow it.
    pub(crate) fn parse(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let signed = reader.sequence(|inner| {
            Ok(Self {
                content: inner.tlv_bytes()?,
                algorithm: AlgorithmIdentifierOwned::decode(inner)?,
                signature: whole_bytes(BitStringRef::decode(inner)?)?,
            })
        })?;
        reader.finish(signed)
    }

    /// Whether the key made the signature, with the one algorithm that key signs with.
    pub(crate) fn is_by(&self, key: &PublicKey) -> bool {
        self.algorithm == key.algorithm().signature_identifier()
            && key.verify(self.content, self.signature)
    }
}

fn whole_bytes(bits: BitStringRef<'_>) -> der::Result<&[u8]> {
    bits.as_bytes().ok_or_else(|| der::Tag::BitString.value_error())
}

/// Content could not be put into an envelope.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    #[error(transparent)]
    Encoding(#[from] der::Error),
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Signs the content (DER) and puts both into an envelope, DER.
pub(crate) fn seal(content: &[u8], signer: &dyn Signer) -> Result<Vec<u8>, SealError> {
    let signature = signer.sign(content)?;
    let parts: Vec<Any> = vec![
        Any::from_der(content)?,
        Any::encode_from(&signer.algorithm().signature_identifier())?,
        Any::encode_from(&BitString::from_bytes(&signature)?)?,
    ];
    Ok(parts.to_der()?)
}
