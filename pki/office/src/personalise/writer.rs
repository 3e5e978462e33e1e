//! What is said to the card in the reader. A card is slow, so each talk has a thread of its own.

use std::sync::Arc;

use data_encoding::BASE64;
use warifu_card::personalise::{Factory, ManagementKey, Personalisation, PersonaliseError};
use warifu_card::piv::{Guid, KeyAlgorithm, Slot};
use warifu_card::{Pin, Readers, TransportCode};
use warifu_pki::{PossessionProof, possession_message};
use warifu_service::Surroundings;
use warifu_service::clock::Entropy;

use super::CardProofs;
use crate::OfficeError;
use crate::office::day;
use crate::store::{Made, MadeKey};

/// What a card is locked with.
pub(super) struct CardSecrets {
    pub(super) own: ManagementKey,
    pub(super) guid: Guid,
    pub(super) code: TransportCode,
}

/// The card in one reader.
pub(super) struct Writer {
    readers: Arc<dyn Readers>,
    reader: String,
    entropy: Arc<dyn Entropy>,
}

/// A new GUID: a random UUID (RFC 9562 §5.4), as SP 800-73-4 part 1 §3.4.1 asks for.
pub(super) fn new_guid(surroundings: &Surroundings) -> Guid {
    let number = u128::from_be_bytes(surroundings.bytes());
    let version = (number & !(0xF << 76)) | (0x4 << 76);
    Guid(((version & !(0x3 << 62)) | (0x2 << 62)).to_be_bytes())
}

impl Writer {
    pub(super) fn new(readers: Arc<dyn Readers>, reader: &str, entropy: Arc<dyn Entropy>) -> Self {
        Self { readers, reader: reader.to_owned(), entropy }
    }

    /// Makes the card's keys and has it prove them for the holder.
    pub(super) async fn generate(
        &self,
        own: ManagementKey,
        holder: String,
        has_presence: bool,
    ) -> Result<CardProofs, OfficeError> {
        self.talk(own, move |card| {
            // A new GUID's key is on no card yet: a card that has it is not blank.
            let authentication = prove(card, Slot::Authentication, &holder)?;
            let presence =
                if has_presence { Some(prove(card, Slot::Presence, &holder)?) } else { None };
            Ok(CardProofs { authentication, presence })
        })
        .await
    }

    /// Whether the card is the one that these keys were made on.
    pub(super) async fn has_keys(
        &self,
        secrets: CardSecrets,
        made: Made,
    ) -> Result<bool, OfficeError> {
        self.talk(secrets.own, move |card| {
            for (slot, key) in slots(&made) {
                if card.public_key(slot)? != Some(bytes(&key.public_key)?) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
        .await
    }

    /// Writes certificates and identity, locks the card, and reads all of it back.
    pub(super) async fn write(&self, secrets: CardSecrets, made: Made) -> Result<(), OfficeError> {
        let entropy = self.entropy.clone();
        let unknown = Pin::random(&mut |bytes| entropy.fill(bytes))?;
        let CardSecrets { own, guid, code } = secrets;
        let kept = made.clone();
        self.talk(own.clone(), move |card| {
            if card.is_locked() {
                return Ok(());
            }
            for (slot, key) in slots(&made) {
                card.write_certificate(slot, &bytes(&key.certificate)?)?;
            }
            card.write_identity(guid, day(made.expires_at))?;
            Ok(card.lock(&unknown, &code)?)
        })
        .await?;
        self.talk(own, move |card| is_finished(card, guid, &kept)).await
    }

    /// Opens the card with its own management key or the factory's, and talks.
    async fn talk<T: Send + 'static>(
        &self,
        own: ManagementKey,
        say: impl FnOnce(&mut Personalisation<'_>) -> Result<T, OfficeError> + Send + 'static,
    ) -> Result<T, OfficeError> {
        let (readers, reader) = (self.readers.clone(), self.reader.clone());
        let entropy = self.entropy.clone();
        let talk = move || {
            let mut transaction = readers.begin(&reader)?;
            let mut fill = |bytes: &mut [u8]| entropy.fill(bytes);
            let factory = Factory::default();
            let card = Personalisation::open(transaction.as_mut(), &own, &factory, &mut fill);
            match card {
                Ok(mut card) => say(&mut card),
                Err(PersonaliseError::Stranger) => Err(OfficeError::NotBlank),
                Err(error) => Err(error.into()),
            }
        };
        tokio::task::spawn_blocking(talk).await?
    }
}

fn prove(
    card: &mut Personalisation<'_>,
    slot: Slot,
    holder: &str,
) -> Result<PossessionProof, OfficeError> {
    let public_key_der = card.generate(slot, KeyAlgorithm::P256)?;
    let message = possession_message(holder, &public_key_der);
    let signature = card.prove(slot, &public_key_der, &message)?;
    Ok(PossessionProof::Signature { public_key_der, signature })
}

fn is_finished(card: &mut Personalisation<'_>, guid: Guid, made: &Made) -> Result<(), OfficeError> {
    let mut is_whole = card.is_locked() && card.guid()? == Some(guid);
    for (slot, key) in slots(made) {
        is_whole &= card.certificate(slot)? == Some(bytes(&key.certificate)?);
    }
    if is_whole { Ok(()) } else { Err(PersonaliseError::NotKept("card").into()) }
}

fn slots(made: &Made) -> impl Iterator<Item = (Slot, &MadeKey)> {
    let presence = made.presence.as_ref().map(|key| (Slot::Presence, key));
    std::iter::once((Slot::Authentication, &made.authentication)).chain(presence)
}

fn bytes(base64: &str) -> Result<Vec<u8>, OfficeError> {
    BASE64
        .decode(base64.as_bytes())
        .map_err(|_| OfficeError::record("office_personalisations", "body"))
}
