//! A witness (C2SP tlog-witness): run by another party than the log's owner, it cosigns a head only
//! if the log has done nothing but grow since the last head that it cosigned. Whoever asks for its
//! cosignature cannot be shown another version of the log.
//!
//! It sees heads and hashes alone, and keeps one head of each log.

mod config;
mod server;
mod store;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use warifu_service::clock::Surroundings;
use warifu_service::storage::StorageError;
use warifu_service::words::WordsError;

use crate::checkpoint::Checkpoint;
use crate::consistency::ConsistencyProof;
use crate::cosignature::{Cosigner, WitnessVerifier};
use crate::note::{NoteError, NoteKey, NoteVerifier};
use store::Heads;

pub use config::WitnessConfig;

/// A witness. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Witness(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    cosigner: Cosigner,
    /// By origin.
    logs: BTreeMap<String, NoteVerifier>,
    heads: Heads,
    surroundings: Surroundings,
}

/// Why a witness cannot open.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// A key cannot be used.
    #[error(transparent)]
    Key(#[from] NoteError),
    /// The database cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The catalogues do not fit together.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// Two keys for one log.
    #[error("witness.log-twice: {0} stands there twice")]
    Twice(String),
}

/// Why a head is not cosigned.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Not a request, or one from a larger size to a smaller one.
    #[error("witness.malformed: not a request to cosign a head")]
    Malformed,
    /// No log of this origin is witnessed here.
    #[error("witness.unknown-log: this log is not witnessed here")]
    UnknownLog,
    /// Not signed by the log.
    #[error("witness.unsigned: the head is not signed by the log")]
    Unsigned,
    /// The proof does not start at the head last cosigned, which has this size.
    #[error("witness.other-size: the head last cosigned has size {0}")]
    OtherSize(u64),
    /// Another head of the same size was cosigned: there are two versions of the log.
    #[error("witness.fork: another head of size {0} was cosigned before")]
    Fork(u64),
    /// The log did not only grow, or the proof is not one.
    #[error("witness.inconsistent: the proof does not show that the log only grew")]
    Inconsistent,
    /// The head could not be kept, so it was not cosigned.
    #[error("witness.storage: {0}")]
    Storage(#[from] sqlx::Error),
    /// The cosignature could not be made, or a kept head not read.
    #[error("witness.key: {0}")]
    Key(NoteError),
}

impl Witness {
    /// Reads the keys and opens the database.
    pub async fn open(
        config: &WitnessConfig,
        surroundings: Surroundings,
    ) -> Result<Self, WitnessError> {
        let mut logs = BTreeMap::new();
        for key in &config.logs {
            let log: NoteVerifier = key.parse()?;
            if let Some(twice) = logs.insert(log.name().to_owned(), log) {
                return Err(WitnessError::Twice(twice.name().to_owned()));
            }
        }
        let cosigner = Cosigner::new(NoteKey::load(&config.name, &config.key)?)?;
        let heads = Heads::open(&config.database).await?;
        Ok(Self(Arc::new(Parts { cosigner, logs, heads, surroundings })))
    }

    /// What verifies its cosignatures: to be given to logs and to whoever checks them.
    pub fn verifier(&self) -> &WitnessVerifier {
        self.0.cosigner.verifier()
    }

    /// Closes the database.
    pub async fn close(&self) {
        self.0.heads.close().await;
    }

    /// Cosigns the head that `request` (the body of `add-checkpoint`) shows, if the log only grew;
    /// the head is kept durably before its cosignature, a signature line, is given.
    pub async fn cosign(&self, request: &str) -> Result<String, Refusal> {
        let proof: ConsistencyProof = request.parse().map_err(|_| Refusal::Malformed)?;
        let log = self.log_of(&proof.checkpoint)?;
        let head = Checkpoint::open(&proof.checkpoint, log).map_err(|error| match error {
            NoteError::Malformed => Refusal::Malformed,
            _ => Refusal::Unsigned,
        })?;
        if proof.old > head.size {
            return Err(Refusal::Malformed);
        }
        let now = self.0.surroundings.now();
        let last = self.last(log).await?;
        self.check(&proof, &head, last.as_ref(), log, now).await?;
        let line = self.0.cosigner.cosign(&head.note, now).map_err(Refusal::Key)?;
        // Whoever was faster has made this the wrong old size.
        if self.0.heads.replace(log.name(), last.as_ref(), &head).await? {
            return Ok(line);
        }
        let newer = self.last(log).await?;
        Err(Refusal::OtherSize(newer.map_or(0, |head| head.size)))
    }

    fn log_of(&self, note: &str) -> Result<&NoteVerifier, Refusal> {
        let origin = note.lines().next().ok_or(Refusal::Malformed)?;
        self.0.logs.get(origin).ok_or(Refusal::UnknownLog)
    }

    /// The head last cosigned of `log`.
    async fn last(&self, log: &NoteVerifier) -> Result<Option<Checkpoint>, Refusal> {
        let note = self.0.heads.of(log.name()).await?;
        let head = note.map(|note| Checkpoint::open(&note, log));
        head.transpose().map_err(Refusal::Key)
    }

    async fn check(
        &self,
        proof: &ConsistencyProof,
        head: &Checkpoint,
        last: Option<&Checkpoint>,
        log: &NoteVerifier,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if let Some(last) = last.filter(|last| last.size == head.size && last.root != head.root) {
            let (origin, size) = (log.name(), head.size);
            tracing::error!(origin, size, "a log shows two versions of itself");
            self.0.heads.keep_fork(origin, now, last, head).await?;
            return Err(Refusal::Fork(size));
        }
        let size = last.map_or(0, |last| last.size);
        if proof.old != size {
            return Err(Refusal::OtherSize(size));
        }
        let root = last.map_or(head.root, |last| last.root);
        if proof.grew_into(head, root) { Ok(()) } else { Err(Refusal::Inconsistent) }
    }
}
