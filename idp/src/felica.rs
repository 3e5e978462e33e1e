//! FeliCa Lite-S cards: whether what came back proves that the card knows its key, here and now.
//!
//! The card software is a pipe between card and browser and knows no key. The challenge RC is bound to
//! our origin and to the nonce of one sign-in, so an answer serves nobody else and only once. What a
//! card proves is that it is somewhere at the other end: a live relay works, so there is a PIN besides,
//! and the level is no more than substantial.

mod answer;

use std::sync::Arc;

use warifu_card::felica::{
    Answer, Identity, diversify, key_version, login_challenge, verify_answer,
};
use warifu_pki::{KeyError, MasterKeys, MasterKeysError};

pub(crate) use answer::FelicaAnswer;

use crate::config::FelicaConfig;

/// Why an answer proves nothing. The codes are stable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FelicaRefusal {
    /// Not an answer of this form.
    #[error("the answer has another form")]
    Format,
    /// The MAC is not that card's, or not over this challenge: a copy, an answer to another question,
    /// another card's name.
    #[error("the card does not know its key")]
    WrongMac,
    /// The card's key could not be reckoned.
    #[error("the card's key cannot be made: {0}")]
    Internal(String),
}

impl From<KeyError> for FelicaRefusal {
    fn from(error: KeyError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// The master keys, with which cards are judged; cheap to clone.
#[derive(Clone)]
pub(crate) struct Felica {
    masters: Arc<MasterKeys>,
}

impl Felica {
    pub(crate) fn open(config: &FelicaConfig) -> Result<Self, MasterKeysError> {
        Ok(Self { masters: Arc::new(MasterKeys::open(&config.masters)?) })
    }

    /// Which card it is, if it answered the challenge for this origin and nonce. Nothing is looked up:
    /// of a card that does not prove itself nobody learns whether it is known.
    pub(crate) async fn verify(
        &self,
        answer: &FelicaAnswer,
        origin: &str,
        nonce: &str,
    ) -> Result<Identity, FelicaRefusal> {
        let said = answer.read().ok_or(FelicaRefusal::Format)?;
        let (felica, rc) = (self.clone(), login_challenge(origin, nonce));
        // A token reckons slowly.
        tokio::task::spawn_blocking(move || felica.judge(&said, &rc))
            .await
            .map_err(|cause| FelicaRefusal::Internal(cause.to_string()))?
    }

    fn judge(&self, said: &Answer, rc: &[u8; 16]) -> Result<Identity, FelicaRefusal> {
        let (id_block, key_version) = (said.id_block, key_version(&said.version_block));
        let master = self.masters.of_version(key_version).ok_or(FelicaRefusal::WrongMac)?;
        let key = diversify(&|block: [u8; 8]| master.encrypt_block(block), &id_block)?;
        if verify_answer(&key, rc, &id_block, &said.version_block, &said.mac) {
            Ok(Identity { id_block, key_version })
        } else {
            Err(FelicaRefusal::WrongMac)
        }
    }
}

#[cfg(test)]
mod tests;
