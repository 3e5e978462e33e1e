//! The store of applications and proposals, the ways to them, and the wards.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use warifu_contract::coverage::Validity;
use warifu_contract::linking::MaskedTarget;
use warifu_contract::mandate::InviteCode;
use warifu_contract::mandate::guardian::{Application, Papers};
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::{Transaction, micros};
use warifu_service::{Database, Problem, Surroundings, execute, fetch_all, fetch_optional};

use crate::links::place;
use crate::sealed;

/// Bytes of an id.
const ID: usize = 16;
/// Applications that are read of one person.
const MOST: i64 = 50;
/// How long an application is still shown when its time is over.
pub(super) const SHOWN: SignedDuration = SignedDuration::from_hours(24 * 30);

/// What guardians asked for.
#[derive(Debug, Clone)]
pub(crate) struct Guardians {
    pub database: Database,
    pub ring: Arc<KeyRing>,
    pub surroundings: Surroundings,
}

/// An application as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub guardian: String,
    pub application: Application,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Proposed>,
    #[serde(skip)]
    version: i64,
}

/// What the first member of staff found.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proposed {
    /// Who, in the relay's own words.
    pub member: String,
    pub at: Timestamp,
    pub papers: Papers,
    pub until: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    pub ward: Found,
    /// The same person at other insurers, and at whoever holds what else was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Found>,
    /// Those who hold what was asked for, beside insurers, and find nobody beyond doubt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
}

impl Proposed {
    /// Everywhere the person was found.
    pub fn found(&self) -> impl Iterator<Item = &Found> {
        std::iter::once(&self.ward).chain(&self.more)
    }

    /// As whom the relay knows the person already.
    pub fn subject(&self) -> Option<&String> {
        self.found().find_map(|found| found.subject.as_ref())
    }
}

/// Whom an insurer found for a card, or a holder by a voucher.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Found {
    pub connector: String,
    pub errand: String,
    pub pseudonym: String,
    pub target: MaskedTarget,
    pub period: Option<Validity>,
    /// The person as whom the relay knows the member already.
    pub subject: Option<String>,
}

/// Why it cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GuardianStoreError {
    #[error("guardian.storage: {0}")]
    Storage(#[from] sqlx::Error),
    #[error("guardian.sealed: {0}")]
    Sealed(#[from] SealError),
    #[error("guardian.unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl From<GuardianStoreError> for Problem {
    fn from(cause: GuardianStoreError) -> Self {
        match cause {
            GuardianStoreError::Storage(cause) => cause.into(),
            cause => Self::internal(&cause),
        }
    }
}

/// Where an application is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Way {
    guardian: String,
    id: String,
}

#[derive(sqlx::FromRow)]
struct CaseRow {
    id: Vec<u8>,
    version: i64,
    body: Vec<u8>,
}

#[derive(sqlx::FromRow)]
pub(super) struct WayRow {
    pub id: Vec<u8>,
    pub body: Vec<u8>,
}

impl Case {
    /// One that `guardian` has just asked for.
    pub fn new(guardian: &str, application: Application) -> Self {
        Self { guardian: guardian.to_owned(), application, proposed: None, version: 0 }
    }
}

impl Guardians {
    /// The id that a client's key stands for: the same key gives the same application.
    pub fn id_for(&self, guardian: &str, key: &str) -> String {
        let named = format!("{guardian}\n{key}");
        let mut id = HEXLOWER.encode(&self.ring.lookup("relay_guardian.id", named.as_bytes()));
        id.truncate(2 * ID);
        id
    }

    /// The code of the application `id`, which is stored nowhere.
    pub fn code_for(&self, guardian: &str, id: &str) -> InviteCode {
        let named = format!("{guardian}\n{id}");
        let secret = self.ring.lookup("relay_guardian_way.secret", named.as_bytes());
        InviteCode::new(secret.first_chunk().copied().unwrap_or_default())
    }

    /// What `guardian` asked for, newest first.
    pub async fn of(&self, guardian: &str) -> Result<Vec<Case>, GuardianStoreError> {
        let key = self.key(guardian);
        let sql = "SELECT id, version, body FROM relay_guardian WHERE subject = $1 LIMIT $2";
        let rows = fetch_all!(self.database.read(), CaseRow, sql, key.as_slice(), MOST)?;
        let cases = rows.into_iter().map(|row| self.case(&key, &row));
        let mut cases = cases.collect::<Result<Vec<_>, _>>()?;
        cases.sort_by_key(|case| std::cmp::Reverse(case.application.at));
        Ok(cases)
    }

    /// The application `id` of `guardian`.
    pub async fn one(&self, guardian: &str, id: &str) -> Result<Option<Case>, GuardianStoreError> {
        let (key, id) = (self.key(guardian), self.id_key(id));
        let sql = "SELECT id, version, body FROM relay_guardian WHERE subject = $1 AND id = $2";
        let read = self.database.read();
        let row = fetch_optional!(read, CaseRow, sql, key.as_slice(), id.as_slice())?;
        row.map(|row| self.case(&key, &row)).transpose()
    }

    /// The application that the guardian tells staff by that code.
    pub async fn by_code(&self, code: &InviteCode) -> Result<Option<Case>, GuardianStoreError> {
        self.along(&self.code_key(code)).await
    }

    /// The application `id`, if it waits for a second member of staff.
    pub async fn waiting_one(&self, id: &str) -> Result<Option<Case>, GuardianStoreError> {
        self.along(&self.way_key(id)).await
    }

    /// What waits for a second member of staff, `most` of it, the oldest first.
    pub async fn waiting(&self, most: i64) -> Result<Vec<Case>, GuardianStoreError> {
        let sql = "SELECT id, body FROM relay_guardian_way WHERE waiting = 1 ORDER BY id LIMIT $1";
        let rows = fetch_all!(self.database.read(), WayRow, sql, most)?;
        let mut cases = Vec::with_capacity(rows.len());
        for row in rows {
            cases.extend(self.follow(&row).await?);
        }
        cases.sort_by_key(|case| case.proposed.as_ref().map(|proposed| proposed.at));
        Ok(cases)
    }

    async fn along(&self, id: &[u8; 32]) -> Result<Option<Case>, GuardianStoreError> {
        let sql = "SELECT id, body FROM relay_guardian_way WHERE id = $1";
        match fetch_optional!(self.database.read(), WayRow, sql, id.as_slice())? {
            Some(row) => self.follow(&row).await,
            None => Ok(None),
        }
    }

    async fn follow(&self, row: &WayRow) -> Result<Option<Case>, GuardianStoreError> {
        let way: Way = self.open(&place("relay_guardian_way.body", &[&row.id]), &row.body)?;
        self.one(&way.guardian, &way.id).await
    }

    /// Writes an application and the way to it down, unless it is there already.
    pub async fn save(&self, case: &Case) -> Result<(), GuardianStoreError> {
        let (key, id) = (self.key(&case.guardian), self.id_key(&case.application.id));
        let body = self.seal(&place("relay_guardian.body", &[&key, &id]), case)?;
        let until = case.application.until;
        let expires = micros(until.checked_add(SHOWN).unwrap_or(until));
        let mut transaction = self.database.begin().await?;
        let sql = "INSERT INTO relay_guardian (subject, id, version, expires, body) \
                   VALUES ($1, $2, 1, $3, $4) ON CONFLICT (subject, id) DO NOTHING";
        let (key, id) = (key.as_slice(), id.as_slice());
        if execute!(transaction.on(), sql, key, id, expires, body)? == 1 {
            let code = self.code_for(&case.guardian, &case.application.id);
            self.lead_in(&mut transaction, &self.code_key(&code), case, false).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Begins to take `case` on from the version it was read at; none when somebody else took a
    /// step meanwhile. To be committed.
    pub async fn step(&self, case: &Case) -> Result<Option<Transaction>, GuardianStoreError> {
        let (key, id) = (self.key(&case.guardian), self.id_key(&case.application.id));
        let body = self.seal(&place("relay_guardian.body", &[&key, &id]), case)?;
        let mut transaction = self.database.begin().await?;
        let sql = "UPDATE relay_guardian SET version = version + 1, body = $4 \
                   WHERE subject = $1 AND id = $2 AND version = $3";
        let (key, id) = (key.as_slice(), id.as_slice());
        let is_mine = execute!(transaction.on(), sql, key, id, case.version, body)? == 1;
        Ok(is_mine.then_some(transaction))
    }

    /// The case waits for a second member of staff.
    pub async fn queue_in(
        &self,
        transaction: &mut Transaction,
        case: &Case,
    ) -> Result<(), GuardianStoreError> {
        self.lead_in(transaction, &self.way_key(&case.application.id), case, true).await
    }

    /// The case is decided: no way leads to it any more.
    pub async fn settle_in(
        &self,
        transaction: &mut Transaction,
        case: &Case,
    ) -> Result<(), GuardianStoreError> {
        let code = self.code_key(&self.code_for(&case.guardian, &case.application.id));
        for id in [code, self.way_key(&case.application.id)] {
            let sql = "DELETE FROM relay_guardian_way WHERE id = $1";
            execute!(transaction.on(), sql, id.as_slice())?;
        }
        Ok(())
    }

    /// The application has become a mandate, and is not shown beside it.
    pub async fn forget_in(
        &self,
        transaction: &mut Transaction,
        case: &Case,
    ) -> Result<(), GuardianStoreError> {
        let (key, id) = (self.key(&case.guardian), self.id_key(&case.application.id));
        let sql = "DELETE FROM relay_guardian WHERE subject = $1 AND id = $2";
        execute!(transaction.on(), sql, key.as_slice(), id.as_slice())?;
        Ok(())
    }

    async fn lead_in(
        &self,
        transaction: &mut Transaction,
        id: &[u8; 32],
        case: &Case,
        waits: bool,
    ) -> Result<(), GuardianStoreError> {
        let way = Way { guardian: case.guardian.clone(), id: case.application.id.clone() };
        let body = self.seal(&place("relay_guardian_way.body", &[id]), &way)?;
        let sql = "INSERT INTO relay_guardian_way (id, waiting, expires, body) \
                   VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING";
        let until = micros(case.application.until);
        execute!(transaction.on(), sql, id.as_slice(), i64::from(waits), until, body)?;
        Ok(())
    }

    /// For the ward `subject` somebody speaks until `expires`.
    pub async fn keep_ward(
        &self,
        subject: &str,
        expires: Timestamp,
    ) -> Result<(), GuardianStoreError> {
        let key = self.ring.lookup("relay_ward.subject", subject.as_bytes());
        let body = self.seal(&place("relay_ward.body", &[&key]), &subject)?;
        let sql = "INSERT INTO relay_ward (subject, expires, body) VALUES ($1, $2, $3) \
                   ON CONFLICT (subject) DO UPDATE SET expires = excluded.expires";
        execute!(self.database.write(), sql, key.as_slice(), micros(expires), body)?;
        Ok(())
    }

    /// Wards whose time is over, some of them.
    pub async fn ended_wards(&self, now: Timestamp) -> Result<Vec<String>, GuardianStoreError> {
        let sql = "SELECT subject AS id, body FROM relay_ward WHERE expires < $1 LIMIT $2";
        let rows = fetch_all!(self.database.read(), WayRow, sql, micros(now), MOST)?;
        let open = |row: WayRow| self.open(&place("relay_ward.body", &[&row.id]), &row.body);
        rows.into_iter().map(open).collect()
    }

    /// The ward is none any more.
    pub async fn drop_ward(&self, subject: &str) -> Result<(), GuardianStoreError> {
        let key = self.ring.lookup("relay_ward.subject", subject.as_bytes());
        let sql = "DELETE FROM relay_ward WHERE subject = $1";
        execute!(self.database.write(), sql, key.as_slice())?;
        Ok(())
    }

    /// Drops applications and ways that ended before `now`.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64, sqlx::Error> {
        let now = micros(now);
        let ways = "DELETE FROM relay_guardian_way WHERE expires < $1";
        let cases = "DELETE FROM relay_guardian WHERE expires < $1";
        Ok(execute!(self.database.write(), ways, now)?
            + execute!(self.database.write(), cases, now)?)
    }

    fn case(&self, key: &[u8], row: &CaseRow) -> Result<Case, GuardianStoreError> {
        let case: Case = self.open(&place("relay_guardian.body", &[key, &row.id]), &row.body)?;
        Ok(Case { version: row.version, ..case })
    }

    pub(super) fn seal(
        &self,
        context: &[u8],
        value: &impl Serialize,
    ) -> Result<Vec<u8>, GuardianStoreError> {
        Ok(sealed::seal(&self.ring, self.surroundings.entropy.as_ref(), context, value)?)
    }

    pub(super) fn open<T: DeserializeOwned>(
        &self,
        context: &[u8],
        body: &[u8],
    ) -> Result<T, GuardianStoreError> {
        sealed::open(&self.ring, context, body)
    }

    fn key(&self, guardian: &str) -> [u8; 32] {
        self.ring.lookup("relay_guardian.subject", guardian.as_bytes())
    }

    fn id_key(&self, id: &str) -> [u8; 32] {
        self.ring.lookup("relay_guardian.row", id.as_bytes())
    }

    fn way_key(&self, id: &str) -> [u8; 32] {
        self.ring.lookup("relay_guardian_way.id", id.as_bytes())
    }

    fn code_key(&self, code: &InviteCode) -> [u8; 32] {
        self.ring.lookup("relay_guardian_way.code", code.digits().as_bytes())
    }
}
