//! The second half of an intake: each card is compared with what is held, and what differs is
//! written.
//!
//! One thread merges, compares and seals; this task writes, so that both work at a time. Every
//! batch commits with the last card that it went over: after a crash the merge passes over the
//! cards up to there.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::Progress;
use super::apply::{self, Outcome};
use super::lag::EventDays;
use super::ledger::{Entries, Ledger};
use super::merging::{Group, Merge};
use super::outcome::{IntakeError, on_a_thread};
use super::row::Wrong;
use super::runs::Runs;
use super::status::{Kind, State, Status};
use crate::births::Births;
use crate::bulk;
use crate::card::{self, Card};
use crate::deposits::{DepositError, Deposits};
use crate::key::{CardId, InsurerId};
use crate::person::Person;
use crate::store::CardRow;

/// Cards that are written in one commit; these numbers are small in tests, so that there are seams.
const WRITTEN: usize = if cfg!(test) { 5 } else { 4_096 };
/// Cards after which it is entered how far it is, however few of them changed.
const COMPARED: i64 = if cfg!(test) { 7 } else { 32_768 };
/// Cards of a differential deposit that are looked up at a time, and rows of a page.
const LOOKED_UP: usize = if cfg!(test) { 3 } else { 512 };
const PAGE: i64 = if cfg!(test) { 4 } else { 4_096 };
/// Batches that may wait for the disk.
const AHEAD: usize = 2;

/// What one commit enters.
struct Batch {
    status: Status,
    entries: Entries,
}

/// Compares, writes, and says whether it is ready.
pub(super) async fn check(
    deposits: &Deposits,
    insurer: InsurerId,
    status: Status,
    progress: Arc<Progress>,
) -> Result<Status, IntakeError> {
    let ledger = Ledger::new(deposits, insurer);
    let (batches, waiting) = channel(AHEAD);
    let own = deposits.clone();
    let comparing = on_a_thread(move || Comparing::begin(own, insurer, status, batches)?.run());
    let (compared, written) = tokio::join!(comparing, enter_all(&ledger, waiting, &*progress));
    written?;
    let mut status = compared?;
    if status.is_wrong_beyond(deposits.0.refuse_wrong_percent) {
        return ledger.give_up(status.number, State::Refused).await;
    }
    status.state = State::Ready;
    ledger.enter(&status, State::Checking, &Entries::default()).await?;
    Ok(status)
}

/// Enters batches as they come. Where one cannot be entered, the other side finds nobody to take the
/// next.
async fn enter_all(
    ledger: &Ledger<'_>,
    mut waiting: Receiver<Batch>,
    progress: &Progress,
) -> Result<(), IntakeError> {
    while let Some(Batch { status, entries }) = waiting.recv().await {
        ledger.enter(&status, State::Checking, &entries).await?;
        progress(&status);
    }
    Ok(())
}

/// A card as it is held: its bytes.
struct Held {
    card: CardId,
    bytes: Vec<u8>,
}

struct Comparing {
    deposits: Deposits,
    insurer: InsurerId,
    handle: Handle,
    base: i64,
    merge: Merge,
    status: Status,
    batch: Vec<bulk::Row>,
    faults: Vec<Wrong>,
    /// The days on which people's coverage began or ended, as this deposit is the first to tell.
    days: EventDays,
    /// Cards gone over since the last batch.
    compared: i64,
    batches: Sender<Batch>,
    /// Of a full deposit: what is held and was not gone over yet.
    held: VecDeque<Held>,
    /// Where the next page of it begins; none at its end.
    page: Option<CardId>,
}

impl Comparing {
    fn begin(
        deposits: Deposits,
        insurer: InsurerId,
        status: Status,
        batches: Sender<Batch>,
    ) -> Result<Self, IntakeError> {
        let handle = Handle::current();
        let base = handle.block_on(deposits.0.store.live(insurer))?;
        let after = CardId::from_column(&status.merged);
        let merge = Merge::open(&Runs::of(&deposits, insurer, status.number), status.runs, after)?;
        let page = (status.kind == Kind::Full).then(|| after.unwrap_or(insurer.range().0));
        Ok(Self {
            deposits,
            insurer,
            handle,
            base,
            merge,
            status,
            batch: Vec::new(),
            faults: Vec::new(),
            days: EventDays::default(),
            compared: 0,
            batches,
            held: VecDeque::new(),
            page,
        })
    }

    fn run(mut self) -> Result<Status, IntakeError> {
        match self.status.kind {
            Kind::Full => self.full()?,
            Kind::Changes => self.changes()?,
        }
        self.hand_over()?;
        Ok(self.status)
    }

    fn full(&mut self) -> Result<(), IntakeError> {
        while let Some(mut group) = self.merge.next()? {
            while let Some(gone) = self.held_before(Some(group.card))? {
                self.gone(gone.card)?;
            }
            let held = self.held_at(group.card)?;
            if group.card.is_list() {
                self.list(group.card, held.as_deref(), group.births)?;
                continue;
            }
            let outcome = apply::full(&mut group.records, &mut self.faults);
            self.settle(group.card, held.as_deref(), outcome)?;
        }
        while let Some(gone) = self.held_before(None)? {
            self.gone(gone.card)?;
        }
        Ok(())
    }

    /// A card that a full deposit does not name. A list stays: it may name cards that stay.
    fn gone(&mut self, card: CardId) -> Result<(), IntakeError> {
        if card.is_list() {
            return self.went_over(card);
        }
        self.status.held += 1;
        self.status.removed += 1;
        self.status.ended += 1;
        self.write(card, None)
    }

    fn changes(&mut self) -> Result<(), IntakeError> {
        loop {
            let mut groups = Vec::with_capacity(LOOKED_UP);
            while groups.len() < LOOKED_UP {
                let Some(group) = self.merge.next()? else { break };
                groups.push(group);
            }
            if groups.is_empty() {
                return Ok(());
            }
            let held = self.look_up(&groups)?;
            for Group { card, records, births } in groups {
                let held = held.get(&card).map(Vec::as_slice);
                if card.is_list() {
                    self.list(card, held, births)?;
                    continue;
                }
                let outcome = apply::changes(&records, held, &mut self.faults);
                self.settle(card, held, outcome)?;
            }
        }
    }

    fn look_up(&self, groups: &[Group]) -> Result<HashMap<CardId, Vec<u8>>, IntakeError> {
        let asked: Vec<_> = groups.iter().map(|group| (self.insurer, group.card)).collect();
        let seen = self.handle.block_on(self.deposits.0.store.now(&asked))?;
        let mut held = HashMap::new();
        for row in seen {
            let card = usize::try_from(row.place).ok().and_then(|place| asked.get(place));
            let (Some((_, card)), Some(deposit), Some(body)) = (card, row.deposit, row.body) else {
                continue;
            };
            if !body.is_empty() {
                held.insert(*card, self.open(card, deposit, &body)?);
            }
        }
        Ok(held)
    }

    /// The next held card before `card`, or the next at all.
    fn held_before(&mut self, card: Option<CardId>) -> Result<Option<Held>, IntakeError> {
        self.fill()?;
        let next = self.held.front().map(|held| held.card);
        let before = next.is_some_and(|next| card.is_none_or(|card| next < card));
        Ok(if before { self.held.pop_front() } else { None })
    }

    fn held_at(&mut self, card: CardId) -> Result<Option<Vec<u8>>, IntakeError> {
        self.fill()?;
        let here = self.held.front().is_some_and(|held| held.card == card);
        Ok(if here { self.held.pop_front().map(|held| held.bytes) } else { None })
    }

    /// Reads pages of what is held until there is a card, or no more page.
    fn fill(&mut self) -> Result<(), IntakeError> {
        while self.held.is_empty() {
            let Some(after) = self.page else { return Ok(()) };
            let range = (after, self.insurer.range().1);
            let store = &self.deposits.0.store;
            let rows = self.handle.block_on(store.after(range, self.base, PAGE))?;
            self.page = rows.last().map(CardRow::id).transpose()?;
            let mut newest = None;
            for row in rows {
                let card = row.id()?;
                // Of each card only the newest row counts, which comes first.
                if newest.replace(card) != Some(card) && !row.body.is_empty() {
                    let bytes = self.open(&card, row.deposit, &row.body)?;
                    self.held.push_back(Held { card, bytes });
                }
            }
        }
        Ok(())
    }

    fn open(&self, card: &CardId, deposit: i64, body: &[u8]) -> Result<Vec<u8>, IntakeError> {
        let opened = card::open(&self.deposits.0.ring, (card, deposit), body);
        Ok(opened.map_err(DepositError::from)?)
    }

    /// Adds to a list what it does not name yet.
    fn list(
        &mut self,
        card: CardId,
        held: Option<&[u8]>,
        births: Births,
    ) -> Result<(), IntakeError> {
        let bytes = held.and_then(Births::read).unwrap_or_default().with(births).bytes();
        if held == Some(bytes.as_slice()) {
            self.went_over(card)
        } else {
            self.write(card, Some(&bytes))
        }
    }

    /// Writes what differs from what is held.
    fn settle(
        &mut self,
        card: CardId,
        held: Option<&[u8]>,
        outcome: Outcome,
    ) -> Result<(), IntakeError> {
        self.status.cards += 1;
        self.status.held += i64::from(held.is_some());
        match outcome {
            Outcome::Becomes(bytes) if held != Some(bytes.as_slice()) => {
                self.status.written += 1;
                self.status.added += i64::from(held.is_none());
                self.note_changes(held, &bytes);
                self.write(card, Some(&bytes))
            }
            Outcome::Gone if held.is_some() => {
                self.status.removed += 1;
                self.status.ended += 1;
                self.write(card, None)
            }
            _ => self.went_over(card),
        }
    }

    /// What a card that is written tells of time; the first deposit tells nothing, because all of it
    /// is new to us.
    fn note_changes(&mut self, held: Option<&[u8]>, bytes: &[u8]) {
        if self.base == 0 {
            return;
        }
        let Some(card) = Card::read(bytes) else { return };
        let held = held.and_then(Card::read).map(|held| held.people).unwrap_or_default();
        self.status.ended += i64::from(is_open(&held) && !is_open(&card.people));
        self.days.note(&held, &card.people);
    }

    fn write(&mut self, card: CardId, bytes: Option<&[u8]>) -> Result<(), IntakeError> {
        let (ring, entropy) = (&self.deposits.0.ring, &self.deposits.0.surroundings.entropy);
        let place = (&card, self.status.number);
        let seal = |bytes| card::seal(ring, &**entropy, place, bytes);
        let body = bytes.map(seal).unwrap_or_default();
        self.batch.push(bulk::Row { card, body });
        self.went_over(card)
    }

    fn went_over(&mut self, card: CardId) -> Result<(), IntakeError> {
        self.status.merged = card.column();
        self.compared += 1;
        if self.batch.len() >= WRITTEN || self.compared >= COMPARED {
            self.hand_over()?;
        }
        Ok(())
    }

    fn hand_over(&mut self) -> Result<(), IntakeError> {
        self.compared = 0;
        let faults = std::mem::take(&mut self.faults);
        self.status.wrong += i64::try_from(faults.len()).unwrap_or(i64::MAX);
        let cards = std::mem::take(&mut self.batch);
        let days = std::mem::take(&mut self.days);
        let batch = Batch { status: self.status.clone(), entries: Entries { faults, cards, days } };
        self.batches.blocking_send(batch).map_err(|_| IntakeError::Stopped)
    }
}

/// Whether somebody insured on the card has no last day.
fn is_open(people: &[Person]) -> bool {
    let open = |person: &Person| person.relationship.is_none() && person.validity.until.is_none();
    people.iter().any(open)
}
