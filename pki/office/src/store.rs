//! The office's records, beside those of the certification authority. Who is who is sealed, and
//! looked up by keyed hashes.

mod batches;
mod calls;
mod cards;
mod events;
mod felica;
mod outbox;
mod personalisations;
mod persons;
mod repeats;
mod words;

use std::sync::{Arc, LazyLock};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::migrate::Migrator;
use warifu_service::Database;
use warifu_service::clock::Entropy;
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::{Migrations, StorageError};
use zeroize::Zeroizing;

pub(crate) use batches::Place;
pub(crate) use cards::{Application, CardRow, NewCard, Projection};
pub(crate) use events::Written;
pub(crate) use felica::FelicaRow;
pub(crate) use outbox::Notice;
pub(crate) use personalisations::{Attempt, AttemptState, Made, MadeKey};
pub(crate) use persons::Person;

use crate::OfficeError;

/// Apart from the authority's, because both keep their tables in one database.
const MIGRATIONS_TABLE: &str = "_office_migrations";

static SQLITE: LazyLock<Migrator> =
    LazyLock::new(|| of_the_office(sqlx::migrate!("migrations/sqlite")));
static POSTGRES: LazyLock<Migrator> =
    LazyLock::new(|| of_the_office(sqlx::migrate!("migrations/postgres")));

fn of_the_office(mut migrator: Migrator) -> Migrator {
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    migrator
}

/// The schema of the card office.
pub fn migrations() -> Migrations {
    Migrations { sqlite: &SQLITE, postgres: &POSTGRES }
}

/// The database and the keys of its columns; cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) database: Database,
    ring: Arc<KeyRing>,
    entropy: Arc<dyn Entropy>,
}

impl Store {
    /// Brings the office's part of the schema up to date.
    pub(crate) async fn open(
        database: Database,
        ring: KeyRing,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StorageError> {
        database.migrate(migrations()).await?;
        Ok(Self { database, ring: Arc::new(ring), entropy })
    }

    /// Seals for one column of one row.
    fn seal(&self, column: &str, row: &str, plain: &[u8]) -> Vec<u8> {
        self.ring.seal(&place(column, row), plain, self.entropy.as_ref())
    }

    fn open_text(&self, column: &str, row: &str, sealed: &[u8]) -> Result<String, SealError> {
        self.ring.open_text(&place(column, row), sealed)
    }

    fn seal_json<T: Serialize>(
        &self,
        column: &'static str,
        row: &str,
        value: &T,
    ) -> Result<Vec<u8>, OfficeError> {
        let plain = serde_json::to_vec(value).map(Zeroizing::new);
        let plain = plain.map_err(|_| OfficeError::record(column, row))?;
        Ok(self.seal(column, row, &plain))
    }

    fn open_json<T: DeserializeOwned>(
        &self,
        column: &'static str,
        row: &str,
        sealed: &[u8],
    ) -> Result<T, OfficeError> {
        let plain = Zeroizing::new(self.ring.open(&place(column, row), sealed)?);
        serde_json::from_slice(&plain).map_err(|_| OfficeError::record(column, row))
    }

    fn key(&self, column: &str, value: &str) -> Vec<u8> {
        self.ring.lookup(column, value.as_bytes()).to_vec()
    }
}

fn place(column: &str, row: &str) -> Vec<u8> {
    format!("{column}/{row}").into_bytes()
}
