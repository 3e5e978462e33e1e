//! A triple-DES key in a token, one block at a time.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use cryptoki::mechanism::Mechanism;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;

use super::objects::secret_key;
use super::{TokenError, module};
use crate::{KeyError, TokenKey};

/// A key that enciphers in its token. One session serves one caller after the other: a card needs
/// six blocks and is slower than any token. If the token goes away and comes back, the next block
/// logs in again.
pub(crate) struct TokenBlockCipher {
    place: TokenKey,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    open: Option<(Session, ObjectHandle)>,
    /// Tokens lock themselves after a few wrong ones.
    pin_is_wrong: bool,
}

impl TokenBlockCipher {
    /// Logs in, finds the one secret key of that label and has it encipher a block.
    pub(crate) fn open(place: &TokenKey) -> Result<Self, KeyError> {
        let key = Self { place: place.clone(), line: Mutex::default() };
        key.encrypt([0; 8])?;
        Ok(key)
    }

    /// Makes a key in the token and opens it. If the token has an object of that label already,
    /// nothing is made.
    pub(crate) fn generate(place: &TokenKey) -> Result<Self, KeyError> {
        secret_key::generate(&module::log_in_to_write(place)?, &place.key)?;
        Self::open(place)
    }

    pub(crate) fn encrypt(&self, block: [u8; 8]) -> Result<[u8; 8], KeyError> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        match line.encrypt(&self.place, block) {
            Err(KeyError::Token(error)) if error.is_lost() => line.encrypt(&self.place, block),
            done => done,
        }
    }
}

impl Line {
    /// After an error the session may be in the middle of something, and is let go.
    fn encrypt(&mut self, place: &TokenKey, block: [u8; 8]) -> Result<[u8; 8], KeyError> {
        let (session, key) = match self.open.take() {
            Some(open) => open,
            None => self.log_in(place)?,
        };
        let done = session.encrypt(&Mechanism::Des3Ecb, key, &block).map_err(TokenError::from)?;
        self.open = Some((session, key));
        done.try_into().map_err(|_| KeyError::Unsupported)
    }

    fn log_in(&mut self, place: &TokenKey) -> Result<(Session, ObjectHandle), KeyError> {
        if self.pin_is_wrong {
            return Err(TokenError::WrongPin.into());
        }
        let session = module::log_in(place).inspect_err(|error| {
            self.pin_is_wrong = matches!(error, KeyError::Token(TokenError::WrongPin));
        })?;
        let key = secret_key::find(&session, &place.key)?;
        Ok((session, key))
    }
}

impl fmt::Debug for TokenBlockCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBlockCipher").field("key", &self.place.key).finish_non_exhaustive()
    }
}
