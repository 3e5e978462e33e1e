//! The residents, and the log of who was asked about.

use jiff::Timestamp;
use warifu_contract::identity::{FourItems, IdentityOutcome, Resident, name_key};
use warifu_contract::person::Name;
use warifu_service::storage::{Database, Transaction, instant, micros};
use warifu_service::{execute, fetch_all, fetch_optional};

use crate::store::StoreError;
use crate::store::column::Table;

const RESIDENTS: Table = Table("residents");
/// More people than share one birth date in a city of a million.
const MOST_CANDIDATES: i64 = 500;

/// The register's database.
#[derive(Debug, Clone)]
pub struct ResidentStore {
    database: Database,
}

/// Residents being entered; they take effect together at [`commit`](Self::commit).
pub struct Update {
    transaction: Transaction,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    name_kana: String,
    address: String,
    birth_date: String,
    sex: String,
    departed: Option<String>,
}

impl TryFrom<Row> for Resident {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let departed = row.departed.map(|word| RESIDENTS.word("departed", word));
        Ok(Self {
            reference: row.id,
            name: Name { text: row.name, kana: row.name_kana },
            address: row.address,
            birth_date: RESIDENTS.date("birth_date", &row.birth_date)?,
            sex: RESIDENTS.word("sex", row.sex)?,
            departed: departed.transpose()?,
        })
    }
}

impl ResidentStore {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// The database, for health checks.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Begins an update.
    pub async fn update(&self) -> Result<Update, StoreError> {
        Ok(Update { transaction: self.database.begin().await? })
    }

    /// Everybody who could be meant: by birth date, or by a name that folds to the same.
    pub(super) async fn near(&self, items: &FourItems) -> Result<Vec<Resident>, StoreError> {
        let sql = "SELECT id, name, name_kana, address, birth_date, sex, departed \
                   FROM residents WHERE birth_date = $1 OR name_key = $2 LIMIT $3";
        let (birth, key) = (items.birth_date.to_string(), name_key(&items.name));
        let rows = fetch_all!(self.database.read(), Row, sql, birth, key, MOST_CANDIDATES)?;
        rows.into_iter().map(Resident::try_from).collect()
    }

    /// When anything was changed last.
    pub(super) async fn changed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT changed_at FROM residents ORDER BY changed_at DESC LIMIT 1";
        let row = fetch_optional!(self.database.read(), (i64,), sql)?;
        Ok(row.map(|(at,)| instant(at)))
    }

    /// Takes down what is about to be said.
    pub(super) async fn log(
        &self,
        id: &str,
        at: Timestamp,
        application: &str,
        outcome: &IdentityOutcome,
    ) -> Result<(), StoreError> {
        let (result, resident) = match outcome {
            IdentityOutcome::Proved { person, .. } => ("proved", Some(person.as_str())),
            IdentityOutcome::Doubtful { person, .. } => ("doubtful", person.as_deref()),
            IdentityOutcome::Gone { .. } => ("gone", None),
            IdentityOutcome::Unknown => ("unknown", None),
        };
        let sql = "INSERT INTO identity_proofs (id, at, application, result, resident_id) \
                   VALUES ($1, $2, $3, $4, $5)";
        execute!(self.database.write(), sql, id, micros(at), application, result, resident)?;
        Ok(())
    }
}

impl Update {
    /// Enters or changes the resident with this number of the register's. A new one gets the
    /// random reference that `resident` carries; a known one keeps its own.
    pub async fn put(
        &mut self,
        number: &str,
        resident: &Resident,
        changed_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO residents (id, reference, name, name_kana, name_key, address, \
                   birth_date, sex, departed, changed_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                   ON CONFLICT (reference) DO UPDATE SET name = excluded.name, \
                   name_kana = excluded.name_kana, name_key = excluded.name_key, \
                   address = excluded.address, birth_date = excluded.birth_date, \
                   sex = excluded.sex, departed = excluded.departed, \
                   changed_at = excluded.changed_at";
        let departed = resident.departed.map(|why| RESIDENTS.to_word("departed", why));
        execute!(
            self.transaction.on(),
            sql,
            resident.reference.as_str(),
            number,
            resident.name.text.as_str(),
            resident.name.kana.as_str(),
            name_key(&resident.name.text),
            resident.address.as_str(),
            resident.birth_date.to_string(),
            RESIDENTS.to_word("sex", resident.sex)?,
            departed.transpose()?,
            micros(changed_at)
        )?;
        Ok(())
    }

    /// Puts everything in force.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}
