//! A file's pieces, read one after the other by whoever reads files without waiting: the pieces are
//! opened ahead, a few at a time, and nothing else of the file is in memory.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use super::store::{BatchStoreError, Batches};

/// Pieces that are opened ahead.
const AHEAD: usize = 2;

/// The reading end.
#[derive(Debug)]
pub(crate) struct Feed {
    pieces: mpsc::Receiver<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
    taken: Arc<AtomicU64>,
}

/// The end that opens pieces.
#[derive(Debug)]
pub(crate) struct Opener {
    pieces: mpsc::Sender<Vec<u8>>,
}

/// Both ends, and how many bytes have been read.
pub(crate) fn feed() -> (Opener, Feed, Arc<AtomicU64>) {
    let (send, pieces) = mpsc::channel(AHEAD);
    let taken = Arc::new(AtomicU64::new(0));
    let feed = Feed { pieces, piece: Vec::new(), at: 0, taken: Arc::clone(&taken) };
    (Opener { pieces: send }, feed, taken)
}

impl Opener {
    /// Opens all `count` pieces of the file of the job `id`, as far as they are read. Whether they
    /// were all there.
    pub async fn open(
        self,
        batches: &Batches,
        id: &str,
        count: u64,
    ) -> Result<bool, BatchStoreError> {
        for number in 0..count {
            let Some(piece) = batches.piece(id, number).await? else { return Ok(false) };
            if self.pieces.send(piece).await.is_err() {
                break;
            }
        }
        Ok(true)
    }
}

impl Read for Feed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.piece.len() {
            let Some(piece) = self.pieces.blocking_recv() else { return Ok(0) };
            (self.piece, self.at) = (piece, 0);
        }
        let count = self.piece.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += count;
        self.taken.fetch_add(u64::try_from(count).unwrap_or(0), Ordering::Relaxed);
        Ok(count)
    }
}
