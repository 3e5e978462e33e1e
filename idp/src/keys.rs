//! The identity provider's keys, opened once at the start, wherever they are.

mod saml;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use warifu_pki::jose::{JoseError, JwsSigner};
use warifu_pki::security_event::{EventIssuer, EventReceiver};
use warifu_pki::{
    HolderIssuer, KeyAlgorithm, KeyError, KeySource, PublicKey, Signer, TicketIssuer,
};
use warifu_saml::{Certificate, XmlSigner};

use crate::config::{CardOfficeConfig, IdpConfig, KeysConfig, SigningChoice};
use crate::pairwise::{PairwiseKey, PairwiseKeyError};

use saml::SamlKey;

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
    /// A private key cannot be opened.
    #[error(transparent)]
    Private(#[from] KeyError),
    /// A private key is of a kind that cannot be used for this.
    #[error("{0}: a key of the wrong kind for this")]
    Kind(String),
    /// A file does not hold a public key.
    #[error("{path}: {source}")]
    Public {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
    /// The certificate of a SAML key is of no use.
    #[error("{path}: {source}")]
    Saml {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        source: warifu_saml::KeyError,
    },
    /// The pairwise key is of no use.
    #[error(transparent)]
    Pairwise(#[from] PairwiseKeyError),
    /// A key cannot be used for tokens.
    #[error(transparent)]
    Token(#[from] JoseError),
}

/// The identity provider's keys.
pub(crate) struct Keys {
    pub(crate) pairwise: PairwiseKey,
    pub(crate) agent_request: JwsSigner,
    pub(crate) tickets: TicketIssuer,
    pub(crate) events: EventIssuer,
    pub(crate) office: Option<OfficeKeys>,
    saml: SamlKeys,
    published: Vec<PublicKey>,
}

/// What binds us to the card office.
pub(crate) struct OfficeKeys {
    /// Makes tickets that it alone can open.
    pub(crate) tickets: TicketIssuer,
    /// Tells it alone whose card signed in, through the relay.
    pub(crate) holders: HolderIssuer,
    /// Believes its events.
    pub(crate) events: EventReceiver,
}

impl Keys {
    pub(crate) fn load(config: &IdpConfig) -> Result<Self, KeysError> {
        let sources = &config.keys;
        let ticket = p256_key(&sources.ticket)?;
        let agent_request = p256_key(&sources.agent_request)?;
        let events = p256_key(&sources.events)?;
        let published = [&ticket, &agent_request, &events].map(|key| public_half(key.as_ref()));
        let relay = public_key(&config.relay.ticket_key)?;
        let office = config.card_office.as_ref();
        let office = office.map(|office| office_keys(config, office, &ticket)).transpose()?;
        Ok(Self {
            pairwise: PairwiseKey::load(&sources.pairwise)?,
            published: published.into_iter().collect::<Result<_, _>>()?,
            agent_request: JwsSigner::new(agent_request)?,
            tickets: TicketIssuer::new(ticket, &relay)?,
            events: EventIssuer::new(events)?,
            office,
            saml: SamlKeys::load(sources)?,
        })
    }

    /// The SAML key to sign with.
    pub(crate) fn saml(&self, choice: SigningChoice) -> &dyn XmlSigner {
        match choice {
            SigningChoice::P256 => &self.saml.p256,
            SigningChoice::Rsa => &self.saml.rsa,
        }
    }

    /// All that SAML peers are told of.
    pub(crate) fn all_saml(&self) -> &SamlKeys {
        &self.saml
    }

    /// The public keys that `/jwks.json` shows: tickets, agent requests, security events.
    pub(crate) fn published(&self) -> &[PublicKey] {
        &self.published
    }
}

/// The keys that SAML peers are told of.
pub(crate) struct SamlKeys {
    p256: SamlKey,
    rsa: SamlKey,
    metadata: Option<SamlKey>,
}

impl SamlKeys {
    /// Opens them: all that is needed to describe the identity provider before it runs.
    pub(crate) fn load(sources: &KeysConfig) -> Result<Self, KeysError> {
        Ok(Self {
            p256: SamlKey::load(&sources.saml_p256)?,
            rsa: SamlKey::load(&sources.saml_rsa)?,
            metadata: sources.metadata.as_ref().map(SamlKey::load).transpose()?,
        })
    }

    /// The key that signs the metadata.
    pub(crate) fn of_metadata(&self) -> &dyn XmlSigner {
        self.metadata.as_ref().unwrap_or(&self.p256)
    }

    /// The certificates that answers are verified with: those that sign now, then those that are
    /// only announced.
    pub(crate) fn certificates(&self) -> Vec<Certificate> {
        let keys = [&self.p256, &self.rsa];
        let current = keys.iter().map(|key| key.certificate());
        let announced = keys.iter().flat_map(|key| key.announced());
        let mut all: Vec<Certificate> = Vec::new();
        for certificate in current.chain(announced) {
            if !all.contains(certificate) {
                all.push(certificate.clone());
            }
        }
        all
    }
}

fn office_keys(
    config: &IdpConfig,
    office: &CardOfficeConfig,
    ticket: &Arc<dyn Signer>,
) -> Result<OfficeKeys, KeysError> {
    let (seal, verify) = (public_key(&office.ticket_key)?, public_key(&office.events_key)?);
    let own = config.public_url.as_str();
    Ok(OfficeKeys {
        tickets: TicketIssuer::new(Arc::clone(ticket), &seal)?,
        holders: HolderIssuer::new(Arc::clone(ticket), &seal)?,
        events: EventReceiver::new(&verify, &office.issuer, own)?,
    })
}

fn p256_key(source: &KeySource) -> Result<Arc<dyn Signer>, KeysError> {
    let key = source.open()?;
    match key.algorithm() {
        KeyAlgorithm::P256 => Ok(key),
        _ => Err(KeysError::Kind(source.to_string())),
    }
}

fn public_half(key: &dyn Signer) -> Result<PublicKey, KeysError> {
    Ok(PublicKey::from_der(key.public_key_der())?)
}

fn public_key(path: &Path) -> Result<PublicKey, KeysError> {
    let pem = read(path)?;
    PublicKey::from_pem(&pem).map_err(|source| KeysError::Public { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, KeysError> {
    std::fs::read(path).map_err(|source| KeysError::File { path: path.to_owned(), source })
}
