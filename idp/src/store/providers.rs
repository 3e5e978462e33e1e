//! The service providers that were registered while the server runs, and the history of their
//! changes: whatever changes one counts the version up and leaves its line in the history, in one
//! transaction.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use warifu_service::storage::{Transaction, instant, is_duplicate, micros};
use warifu_service::{execute, fetch_all, fetch_one};

use super::{Kept, Store, StoreError};
use crate::provider::Registration;

/// More are not registered here; a federation of that size comes as an aggregate.
const MOST_PROVIDERS: i64 = 10_000;
/// So many lines of the history are read back.
const MOST_CHANGES: i64 = 200;

/// A registered service provider.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Registered {
    /// 32 hexadecimal digits.
    pub(crate) id: String,
    pub(crate) entity_id: String,
    /// Counts its changes.
    pub(crate) revision: i64,
    pub(crate) registration: Registration,
}

/// What was done to a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// It was registered.
    Added,
    /// Its terms or certificates are others.
    Changed,
    /// Its metadata stands elsewhere or is another.
    Metadata,
    /// It may ask again.
    Enabled,
    /// It may not ask any more.
    Disabled,
    /// It is registered no more.
    Removed,
}

impl Deed {
    const ALL: [Self; 6] =
        [Self::Added, Self::Changed, Self::Metadata, Self::Enabled, Self::Disabled, Self::Removed];

    /// Its word in the database, and in the catalogues after `deed-`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Metadata => "metadata",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Removed => "removed",
        }
    }
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// A pairwise name of a member of staff, or `command-line`.
    pub who: String,
    /// What was done.
    pub what: Deed,
    /// The entity id at that time.
    pub entity_id: String,
    /// One line for each thing that is different.
    pub details: Vec<String>,
}

/// Why a registration was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unchanged {
    /// The entity is registered already.
    #[error("registered already")]
    Twice,
    /// Somebody else changed or removed it in between.
    #[error("somebody else changed it in between")]
    Overtaken,
    /// The registry is full.
    #[error("more than {MOST_PROVIDERS} service providers")]
    Full,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for Unchanged {
    fn from(cause: sqlx::Error) -> Self {
        Self::Store(cause.into())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    entity_id: String,
    revision: i64,
    registration: String,
}

impl TryFrom<Row> for Registered {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let registration = serde_json::from_str(&row.registration)
            .map_err(|_| StoreError::Corrupt("providers.registration"))?;
        let Row { id, entity_id, revision, .. } = row;
        Ok(Self { id, entity_id, revision, registration })
    }
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    at: i64,
    who: String,
    what: String,
    entity_id: String,
    details: String,
}

impl TryFrom<ChangeRow> for Change {
    type Error = StoreError;

    fn try_from(row: ChangeRow) -> Result<Self, StoreError> {
        let what = Deed::ALL.into_iter().find(|deed| deed.as_str() == row.what);
        let details = serde_json::from_str(&row.details).ok();
        let (Some(what), Some(details)) = (what, details) else {
            return Err(StoreError::Corrupt("provider_changes"));
        };
        let ChangeRow { at, who, entity_id, .. } = row;
        Ok(Self { at: instant(at), who, what, entity_id, details })
    }
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

impl Store {
    /// Counts the changes of the registry.
    pub(crate) async fn providers_version(&self) -> Result<i64, StoreError> {
        let sql = "SELECT version AS count FROM providers_version";
        Ok(fetch_one!(self.database.read(), Count, sql)?.count)
    }

    /// All that are registered, in the order of their entity ids.
    pub(crate) async fn registered(&self) -> Result<Vec<Registered>, StoreError> {
        let sql = "SELECT id, entity_id, revision, registration FROM providers ORDER BY entity_id";
        let rows = fetch_all!(self.database.read(), Row, sql)?;
        rows.into_iter().map(Registered::try_from).collect()
    }

    /// Registers one, with the metadata that was read.
    pub(crate) async fn add_provider(
        &self,
        provider: &Registered,
        document: Option<&Kept>,
        change: &Change,
    ) -> Result<(), Unchanged> {
        let mut tx = self.database.begin().await?;
        let count = "SELECT COUNT(*) AS count FROM providers";
        if fetch_one!(tx.on(), Count, count)?.count >= MOST_PROVIDERS {
            return Err(Unchanged::Full);
        }
        let sql = "INSERT INTO providers (id, entity_id, revision, registration) \
                   VALUES ($1, $2, $3, $4)";
        let (id, entity) = (provider.id.as_str(), provider.entity_id.as_str());
        let registration = json(&provider.registration)?;
        execute!(tx.on(), sql, id, entity, provider.revision, registration).map_err(taken)?;
        self.note(tx, id, document, change).await
    }

    /// Puts another registration in the place of the one that `provider.revision` counts.
    pub(crate) async fn change_provider(
        &self,
        provider: &Registered,
        document: Option<&Kept>,
        change: &Change,
    ) -> Result<(), Unchanged> {
        let mut tx = self.database.begin().await?;
        let sql = "UPDATE providers SET entity_id = $1, revision = revision + 1, registration = $2 \
                   WHERE id = $3 AND revision = $4";
        let (id, entity) = (provider.id.as_str(), provider.entity_id.as_str());
        let registration = json(&provider.registration)?;
        let changed =
            execute!(tx.on(), sql, entity, registration, id, provider.revision).map_err(taken)?;
        if changed == 0 {
            return Err(Unchanged::Overtaken);
        }
        self.note(tx, id, document, change).await
    }

    /// Takes one away; its history stays.
    pub(crate) async fn remove_provider(
        &self,
        provider: &Registered,
        change: &Change,
    ) -> Result<(), Unchanged> {
        let mut tx = self.database.begin().await?;
        let (sql, id) = ("DELETE FROM providers WHERE id = $1 AND revision = $2", &*provider.id);
        if execute!(tx.on(), sql, id, provider.revision)? == 0 {
            return Err(Unchanged::Overtaken);
        }
        let sql = "DELETE FROM provider_documents WHERE place = $1";
        execute!(tx.on(), sql, Kept::place_of(id))?;
        self.note(tx, id, None, change).await
    }

    /// The end of every change: its document, its line in the history, the version.
    async fn note(
        &self,
        mut tx: Transaction,
        id: &str,
        document: Option<&Kept>,
        change: &Change,
    ) -> Result<(), Unchanged> {
        if let Some(document) = document {
            super::documents::put(&mut tx, &Kept::place_of(id), document).await?;
        }
        let mut line = [0; 16];
        self.entropy.fill(&mut line);
        let line = HEXLOWER.encode(&line);
        let sql = "INSERT INTO provider_changes (id, provider, entity_id, at, who, what, details) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let (at, details) = (micros(change.at), json(&change.details)?);
        let (entity, who) = (change.entity_id.as_str(), change.who.as_str());
        execute!(tx.on(), sql, line, id, entity, at, who, change.what.as_str(), details)?;
        execute!(tx.on(), "UPDATE providers_version SET version = version + 1")?;
        Ok(tx.commit().await?)
    }

    /// The latest changes of one, the latest first.
    pub(crate) async fn changes_of(&self, id: &str) -> Result<Vec<Change>, StoreError> {
        let sql = "SELECT at, who, what, entity_id, details FROM provider_changes \
                   WHERE provider = $1 ORDER BY at DESC, id LIMIT $2";
        let rows = fetch_all!(self.database.read(), ChangeRow, sql, id, MOST_CHANGES)?;
        rows.into_iter().map(Change::try_from).collect()
    }

    /// The latest changes of all, the latest first.
    pub(crate) async fn latest_changes(&self) -> Result<Vec<Change>, StoreError> {
        let sql = "SELECT at, who, what, entity_id, details FROM provider_changes \
                   ORDER BY at DESC, id LIMIT $1";
        let rows = fetch_all!(self.database.read(), ChangeRow, sql, MOST_CHANGES)?;
        rows.into_iter().map(Change::try_from).collect()
    }
}

fn taken(error: sqlx::Error) -> Unchanged {
    if is_duplicate(&error) { Unchanged::Twice } else { error.into() }
}

fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt("providers.registration"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{both, now};
    use super::*;
    use crate::provider::{Source, Terms};
    use warifu_service::execute;

    fn provider(id: char, entity_id: &str) -> Registered {
        Registered {
            id: id.to_string().repeat(32),
            entity_id: entity_id.to_owned(),
            revision: 1,
            registration: Registration {
                source: Source::Pasted,
                signer: None,
                client_certificate: None,
                terms: Terms::default(),
                enabled: true,
            },
        }
    }

    fn change(what: Deed, provider: &Registered) -> Change {
        Change {
            at: now(),
            who: "somebody".into(),
            what,
            entity_id: provider.entity_id.clone(),
            details: vec!["a: b".into()],
        }
    }

    #[tokio::test]
    async fn a_registration_is_added_changed_and_removed() {
        for rig in both().await {
            let store = &rig.store;
            let mut one = provider('1', "https://one.example");
            let kept = Kept::of(b"<a/>".to_vec(), None, now());
            store.add_provider(&one, Some(&kept), &change(Deed::Added, &one)).await.unwrap();
            assert_eq!(store.registered().await.unwrap(), [one.clone()]);
            let place = Kept::place_of(&one.id);
            assert_eq!(store.kept_document(&place).await.unwrap(), Some(kept));

            let twice = provider('2', "https://one.example");
            let refused = store.add_provider(&twice, None, &change(Deed::Added, &twice)).await;
            assert!(matches!(refused, Err(Unchanged::Twice)));

            one.registration.enabled = false;
            store.change_provider(&one, None, &change(Deed::Disabled, &one)).await.unwrap();
            let late = store.change_provider(&one, None, &change(Deed::Enabled, &one)).await;
            assert!(matches!(late, Err(Unchanged::Overtaken)));

            one.revision = 2;
            store.remove_provider(&one, &change(Deed::Removed, &one)).await.unwrap();
            assert_eq!(store.registered().await.unwrap(), []);
            assert_eq!(store.kept_document(&place).await.unwrap(), None);
            assert_eq!(store.providers_version().await.unwrap(), 3);
            let deeds: Vec<_> = store.changes_of(&one.id).await.unwrap();
            assert_eq!(deeds.len(), 3, "what was refused leaves no line");
            assert_eq!(store.latest_changes().await.unwrap().len(), 3);
        }
    }

    #[tokio::test]
    async fn the_history_is_final() {
        for rig in both().await {
            let store = &rig.store;
            let one = provider('1', "https://one.example");
            store.add_provider(&one, None, &change(Deed::Added, &one)).await.unwrap();
            for sql in ["UPDATE provider_changes SET who = 'x'", "DELETE FROM provider_changes"] {
                assert!(execute!(store.database.write(), sql).is_err(), "{sql}");
            }
        }
    }
}
