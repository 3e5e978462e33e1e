//! Readers that exist only in this process, for virtual cards: no pcscd, no hardware. And, behind the
//! same seam, the virtual readers of a real pcscd.

use std::{
    net::SocketAddr,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use thiserror::Error;

use crate::{
    reader::{ReaderError, ReaderState, Readers, Transaction},
    virtual_card::SharedCard,
    vpcd,
};

/// How long a transaction waits for the one before it to end.
const BEGIN_LIMIT: Duration = Duration::from_secs(5);

/// Why a card did not go into a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DrawerError {
    /// There is no reader of that name.
    #[error("there is no such reader")]
    NoReader,
    /// Another card is in the reader.
    #[error("there is a card in the reader already")]
    Occupied,
    /// The card is in another reader.
    #[error("the card is in another reader")]
    Elsewhere,
    /// The system did not do its part.
    #[error("the reader cannot be used")]
    Failed,
}

/// Readers that cards are put into and taken out of by a program.
pub trait Slots: Send + Sync {
    /// Puts the card into the empty reader of that name.
    fn insert(&self, reader: &str, card: SharedCard) -> Result<(), DrawerError>;

    /// Takes the card out of the reader, also in the middle of a transaction. Nothing happens if
    /// there is no such reader or no card in it.
    fn remove(&self, reader: &str);
}

impl Slots for VirtualReaders {
    fn insert(&self, reader: &str, card: SharedCard) -> Result<(), DrawerError> {
        self.insert(reader, card)
    }

    fn remove(&self, reader: &str) {
        self.remove(reader);
    }
}

/// The virtual readers of a real pcscd, each with the address at which its cards connect.
pub struct VpcdReaders {
    sockets: Mutex<Vec<Socket>>,
}

struct Socket {
    name: String,
    address: SocketAddr,
    card: Option<(SharedCard, vpcd::Inserted)>,
}

impl VpcdReaders {
    /// Empty readers with these names and addresses.
    pub fn new<Name: Into<String>>(readers: impl IntoIterator<Item = (Name, SocketAddr)>) -> Self {
        let socket = |(name, address): (Name, _)| Socket { name: name.into(), address, card: None };
        Self { sockets: Mutex::new(readers.into_iter().map(socket).collect()) }
    }

    fn sockets(&self) -> MutexGuard<'_, Vec<Socket>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots for VpcdReaders {
    fn insert(&self, reader: &str, card: SharedCard) -> Result<(), DrawerError> {
        let mut sockets = self.sockets();
        let mut inside = sockets.iter().filter_map(|socket| socket.card.as_ref());
        if inside.any(|(other, _)| other.is(&card)) {
            return Err(DrawerError::Elsewhere);
        }
        let socket = sockets.iter_mut().find(|socket| socket.name == reader);
        let socket = socket.ok_or(DrawerError::NoReader)?;
        if socket.card.is_some() {
            return Err(DrawerError::Occupied);
        }
        let inserted = vpcd::insert(card.clone(), socket.address);
        socket.card = Some((card, inserted.map_err(|_| DrawerError::Failed)?));
        Ok(())
    }

    fn remove(&self, reader: &str) {
        let mut sockets = self.sockets();
        if let Some(socket) = sockets.iter_mut().find(|socket| socket.name == reader) {
            // Dropping it closes the connection, which is the card in the reader.
            socket.card = None;
        }
    }
}

/// A set of virtual readers. Clones are the same readers.
#[derive(Clone)]
pub struct VirtualReaders {
    desk: Arc<Desk>,
}

struct Desk {
    slots: Mutex<Vec<Slot>>,
    changed: Condvar,
}

struct Slot {
    name: String,
    card: Option<SharedCard>,
    event: u64,
    /// A transaction is going on with the card that is in the slot now.
    taken: bool,
}

impl Slot {
    fn put(&mut self, card: Option<SharedCard>) -> Option<SharedCard> {
        self.event += 1;
        self.taken = false;
        std::mem::replace(&mut self.card, card)
    }
}

impl VirtualReaders {
    /// Empty readers with these names.
    pub fn new<Name: Into<String>>(names: impl IntoIterator<Item = Name>) -> Self {
        let slot = |name: Name| Slot { name: name.into(), card: None, event: 0, taken: false };
        let slots = Mutex::new(names.into_iter().map(slot).collect());
        Self { desk: Arc::new(Desk { slots, changed: Condvar::new() }) }
    }

    /// Puts the card into the empty reader of that name.
    pub fn insert(&self, reader: &str, card: SharedCard) -> Result<(), DrawerError> {
        let mut slots = self.desk.slots();
        if slots.iter().any(|slot| slot.card.as_ref().is_some_and(|other| other.is(&card))) {
            return Err(DrawerError::Elsewhere);
        }
        let slot = find(&mut slots, reader).ok_or(DrawerError::NoReader)?;
        if slot.card.is_some() {
            return Err(DrawerError::Occupied);
        }
        slot.put(Some(card));
        self.desk.changed.notify_all();
        Ok(())
    }

    /// Takes the card out of the reader, also in the middle of a transaction. `None` if there is
    /// no such reader or no card in it.
    pub fn remove(&self, reader: &str) -> Option<SharedCard> {
        let mut slots = self.desk.slots();
        let slot = find(&mut slots, reader).filter(|slot| slot.card.is_some())?;
        let card = slot.put(None);
        self.desk.changed.notify_all();
        drop(slots);
        // Without power the card forgets; a command it still works on ends first.
        card.inspect(|card| card.lock().reset())
    }
}

impl Desk {
    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change, at most until `limit` after `started`; `None` when that is over.
    fn wait<'a>(
        &self,
        slots: MutexGuard<'a, Vec<Slot>>,
        started: Instant,
        limit: Duration,
    ) -> Option<MutexGuard<'a, Vec<Slot>>> {
        let left = limit.saturating_sub(started.elapsed());
        if left.is_zero() {
            return None;
        }
        let waited = self.changed.wait_timeout(slots, left);
        Some(waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}

fn find<'a>(slots: &'a mut [Slot], reader: &str) -> Option<&'a mut Slot> {
    slots.iter_mut().find(|slot| slot.name == reader)
}

fn states(slots: &[Slot]) -> Vec<ReaderState> {
    let state = |slot: &Slot| ReaderState {
        name: slot.name.clone(),
        card_present: slot.card.is_some(),
        event: slot.event,
    };
    slots.iter().map(state).collect()
}

impl Readers for VirtualReaders {
    fn list(&self) -> Result<Vec<ReaderState>, ReaderError> {
        Ok(states(&self.desk.slots()))
    }

    fn wait_for_change(
        &self,
        known: &[ReaderState],
        timeout: Duration,
    ) -> Result<bool, ReaderError> {
        let started = Instant::now();
        let mut slots = self.desk.slots();
        while states(&slots) == known {
            match self.desk.wait(slots, started, timeout) {
                Some(again) => slots = again,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    fn begin(&self, reader: &str) -> Result<Box<dyn Transaction>, ReaderError> {
        let started = Instant::now();
        let mut slots = self.desk.slots();
        loop {
            let slot = find(&mut slots, reader).ok_or(ReaderError::NoReader)?;
            let card = slot.card.clone().ok_or(ReaderError::NoCard)?;
            if !slot.taken {
                slot.taken = true;
                let (desk, event) = (Arc::clone(&self.desk), slot.event);
                drop(slots);
                let atr = card.lock().atr().to_vec();
                return Ok(Box::new(Hold { desk, reader: reader.to_owned(), event, card, atr }));
            }
            slots = self.desk.wait(slots, started, BEGIN_LIMIT).ok_or(ReaderError::Busy)?;
        }
    }
}

/// A transaction with the card that was in the reader at `event`.
struct Hold {
    desk: Arc<Desk>,
    reader: String,
    event: u64,
    card: SharedCard,
    atr: Vec<u8>,
}

impl Hold {
    fn require_card(&self) -> Result<(), ReaderError> {
        let mut slots = self.desk.slots();
        let slot = find(&mut slots, &self.reader).ok_or(ReaderError::NoReader)?;
        if slot.event == self.event { Ok(()) } else { Err(ReaderError::Removed) }
    }
}

impl Transaction for Hold {
    fn atr(&self) -> Option<&[u8]> {
        Some(&self.atr)
    }

    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, ReaderError> {
        self.require_card()?;
        let answer = self.card.lock().handle(apdu);
        // A card that was pulled while it worked does not get its answer out.
        self.require_card()?;
        Ok(answer)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.require_card().is_err() {
            return;
        }
        self.card.lock().reset();
        let mut slots = self.desk.slots();
        if let Some(slot) = find(&mut slots, &self.reader).filter(|slot| slot.event == self.event) {
            slot.taken = false;
        }
        self.desk.changed.notify_all();
    }
}
