//! From the configuration to the parts: keys read, connectors reached, the log opened.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use warifu_connectors::ConnectorClient;
use warifu_connectors::services::{ManifestVerifier, SignedManifestError};
use warifu_deposit::OpenDepositError;
use warifu_log::note::NoteError;
use warifu_log::retention::RetentionError;
use warifu_log::{Log, NoteKey, OpenError, Pace};
use warifu_pki::jose::JoseError;
use warifu_pki::security_event::EventReceiver;
use warifu_pki::{FileKey, KeyError, PublicKey, TicketOpener};
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::StorageError;
use warifu_service::tls::{self, TlsError};
use warifu_service::words::{Words, WordsError};
use warifu_service::{Database, Surroundings};

use crate::config::{ConnectorConfig, IdentityProviderConfig, RelayConfig, RelayConfigError};
use crate::directory::Directory;
use crate::linking::Office;
use crate::mint::Mint;
use crate::session_end::Informant;
use crate::token_keys::TokenKeys;
use crate::witnesses::WitnessesError;

const JA: [&str; 2] =
    [include_str!("../locales/ja/relay.ftl"), include_str!("../locales/ja/deposit.ftl")];
const EN: [&str; 2] =
    [include_str!("../locales/en/relay.ftl"), include_str!("../locales/en/deposit.ftl")];

/// Longer than any connector's own deadline, which is what ends a call.
const CALL: Duration = Duration::from_secs(25);

/// Why a relay cannot open.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] RelayConfigError),
    /// The database cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The column keys cannot be used.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A private or public key cannot be used.
    #[error("relay.key: {}: {cause}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: KeyError,
    },
    /// A key is not P-256.
    #[error("relay.key: {0}")]
    Jose(#[from] JoseError),
    /// The log's key cannot be used.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The log cannot be opened.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// The client certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A connector's address cannot be used.
    #[error("relay.url: {0}")]
    Url(#[from] url::ParseError),
    /// A witness' address cannot be used, or fewer witnesses are known than must cosign.
    #[error(transparent)]
    Witness(#[from] WitnessesError),
    /// The deposits cannot be opened.
    #[error(transparent)]
    Deposit(#[from] OpenDepositError),
    /// Events cannot be kept so long, or not so.
    #[error(transparent)]
    Retention(#[from] RetentionError),
    /// A key that signs a connector's manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] SignedManifestError),
    /// The catalogues do not fit together.
    #[error(transparent)]
    Words(#[from] WordsError),
}

pub(crate) fn words() -> Result<Words, WordsError> {
    Words::new(&JA, &EN)
}

pub(crate) fn openers(config: &RelayConfig) -> Result<Vec<TicketOpener>, RelayError> {
    let own = private_key(&config.ticket_key)?;
    let opener = |provider: &IdentityProviderConfig| {
        let public = public_key(&provider.ticket_key)?;
        let (issuer, audience) = (provider.issuer.as_str(), config.audience.as_str());
        Ok(TicketOpener::new(&own, public, issuer, audience)?)
    };
    config.identity_providers.iter().map(opener).collect()
}

pub(crate) fn informants(config: &RelayConfig) -> Result<Vec<Informant>, RelayError> {
    let informed = config.identity_providers.iter().filter_map(|provider| {
        let key = provider.events_key.as_ref()?;
        let receiver = public_key(key)
            .and_then(|key| Ok(EventReceiver::new(&key, &provider.issuer, &config.audience)?));
        Some(receiver.map(|receiver| Informant { party: provider.party.clone(), receiver }))
    });
    informed.collect()
}

pub(crate) fn mint(config: &RelayConfig, surroundings: &Surroundings) -> Result<Mint, RelayError> {
    let certificate = config.client.certificate.as_ref();
    let certificate = certificate.ok_or(RelayConfigError::NoClientCertificate)?;
    Ok(Mint {
        keys: TokenKeys::open(config)?,
        certificate: tls::thumbprint_of_file(certificate)?,
        surroundings: surroundings.clone(),
    })
}

pub(crate) fn directory(
    config: &RelayConfig,
    surroundings: &Surroundings,
) -> Result<Directory, RelayError> {
    let reached = config.connectors.iter().map(|connector| {
        let http = tls::client_to(&connector.party, &config.client, CALL)?;
        let client = ConnectorClient::new(&connector.address()?, http)?;
        Ok((connector.clone(), client))
    });
    let reached = reached.collect::<Result<_, RelayError>>()?;
    Ok(Directory::new(reached, config.deposit.as_ref(), surroundings))
}

/// What believes the manifests of those connectors that declare services.
pub(crate) fn manifest_verifiers(
    config: &RelayConfig,
) -> Result<BTreeMap<String, ManifestVerifier>, RelayError> {
    let declaring = config.connectors.iter().filter(|one| !one.manifest_keys.is_empty());
    let verifier = |connector: &ConnectorConfig| {
        let keys = connector.manifest_keys.iter().map(|path| public_key(path));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        Ok((connector.id.clone(), ManifestVerifier::new(&connector.id, &keys)?))
    };
    declaring.map(verifier).collect()
}

pub(crate) fn office(config: &RelayConfig) -> Result<Option<Office>, RelayError> {
    let office = config.office.as_ref().map(|office| Office::new(office, &config.client));
    office.transpose()
}

/// The log's parts as the relay's configuration names them: for who opens or audits it.
#[derive(Debug)]
pub struct LogParts {
    /// Where it is.
    pub database: Database,
    /// What seals its events.
    pub ring: Arc<KeyRing>,
    /// What signs its heads.
    pub signer: Arc<NoteKey>,
}

impl LogParts {
    /// Reads the keys and reaches the database; changes nothing.
    pub async fn of(config: &RelayConfig) -> Result<Self, RelayError> {
        Ok(Self {
            database: Database::connect(&config.log.database).await?,
            ring: Arc::new(KeyRing::load(&config.column_keys)?),
            signer: Arc::new(NoteKey::load(&config.log.origin, &config.log.key)?),
        })
    }

    /// Opens the log for appending, which checks its edge.
    pub async fn open(self, surroundings: Surroundings) -> Result<Log, RelayError> {
        let Self { database, ring, signer } = self;
        Ok(Log::open(database, ring, signer, surroundings, Pace::default()).await?)
    }
}

fn private_key(path: &Path) -> Result<FileKey, RelayError> {
    FileKey::load(path).map_err(|cause| RelayError::Key { path: path.to_owned(), cause })
}

fn public_key(path: &Path) -> Result<PublicKey, RelayError> {
    let failed = |cause| RelayError::Key { path: path.to_owned(), cause };
    let pem = std::fs::read(path)
        .map_err(|source| failed(KeyError::File { path: path.display().to_string(), source }))?;
    PublicKey::from_pem(&pem).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use warifu_contract::card_key::TypedCardError;
    use warifu_contract::consent::{ConsentError, Refusal};
    use warifu_contract::mandate::guardian::GuardianError;
    use warifu_contract::mandate::{MandateError, MandateRefusal};
    use warifu_contract::services::{EntryError, SettleError};
    use warifu_service::words::lacking_advice;

    /// Every code that the relay answers with, beside those that all servers have.
    const CODES: [&str; 99] = [
        "deposit.unknown",
        "deposit.busy",
        "deposit.state",
        "deposit.offset",
        "deposit.confirm",
        "deposit.too-large",
        "deposit.file-gone",
        "deposit.empty",
        "deposit.cut",
        "deposit.name",
        "deposit.same-eyes",
        "service.unknown",
        "service.audience",
        "entry.no-form",
        "entry.full",
        "entry.not-taken",
        "application.unknown",
        "application.silent",
        "application.own",
        "batch.unknown",
        "batch.state",
        "batch.gone",
        "batch.too-many",
        "batch.too-large",
        "batch.too-many-lines",
        "batch.empty",
        "batch.cut",
        "batch.name",
        "token.missing",
        "token.unknown",
        "token.expired",
        "token.binding",
        "token.revoked",
        "token.purpose",
        "role.none",
        "level.low",
        "records.services",
        "idempotency.key",
        "idempotency.other-request",
        "log.busy",
        "log.full",
        "log.not-cosigned",
        "log.no-such-tile",
        "log.erased",
        "log.no-such-event",
        "peer.none",
        "peer.unknown",
        "link.unknown",
        "link.state",
        "link.changed",
        "link.silent",
        "link.taken",
        "link.not-offered",
        "link.no-holder",
        "link.closed",
        "link.busy",
        "link.own",
        "link.not-yours",
        "link.other-candidate",
        "link.same-eyes",
        "link.frozen",
        "link.frozen-by-staff",
        "consent.unknown",
        "consent.too-many",
        "consent.elsewhere",
        "duty.none",
        "check.unknown",
        "answer.gone",
        "slip.stopped",
        "slip.nothing",
        "slip.unreadable",
        "slip.over",
        "dispute.exists",
        "dispute.answered",
        "dispute.no-insurer",
        "dispute.too-many",
        "dispute.long",
        "dispute.individual-number",
        "proxy.none",
        "proxy.elsewhere",
        "proxy.unknown",
        "proxy.code-unknown",
        "proxy.tries",
        "proxy.oneself",
        "proxy.state",
        "proxy.changed",
        "proxy.too-many",
        "guardian.unknown",
        "guardian.changed",
        "guardian.silent",
        "guardian.oneself",
        "guardian.same-eyes",
        "guardian.no-insurer",
        "guardian.no-member",
        "guardian.several",
        "guardian.own-card",
        "guardian.other-person",
        "guardian.unproved",
        "link.compare-closed",
    ];

    /// What is said of deposits, in commands and by the relay.
    const DEPOSITS: [&str; 14] = [
        "deposit.no-insurer",
        "deposit.no-deposit",
        "deposit.nothing",
        "deposit.file",
        "deposit.run",
        "deposit.run-broken",
        "deposit.stopped",
        "deposit.storage",
        "deposit.sealed",
        "deposit.unreadable",
        "deposit.insurer-number",
        "deposit.percent",
        "linking.closed",
        "linking.key",
    ];

    #[test]
    fn every_code_has_words_in_both_languages() {
        let codes = CODES.into_iter().chain(DEPOSITS);
        let codes = codes.chain(TypedCardError::ALL.map(TypedCardError::code));
        let codes = codes.chain(ConsentError::ALL.map(ConsentError::code));
        let codes = codes.chain(MandateError::ALL.map(MandateError::code));
        let codes = codes.chain(MandateRefusal::ALL.map(MandateRefusal::code));
        let codes = codes.chain(GuardianError::ALL.map(GuardianError::code));
        let codes = codes.chain(EntryError::ALL.map(EntryError::code));
        let codes = codes.chain(SettleError::ALL.map(SettleError::code));
        let codes: Vec<_> = codes.chain(Refusal::ALL.map(Refusal::code)).collect();
        assert!(lacking_advice(&words().unwrap(), &codes).is_empty());
    }
}
