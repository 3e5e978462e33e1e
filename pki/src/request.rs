//! Proof that whoever asks for a certificate holds the private key.

use x509_cert::der::asn1::SetOfVec;
use x509_cert::der::{Decode, Encode};
use x509_cert::request::{CertReqInfo, Version};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::signed::{self, SealError, Signed};
use crate::{KeyError, PublicKey, SignError, Signer, name};

/// A request with one key and a few attributes is below 2 KiB.
const MAX_REQUEST: usize = 8 * 1024;
/// Starts every message that proves possession, so that it is mistaken for no other.
const POSSESSION: &[u8] = b"warifu key possession v1";

/// A proof in one of two forms.
#[derive(Clone, Debug)]
pub enum PossessionProof {
    /// A PKCS#10 request, DER (RFC 2986). Its subject and attributes are ignored: the office names
    /// the subject.
    Request(Vec<u8>),
    /// A signature over [`possession_message`], for a card that signs but makes no requests.
    Signature {
        /// The key as `SubjectPublicKeyInfo`, DER.
        public_key_der: Vec<u8>,
        /// ECDSA as r ‖ s, RSA as PKCS#1 v1.5.
        signature: Vec<u8>,
    },
}

/// Possession was not proved.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Not a request, or too large.
    #[error("the certificate request is malformed")]
    Malformed,
    /// The signature is not by the key that was sent along.
    #[error("the proof of possession is not signed by the key itself")]
    BadSignature,
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The signer failed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl From<x509_cert::der::Error> for RequestError {
    fn from(_: x509_cert::der::Error) -> Self {
        Self::Malformed
    }
}

impl From<SealError> for RequestError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Encoding(error) => error.into(),
            SealError::Sign(error) => error.into(),
        }
    }
}

/// What a key signs to prove that it is at hand for this subject: a fixed prefix, the subject's
/// name, the key. A proof for one subject is worth nothing for another.
pub fn possession_message(subject: &str, public_key_der: &[u8]) -> Vec<u8> {
    [POSSESSION, &[0], subject.as_bytes(), &[0], public_key_der].concat()
}

impl PossessionProof {
    /// A PKCS#10 request for the signer's key.
    pub fn request(subject: &str, signer: &dyn Signer) -> Result<Self, RequestError> {
        let content = CertReqInfo {
            version: Version::V1,
            subject: name::of_common_name(subject)?,
            public_key: SubjectPublicKeyInfoOwned::from_der(signer.public_key_der())?,
            attributes: SetOfVec::new(),
        };
        Ok(Self::Request(signed::seal(&content.to_der()?, signer)?))
    }

    /// Gives the key whose possession is proved.
    pub fn verify(&self, subject: &str) -> Result<PublicKey, RequestError> {
        match self {
            Self::Request(der) => key_of_request(der),
            Self::Signature { public_key_der, signature } => {
                let key = PublicKey::from_der(public_key_der)?;
                let message = possession_message(subject, public_key_der);
                let holds = key.verify_raw(&message, signature);
                if holds { Ok(key) } else { Err(RequestError::BadSignature) }
            }
        }
    }
}

fn key_of_request(der: &[u8]) -> Result<PublicKey, RequestError> {
    if der.len() > MAX_REQUEST {
        return Err(RequestError::Malformed);
    }
    let signed = Signed::parse(der)?;
    let content = CertReqInfo::from_der(signed.content)?;
    let key = PublicKey::from_der(&content.public_key.to_der()?)?;
    if signed.is_by(&key) { Ok(key) } else { Err(RequestError::BadSignature) }
}

#[cfg(test)]
mod tests {
    use openssl::x509::{X509Req, X509ReqBuilder};
    use proptest::prelude::*;

    use super::*;
    use crate::public_key::der_to_raw;
    use crate::testing::{self, key_256, key_rsa};

    fn der(proof: &PossessionProof) -> &[u8] {
        let PossessionProof::Request(der) = proof else { panic!("no request") };
        der
    }

    #[test]
    fn openssl_believes_our_request() {
        let proof = PossessionProof::request("portal", key_256()).unwrap();
        let request = X509Req::from_der(der(&proof)).unwrap();
        assert!(request.verify(key_256().pkey()).is_ok_and(|valid| valid));
        assert_eq!(&proof.verify("portal").unwrap(), key_256().public_key());
    }

    #[test]
    fn we_believe_the_request_of_openssl() {
        for key in [key_256(), key_rsa()] {
            let mut builder = X509ReqBuilder::new().unwrap();
            builder.set_pubkey(key.pkey()).unwrap();
            builder.sign(key.pkey(), openssl::hash::MessageDigest::sha256()).unwrap();
            let proof = PossessionProof::Request(builder.build().to_der().unwrap());
            assert_eq!(&proof.verify("anybody").unwrap(), key.public_key());
        }
    }

    #[test]
    fn a_request_signed_by_another_key_proves_nothing() {
        let other = crate::FileKey::generate(crate::KeyAlgorithm::P256).unwrap();
        let mut builder = X509ReqBuilder::new().unwrap();
        builder.set_pubkey(key_256().pkey()).unwrap();
        builder.sign(other.pkey(), openssl::hash::MessageDigest::sha256()).unwrap();
        let proof = PossessionProof::Request(builder.build().to_der().unwrap());
        assert!(matches!(proof.verify("x"), Err(RequestError::BadSignature)));
    }

    #[test]
    fn a_signed_message_proves_possession_for_its_subject_alone() {
        let public_key_der = key_256().public_key_der().to_vec();
        let message = possession_message(testing::HOLDER, &public_key_der);
        let signature = der_to_raw(&key_256().sign(&message).unwrap(), 32).unwrap();
        let proof = PossessionProof::Signature { public_key_der, signature };
        assert_eq!(&proof.verify(testing::HOLDER).unwrap(), key_256().public_key());
        assert!(matches!(proof.verify("somebody else"), Err(RequestError::BadSignature)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            prop_assert!(PossessionProof::Request(bytes).verify("x").is_err());
        }

        #[test]
        fn a_changed_request_never_panics(changes in testing::changes()) {
            let proof = PossessionProof::request("portal", key_256()).unwrap();
            let changed = testing::changed(der(&proof), &changes);
            let is_changed = changed != der(&proof);
            let verified = PossessionProof::Request(changed).verify("portal");
            prop_assert!(verified.is_err() || !is_changed);
        }
    }
}
