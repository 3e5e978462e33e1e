//! The log's rows: what is read and written, and nothing about why.

use warifu_service::storage::Transaction;
use warifu_service::{Database, execute, fetch_all, fetch_optional, fetch_over};

use crate::action::Action;
use crate::bulk;
use crate::checkpoint::Checkpoint;
use crate::erasure::Runs;
use crate::error::LogError;
use crate::tree::{TileId, Tiles};

/// The only row of `log_head`, and of `log_cosigned`.
const HEAD: i64 = 1;

/// A subject's events, newest first.
pub(crate) const OF_SUBJECT: &str = "SELECT idx, subject, sequence, leaf, reference, body \
    FROM log_event WHERE subject = $1 AND idx < $2 ORDER BY idx DESC LIMIT $3";
/// A subject's events, oldest first.
pub(crate) const OF_SUBJECT_SINCE: &str = "SELECT idx, subject, sequence, leaf, reference, body \
    FROM log_event WHERE subject = $1 AND idx >= $2 ORDER BY idx LIMIT $3";

/// The events at several indices.
pub(crate) const AT: &str = "WITH v (idx) AS (VALUES {rows}) \
    SELECT e.idx, e.subject, e.sequence, e.leaf, e.reference, e.body \
    FROM v JOIN log_event e ON e.idx = v.idx";

/// The last event of each of several subjects.
const TIPS: &str = "WITH v (id) AS (VALUES {rows}) SELECT e.subject, e.sequence, e.leaf \
    FROM v JOIN log_event e ON e.subject = v.id \
    AND e.idx = (SELECT MAX(l.idx) FROM log_event l WHERE l.subject = v.id)";
/// Subjects in one statement.
const TIPS_AT_ONCE: usize = 1_024;

/// The tree as last signed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct HeadRow {
    pub size: i64,
    pub checkpoint: String,
}

/// An event as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct EventRow {
    pub idx: i64,
    /// Keyed hash of subject and series; empty without a subject.
    pub subject: Vec<u8>,
    pub sequence: i64,
    pub leaf: Vec<u8>,
    /// Keyed hash of the check number.
    pub reference: Option<Vec<u8>>,
    /// The canonical entry, sealed for its leaf; empty once it is erased.
    pub body: Vec<u8>,
}

impl EventRow {
    /// Whether the payload is gone.
    pub fn is_erased(&self) -> bool {
        self.body.is_empty()
    }
}

/// The newest head with enough cosignatures.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct CosignedRow {
    pub at: i64,
    pub checkpoint: String,
}

/// What an erasure writes beside its own event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Erased {
    pub runs: Runs,
    /// An action, and the index up to which its events have been looked through.
    pub looked_through: Option<(Action, u64)>,
}

/// An answer kept under the client's key.
#[derive(Debug, Clone)]
pub(crate) struct OnceRow {
    pub id: Vec<u8>,
    pub at: i64,
    pub answer: Vec<u8>,
}

/// The end of one subject's series.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct TipRow {
    pub subject: Vec<u8>,
    pub sequence: i64,
    pub leaf: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct PlaceRow {
    idx: i64,
}

#[derive(sqlx::FromRow)]
struct AnswerRow {
    answer: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct TileRow {
    hashes: Vec<u8>,
}

/// Everything that one commit writes.
#[derive(Debug)]
pub(crate) struct Commit {
    pub from_size: u64,
    pub head: Checkpoint,
    pub events: Vec<EventRow>,
    pub once: Vec<OnceRow>,
    pub erased: Vec<Erased>,
    pub tiles: Vec<(TileId, Vec<u8>)>,
}

/// A number as the databases keep it; a log ends long before `i64` does.
pub(crate) fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number as we use it; a negative one can only be tampering and is out of every range.
pub(crate) fn number(column: i64) -> u64 {
    u64::try_from(column).unwrap_or(u64::MAX)
}

/// The log's tables.
#[derive(Debug, Clone)]
pub(crate) struct Store(pub Database);

impl Store {
    pub async fn head(&self) -> Result<Option<HeadRow>, LogError> {
        let sql = "SELECT size, checkpoint FROM log_head WHERE id = $1";
        Ok(fetch_optional!(self.0.read(), HeadRow, sql, HEAD)?)
    }

    /// Writes the first head, unless another server was faster. From here on nothing that is moved
    /// leaves a copy behind, which an erasure would not find.
    pub async fn found(&self, head: &Checkpoint) -> Result<(), LogError> {
        let mut transaction = self.0.begin().await?;
        bulk::forget_for_good(&mut transaction).await?;
        let sql = "INSERT INTO log_head (id, size, checkpoint) VALUES ($1, $2, $3) \
                   ON CONFLICT (id) DO NOTHING";
        execute!(transaction.on(), sql, HEAD, column(head.size), head.note.as_str())?;
        Ok(transaction.commit().await?)
    }

    /// The tiles that are there among `wanted`.
    pub async fn tiles(&self, wanted: impl IntoIterator<Item = TileId>) -> Result<Tiles, LogError> {
        let sql = "SELECT hashes FROM log_tile WHERE level = $1 AND number = $2";
        let mut found = Tiles::new();
        for id in wanted {
            let (level, number) = (i64::from(id.level), column(id.number));
            if let Some(row) = fetch_optional!(self.0.read(), TileRow, sql, level, number)? {
                found.insert(id, row.hashes);
            }
        }
        Ok(found)
    }

    /// The ends of the series under `subjects` that have begun.
    pub async fn tips(&self, subjects: &[[u8; 32]]) -> Result<Vec<TipRow>, LogError> {
        let mut tips = Vec::new();
        for some in subjects.chunks(TIPS_AT_ONCE) {
            tips.extend(fetch_over!(self.0.read(), TipRow, TIPS, some, |key| key
                .map(<[u8; 32]>::as_slice))?);
        }
        Ok(tips)
    }

    /// Events of `subject` below index `before`, newest first.
    pub async fn of_subject(
        &self,
        subject: &[u8],
        before: u64,
        limit: u32,
    ) -> Result<Vec<EventRow>, LogError> {
        let (before, limit) = (column(before), i64::from(limit));
        Ok(fetch_all!(self.0.read(), EventRow, OF_SUBJECT, subject, before, limit)?)
    }

    /// Events of `subject` from index `from` on, oldest first.
    pub async fn of_subject_since(
        &self,
        subject: &[u8],
        from: u64,
        limit: u32,
    ) -> Result<Vec<EventRow>, LogError> {
        let (from, limit) = (column(from), i64::from(limit));
        Ok(fetch_all!(self.0.read(), EventRow, OF_SUBJECT_SINCE, subject, from, limit)?)
    }

    /// Events from index `from` on, oldest first.
    pub async fn since(&self, from: u64, limit: u32) -> Result<Vec<EventRow>, LogError> {
        let sql = "SELECT idx, subject, sequence, leaf, reference, body FROM log_event \
                   WHERE idx >= $1 ORDER BY idx LIMIT $2";
        Ok(fetch_all!(self.0.read(), EventRow, sql, column(from), i64::from(limit))?)
    }

    /// Events after (`subject`, `index`) in the order of subjects, then of indices.
    pub async fn after_subject(
        &self,
        subject: &[u8],
        index: i64,
        limit: u32,
    ) -> Result<Vec<EventRow>, LogError> {
        let sql = "SELECT idx, subject, sequence, leaf, reference, body FROM log_event \
                   WHERE (subject, idx) > ($1, $2) ORDER BY subject, idx LIMIT $3";
        Ok(fetch_all!(self.0.read(), EventRow, sql, subject, index, i64::from(limit))?)
    }

    /// The event with index `index`.
    pub async fn at(&self, index: u64) -> Result<Option<EventRow>, LogError> {
        Ok(self.since(index, 1).await?.into_iter().find(|row| number(row.idx) == index))
    }

    /// The events with these indices, in no order.
    pub async fn all_at(&self, indices: &[u64]) -> Result<Vec<EventRow>, LogError> {
        Ok(fetch_over!(self.0.read(), EventRow, AT, indices, |index| index
            .map(|index| column(*index)))?)
    }

    /// The event with the check number of these keyed hashes.
    pub async fn by_reference(&self, keys: &[[u8; 32]; 2]) -> Result<Option<EventRow>, LogError> {
        let sql = "SELECT idx, subject, sequence, leaf, reference, body FROM log_event \
                   WHERE reference IN ($1, $2)";
        let [key, earlier] = keys;
        let read = self.0.read();
        Ok(fetch_optional!(read, EventRow, sql, key.as_slice(), earlier.as_slice())?)
    }

    /// The answer kept under `id`.
    pub async fn answer(&self, id: &[u8]) -> Result<Option<Vec<u8>>, LogError> {
        let sql = "SELECT answer FROM log_once WHERE id = $1";
        let row = fetch_optional!(self.0.read(), AnswerRow, sql, id)?;
        Ok(row.map(|row| row.answer))
    }

    /// Drops the answers kept before `at`.
    pub async fn forget_answers(&self, at: i64) -> Result<u64, LogError> {
        Ok(execute!(self.0.write(), "DELETE FROM log_once WHERE at < $1", at)?)
    }

    /// The newest head with enough cosignatures.
    pub async fn cosigned(&self) -> Result<Option<CosignedRow>, LogError> {
        let sql = "SELECT at, checkpoint FROM log_cosigned WHERE id = $1";
        Ok(fetch_optional!(self.0.read(), CosignedRow, sql, HEAD)?)
    }

    /// Keeps a head with enough cosignatures, unless a larger one is kept.
    pub async fn keep_cosigned(&self, head: &Checkpoint, at: i64) -> Result<(), LogError> {
        let sql = "INSERT INTO log_cosigned (id, size, at, checkpoint) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (id) DO UPDATE SET size = excluded.size, at = excluded.at, \
                   checkpoint = excluded.checkpoint WHERE log_cosigned.size <= excluded.size";
        execute!(self.0.write(), sql, HEAD, column(head.size), at, head.note.as_str())?;
        Ok(())
    }

    /// Up to which index the events of `action` have been looked through for erasure.
    pub async fn looked_through(&self, action: Action) -> Result<u64, LogError> {
        let sql = "SELECT idx FROM log_retention WHERE action = $1";
        let row = fetch_optional!(self.0.read(), PlaceRow, sql, action.name())?;
        Ok(row.map_or(0, |row| number(row.idx)))
    }

    /// Keeps that index, when nothing is to be erased before it.
    pub async fn keep_looked_through(&self, action: Action, index: u64) -> Result<(), LogError> {
        execute!(self.0.write(), LOOKED_THROUGH, action.name(), column(index))?;
        Ok(())
    }

    /// Writes all of `commit` durably, or nothing. False when the tree is no longer of the size
    /// that the commit started from: another server extended it.
    pub async fn commit(&self, commit: &Commit) -> Result<bool, LogError> {
        let mut transaction = self.0.begin().await?;
        let sql = "UPDATE log_head SET size = $1, checkpoint = $2 WHERE id = $3 AND size = $4";
        let (size, from) = (column(commit.head.size), column(commit.from_size));
        let note = commit.head.note.as_str();
        if execute!(transaction.on(), sql, size, note, HEAD, from)? == 0 {
            return Ok(false);
        }
        bulk::insert_events(&mut transaction, &commit.events).await?;
        bulk::insert_once(&mut transaction, &commit.once).await?;
        for erased in &commit.erased {
            erase(&mut transaction, erased).await?;
        }
        let sql = "INSERT INTO log_tile (level, number, hashes) VALUES ($1, $2, $3) \
                   ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes";
        for (id, hashes) in &commit.tiles {
            let (level, number) = (i64::from(id.level), column(id.number));
            execute!(transaction.on(), sql, level, number, hashes.as_slice())?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

const LOOKED_THROUGH: &str = "INSERT INTO log_retention (action, idx) VALUES ($1, $2) \
    ON CONFLICT (action) DO UPDATE SET idx = excluded.idx WHERE log_retention.idx < excluded.idx";

/// Takes the payloads away; leaf, number and place among the subject's events stay.
async fn erase(transaction: &mut Transaction, erased: &Erased) -> Result<(), sqlx::Error> {
    bulk::forget_for_good(transaction).await?;
    let sql = "UPDATE log_event SET body = $1, reference = NULL WHERE idx >= $2 AND idx <= $3";
    for (first, last) in erased.runs.iter() {
        execute!(transaction.on(), sql, Vec::<u8>::new(), column(first), column(last))?;
    }
    if let Some((action, index)) = erased.looked_through {
        execute!(transaction.on(), LOOKED_THROUGH, action.name(), column(index))?;
    }
    Ok(())
}
