//! PINs that are checked here, not on the card. There are only a million, so the hash is keyed, slow
//! and hungry; and so few are reckoned at once that nobody exhausts this server with them.

use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroizing;

/// Argon2id as the OWASP Password Storage Cheat Sheet has it for servers (19 MiB, two passes, one
/// lane), which RFC 9106 §4 leaves to the verifier's means.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Checks at once: 76 MiB at most.
const AT_ONCE: usize = 4;
/// How long a check may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why a PIN could not be checked. Says nothing about the PIN.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PinError {
    /// Too many wait.
    #[error("too many PINs are being checked")]
    Busy,
    /// The hash cannot be made, or is none.
    #[error("the PIN's hash: {0}")]
    Hash(#[from] argon2::password_hash::Error),
    /// Argon2 takes no such parameters.
    #[error("the PIN's hash: {0}")]
    Parameters(argon2::Error),
    /// The work broke off.
    #[error(transparent)]
    Work(#[from] tokio::task::JoinError),
}

/// A PIN as a person typed it; wiped when dropped.
pub(crate) struct Typed(Zeroizing<String>);

impl Typed {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|typed| Self(Zeroizing::new(typed)))
    }
}

/// A PIN, as its keyed hash.
pub(crate) type Peppered = Zeroizing<[u8; 32]>;

/// Where PINs are hashed.
pub(crate) struct Pins {
    turns: Semaphore,
}

impl Pins {
    pub(crate) fn new() -> Self {
        Self { turns: Semaphore::new(AT_ONCE) }
    }

    /// A turn to check or to make a hash. It is taken before a try is counted, so that a busy server
    /// costs nobody a try.
    pub(crate) async fn turn(&self) -> Result<Turn<'_>, PinError> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.acquire()).await;
        Ok(Turn { _permit: turn.map_err(|_| PinError::Busy)?.map_err(|_| PinError::Busy)? })
    }
}

/// One at a time of the few.
pub(crate) struct Turn<'a> {
    _permit: SemaphorePermit<'a>,
}

impl Turn<'_> {
    /// The hash to keep, under that fresh salt.
    pub(crate) async fn hash(self, pin: Peppered, salt: [u8; 16]) -> Result<String, PinError> {
        let work = move || {
            let salt = SaltString::encode_b64(&salt)?;
            Ok(argon2()?.hash_password(pin.as_ref(), &salt)?.to_string())
        };
        tokio::task::spawn_blocking(work).await?
    }

    /// Whether it is the PIN of that hash; compared without telling by the time where they differ.
    pub(crate) async fn is(self, pin: Peppered, hash: String) -> Result<bool, PinError> {
        let work = move || {
            let hash = PasswordHash::new(&hash)?;
            match argon2()?.verify_password(pin.as_ref(), &hash) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::Password) => Ok(false),
                Err(error) => Err(error.into()),
            }
        };
        tokio::task::spawn_blocking(work).await?
    }
}

fn argon2() -> Result<Argon2<'static>, PinError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(PinError::Parameters)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(byte: u8) -> Peppered {
        Zeroizing::new([byte; 32])
    }

    async fn hash(pins: &Pins, byte: u8, salt: u8) -> String {
        pins.turn().await.unwrap().hash(pin(byte), [salt; 16]).await.unwrap()
    }

    async fn is(pins: &Pins, byte: u8, hash: &str) -> Result<bool, PinError> {
        pins.turn().await.unwrap().is(pin(byte), hash.to_owned()).await
    }

    #[tokio::test]
    async fn a_pin_is_known_by_its_hash_and_by_no_other() {
        let pins = Pins::new();
        let first = hash(&pins, 1, 9).await;
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
        assert!(is(&pins, 1, &first).await.unwrap());
        assert!(!is(&pins, 2, &first).await.unwrap());
        assert_ne!(hash(&pins, 1, 8).await, first, "the salt counts");
        assert!(is(&pins, 1, "rubbish").await.is_err());
    }

    #[tokio::test]
    async fn only_so_many_are_reckoned_at_once() {
        let pins = Pins::new();
        let mut turns = Vec::new();
        for _ in 0..AT_ONCE {
            turns.push(pins.turn().await.unwrap());
        }
        let next = tokio::time::timeout(Duration::from_millis(50), pins.turn()).await;
        assert!(next.is_err(), "it did not wait");
        drop(turns);
        assert!(pins.turn().await.is_ok());
    }
}
