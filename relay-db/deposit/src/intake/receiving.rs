//! The first half of an intake: a file's records become sorted runs.
//!
//! One thread reads, makes keys and fills memory; another sorts what is full, seals it and puts it
//! down. A run counts once it is in the book, with the number of records read up to there: after
//! a crash so many records are passed over, and the next run follows.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use jiff::civil::Date;
use tokio::runtime::Handle;
use warifu_contract::card_key::{CardKey, InsurerKey};

use super::Progress;
use super::apply::Record;
use super::ledger::{Entries, Ledger};
use super::outcome::IntakeError;
use super::row::{Row, Wrong};
use super::runs::{Buffer, Runs};
use super::status::{State, Status};
use super::warnings::Warnings;
use crate::births::Entry;
use crate::deposits::Deposits;
use crate::key::{CardId, InsurerId, Keys};
use crate::person::Person;

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
    let lists = deposits.0.insurers.get(&insurer).is_some_and(|known| known.linking.is_some());
    let lists = lists.then(BTreeMap::new);
    let mut reading = Reading { keys: &deposits.0.keys, insurer, key, lists, last: None };
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
    /// The lists of people by birth date, where they are kept: as many as a file has birth dates,
    /// of which a calendar has few.
    lists: Option<BTreeMap<Date, CardId>>,
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
                && chunks.send(std::mem::take(&mut chunk)).is_err()
            {
                return;
            }
            if ends {
                return;
            }
        }
        // Whoever would have taken it has said why not.
        let _ = chunks.send(chunk);
    }

    fn take(&mut self, row: &Row, buffer: &mut Buffer) -> Result<(), Wrong> {
        let wrong = |(field, code)| Wrong { line: row.line, field, code, card: None, fatal: false };
        if row.insurer_number != self.key.as_str()
            && InsurerKey::parse(&row.insurer_number).as_ref() != Some(self.key)
        {
            return Err(wrong(INSURER));
        }
        let card = self.card(&row.symbol, &row.number).ok_or_else(|| wrong(NUMBER))?;
        buffer.push(card, |out| Record::write(row, out));
        if let Some(lists) = &mut self.lists {
            let Person { name, birth_date, sex, .. } = &row.person;
            let person = self.keys.person(self.insurer, name, *birth_date, *sex);
            let born = || self.keys.born(self.insurer, *birth_date);
            let list = *lists.entry(*birth_date).or_insert_with(born);
            buffer.push(list, |out| Entry::new(&person, &card).write(out));
        }
        Ok(())
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
