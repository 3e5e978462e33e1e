//! A file as it came over HTTP: sealed pieces, read one after the other.

use std::io::{self, Read};

use tokio::runtime::Handle;
use warifu_service::storage::Transaction;
use warifu_service::{execute, fetch_optional};

use super::outcome::IntakeError;
use crate::deposits::{DepositError, Deposits};
use crate::key::InsurerId;

/// Reads a file that came over HTTP, on a thread that may wait for the database.
pub struct PieceReader {
    deposits: Deposits,
    insurer: InsurerId,
    number: i64,
    handle: Handle,
    /// Bytes of the file.
    length: i64,
    /// The byte on which the next piece begins.
    next: i64,
    piece: Vec<u8>,
    at: usize,
}

/// Shows nothing of the file.
impl std::fmt::Debug for PieceReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PieceReader").field("next", &self.next).finish_non_exhaustive()
    }
}

impl PieceReader {
    pub(super) fn new(
        deposits: &Deposits,
        (insurer, number): (InsurerId, i64),
        length: i64,
        handle: Handle,
    ) -> Self {
        let deposits = deposits.clone();
        Self { deposits, insurer, number, handle, length, next: 0, piece: Vec::new(), at: 0 }
    }

    fn next_piece(&mut self) -> io::Result<()> {
        let key = (self.insurer, self.number, self.next);
        let piece = self.handle.block_on(open(&self.deposits, key)).map_err(io::Error::other)?;
        self.piece = piece.filter(|piece| !piece.is_empty()).ok_or(io::ErrorKind::UnexpectedEof)?;
        self.at = 0;
        self.next += i64::try_from(self.piece.len()).unwrap_or(i64::MAX);
        Ok(())
    }
}

impl Read for PieceReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            if self.next >= self.length {
                return Ok(0);
            }
            self.next_piece()?;
        }
        let mut rest = self.piece.get(self.at..).unwrap_or_default();
        let read = rest.read(into)?;
        self.at += read;
        Ok(read)
    }
}

type Key = (InsurerId, i64, i64);

/// What a piece is bound to: no piece opens in another's place.
fn context((insurer, number, place): Key) -> Vec<u8> {
    format!("deposit.piece/{}/{number}/{place}", insurer.column()).into_bytes()
}

/// Keeps a piece.
pub(super) async fn keep(
    transaction: &mut Transaction,
    deposits: &Deposits,
    key: Key,
    piece: &[u8],
) -> Result<(), IntakeError> {
    let sealed = deposits.0.ring.seal(&context(key), piece, &*deposits.0.surroundings.entropy);
    let sql = "INSERT INTO deposit_piece (insurer, number, place, body) VALUES ($1, $2, $3, $4)";
    execute!(transaction.on(), sql, key.0.column(), key.1, key.2, sealed)?;
    Ok(())
}

async fn open(deposits: &Deposits, key: Key) -> Result<Option<Vec<u8>>, DepositError> {
    let sql = "SELECT body FROM deposit_piece WHERE insurer = $1 AND number = $2 AND place = $3";
    let on = deposits.database().read();
    let row = fetch_optional!(on, (Vec<u8>,), sql, key.0.column(), key.1, key.2)?;
    row.map(|(sealed,)| Ok(deposits.0.ring.open(&context(key), &sealed)?)).transpose()
}
