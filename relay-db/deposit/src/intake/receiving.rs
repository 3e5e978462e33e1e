//! The first half of an intake: a file's records become sorted runs.
//!
//! One thread reads, makes keys and fills memory; another sorts what is full, seals it and puts it
//! down. A run counts once it is in the book, with the number of records read up to there: after
//! a crash so many records are passed over, and the next run follows.

use std::sync::mpsc::{Receiver, SendError, SyncSender, sync_channel};

use tokio::runtime::Handle;
use warifu_contract::card_key::{CardKey, InsurerKey};

use super::Progress;
use super::apply::Record;
use super::ledger::{Entries, Ledger};
use super::listing::Listing;
use super::outcome::IntakeError;
use super::row::{Row, Wrong};
use super::runs::{Buffer, Runs};
use super::status::{State, Status};
use super::warnings::Warnings;
use crate::deposits::Deposits;
use crate::key::{CardId, InsurerId, Keys};

/// Faults that one run carries with it; beyond, they are only counted.
const FAULTS: usize = 10_000;
/// Records after which a run ends, however little of them was good.
const RECORDS: i64 = 2_000_000;
/// What a record of another insurer is told.
const INSURER: (&str, &str) = ("保険者番号", "insurer");
/// What a record is told whose 記号 or 番号 cannot be compared.
const NUMBER: (&str, &str) = ("番号", "number");

/// What has been read since the last run.
#[derive(Default)]
struct Chunk {
    buffer: Buffer,
    lines: i64,
    wrong: i64,
    faults: Vec<Wrong>,
    fatal: bool,
}

/// Reads the records that are not yet in runs. Gives the deposit as it then is: to be checked, or
/// refused.
pub(super) fn receive<R>(
    deposits: &Deposits,
    (insurer, key): (InsurerId, &InsurerKey),
    status: Status,
    (rows, warnings): (R, &Warnings),
    tell: &Progress,
) -> Result<Status, IntakeError>
where
    R: Iterator<Item = Result<Row, Wrong>>,
{
    let handle = Handle::current();
    let read = usize::try_from(status.lines).unwrap_or(usize::MAX);
    let keys = &deposits.0.keys;
    let is_listed = deposits.0.insurers.get(&insurer).is_some_and(|known| known.linking.is_some());
    let listing = is_listed.then(|| Listing::new(keys, insurer));
    let written = key.as_str().to_owned();
    let mut reading = Reading { keys, insurer, key, written, listing, last: None };
    let (send, chunks) = sync_channel(1);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let ledger = Ledger::new(deposits, insurer);
            let runs = Runs::of(deposits, insurer, status.number);
            put_down(&handle, &ledger, &runs, status, chunks, tell)
        });
        reading.read(rows.skip(read), &send);
        drop(send);
        let status = writing.join().unwrap_or(Err(IntakeError::Stopped))?;
        let ledger = Ledger::new(deposits, insurer);
        handle.block_on(ledger.enter_warnings(status.number, &warnings.counts()))?;
        finish(deposits, &handle, &ledger, status)
    })
}

/// Puts chunks down as runs, one after the other. Whether the file ended well stands in the status.
fn put_down(
    handle: &Handle,
    ledger: &Ledger<'_>,
    runs: &Runs,
    mut status: Status,
    chunks: Receiver<Chunk>,
    tell: &Progress,
) -> Result<Status, IntakeError> {
    for chunk in chunks {
        if !chunk.buffer.is_empty() {
            runs.write(status.runs, chunk.buffer)?;
            status.runs += 1;
        }
        status.lines += chunk.lines;
        status.wrong += chunk.wrong;
        let entered = status.clone();
        if chunk.fatal {
            status.state = State::Refused;
        }
        let entries = Entries { faults: chunk.faults, ..Entries::default() };
        let entry = ledger.enter(&status, State::Receiving, &entries);
        handle.block_on(entry)?;
        tell(&entered);
    }
    Ok(status)
}

fn finish(
    deposits: &Deposits,
    handle: &Handle,
    ledger: &Ledger<'_>,
    mut status: Status,
) -> Result<Status, IntakeError> {
    if status.state != State::Receiving {
        return Ok(status);
    }
    let refused = status.is_wrong_beyond(deposits.0.refuse_wrong_percent);
    status.state = if refused { State::Refused } else { State::Checking };
    handle.block_on(ledger.enter(&status, State::Receiving, &Entries::default()))?;
    Ok(status)
}

/// Turns records into bytes under keys.
struct Reading<'a> {
    keys: &'a Keys,
    insurer: InsurerId,
    key: &'a InsurerKey,
    /// The insurer's number as a record last wrote it: mostly they all write the same.
    written: String,
    /// The lists of people by birth date, where they are kept.
    listing: Option<Listing<'a>>,
    /// The card of the record before: a family's records mostly follow one another.
    last: Option<(String, String, CardId)>,
}

impl Reading<'_> {
    /// Ends early when nobody takes the chunks any more.
    fn read(&mut self, rows: impl Iterator<Item = Result<Row, Wrong>>, chunks: &SyncSender<Chunk>) {
        let mut chunk = Chunk::default();
        for row in rows {
            chunk.lines += 1;
            if let Err(wrong) = row.and_then(|row| self.take(&row, &mut chunk.buffer)) {
                self.refuse(wrong, &mut chunk);
            }
            let ends = chunk.fatal;
            if (ends || chunk.buffer.is_full() || chunk.lines >= RECORDS)
                && self.send(&mut chunk, chunks).is_err()
            {
                return;
            }
            if ends {
                return;
            }
        }
        // Whoever would have taken it has said why not.
        let _ = self.send(&mut chunk, chunks);
    }

    /// A run holds the places of everybody in it: after a crash nothing is read again.
    fn send(
        &mut self,
        chunk: &mut Chunk,
        chunks: &SyncSender<Chunk>,
    ) -> Result<(), SendError<Chunk>> {
        if let Some(listing) = &mut self.listing {
            listing.pass_on(&mut chunk.buffer);
        }
        chunks.send(std::mem::take(chunk))
    }

    fn take(&mut self, row: &Row, buffer: &mut Buffer) -> Result<(), Wrong> {
        let wrong = |(field, code)| Wrong { line: row.line, field, code, card: None, fatal: false };
        if !self.is_insurers(&row.insurer_number) {
            return Err(wrong(INSURER));
        }
        let card = self.card(&row.symbol, &row.number).ok_or_else(|| wrong(NUMBER))?;
        buffer.push(card, |out| Record::write(row, out));
        if let Some(listing) = &mut self.listing {
            listing.add(&row.person, &card, buffer);
        }
        Ok(())
    }

    /// Whether it is the insurer's number, however it is written.
    fn is_insurers(&mut self, written: &str) -> bool {
        if written == self.written {
            return true;
        }
        let is_own = InsurerKey::parse(written).as_ref() == Some(self.key);
        if is_own {
            written.clone_into(&mut self.written);
        }
        is_own
    }

    fn refuse(&mut self, wrong: Wrong, chunk: &mut Chunk) {
        chunk.wrong += 1;
        chunk.fatal |= wrong.fatal;
        let card = wrong.card.as_ref().and_then(|(symbol, number)| self.card(symbol, number));
        if let Some(card) = card {
            chunk.buffer.push(card, |out| Record::write_spoilt(wrong.line, out));
        }
        if chunk.faults.len() < FAULTS {
            chunk.faults.push(wrong);
        }
    }

    fn card(&mut self, symbol: &str, number: &str) -> Option<CardId> {
        if let Some((last_symbol, last_number, card)) = &self.last
            && last_symbol == symbol
            && last_number == number
        {
            return Some(*card);
        }
        let key = CardKey::parse(symbol, number).filter(|key| !key.number().is_empty())?;
        let card = self.keys.card(self.insurer, &key);
        self.last = Some((symbol.to_owned(), number.to_owned(), card));
        Some(card)
    }
}
