//! The certification authority as a running party: its folder, its records, its surroundings.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use warifu_pki::Certificate;
use warifu_service::storage::{Migrations, Transaction};
use warifu_service::{Database, Surroundings};

use crate::folder::Authorities;
use crate::http::Served;
use crate::manifest::Manifest;
use crate::{CaConfig, CaError};

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

/// The certification authority. Cheap to clone; all clones are the same authority.
#[derive(Clone)]
pub struct Ca {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: CaConfig,
    /// Never changes: with another root it would be another authority.
    root: Certificate,
    authorities: RwLock<Arc<Authorities>>,
    pub(crate) database: Database,
    pub(crate) surroundings: Surroundings,
    pub(crate) served: Served,
}

impl Ca {
    /// Opens the authority: reads the folder and the keys, brings the database up to date, and sees
    /// to it that revocation lists are in force.
    pub async fn open(config: CaConfig, surroundings: Surroundings) -> Result<Self, CaError> {
        let authorities = Authorities::load(&config.folder, surroundings.now())?;
        let migrations = Migrations { sqlite: &SQLITE, postgres: &POSTGRES };
        let database = Database::open(&config.database, migrations).await?;
        let inner = Inner {
            config,
            root: authorities.root.clone(),
            authorities: RwLock::new(Arc::new(authorities)),
            database,
            surroundings,
            served: Served::default(),
        };
        let ca = Self { inner: Arc::new(inner) };
        ca.publish_if_due().await?;
        Ok(ca)
    }

    /// Reads the folder again if its description has changed: after a new generation was made, or
    /// one revoked. Gives whether it had.
    pub fn reload(&self) -> Result<bool, CaError> {
        let folder = &self.inner.config.folder;
        if Manifest::read(folder)? == self.authorities().manifest {
            return Ok(false);
        }
        let fresh = Authorities::load(folder, self.now())?;
        *self.inner.authorities.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(true)
    }

    /// Where the records are; for those who keep theirs beside them.
    pub fn database(&self) -> &Database {
        &self.inner.database
    }

    /// Its clock and randomness.
    pub fn surroundings(&self) -> &Surroundings {
        &self.inner.surroundings
    }

    /// Begins a transaction in which certificates are issued, held, released and revoked, together
    /// with whatever the caller writes.
    pub async fn begin(&self) -> Result<Transaction, CaError> {
        Ok(self.inner.database.begin().await?)
    }

    /// The root's certificate: where all trust begins.
    pub fn root(&self) -> &Certificate {
        &self.inner.root
    }

    /// The certificates of all issuing authorities that are to be believed, in use or announced.
    pub fn issuers(&self) -> Vec<Certificate> {
        let authorities = self.authorities();
        authorities.issuing.iter().map(|one| one.authority.certificate().clone()).collect()
    }

    pub(crate) fn authorities(&self) -> Arc<Authorities> {
        self.inner.authorities.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.surroundings.now()
    }
}

impl std::fmt::Debug for Ca {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ca").field("config", &self.inner.config).finish_non_exhaustive()
    }
}
