//! The resident register (住民基本台帳) as a connector: it tells the card office whether an applicant
//! is a resident, and to nobody anything else.

mod config;
mod proof;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use warifu_service::Surroundings;
use warifu_service::health::health;
use warifu_service::http::{HttpLimits, finish};
use warifu_service::storage::{Database, StorageError};
use warifu_service::words::{Words, WordsError};

use crate::demo::{self, DemoError};
use crate::store::MIGRATIONS;

pub use config::{NotMutual, ResidentsConfig};
pub use store::{ResidentStore, Update};

const JA: &str = include_str!("../locales/ja/residents.ftl");
const EN: &str = include_str!("../locales/en/residents.ftl");

/// The register's gateway.
#[derive(Debug, Clone)]
pub struct ResidentRegister {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: ResidentsConfig,
    store: ResidentStore,
    surroundings: Surroundings,
    words: Arc<Words>,
}

/// Why the register cannot open.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] NotMutual),
    /// The database cannot be opened.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The catalogues do not fit together.
    #[error(transparent)]
    Words(#[from] WordsError),
}

impl ResidentRegister {
    /// Opens the database and brings its schema up to date.
    pub async fn open(
        config: ResidentsConfig,
        surroundings: Surroundings,
    ) -> Result<Self, RegisterError> {
        config.validate()?;
        let store = ResidentStore::new(Database::open(&config.database, MIGRATIONS).await?);
        let words = Arc::new(Words::new(&[JA], &[EN])?);
        Ok(Self { inner: Arc::new(Inner { config, store, surroundings, words }) })
    }

    /// Every route, with the limits that all servers have.
    pub fn router(&self) -> Router {
        let inner = &self.inner;
        let router = Router::new()
            .route("/identity-proof", post(proof::post))
            .route("/openapi.json", get(proof::openapi))
            .with_state(inner.clone())
            .merge(health(Some(inner.store.database().clone())));
        finish(router, &inner.surroundings, inner.words.clone(), HttpLimits::default())
    }

    /// What it holds.
    pub fn store(&self) -> &ResidentStore {
        &self.inner.store
    }

    /// Enters the virtual people. May be run again at every start.
    pub async fn load_demo(&self) -> Result<(), DemoError> {
        demo::load_residents(self.store(), &self.inner.surroundings).await
    }
}
