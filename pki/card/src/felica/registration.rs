//! Registering a Lite-S card: its own key is written, tried, and then locked in.

use super::lite_s::version_block;
use super::{Block, CardKey, FelicaError, Identity, LiteS};

/// MC byte 2: FF while the system blocks may be written freely, 00 for ever after.
const SYSTEM_BLOCKS: usize = 2;
const OPEN: u8 = 0xFF;
/// MC byte 5: key and version may be changed later, with a MAC only.
const KEY_CHANGE_WITH_MAC: usize = 5;
/// MC byte 12: the verifier's state may be written with a MAC only.
const STATE_WITH_MAC: usize = 12;

/// What is written onto a new card.
pub struct Registration {
    /// The card's own key.
    pub key: CardKey,
    /// The version of the master key it was made from; not zero.
    pub key_version: u16,
    /// A new random challenge for the trial before the lock.
    pub challenge: [u8; 16],
}

/// Writes key and version, has the card prove that it took them, then locks its system blocks. A
/// card that was interrupted before the lock can be registered again; after it never.
pub fn register(card: &mut LiteS<'_>, new: &Registration) -> Result<Identity, FelicaError> {
    let [mut configuration] = card.read([Block::Configuration])?;
    if configuration.get(SYSTEM_BLOCKS) != Some(&OPEN) {
        return Err(FelicaError::Locked);
    }
    card.write(Block::KeyVersion, version_block(new.key_version))?;
    card.write(Block::Key, *new.key.bytes())?;
    let (identity, _) = card.authenticate(&new.key, new.challenge)?;
    for (place, value) in [(SYSTEM_BLOCKS, 0), (KEY_CHANGE_WITH_MAC, 1), (STATE_WITH_MAC, 1)] {
        configuration.get_mut(place).into_iter().for_each(|byte| *byte = value);
    }
    card.write(Block::Configuration, configuration)?;
    Ok(identity)
}

/// Gives a registered card the key of the next version: proved by the old key, tried at the end.
///
/// Version before key: a card that is interrupted between the two names the new version and knows
/// only the old key; it is rotated again, with the old key.
pub fn rotate(
    card: &mut LiteS<'_>,
    old: &CardKey,
    new: &Registration,
    challenge: [u8; 16],
) -> Result<Identity, FelicaError> {
    let (_, session) = card.authenticate(old, challenge)?;
    card.prove_verifier(&session)?;
    card.write_proved(&session, Block::KeyVersion, version_block(new.key_version))?;
    card.write_proved(&session, Block::Key, *new.key.bytes())?;
    card.authenticate(&new.key, new.challenge).map(|(identity, _)| identity)
}
