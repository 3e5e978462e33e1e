//! FeliCa cards: a Lite-S card that a person has already becomes a second token of their card.
//!
//! It is registered at the desk, for a card that is in use, and stands for that life: it opens
//! nothing while the card is suspended and never again when the card has ended. Whoever gets a new
//! card shows the FeliCa card once more, and it proves itself; it passes to nobody else, ever.
//! One at a time stands for a life: the next one registered takes its place.
//!
//! Its key is made from a master key and its ID block, tried, and locked in; then it is noted. A
//! card that is locked and not noted, because the work broke off between the two, proves by its key
//! that it is ours. What anybody can read of a card is no proof, and the ID block is kept as a keyed
//! hash.

mod error;
mod masters;
mod settings;
mod talk;

use std::sync::Arc;

use data_encoding::HEXLOWER;
use warifu_card::Readers;
use warifu_card::felica::CardKey as FelicaKey;
use warifu_contract::card_office::Stage;
use warifu_pki::security_event::Event as Told;

use crate::life::Step;
use crate::office::{CardOffice, Change, File};
use crate::store::FelicaRow;
use crate::{Actor, CardId, CardKey, OfficeError};
use masters::Masters;
use talk::Talk;

pub use error::FelicaDeskError;
pub use settings::FelicaSettings;

/// Where FeliCa cards are registered, given new keys and recognised. Apart from the office itself,
/// because it alone needs the master keys. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FelicaDesk {
    office: CardOffice,
    masters: Arc<Masters>,
}

/// A FeliCa card that is registered.
#[derive(Clone, PartialEq, Eq)]
pub struct FelicaCard {
    /// 受付番号 of the card for whose life it stands.
    pub card: CardId,
    /// The holder reference of that card.
    pub holder: String,
    /// The version of the master key that its own key is made from.
    pub key_version: u16,
}

/// Shows no holder.
impl std::fmt::Debug for FelicaCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let version = &self.key_version;
        f.debug_struct("FelicaCard").field("key_version", version).finish_non_exhaustive()
    }
}

impl FelicaDesk {
    /// Opens the master keys; those in a token are logged in to.
    pub fn open(office: &CardOffice, settings: &FelicaSettings) -> Result<Self, FelicaDeskError> {
        let masters = Arc::new(Masters::open(settings)?);
        Ok(Self { office: office.clone(), masters })
    }

    /// Registers the FeliCa card on the reader for a card in use. May be repeated if it broke
    /// off. A clerk's work, for somebody who stands there with the card.
    pub async fn register(
        &self,
        actor: &Actor,
        card: &CardKey,
        readers: Arc<dyn Readers>,
        reader: &str,
    ) -> Result<FelicaCard, FelicaDeskError> {
        let mut file = self.office.file(card).await?;
        let wanted = Step::RegisterFelica { key_version: self.masters.newest() };
        self.require(actor, &file, &wanted).await?;
        let talk = self.talk(readers, reader);
        let id = talk.id_block().await?;
        let known = self.office.store().felica(&id).await?;
        let key_version = match &known {
            None => talk.register(id).await?,
            Some(row) => {
                self.require_own(&file, row).await?;
                talk.prove(id, row.key_version).await?
            }
        };
        self.note_registered(actor, &mut file, (&id, known.as_ref()), key_version).await?;
        registered(&file, key_version)
    }

    /// Gives the FeliCa card on the reader a key of the newest version. May be repeated if it
    /// broke off; a card that has the newest key stays as it is.
    pub async fn rotate(
        &self,
        actor: &Actor,
        readers: Arc<dyn Readers>,
        reader: &str,
    ) -> Result<FelicaCard, FelicaDeskError> {
        let talk = self.talk(readers, reader);
        let id = talk.id_block().await?;
        let known = self.office.store().felica(&id).await?;
        let row = known.filter(|row| !row.is_ended).ok_or(FelicaDeskError::Unknown)?;
        let mut file = self.office.file(&CardKey::Id(row.card.clone())).await?;
        let wanted = Step::RotateFelica { key_version: self.masters.newest() };
        self.require(actor, &file, &wanted).await?;
        let key_version = talk.rotate(id, row.key_version).await?;
        if key_version != row.key_version {
            self.note_rotated(actor, &mut file, (&id, &row), key_version).await?;
        }
        registered(&file, key_version)
    }

    /// The card with this ID block, if it may open anything now. Not proved: that takes
    /// [`recognise`](Self::recognise), or a MAC by one of the card's [keys](Self::key).
    pub async fn card_of(&self, id: &[u8; 16]) -> Result<Option<FelicaCard>, FelicaDeskError> {
        let known = self.office.store().felica(id).await?;
        let Some(row) = known.filter(|row| !row.is_ended) else { return Ok(None) };
        let file = self.office.file(&CardKey::Id(row.card)).await?;
        if file.life.stage() != Some(Stage::Active) {
            return Ok(None);
        }
        registered(&file, row.key_version).map(Some)
    }

    /// The key of the card with this ID block, by the master key of that version. While a rotation
    /// is half done a card may have the key of a later version than is noted. Blocks while a token
    /// reckons.
    pub fn key(&self, id: &[u8; 16], version: u16) -> Result<FelicaKey, FelicaDeskError> {
        self.masters.key(version, id)
    }

    /// Whose FeliCa card is on the reader, proved by its key over a new random challenge. `None`
    /// for one that is not registered or opens nothing now.
    pub async fn recognise(
        &self,
        readers: Arc<dyn Readers>,
        reader: &str,
    ) -> Result<Option<FelicaCard>, FelicaDeskError> {
        let talk = self.talk(readers, reader);
        let id = talk.id_block().await?;
        let Some(card) = self.card_of(&id).await? else { return Ok(None) };
        let key_version = talk.prove(id, card.key_version).await?;
        Ok(Some(FelicaCard { key_version, ..card }))
    }

    fn talk(&self, readers: Arc<dyn Readers>, reader: &str) -> Talk {
        let entropy = self.office.surroundings().entropy.clone();
        Talk::new(readers, reader, self.masters.clone(), entropy)
    }

    async fn require(
        &self,
        actor: &Actor,
        file: &File,
        step: &Step,
    ) -> Result<(), FelicaDeskError> {
        let around = self.office.circumstances(file).await?;
        Ok(file.life.check(step, actor, &around).map(drop).map_err(OfficeError::from)?)
    }

    /// A card that was registered before may stand for another life of the same person, or for this
    /// one again after another took its place.
    async fn require_own(&self, file: &File, row: &FelicaRow) -> Result<(), FelicaDeskError> {
        let is_here_already = row.card == file.row.id && !row.is_ended;
        let before = self.office.store().card(&row.card).await?;
        let person = before.and_then(|before| before.person);
        if is_here_already || person.is_none() || person != file.row.person {
            return Err(FelicaDeskError::Taken);
        }
        Ok(())
    }

    async fn note_registered(
        &self,
        actor: &Actor,
        file: &mut File,
        (id, was): (&[u8; 16], Option<&FelicaRow>),
        key_version: u16,
    ) -> Result<(), FelicaDeskError> {
        let (store, mut change) = (self.office.store(), self.office.begin().await?);
        let step = Step::RegisterFelica { key_version };
        self.office.step(&mut change, file, actor, step, None).await?;
        let (now, new) = (change.now, (&file.row.id, key_version));
        store.end_felica(&mut change.transaction, &file.row.id, now).await?;
        let on = &mut change.transaction;
        let is_noted = match was {
            None => store.insert_felica(on, id, new, now).await?,
            Some(was) => store.move_felica(on, (id, was), new, now).await?,
        };
        if !is_noted {
            return Err(FelicaDeskError::Taken);
        }
        if let Some(was) = was.filter(|was| !was.is_ended && was.card != file.row.id) {
            let event = Told::TokenEnded { token: HEXLOWER.encode(id) };
            self.tell(&mut change, &was.card, event).await?;
        }
        let event = Told::TokenRegistered { token: HEXLOWER.encode(id), key_version };
        self.tell(&mut change, &file.row.id, event).await?;
        Ok(self.office.commit(change).await?)
    }

    async fn note_rotated(
        &self,
        actor: &Actor,
        file: &mut File,
        known: (&[u8; 16], &FelicaRow),
        key_version: u16,
    ) -> Result<(), FelicaDeskError> {
        let mut change = self.office.begin().await?;
        let step = Step::RotateFelica { key_version };
        self.office.step(&mut change, file, actor, step, None).await?;
        let on = &mut change.transaction;
        if !self.office.store().set_felica_version(on, known, key_version).await? {
            return Err(FelicaDeskError::Unknown);
        }
        let event = Told::TokenRegistered { token: HEXLOWER.encode(known.0), key_version };
        self.tell(&mut change, &file.row.id, event).await?;
        Ok(self.office.commit(change).await?)
    }

    /// Tells the identity provider what happened to the FeliCa card of that life. Which one took
    /// another's place it need not be told: one at a time stands for a life.
    async fn tell(
        &self,
        change: &mut Change,
        life: &CardId,
        event: Told,
    ) -> Result<(), FelicaDeskError> {
        let card = self.office.store().card(life).await?;
        let corrupt = || OfficeError::record("office_cards", life.as_str());
        let holder = card.and_then(|card| card.holder).ok_or_else(corrupt)?;
        Ok(self.office.tell(change, change.now, &holder, event).await?)
    }
}

fn registered(file: &File, key_version: u16) -> Result<FelicaCard, FelicaDeskError> {
    let corrupt = || OfficeError::record("office_cards", file.row.id.as_str());
    let holder = file.row.holder.clone().ok_or_else(corrupt)?;
    Ok(FelicaCard { card: file.row.id.clone(), holder, key_version })
}

#[cfg(test)]
mod tests;
