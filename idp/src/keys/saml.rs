//! A SAML signing key behind the signer seam, so that it may live in a token.

use std::path::Path;
use std::sync::Arc;

use warifu_pki::{KeyAlgorithm, Signer};
use warifu_saml::{Certificate, KeyError, SignError, SignatureAlgorithm, XmlSigner};

use super::{KeysError, read};
use crate::config::SigningKeyConfig;

/// A key and the certificate that carries its public half in the metadata.
pub(crate) struct SamlKey {
    signer: Arc<dyn Signer>,
    certificate: Certificate,
    announced: Vec<Certificate>,
    algorithm: SignatureAlgorithm,
}

impl SamlKey {
    /// Opens the key and reads its certificate; they must belong together.
    pub(super) fn load(config: &SigningKeyConfig) -> Result<Self, KeysError> {
        let (signer, pem) = (config.key.open()?, read(&config.certificate)?);
        let certificate = certificate(&config.certificate)?;
        if !belongs(&pem, signer.as_ref()) {
            let path = config.certificate.clone();
            return Err(KeysError::Saml { path, source: KeyError::Mismatch });
        }
        let announced = config.announced.iter().map(|path| self::certificate(path));
        let announced = announced.collect::<Result<_, _>>()?;
        let algorithm = match signer.algorithm() {
            KeyAlgorithm::P256 => SignatureAlgorithm::EcdsaSha256,
            KeyAlgorithm::P384 => SignatureAlgorithm::EcdsaSha384,
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 => SignatureAlgorithm::RsaSha256,
        };
        Ok(Self { signer, certificate, announced, algorithm })
    }

    /// The certificates that stand in the metadata beside its own.
    pub(crate) fn announced(&self) -> &[Certificate] {
        &self.announced
    }
}

fn certificate(path: &Path) -> Result<Certificate, KeysError> {
    Certificate::from_pem(&read(path)?)
        .map_err(|source| KeysError::Saml { path: path.to_owned(), source })
}

fn belongs(pem: &[u8], signer: &dyn Signer) -> bool {
    warifu_pki::Certificate::from_pem(pem)
        .is_ok_and(|certificate| certificate.public_key_der() == signer.public_key_der())
}

impl XmlSigner for SamlKey {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, SignError> {
        self.signer.sign(bytes).map_err(SignError::new)
    }
}

#[cfg(test)]
mod tests;
