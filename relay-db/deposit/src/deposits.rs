//! The deposits as a whole: opened, and whom they are of.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use warifu_contract::card_key::InsurerKey;
use warifu_contract::connector_token::audience;
use warifu_contract::coverage::{Insurer, Validity};
use warifu_contract::records::DisplayName;
use warifu_contract::register::RegisteredInsurer;
use warifu_pki::{LinkingConfig, LinkingKeyError, VoucherOpener};
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::{StorageError, micros};
use warifu_service::{Database, Surroundings};

use crate::config::{DepositConfig, DepositConfigError, DepositedInsurer};
use crate::gathering::Gathering;
use crate::key::{InsurerId, Keys};
use crate::store::Store;

/// What insurers deposited. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Deposits(pub(crate) Arc<Parts>);

#[derive(Debug)]
pub(crate) struct Parts {
    pub store: Store,
    pub ring: Arc<KeyRing>,
    pub keys: Keys,
    pub surroundings: Surroundings,
    pub gathering: Gathering,
    pub insurers: BTreeMap<InsurerId, Known>,
    configured: Vec<DepositedInsurer>,
    pub folder: PathBuf,
    pub refuse_wrong_percent: u8,
    pub confirm_removed_percent: u8,
    pub upload: UploadTerms,
}

/// How files are taken over HTTP.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UploadTerms {
    pub largest_bytes: i64,
    pub keep_file_days: i64,
}

/// An insurer as the decision and the answer need it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub registered: Arc<RegisteredInsurer>,
    /// As configured.
    usual_lag_days: Option<u16>,
    /// What cards are linked with; none where they are not.
    pub linking: Option<Arc<Linking>>,
}

/// What cards are linked to an insurer's people with.
#[derive(Debug)]
pub(crate) struct Linking {
    /// The insurer as whoever is to be linked is shown it.
    pub name: DisplayName,
    /// Opens the card office's vouchers.
    pub vouchers: VoucherOpener,
}

/// An insurer as it is kept, so that a later answer about an earlier time rests on the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Terms {
    insurer: Insurer,
    validity: Validity,
    usual_lag_days: Option<u16>,
}

/// Why deposits cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DepositError {
    /// The database refuses.
    #[error("deposit.storage: {0}")]
    Storage(#[from] sqlx::Error),
    /// The server is stopping.
    #[error("deposit.stopped")]
    Stopped,
    /// A column does not open: altered, or of another key ring.
    #[error("deposit.sealed: {0}")]
    Sealed(#[from] SealError),
    /// A column holds what it cannot.
    #[error("deposit.unreadable: table {table}, column {column}")]
    Unreadable {
        /// Which table.
        table: &'static str,
        /// Which column.
        column: &'static str,
    },
}

/// Why deposits cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenDepositError {
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] DepositConfigError),
    /// The database cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The insurers cannot be entered.
    #[error(transparent)]
    Deposit(#[from] DepositError),
    /// Vouchers cannot be opened.
    #[error("deposit.{0}")]
    Linking(#[from] LinkingKeyError),
}

impl Deposits {
    /// Opens the database, brings its schema up to date, and enters the configured insurers.
    pub async fn open(
        config: &DepositConfig,
        ring: Arc<KeyRing>,
        surroundings: Surroundings,
    ) -> Result<Self, OpenDepositError> {
        config.validate()?;
        let store = Store(Database::open(&config.database, crate::MIGRATIONS).await?);
        let mut insurers = BTreeMap::new();
        let now = micros(surroundings.now());
        for insurer in &config.insurers {
            let terms = Terms::of(insurer)?;
            let linking = config.linking.as_ref().map(|keys| Linking::of(insurer, keys));
            let linking = linking.transpose()?.map(Arc::new);
            let known = Known { linking, ..terms.known(insurer.key()?) };
            let id = InsurerId::of(&known.registered.key)
                .ok_or_else(|| DepositConfigError::Number(insurer.number.clone()))?;
            store.enter(id, &terms, now).await?;
            insurers.insert(id, known);
        }
        Ok(Self(Arc::new(Parts {
            store,
            keys: Keys(Arc::clone(&ring)),
            ring,
            surroundings,
            gathering: Gathering::default(),
            insurers,
            configured: config.insurers.clone(),
            folder: config.folder.clone(),
            refuse_wrong_percent: config.refuse_wrong_percent,
            confirm_removed_percent: config.confirm_removed_percent,
            upload: UploadTerms {
                largest_bytes: i64::try_from(config.largest_bytes).unwrap_or(i64::MAX),
                keep_file_days: i64::from(config.keep_file_days),
            },
        })))
    }

    /// The insurers who deposit, as configured.
    pub fn insurers(&self) -> &[DepositedInsurer] {
        &self.0.configured
    }

    /// Whether this insurer deposits.
    pub fn holds(&self, insurer: &InsurerKey) -> bool {
        InsurerId::of(insurer).is_some_and(|id| self.0.insurers.contains_key(&id))
    }

    /// The database, for health checks.
    pub fn database(&self) -> &Database {
        &self.0.store.0
    }

    /// Waits for running queries and closes the database.
    pub async fn close(&self) {
        self.0.store.0.close().await;
    }
}

impl Known {
    /// How long a change usually takes to reach a deposit, in days: as the deposits tell or, where
    /// they do not, as configured.
    pub fn usual_lag(&self, told: Option<i64>) -> Option<u16> {
        told.and_then(|days| u16::try_from(days).ok()).or(self.usual_lag_days)
    }
}

impl Terms {
    fn of(insurer: &DepositedInsurer) -> Result<Self, DepositConfigError> {
        let RegisteredInsurer { insurer: shown, validity, .. } = insurer.registered()?;
        Ok(Self { insurer: shown, validity, usual_lag_days: insurer.usual_lag_days })
    }

    pub fn known(&self, key: InsurerKey) -> Known {
        let (insurer, validity) = (self.insurer.clone(), self.validity);
        Known {
            registered: Arc::new(RegisteredInsurer { key, insurer, validity }),
            usual_lag_days: self.usual_lag_days,
            linking: None,
        }
    }
}

impl Linking {
    fn of(insurer: &DepositedInsurer, keys: &LinkingConfig) -> Result<Self, LinkingKeyError> {
        let name = DisplayName { ja: insurer.name.clone(), en: insurer.name_en.clone() };
        Ok(Self { name, vouchers: keys.opener(audience(&insurer.id))? })
    }
}
