//! What the log shows to whoever checks it: heads, proofs, tiles.

use jiff::Timestamp;
use tlog_tiles::HASH_SIZE;
use warifu_service::storage::{instant, micros};

use crate::action::Series;
use crate::checkpoint::Checkpoint;
use crate::consistency::ConsistencyProof;
use crate::error::LogError;
use crate::log::{Log, subject_key};
use crate::proof::InclusionProof;
use crate::reading;
use crate::store::EventRow;
use crate::tile_path::TilePath;

impl Log {
    /// The newest signed tree head.
    pub async fn checkpoint(&self) -> Result<Checkpoint, LogError> {
        let row = self.store.head().await?;
        let row = row.ok_or_else(|| LogError::altered("the head is missing"))?;
        Ok(Checkpoint::open(&row.checkpoint, &self.verifier)?)
    }

    /// The newest head that enough witnesses cosigned, with its cosignatures, and when they did.
    pub async fn cosigned(&self) -> Result<Option<(Checkpoint, Timestamp)>, LogError> {
        let Some(row) = self.store.cosigned().await? else { return Ok(None) };
        let head = Checkpoint::open(&row.checkpoint, &self.verifier)?;
        Ok(Some((head, instant(row.at))))
    }

    /// Keeps `head`, whose note carries enough cosignatures, all made at `at` or later.
    pub async fn keep_cosigned(&self, head: &Checkpoint, at: Timestamp) -> Result<(), LogError> {
        self.store.keep_cosigned(head, micros(at)).await
    }

    /// A proof that the event at `index` is in the tree of the newest head. It does not carry the
    /// event.
    pub async fn inclusion_proof(&self, index: u64) -> Result<InclusionProof, LogError> {
        self.inclusion_in(&self.checkpoint().await?, index).await
    }

    /// As [`inclusion_proof`](Self::inclusion_proof), under an older `head` of this log.
    pub async fn inclusion_in(
        &self,
        head: &Checkpoint,
        index: u64,
    ) -> Result<InclusionProof, LogError> {
        if index >= head.size {
            return Err(LogError::NoSuchEvent);
        }
        let hashes = reading::inclusion(&self.store, head, index).await?;
        Ok(InclusionProof { entry: None, index, hashes, checkpoint: head.note.clone() })
    }

    /// A proof that the tree of `head` begins with the tree of the first `old` leaves.
    pub async fn consistency_proof(
        &self,
        head: &Checkpoint,
        old: u64,
    ) -> Result<ConsistencyProof, LogError> {
        if old > head.size {
            return Err(LogError::NoSuchEvent);
        }
        let hashes = reading::consistency(&self.store, head, old).await?;
        Ok(ConsistencyProof { old, hashes, checkpoint: head.note.clone() })
    }

    /// A proof with the event in it: under the newest cosigned head if it covers the event, else
    /// under the newest head. [`LogError::Erased`] when the event is no longer there to carry.
    pub async fn proof(&self, index: u64) -> Result<InclusionProof, LogError> {
        let row = self.store.at(index).await?.ok_or(LogError::NoSuchEvent)?;
        self.carrying(&row, index).await
    }

    /// As [`proof`](Self::proof), if the event is about `subject`.
    pub async fn proof_for(&self, subject: &str, index: u64) -> Result<InclusionProof, LogError> {
        let row = self.store.at(index).await?;
        let row = row.filter(|row| self.is_about(row, subject)).ok_or(LogError::NoSuchEvent)?;
        self.carrying(&row, index).await
    }

    async fn carrying(&self, row: &EventRow, index: u64) -> Result<InclusionProof, LogError> {
        let entry = self.body(row)?.ok_or(LogError::Erased)?;
        let head = self.head_for(index).await?;
        Ok(InclusionProof { entry: Some(entry), ..self.inclusion_in(&head, index).await? })
    }

    /// The newest cosigned head if it covers `index`, else the newest head.
    pub async fn head_for(&self, index: u64) -> Result<Checkpoint, LogError> {
        match self.cosigned().await? {
            Some((head, _)) if index < head.size => Ok(head),
            _ => self.checkpoint().await,
        }
    }

    fn is_about(&self, row: &EventRow, subject: &str) -> bool {
        let keys = Series::ALL.map(|series| subject_key(&self.ring, subject, series));
        keys.iter().any(|key| row.subject == key)
    }

    /// The hashes of a published tile; none if the tree does not have it yet.
    pub async fn tile(&self, path: &TilePath) -> Result<Option<Vec<u8>>, LogError> {
        let tile = self.store.tiles([path.id]).await?.remove(&path.id);
        Ok(tile.and_then(|tile| tile.get(..path.width * HASH_SIZE).map(<[u8]>::to_vec)))
    }
}
