//! Many links made at once, to measure how fast they are found among so many.
//!
//! Keys, sealed columns and lookups are those of every link; only the writing is in bulk.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::date;
use warifu_contract::coverage::{Relation, Validity};
use warifu_contract::linking::MaskedTarget;
use warifu_contract::records::DisplayName;
use warifu_service::seal::KeyRing;
use warifu_service::storage::StorageError;
use warifu_service::{Database, Surroundings, fetch_all, fetch_one};

use super::{LinkStoreError, Links, Terms, bulk, place, terms_place};

/// Connectors that everybody is linked to.
const CONNECTORS: [&str; 3] = ["insurer", "checkup", "pension"];
/// Persons whose links are written at once; three rows each, with three values each.
const GROUP: u64 = 3_000;

/// Links of persons that are known by their number.
#[derive(Debug, Clone)]
pub struct Filling(Links);

/// What the links take on the disk, in bytes.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Size {
    /// Tables, which on SQLite are their own indexes.
    pub tables: i64,
    /// Indexes beside them.
    pub indexes: i64,
}

/// A link and the way back, as stored.
pub(super) struct Row {
    pub subject: [u8; 32],
    pub connector: &'static str,
    pub pseudonym: Vec<u8>,
    pub terms: Vec<u8>,
    pub alias: [u8; 32],
    pub holder: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct FileRow {
    file: String,
}

impl Filling {
    /// Links of each person.
    pub const LINKS: u64 = CONNECTORS.len() as u64;

    /// Makes the tables in `database`, which must be nobody's.
    pub async fn open(
        database: &Database,
        ring: Arc<KeyRing>,
        surroundings: Surroundings,
    ) -> Result<Self, StorageError> {
        database.migrate(crate::MIGRATIONS).await?;
        Ok(Self(Links { database: database.clone(), ring, surroundings }))
    }

    /// Links the persons with these numbers, who must be new. `watch` is told how many are linked.
    /// Rows of one person do not lie together, as in life, where one link comes years after another.
    pub async fn grow(
        &self,
        persons: Range<u64>,
        watch: impl Fn(u64),
    ) -> Result<(), LinkStoreError> {
        let database = &self.0.database;
        bulk::begin(database).await?;
        for connector in CONNECTORS {
            let mut from = persons.start;
            while from < persons.end {
                let until = persons.end.min(from + GROUP);
                let rows = (from..until).map(|person| self.row(person, connector));
                bulk::add(database, &rows.collect::<Result<Vec<_>, _>>()?).await?;
                from = until;
                watch(from);
            }
        }
        Ok(bulk::end(database).await?)
    }

    /// How many links of that person are found, by the way that every request takes.
    pub async fn find(&self, person: u64) -> Result<usize, LinkStoreError> {
        Ok(self.0.of(&subject(person)).await?.len())
    }

    /// Whether the way back from the first connector leads to that person.
    pub async fn find_back(&self, person: u64) -> Result<bool, LinkStoreError> {
        let [connector, ..] = CONNECTORS;
        let found = self.0.subject_of(connector, &self.pseudonym(person, connector)).await?;
        Ok(found == Some(subject(person)))
    }

    /// What they take on the disk.
    pub async fn size(&self) -> Result<Size, LinkStoreError> {
        let sql = bulk::size(&self.0.database);
        Ok(fetch_one!(self.0.database.read(), Size, sql)?)
    }

    /// The files that hold them, as far as the database says so; each may go on in others, whose
    /// names end with a number.
    pub async fn files(&self) -> Result<Vec<PathBuf>, LinkStoreError> {
        let sql = bulk::files(&self.0.database);
        let rows = fetch_all!(self.0.database.read(), FileRow, sql)?;
        Ok(rows.into_iter().map(|row| row.file.into()).collect())
    }

    fn row(&self, person: u64, connector: &'static str) -> Result<Row, LinkStoreError> {
        let (links, pseudonym) = (&self.0, self.pseudonym(person, connector));
        let key = links.subject_key(&subject(person));
        let alias = links.alias_key(connector, &pseudonym);
        let link = place("relay_link.pseudonym", &[&key, connector.as_bytes()]);
        let back = place("relay_alias.subject", &[&alias]);
        Ok(Row {
            terms: links.seal_as(&terms_place(&key, connector), &self.terms(&pseudonym))?,
            pseudonym: links.seal(&link, pseudonym.as_bytes()),
            holder: links.seal(&back, subject(person).as_bytes()),
            subject: key,
            connector,
            alias,
        })
    }

    /// As a ceremony leaves them.
    fn terms(&self, name: &str) -> Terms {
        let organization =
            DisplayName { ja: "見本健康保険組合".into(), en: "Sample insurer".into() };
        let target = MaskedTarget {
            name: "見○ 太○".into(),
            birth_year: 1955,
            organization,
            relation: Some(Relation::Insured),
        };
        Terms {
            period: Some(Validity { from: date(2020, 4, 1), until: None }),
            target: Some(target),
            ..Terms::plain(name.to_owned(), self.0.surroundings.now())
        }
    }

    /// As long, and as little to be guessed, as one that a connector gives.
    fn pseudonym(&self, person: u64, connector: &str) -> String {
        let named = format!("{connector}/{person}");
        let hash = self.0.ring.lookup("filling.pseudonym", named.as_bytes());
        hash.first_chunk::<16>()
            .map(|half| data_encoding::HEXLOWER.encode(half))
            .unwrap_or_default()
    }
}

/// As long as a pairwise identifier.
fn subject(person: u64) -> String {
    format!("person-{person:025}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use warifu_service::storage::DatabaseConfig;

    async fn databases() -> Vec<(Option<tempfile::TempDir>, Database)> {
        let folder = tempfile::tempdir().unwrap();
        let config = DatabaseConfig::sqlite(&folder.path().join("links.db"));
        let mut all = vec![(Some(folder), Database::connect(&config).await.unwrap())];
        if let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") {
            let plain = DatabaseConfig { url: url.clone(), connections: 1 };
            let schema = format!("filling_{}", Surroundings::system().hex(8));
            let sql = format!("CREATE SCHEMA {schema}");
            let database = Database::connect(&plain).await.unwrap();
            warifu_service::execute!(database.write(), sqlx::AssertSqlSafe(sql.clone())).unwrap();
            let url = format!("{url}?options[search_path]={schema}");
            let config = DatabaseConfig { url, connections: 4 };
            all.push((None, Database::connect(&config).await.unwrap()));
        }
        all
    }

    #[tokio::test]
    async fn links_made_in_bulk_are_links_like_others() {
        for (_folder, database) in databases().await {
            let surroundings = Surroundings::system();
            let ring = KeyRing::generate("test", surroundings.entropy.as_ref()).unwrap();
            let filling = Filling::open(&database, Arc::new(ring), surroundings).await.unwrap();
            filling.grow(0..GROUP + 5, |_| {}).await.unwrap();
            filling.grow(GROUP + 5..GROUP + 10, |_| {}).await.unwrap();
            for person in [0, 7, GROUP, GROUP + 9] {
                assert_eq!(filling.find(person).await.unwrap(), CONNECTORS.len());
                assert!(filling.find_back(person).await.unwrap());
            }
            assert_eq!(filling.find(GROUP + 10).await.unwrap(), 0);
            assert!(filling.size().await.unwrap().tables > 1_000_000);
            assert!(!filling.files().await.unwrap().is_empty());
            // The keys are back: nobody is linked twice.
            assert!(filling.grow(3..4, |_| {}).await.is_err());
        }
    }
}
