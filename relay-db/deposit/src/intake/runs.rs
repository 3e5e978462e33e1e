//! Sorted runs: what does not fit into memory waits on the disk, sealed, in the order of cards.

use std::fs::{self, File};
use std::io::{BufReader, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use warifu_service::Surroundings;
use warifu_service::seal::KeyRing;

use super::outcome::IntakeError;
use crate::deposits::Deposits;
use crate::key::{BYTES, CardId, InsurerId};
use crate::person::take;

/// Bytes that are kept in memory before they are sorted and put down; few in tests, so that there
/// are many runs.
const FULL: usize = if cfg!(test) { 1 << 10 } else { 32 << 20 };
/// Bytes that are sealed together.
const BLOCK: usize = if cfg!(test) { 8 << 10 } else { 256 << 10 };
/// A sealed block is longer than its content, by less than this.
const SEALED: usize = BLOCK + (64 << 10);

/// Records in memory, each under its card's key.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    places: Vec<(CardId, u32, u32)>,
}

/// One deposit's runs.
#[derive(Debug, Clone)]
pub(super) struct Runs {
    folder: PathBuf,
    name: String,
    ring: Arc<KeyRing>,
    surroundings: Surroundings,
}

/// Reads a run from its beginning.
#[derive(Debug)]
pub(super) struct RunReader {
    runs: Runs,
    run: i64,
    path: PathBuf,
    file: BufReader<File>,
    block: Vec<u8>,
    at: usize,
    next: u64,
}

impl Buffer {
    /// Adds a record, which `write` puts into place.
    pub fn push(&mut self, card: CardId, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        let place = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.places.push((card, place(start), place(self.bytes.len() - start)));
    }

    pub fn is_full(&self) -> bool {
        self.bytes.len() >= FULL
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The records in the order of cards; those of one card in the order they came.
    fn sorted(&mut self) -> impl Iterator<Item = (CardId, &[u8])> {
        self.places.sort_unstable_by_key(|(card, start, _)| (*card, *start));
        let bytes = &self.bytes;
        self.places.iter().map(move |(card, start, length)| {
            let start = usize::try_from(*start).unwrap_or_default();
            let end = start + usize::try_from(*length).unwrap_or_default();
            (*card, bytes.get(start..end).unwrap_or_default())
        })
    }
}

impl Runs {
    pub fn of(deposits: &Deposits, insurer: InsurerId, number: i64) -> Self {
        let name = format!("{:08}-{number}", insurer.column());
        Self {
            folder: deposits.0.folder.join(&name),
            name,
            ring: Arc::clone(&deposits.0.ring),
            surroundings: deposits.0.surroundings.clone(),
        }
    }

    fn path(&self, run: i64) -> PathBuf {
        self.folder.join(format!("{run}.run"))
    }

    /// What a block is bound to: no block opens in another's place.
    fn context(&self, run: i64, block: u64) -> Vec<u8> {
        format!("deposit.run/{}/{run}/{block}", self.name).into_bytes()
    }

    /// Sorts what is in memory and puts it down, durably, as run `run`.
    pub fn write(&self, run: i64, mut buffer: Buffer) -> Result<(), IntakeError> {
        let path = self.path(run);
        self.write_to(&path, run, &mut buffer).map_err(IntakeError::run(&path))
    }

    fn write_to(&self, path: &Path, run: i64, buffer: &mut Buffer) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
        let (mut block, mut number) = (Vec::with_capacity(BLOCK), 0);
        for (card, record) in buffer.sorted() {
            if block.len() + record.len() + BYTES + 4 > BLOCK {
                self.put(&mut file, run, number, &block)?;
                number += 1;
                block.clear();
            }
            block.extend(card.0);
            block.extend(u32::try_from(record.len()).unwrap_or_default().to_be_bytes());
            block.extend(record);
        }
        self.put(&mut file, run, number, &block)?;
        // An empty block is the end: a run that was cut off is noticed.
        self.put(&mut file, run, number + 1, &[])?;
        file.sync_all()
    }

    fn put(&self, file: &mut File, run: i64, block: u64, plain: &[u8]) -> std::io::Result<()> {
        let context = self.context(run, block);
        let sealed = self.ring.seal(&context, plain, &*self.surroundings.entropy);
        file.write_all(&u32::try_from(sealed.len()).unwrap_or_default().to_be_bytes())?;
        file.write_all(&sealed)
    }

    pub fn open(&self, run: i64) -> Result<RunReader, IntakeError> {
        let path = self.path(run);
        let file = File::open(&path).map_err(IntakeError::run(&path))?;
        let file = BufReader::new(file);
        Ok(RunReader { runs: self.clone(), run, path, file, block: Vec::new(), at: 0, next: 0 })
    }
}

impl RunReader {
    /// The next record.
    pub fn next(&mut self) -> Result<Option<(CardId, Vec<u8>)>, IntakeError> {
        if self.at == self.block.len() && !self.next_block()? {
            return Ok(None);
        }
        let broken = || IntakeError::RunBroken(self.path.clone());
        let mut rest = self.block.get(self.at..).ok_or_else(broken)?;
        let before = rest.len();
        let card = take(&mut rest).map(CardId).ok_or_else(broken)?;
        let length = take(&mut rest).map(u32::from_be_bytes).ok_or_else(broken)?;
        let length = usize::try_from(length).map_err(|_| broken())?;
        let record = rest.get(..length).ok_or_else(broken)?.to_vec();
        self.at += before - rest.len() + length;
        Ok(Some((card, record)))
    }

    /// Reads on; false at the end.
    fn next_block(&mut self) -> Result<bool, IntakeError> {
        let failed = IntakeError::run(&self.path);
        let mut length = [0; 4];
        self.file.read_exact(&mut length).map_err(&failed)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > SEALED {
            return Err(IntakeError::RunBroken(self.path.clone()));
        }
        let mut sealed = vec![0; length];
        self.file.read_exact(&mut sealed).map_err(&failed)?;
        let context = self.runs.context(self.run, self.next);
        let opened = self.runs.ring.open(&context, &sealed);
        self.block = opened.map_err(|_| IntakeError::RunBroken(self.path.clone()))?;
        self.next += 1;
        self.at = 0;
        Ok(!self.block.is_empty())
    }
}

/// Takes the runs of a deposit away that no longer needs them. What stays behind is taken away
/// with the next one's.
pub(super) fn forget(deposits: &Deposits, insurer: InsurerId, number: i64) {
    let folder = Runs::of(deposits, insurer, number).folder;
    if let Err(error) = fs::remove_dir_all(&folder)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "the runs of a deposit could not be taken away");
    }
}
