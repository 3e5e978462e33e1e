//! The card office: where a card's life, its certificates and what others must know of it change
//! together or not at all.

mod apply;
mod calls;
mod change;
mod departure;
mod desk;
mod find;
mod papers;
mod prove;
mod successor;
mod tell;
mod usage;
mod view;
mod vouch;

pub(crate) use change::Change;
pub(crate) use tell::pki_reason;
pub(crate) use view::{day, line};

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, Semaphore};
use warifu_ca::Ca;
use warifu_contract::card_office::Stage;
use warifu_service::{Database, Surroundings};

use crate::life::{Circumstances, Life};
use crate::proof::Register;
use crate::settings::{CardMaster, OfficeSettings, Secrets};
use crate::store::{CardRow, Projection, Store};
use crate::{CardKey, OfficeError};

/// The card office. Cheap to clone; all clones are the same office.
#[derive(Clone)]
pub struct CardOffice {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) settings: OfficeSettings,
    pub(crate) store: Store,
    pub(crate) ca: Ca,
    pub(crate) register: Option<Register>,
    pub(crate) master: CardMaster,
    pub(crate) surroundings: Surroundings,
    pub(crate) bell: Notify,
    /// One change at a time: while it is made, its transaction holds a connection and reads take
    /// others, and no pool may run dry of that.
    turn: Arc<Semaphore>,
}

/// A card with its life so far, as it was read.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) row: CardRow,
    pub(crate) life: Life,
}

impl CardOffice {
    /// Opens the office beside a certification authority, in the same database: reads its secrets
    /// and brings its part of the schema up to date.
    pub async fn open(
        settings: &OfficeSettings,
        ca: Ca,
        surroundings: Surroundings,
    ) -> Result<Self, OfficeError> {
        let Secrets { ring, master } = Secrets::load(&settings.folder)?;
        let register = settings.register.as_ref().map(Register::new).transpose()?;
        let store = Store::open(ca.database().clone(), ring, surroundings.entropy.clone()).await?;
        let settings = settings.clone();
        let (bell, turn) = (Notify::new(), Arc::new(Semaphore::new(1)));
        let inner = Inner { settings, store, ca, register, master, surroundings, bell, turn };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The certification authority beside it.
    pub fn ca(&self) -> &Ca {
        &self.inner.ca
    }

    /// Where the records are.
    pub fn database(&self) -> &Database {
        &self.inner.store.database
    }

    /// Its clock and randomness.
    pub fn surroundings(&self) -> &Surroundings {
        &self.inner.surroundings
    }

    /// How it works.
    pub fn settings(&self) -> &OfficeSettings {
        &self.inner.settings
    }

    /// Returns when something is put into the outbox, from now on.
    pub(crate) fn told(&self) -> Notified<'_> {
        self.inner.bell.notified()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.surroundings.now()
    }

    /// Reads a card with its life.
    pub(crate) async fn file(&self, key: &CardKey) -> Result<File, OfficeError> {
        let store = self.store();
        let row = match key {
            CardKey::Id(id) => store.card(id).await?,
            CardKey::Number(number) => store.card_of_number(number).await?,
            CardKey::Serial(serial) => match self.inner.ca.owner_of_serial(serial).await? {
                Some(owner) => store.card_of_owner(&owner).await?,
                None => None,
            },
        };
        self.file_of(row.ok_or(OfficeError::UnknownCard)?).await
    }

    /// A card that was read, with its life. The row may be older than the events; what is decided
    /// goes by the events.
    pub(crate) async fn file_of(&self, mut row: CardRow) -> Result<File, OfficeError> {
        let events = self.store().events(&row.id).await?;
        let life = Life::of(&events);
        if let (Some(last), Some(stage), Some(since)) = (events.last(), life.stage(), life.since())
        {
            let (version, reason) = (life.version(), life.reason());
            row.projection = Projection { version, stage, since, reason, head: last.hash() };
        }
        Ok(File { row, life })
    }

    pub(crate) async fn circumstances(&self, file: &File) -> Result<Circumstances, OfficeError> {
        let renewable_from = file.row.expires_at.map(crate::renewal::renewable_from);
        // Only an approval wants to know.
        let is_asked = file.life.stage() == Some(Stage::Proved);
        let has_other_card = is_asked && self.has_other_card(&file.row).await?;
        Ok(Circumstances { now: self.now(), renewable_from, has_other_card })
    }

    async fn has_other_card(&self, row: &CardRow) -> Result<bool, OfficeError> {
        let Some(person) = row.person.as_deref() else { return Ok(false) };
        let mut cards = self.store().cards_of_person(person).await?;
        // Neither the cards that it takes the place of, one after the other, nor its successor.
        let mut before = row.replaces.clone();
        while let Some(id) = before {
            before = cards.iter().find(|card| card.id == id).and_then(|card| card.replaces.clone());
            cards.retain(|card| card.id != id);
        }
        cards.retain(|card| card.id != row.id && Some(&card.id) != row.replaced_by.as_ref());
        Ok(cards.iter().any(is_alive))
    }
}

impl std::fmt::Debug for CardOffice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CardOffice").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

/// Whether a card is alive or on its way.
fn is_alive(row: &CardRow) -> bool {
    matches!(
        row.projection.stage,
        Stage::Ordered
            | Stage::Personalising
            | Stage::Personalised
            | Stage::Sent
            | Stage::Returned
            | Stage::Delivered
            | Stage::Active
            | Stage::Suspended
    )
}

#[cfg(test)]
mod tests;
