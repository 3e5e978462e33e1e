//! The identity provider as the program that runs it sees it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use axum::Router;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use warifu_pki::{CardTrust, Certificate, CertificateError, TrustError};
use warifu_service::Surroundings;
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::StorageError;
use warifu_service::tls::{self, ClientConfig, TlsError};
use warifu_service::words::WordsError;

use crate::centre::Centre;
use crate::config::{CardIssuerConfig, CardsConfig, IdpConfig};
use crate::keys::{Keys, KeysError};
use crate::logout;
use crate::pairwise::RELAY;
use crate::person::{CardState, NewPerson, PersonId, is_reference};
use crate::provider::{ProviderError, Providers};
use crate::revocation::{Issuer, PATIENCE, Revocation, Source};
use crate::store::{Store, StoreError};
use crate::throttle::Throttle;
use crate::web_eid::Verifier;
use crate::{router, tasks, words};

/// Why the identity provider cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The column keys cannot be used.
    #[error(transparent)]
    Columns(#[from] SealError),
    /// Another key cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A service provider cannot be admitted.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// A certificate file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold a certificate.
    #[error("{path}: {source}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: CertificateError,
    },
    /// The root and the issuers of cards do not fit together.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The clients for outgoing calls cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The catalogues do not fit together.
    #[error(transparent)]
    Words(#[from] WordsError),
}

/// Why somebody or a card could not be enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The name is empty or longer than 256 characters.
    #[error("a display name has 1 to 256 characters")]
    Name,
    /// Not 32 lowercase hexadecimal digits.
    #[error("a holder reference has 32 lowercase hexadecimal digits")]
    HolderReference,
    /// The card is somebody else's.
    #[error("the card belongs to somebody else")]
    CardTaken,
    /// There is no such card.
    #[error("there is no such card")]
    NoCard,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The identity provider, ready to serve; cheap to clone.
#[derive(Clone)]
pub struct Idp {
    centre: Arc<Centre>,
}

impl Idp {
    /// Reads keys, certificates and metadata, and opens the database.
    pub async fn open(config: IdpConfig, surroundings: Surroundings) -> Result<Self, OpenError> {
        let ring = KeyRing::load(&config.keys.columns)?;
        let store = Store::open(&config.database, ring, surroundings.entropy.clone()).await?;
        let (trust, revocation) = cards(&config.cards, &config.outgoing)?;
        let providers = Providers::load(&config.service_providers, surroundings.now())?;
        let centre = Centre {
            entity_id: config.entity_id(),
            sso_url: config.sso_url(),
            keys: Keys::load(&config)?,
            verifier: Verifier::new(trust, revocation.clone()),
            revocation,
            throttle: Throttle::new(config.attempts_per_minute),
            words: Arc::new(words::words()?),
            client: tls::client(&config.outgoing, logout::PATIENCE)?,
            logout_bell: Notify::new(),
            providers: RwLock::new(Arc::new(providers)),
            config,
            surroundings,
            store,
        };
        Ok(Self { centre: Arc::new(centre) })
    }

    /// Everything it answers over HTTP, limits and headers included.
    pub fn router(&self) -> Router {
        router::router(&self.centre)
    }

    /// The work beside it, until `stop`: without it there are no revocation lists, so no logins.
    pub async fn tasks(&self, stop: CancellationToken) {
        tasks::run(&self.centre, stop).await;
    }

    /// Makes a person known, and gives the identity provider's own name for them.
    pub async fn enrol_person(&self, person: NewPerson) -> Result<PersonId, EnrolError> {
        if !(1..=256).contains(&person.display_name.chars().count()) {
            return Err(EnrolError::Name);
        }
        let id = PersonId::parse(&self.centre.reference()).ok_or(EnrolError::Name)?;
        self.centre.store.add_person(&id, &person, self.centre.now()).await?;
        Ok(id)
    }

    /// Puts a card under a person, by the holder reference in its certificates. The same again
    /// changes nothing.
    pub async fn enrol_card(
        &self,
        person: &PersonId,
        holder_reference: &str,
    ) -> Result<(), EnrolError> {
        if !is_reference(holder_reference) {
            return Err(EnrolError::HolderReference);
        }
        let now = self.centre.now();
        let own = self.centre.store.add_card(holder_reference, person, now).await?;
        if own { Ok(()) } else { Err(EnrolError::CardTaken) }
    }

    /// Stops a card here, or lets it in again, at once; the card office's revocation list counts
    /// besides.
    pub async fn set_card_state(
        &self,
        holder_reference: &str,
        state: CardState,
    ) -> Result<(), EnrolError> {
        let known = self.centre.store.set_card_state(holder_reference, state).await?;
        if known { Ok(()) } else { Err(EnrolError::NoCard) }
    }

    /// The relay's own name for a person.
    pub fn relay_subject(&self, person: &PersonId) -> String {
        self.centre.keys.pairwise.subject(RELAY, person)
    }
}

#[cfg(test)]
impl Idp {
    pub(crate) fn centre(&self) -> &Centre {
        &self.centre
    }
}

fn cards(
    config: &CardsConfig,
    outgoing: &ClientConfig,
) -> Result<(CardTrust, Arc<Revocation>), OpenError> {
    let root = certificate(&config.root)?;
    let mut certificates = Vec::new();
    let mut issuers = Vec::new();
    for issuer in &config.issuers {
        let issuer_certificate = certificate(&issuer.certificate)?;
        certificates.push(issuer_certificate.clone());
        let source = source(issuer, outgoing)?;
        issuers.push(Arc::new(Issuer::new(issuer_certificate, source, issuer)));
    }
    let trust = CardTrust::new(root, certificates)?;
    Ok((trust, Arc::new(Revocation::new(issuers))))
}

fn source(config: &CardIssuerConfig, outgoing: &ClientConfig) -> Result<Source, TlsError> {
    let url = config.crl.clone();
    if url.starts_with("https://") {
        return Ok(Source::address(url, tls::client(outgoing, PATIENCE)?));
    }
    if url.starts_with("http://") {
        return Ok(Source::address(url, tls::plain_client(PATIENCE)?));
    }
    Ok(Source::File(url.into()))
}

fn certificate(path: &Path) -> Result<Certificate, OpenError> {
    let pem =
        std::fs::read(path).map_err(|source| OpenError::File { path: path.to_owned(), source })?;
    Certificate::from_pem(&pem)
        .map_err(|source| OpenError::Certificate { path: path.to_owned(), source })
}
