//! The rows of jobs: what is read and written, and nothing about why.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use warifu_contract::batch::{BatchPreview, BatchState};
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::{Transaction, instant, is_duplicate, micros};
use warifu_service::{Database, Problem, Surroundings, execute, fetch_all, fetch_optional};

use super::job::{ID, Job, Progress, Terms, hours_after};
use super::row::RowsError;
use crate::links::place;

/// The state of a job whose file is still coming in.
const RECEIVING: &str = "receiving";
/// Jobs of an organisation that are shown.
const SHOWN: i64 = 100;
/// Jobs that are dropped at a time.
const SWEPT: i64 = 20;
/// Hours for which what became of a job is remembered, and the marks of its lines.
const REMEMBERED_HOURS: i64 = 400 * 24;
/// How long a server may be silent about a job before another takes it up.
pub(crate) const LEASE: jiff::SignedDuration = jiff::SignedDuration::from_secs(30);

/// The jobs of the relay.
#[derive(Debug, Clone)]
pub(crate) struct Batches {
    pub database: Database,
    pub ring: Arc<KeyRing>,
    pub surroundings: Surroundings,
    /// The server's number.
    pub node: u8,
}

/// Why a job cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BatchStoreError {
    #[error("batch.storage: {0}")]
    Storage(#[from] sqlx::Error),
    #[error("batch.sealed: {0}")]
    Sealed(#[from] SealError),
    #[error("batch.unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error("batch.corrupt: {0}")]
    Corrupt(&'static str),
}

impl From<BatchStoreError> for Problem {
    fn from(cause: BatchStoreError) -> Self {
        Self::internal(&cause)
    }
}

/// What became of a file that has come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Taken {
    /// A new job.
    New,
    /// The job of this id has the same file.
    Known(String),
}

#[derive(sqlx::FromRow)]
struct JobRow {
    organization: Vec<u8>,
    id: Vec<u8>,
    state: String,
    at: i64,
    expires: i64,
    terms: Vec<u8>,
    progress: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct BodyRow {
    body: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct PreviewRow {
    preview: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
struct MarksRow {
    marks: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Vec<u8>,
}

type Done<T> = Result<T, BatchStoreError>;

impl Batches {
    /// The key under which the jobs of the organisation `code` stand.
    pub fn organization(&self, code: &str) -> Vec<u8> {
        self.ring.lookup("relay_batch.organization", code.as_bytes()).to_vec()
    }

    /// A new id for a file that begins to come in.
    pub async fn begin(&self, organization: &[u8], expires: Timestamp) -> Done<String> {
        let id = self.surroundings.bytes::<ID>();
        let sql = "INSERT INTO relay_batch \
                   (organization, id, state, at, due, expires, terms, progress) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let (now, expires) = (micros(self.surroundings.now()), micros(expires));
        let empty = Vec::<u8>::new();
        let (id, write) = (id.as_slice(), self.database.write());
        execute!(write, sql, organization, id, RECEIVING, now, now, expires, empty.clone(), empty)?;
        Ok(HEXLOWER.encode(id))
    }

    /// Keeps the piece `number` of a file.
    pub async fn keep_piece(&self, id: &str, number: u64, bytes: &[u8]) -> Done<()> {
        let id = bytes_of(id)?;
        let body = self.seal(&piece_place(&id, number), bytes);
        let sql = "INSERT INTO relay_batch_piece (batch, number, body) VALUES ($1, $2, $3)";
        execute!(self.database.write(), sql, id, column(number), body)?;
        Ok(())
    }

    /// The piece `number` of a file; none when there is none, or none any more.
    pub async fn piece(&self, id: &str, number: u64) -> Done<Option<Vec<u8>>> {
        let id = bytes_of(id)?;
        let sql = "SELECT body FROM relay_batch_piece WHERE batch = $1 AND number = $2";
        let read = self.database.read();
        let row = fetch_optional!(read, BodyRow, sql, id.as_slice(), column(number))?;
        let open = |row: BodyRow| self.ring.open(&piece_place(&id, number), &row.body);
        Ok(row.map(open).transpose()?)
    }

    /// Keeps what a file looks like that has come in, until it is started.
    pub async fn keep_preview(
        &self,
        organization: &[u8],
        id: &str,
        preview: &BatchPreview,
    ) -> Done<()> {
        let id = bytes_of(id)?;
        let preview = self.seal(&preview_place(&id), &serde_json::to_vec(preview)?);
        let sql = "UPDATE relay_batch SET preview = $3 WHERE organization = $1 AND id = $2";
        execute!(self.database.write(), sql, organization, id, preview)?;
        Ok(())
    }

    /// What the file of a job looks like that is not started.
    pub async fn preview(&self, job: &Job) -> Done<Option<BatchPreview>> {
        let id = bytes_of(&job.id)?;
        let sql = "SELECT preview FROM relay_batch WHERE organization = $1 AND id = $2";
        let (organization, read) = (job.organization.as_slice(), self.database.read());
        let row = fetch_optional!(read, PreviewRow, sql, organization, id.as_slice())?;
        let Some(sealed) = row.and_then(|row| row.preview) else { return Ok(None) };
        let preview = self.ring.open(&preview_place(&id), &sealed)?;
        Ok(Some(serde_json::from_slice(&preview)?))
    }

    /// Makes a job of a file that has come in, unless the organisation has one of the same file,
    /// by its `fingerprint`; what came in is then dropped.
    pub async fn take(&self, job: &Job, fingerprint: &[u8]) -> Done<Taken> {
        let id = bytes_of(&job.id)?;
        let (terms, progress) = self.sealed(&id, &job.terms, &job.progress)?;
        let sql = "UPDATE relay_batch SET state = $3, at = $4, due = $4, expires = $5, \
                   file = $6, terms = $7, progress = $8 WHERE organization = $1 AND id = $2";
        let (at, expires) = (micros(job.at), micros(job.expires));
        let (organization, state) = (job.organization.as_slice(), job.state.as_str());
        let write = self.database.write();
        let taken = execute!(
            write,
            sql,
            organization,
            id.as_slice(),
            state,
            at,
            expires,
            fingerprint,
            terms,
            progress
        );
        match taken {
            Ok(_) => Ok(Taken::New),
            Err(error) if is_duplicate(&error) => {
                self.drop_job(organization, &id).await?;
                let known = self.by_file(fingerprint).await?;
                known.map(Taken::Known).ok_or(BatchStoreError::Corrupt("the same file is gone"))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn by_file(&self, fingerprint: &[u8]) -> Done<Option<String>> {
        let sql = "SELECT id FROM relay_batch WHERE file = $1";
        let row = fetch_optional!(self.database.read(), IdRow, sql, fingerprint)?;
        Ok(row.map(|row| HEXLOWER.encode(&row.id)))
    }

    /// The organisation's job of that id.
    pub async fn of(&self, organization: &[u8], id: &str) -> Done<Option<Job>> {
        let Ok(id) = bytes_of(id) else { return Ok(None) };
        let sql = "SELECT organization, id, state, at, expires, terms, progress FROM relay_batch \
                   WHERE organization = $1 AND id = $2 AND state <> 'receiving'";
        let row = fetch_optional!(self.database.read(), JobRow, sql, organization, id)?;
        row.map(|row| self.job(row)).transpose()
    }

    /// The organisation's jobs, newest first.
    pub async fn all_of(&self, organization: &[u8]) -> Done<Vec<Job>> {
        let sql = "SELECT organization, id, state, at, expires, terms, progress FROM relay_batch \
                   WHERE organization = $1 AND state <> 'receiving' ORDER BY at DESC LIMIT $2";
        let rows = fetch_all!(self.database.read(), JobRow, sql, organization, SHOWN)?;
        rows.into_iter().map(|row| self.job(row)).collect()
    }

    /// The organisation's last job before `at` that is done.
    pub async fn before(&self, organization: &[u8], at: Timestamp) -> Done<Option<String>> {
        let sql = "SELECT id FROM relay_batch WHERE organization = $1 \
                   AND state = 'done' AND at < $2 ORDER BY at DESC LIMIT 1";
        let row = fetch_optional!(self.database.read(), IdRow, sql, organization, micros(at))?;
        Ok(row.map(|row| HEXLOWER.encode(&row.id)))
    }

    /// Moves a job to another state, if it is in one of `from`. Whether it was. What its file looked
    /// like is then forgotten.
    pub async fn steer(&self, job: &Job, from: &[BatchState], to: BatchState) -> Done<bool> {
        let id = bytes_of(&job.id)?;
        let sql = "UPDATE relay_batch SET state = $4, due = $5, preview = NULL \
                   WHERE organization = $1 AND id = $2 AND state = $3";
        let now = micros(self.surroundings.now());
        for state in from {
            let (organization, id) = (job.organization.as_slice(), id.as_slice());
            let (from, to, write) = (state.as_str(), to.as_str(), self.database.write());
            if execute!(write, sql, organization, id, from, to, now)? == 1 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes up the job that has waited longest for somebody: one that was left in the middle, or a
    /// new one.
    pub async fn claim(&self) -> Done<Option<Job>> {
        let now = self.surroundings.now();
        for state in [BatchState::Running, BatchState::Received] {
            let sql = "SELECT organization, id, state, at, expires, terms, progress \
                       FROM relay_batch WHERE state = $1 AND due <= $2 ORDER BY due LIMIT 1";
            let (read, due) = (self.database.read(), micros(now));
            let Some(row) = fetch_optional!(read, JobRow, sql, state.as_str(), due)? else {
                continue;
            };
            if self.hold(&row, due).await? {
                let row = JobRow { state: BatchState::Running.as_str().to_owned(), ..row };
                return self.job(row).map(Some);
            }
        }
        Ok(None)
    }

    async fn hold(&self, row: &JobRow, due: i64) -> Done<bool> {
        let sql = "UPDATE relay_batch SET state = 'running', holder = $3, due = $4 \
                   WHERE organization = $1 AND id = $2 AND state = $5 AND due <= $6";
        let (organization, id) = (row.organization.as_slice(), row.id.as_slice());
        let (holder, until) = (i64::from(self.node), self.lease());
        let (write, state) = (self.database.write(), row.state.as_str());
        Ok(execute!(write, sql, organization, id, holder, until, state, due)? == 1)
    }

    /// Says that this server still works on the job. Whether it may go on.
    pub async fn beat(&self, job: &Job) -> Done<bool> {
        let id = bytes_of(&job.id)?;
        let sql = "UPDATE relay_batch SET due = $4 WHERE organization = $1 AND id = $2 \
                   AND holder = $3 AND state = 'running'";
        let (organization, holder) = (job.organization.as_slice(), i64::from(self.node));
        Ok(execute!(self.database.write(), sql, organization, id, holder, self.lease())? == 1)
    }

    /// Lets go of a job, so that it is taken up again at once.
    pub async fn let_go(&self, job: &Job) -> Done<()> {
        let id = bytes_of(&job.id)?;
        let sql = "UPDATE relay_batch SET due = $4 WHERE organization = $1 AND id = $2 \
                   AND holder = $3 AND state = 'running'";
        let (organization, holder) = (job.organization.as_slice(), i64::from(self.node));
        execute!(self.database.write(), sql, organization, id, holder, 0_i64)?;
        Ok(())
    }

    /// Lets go of every job that this server held when it ended.
    pub async fn let_go_of_all(&self) -> Done<u64> {
        let sql = "UPDATE relay_batch SET due = $3 WHERE state = $1 AND due > $3 AND holder = $2";
        let (state, holder) = (BatchState::Running.as_str(), i64::from(self.node));
        Ok(execute!(self.database.write(), sql, state, holder, 0_i64)?)
    }

    /// Keeps the chunk `number` and how far the job has come before it. Whether the job may go on;
    /// nothing is kept otherwise.
    pub async fn keep_chunk(
        &self,
        job: &Job,
        number: u64,
        (body, marks): (&[u8], &[u8]),
        progress: &Progress,
    ) -> Done<bool> {
        let id = bytes_of(&job.id)?;
        let sealed = self.seal(&chunk_place(&id, number), body);
        let mut transaction = self.database.begin().await?;
        if !self.advance(&mut transaction, job, progress).await? {
            return Ok(false);
        }
        let sql = "INSERT INTO relay_batch_chunk (batch, number, body, marks) \
                   VALUES ($1, $2, $3, $4) ON CONFLICT (batch, number) DO NOTHING";
        let on = transaction.on();
        if execute!(on, sql, id.as_slice(), column(number), sealed, marks)? == 0 {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Puts another body in the place of the one of the chunk `number`.
    pub async fn replace_chunk(&self, job: &Job, number: u64, body: &[u8]) -> Done<()> {
        let id = bytes_of(&job.id)?;
        let sealed = self.seal(&chunk_place(&id, number), body);
        let sql = "UPDATE relay_batch_chunk SET body = $3 WHERE batch = $1 AND number = $2";
        execute!(self.database.write(), sql, id, column(number), sealed)?;
        Ok(())
    }

    async fn advance(
        &self,
        transaction: &mut Transaction,
        job: &Job,
        progress: &Progress,
    ) -> Done<bool> {
        let id = bytes_of(&job.id)?;
        let progress = self.seal(&progress_place(&id), &serde_json::to_vec(progress)?);
        let sql = "UPDATE relay_batch SET progress = $4, due = $5 WHERE organization = $1 \
                   AND id = $2 AND holder = $3 AND state = 'running'";
        let (organization, holder) = (job.organization.as_slice(), i64::from(self.node));
        let until = self.lease();
        let on = transaction.on();
        Ok(execute!(on, sql, organization, id.as_slice(), holder, progress, until)? == 1)
    }

    /// Writes down how far a job has come that this server worked on, also when it was stopped
    /// meanwhile; not when another server has taken it up, which knows better.
    pub async fn keep_progress(&self, job: &Job, progress: &Progress) -> Done<()> {
        let id = bytes_of(&job.id)?;
        let progress = self.seal(&progress_place(&id), &serde_json::to_vec(progress)?);
        let sql = "UPDATE relay_batch SET progress = $4 WHERE organization = $1 AND id = $2 \
                   AND holder = $3 AND state <> 'done'";
        let (organization, holder) = (job.organization.as_slice(), i64::from(self.node));
        execute!(self.database.write(), sql, organization, id.as_slice(), holder, progress)?;
        Ok(())
    }

    /// Writes down that the results of a job were handed over and are gone.
    pub async fn keep_fetched(&self, job: &Job) -> Done<()> {
        let id = bytes_of(&job.id)?;
        let progress = Progress { fetched: true, ..job.progress.clone() };
        let progress = self.seal(&progress_place(&id), &serde_json::to_vec(&progress)?);
        let sql = "UPDATE relay_batch SET progress = $3 WHERE organization = $1 AND id = $2 \
                   AND state = 'done'";
        let organization = job.organization.as_slice();
        execute!(self.database.write(), sql, organization, id.as_slice(), progress)?;
        Ok(())
    }

    /// Ends a job that this server works on.
    pub async fn finish(
        &self,
        job: &Job,
        state: BatchState,
        progress: &Progress,
        expires: Timestamp,
    ) -> Done<bool> {
        let id = bytes_of(&job.id)?;
        let progress = self.seal(&progress_place(&id), &serde_json::to_vec(progress)?);
        let sql = "UPDATE relay_batch SET state = $4, progress = $5, expires = $6 \
                   WHERE organization = $1 AND id = $2 AND holder = $3 AND state = 'running'";
        let (organization, holder) = (job.organization.as_slice(), i64::from(self.node));
        let (write, state) = (self.database.write(), state.as_str());
        let id = id.as_slice();
        Ok(execute!(write, sql, organization, id, holder, state, progress, micros(expires))? == 1)
    }

    /// The file must be there for another job until `expires`.
    pub async fn keep_until(&self, job: &Job, expires: Timestamp) -> Done<()> {
        let id = bytes_of(&job.terms.file)?;
        let organization = job.organization.as_slice();
        let sql = "UPDATE relay_batch SET expires = $3 \
                   WHERE organization = $1 AND id = $2 AND expires < $3";
        execute!(self.database.write(), sql, organization, id, micros(expires))?;
        Ok(())
    }

    /// The body of the chunk `number`; none when there is none.
    pub async fn chunk(&self, id: &str, number: u64) -> Done<Option<Vec<u8>>> {
        let id = bytes_of(id)?;
        let sql = "SELECT body FROM relay_batch_chunk WHERE batch = $1 AND number = $2";
        let read = self.database.read();
        let row = fetch_optional!(read, BodyRow, sql, id.as_slice(), column(number))?;
        let row = row.filter(|row| !row.body.is_empty());
        let open = |row: BodyRow| self.ring.open(&chunk_place(&id, number), &row.body);
        Ok(row.map(open).transpose()?)
    }

    /// The marks of the lines of the chunk `number`.
    pub async fn marks(&self, id: &str, number: u64) -> Done<Option<Vec<u8>>> {
        let id = bytes_of(id)?;
        let sql = "SELECT marks FROM relay_batch_chunk WHERE batch = $1 AND number = $2";
        let read = self.database.read();
        let row = fetch_optional!(read, MarksRow, sql, id.as_slice(), column(number))?;
        Ok(row.map(|row| row.marks))
    }

    /// Drops the file and the answers of a job. Its marks, and what became of it, stay.
    pub async fn empty(&self, job: &Job) -> Done<()> {
        self.empty_row(&job.organization, &bytes_of(&job.id)?, job.at).await
    }

    async fn empty_row(&self, organization: &[u8], id: &[u8], at: Timestamp) -> Done<()> {
        let mut transaction = self.database.begin().await?;
        let sql = "DELETE FROM relay_batch_piece WHERE batch = $1";
        execute!(transaction.on(), sql, id)?;
        let sql = "UPDATE relay_batch_chunk SET body = $2 WHERE batch = $1";
        execute!(transaction.on(), sql, id, Vec::<u8>::new())?;
        let sql = "UPDATE relay_batch SET file = NULL, preview = NULL, expires = $3 \
                   WHERE organization = $1 AND id = $2";
        let forgotten = micros(hours_after(at, REMEMBERED_HOURS));
        execute!(transaction.on(), sql, organization, id, forgotten)?;
        Ok(transaction.commit().await?)
    }

    /// Drops what has had its time: files and answers, uploads that broke off, and in the end what
    /// became of the job.
    pub async fn sweep(&self, now: Timestamp) -> Done<()> {
        let sql = "SELECT organization, id, state, at, expires, terms, progress FROM relay_batch \
                   WHERE expires < $1 LIMIT $2";
        let rows = fetch_all!(self.database.read(), JobRow, sql, micros(now), SWEPT)?;
        for row in rows {
            let at = instant(row.at);
            if row.state == RECEIVING || hours_after(at, REMEMBERED_HOURS) <= now {
                self.drop_job(&row.organization, &row.id).await?;
            } else {
                self.empty_row(&row.organization, &row.id, at).await?;
            }
        }
        Ok(())
    }

    async fn drop_job(&self, organization: &[u8], id: &[u8]) -> Done<()> {
        let mut transaction = self.database.begin().await?;
        let sql = "DELETE FROM relay_batch_piece WHERE batch = $1";
        execute!(transaction.on(), sql, id)?;
        let sql = "DELETE FROM relay_batch_chunk WHERE batch = $1";
        execute!(transaction.on(), sql, id)?;
        let sql = "DELETE FROM relay_batch WHERE organization = $1 AND id = $2";
        execute!(transaction.on(), sql, organization, id)?;
        Ok(transaction.commit().await?)
    }

    fn job(&self, row: JobRow) -> Done<Job> {
        let terms = self.ring.open(&terms_place(&row.id), &row.terms)?;
        let progress = self.ring.open(&progress_place(&row.id), &row.progress)?;
        let state = BatchState::parse(&row.state);
        Ok(Job {
            organization: row.organization,
            id: HEXLOWER.encode(&row.id),
            state: state.ok_or(BatchStoreError::Corrupt("no such state"))?,
            at: instant(row.at),
            expires: instant(row.expires),
            terms: serde_json::from_slice(&terms)?,
            progress: serde_json::from_slice(&progress)?,
        })
    }

    fn sealed(&self, id: &[u8], terms: &Terms, progress: &Progress) -> Done<(Vec<u8>, Vec<u8>)> {
        let terms = self.seal(&terms_place(id), &serde_json::to_vec(terms)?);
        let progress = self.seal(&progress_place(id), &serde_json::to_vec(progress)?);
        Ok((terms, progress))
    }

    fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        self.ring.seal(context, plain, self.surroundings.entropy.as_ref())
    }

    /// Until when this server holds what it works on.
    fn lease(&self) -> i64 {
        let now = self.surroundings.now();
        micros(now.checked_add(LEASE).unwrap_or(now))
    }
}

fn bytes_of(id: &str) -> Result<Vec<u8>, BatchStoreError> {
    let bytes = HEXLOWER.decode(id.as_bytes()).ok().filter(|bytes| bytes.len() == ID);
    bytes.ok_or(BatchStoreError::Corrupt("not an id"))
}

fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn terms_place(id: &[u8]) -> Vec<u8> {
    place("relay_batch.terms", &[id])
}

fn preview_place(id: &[u8]) -> Vec<u8> {
    place("relay_batch.preview", &[id])
}

fn progress_place(id: &[u8]) -> Vec<u8> {
    place("relay_batch.progress", &[id])
}

fn piece_place(id: &[u8], number: u64) -> Vec<u8> {
    place("relay_batch_piece.body", &[id, &number.to_be_bytes()])
}

fn chunk_place(id: &[u8], number: u64) -> Vec<u8> {
    place("relay_batch_chunk.body", &[id, &number.to_be_bytes()])
}
