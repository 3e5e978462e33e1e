//! The identity provider's keys, read once at the start.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use warifu_pki::jose::{JoseError, JwsSigner};
use warifu_pki::{FileKey, KeyAlgorithm, KeyError, PublicKey, Signer, TicketIssuer};
use warifu_saml::{KeySigner, XmlSigner};
use zeroize::Zeroizing;

use crate::config::{IdpConfig, SigningChoice, SigningKeyConfig};
use crate::pairwise::{PairwiseKey, PairwiseKeyError};

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold a key of the kind wanted.
    #[error("{path}: {source}")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
    /// A SAML key and its certificate are of no use.
    #[error("{path}: {source}")]
    Saml {
        /// The key's file.
        path: PathBuf,
        /// Why.
        source: warifu_saml::KeyError,
    },
    /// The pairwise key is of no use.
    #[error(transparent)]
    Pairwise(#[from] PairwiseKeyError),
    /// The agent-request key, the ticket key or the relay's key cannot be used for tokens.
    #[error(transparent)]
    Token(#[from] JoseError),
}

/// The identity provider's keys.
pub(crate) struct Keys {
    pub(crate) pairwise: PairwiseKey,
    pub(crate) agent_request: JwsSigner,
    pub(crate) tickets: TicketIssuer,
    saml_p256: KeySigner,
    saml_rsa: KeySigner,
    published: Vec<PublicKey>,
}

impl Keys {
    pub(crate) fn load(config: &IdpConfig) -> Result<Self, KeysError> {
        let files = &config.keys;
        let ticket = Arc::new(p256_key(&files.ticket)?);
        let agent_request = Arc::new(p256_key(&files.agent_request)?);
        let relay = public_key(&config.relay.ticket_key)?;
        Ok(Self {
            pairwise: PairwiseKey::load(&files.pairwise)?,
            published: vec![ticket.public_key().clone(), agent_request.public_key().clone()],
            agent_request: JwsSigner::new(agent_request)?,
            tickets: TicketIssuer::new(ticket, &relay)?,
            saml_p256: saml_key(&files.saml_p256)?,
            saml_rsa: saml_key(&files.saml_rsa)?,
        })
    }

    /// The SAML key to sign with.
    pub(crate) fn saml(&self, choice: SigningChoice) -> &dyn XmlSigner {
        match choice {
            SigningChoice::P256 => &self.saml_p256,
            SigningChoice::Rsa => &self.saml_rsa,
        }
    }

    /// The public keys that `/jwks.json` shows: tickets, agent requests.
    pub(crate) fn published(&self) -> &[PublicKey] {
        &self.published
    }
}

/// Both SAML keys, for the metadata.
pub(crate) fn saml_keys(config: &IdpConfig) -> Result<[KeySigner; 2], KeysError> {
    Ok([saml_key(&config.keys.saml_p256)?, saml_key(&config.keys.saml_rsa)?])
}

fn p256_key(path: &Path) -> Result<FileKey, KeysError> {
    let failed = |source| KeysError::Key { path: path.to_owned(), source };
    let key = FileKey::load(path).map_err(failed)?;
    match key.algorithm() {
        KeyAlgorithm::P256 => Ok(key),
        _ => Err(failed(KeyError::Unsupported)),
    }
}

fn public_key(path: &Path) -> Result<PublicKey, KeysError> {
    let pem = read(path)?;
    PublicKey::from_pem(&pem).map_err(|source| KeysError::Key { path: path.to_owned(), source })
}

fn saml_key(config: &SigningKeyConfig) -> Result<KeySigner, KeysError> {
    let (key, certificate) = (Zeroizing::new(read(&config.key)?), read(&config.certificate)?);
    KeySigner::from_pem(&key, &certificate)
        .map_err(|source| KeysError::Saml { path: config.key.clone(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, KeysError> {
    std::fs::read(path).map_err(|source| KeysError::File { path: path.to_owned(), source })
}
