//! A bounded pool of sessions that are logged in and know their key.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cryptoki::mechanism::Mechanism;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;

use super::{TokenError, module, objects};
use crate::{KeyError, TokenKey};

/// More sessions than cores bring nothing, and tokens have few.
const MOST_SESSIONS: usize = 8;
/// How long a signature waits for a session.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sessions of one key. They are opened when needed, lent one by one, and thrown away together when
/// the token was lost.
pub(super) struct Sessions {
    place: TokenKey,
    pool: Mutex<Pool>,
    returned: Condvar,
    pin_is_wrong: AtomicBool,
}

#[derive(Default)]
struct Pool {
    idle: Vec<KeySession>,
    lent: usize,
    /// Grows when all sessions up to now are worthless.
    generation: u64,
}

/// A session that is logged in, with its key's handle.
pub(super) struct KeySession {
    session: Session,
    key: ObjectHandle,
    generation: u64,
}

impl KeySession {
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    pub(super) fn sign(
        &self,
        mechanism: &Mechanism<'_>,
        input: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        Ok(self.session.sign(mechanism, self.key, input)?)
    }
}

impl Sessions {
    /// Opens nothing yet.
    pub(super) fn new(place: &TokenKey) -> Self {
        Self {
            place: place.clone(),
            pool: Mutex::default(),
            returned: Condvar::new(),
            pin_is_wrong: AtomicBool::new(false),
        }
    }

    /// Does some work in a session. If the token was lost, logs in again and tries once more.
    pub(super) fn with<T>(
        &self,
        work: impl Fn(&KeySession) -> Result<T, KeyError>,
    ) -> Result<T, KeyError> {
        match self.once(&work) {
            Err(KeyError::Token(error)) if error.is_lost() => self.once(&work),
            other => other,
        }
    }

    fn once<T>(&self, work: impl Fn(&KeySession) -> Result<T, KeyError>) -> Result<T, KeyError> {
        let session = self.take()?;
        let done = work(&session);
        match &done {
            Ok(_) => self.give_back(session),
            Err(error) => self.discard(session, error),
        }
        done
    }

    fn take(&self) -> Result<KeySession, KeyError> {
        let is_full = |pool: &mut Pool| pool.idle.is_empty() && pool.lent == MOST_SESSIONS;
        let (mut pool, _) = self
            .returned
            .wait_timeout_while(self.lock(), PATIENCE, is_full)
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = pool.idle.pop() {
            pool.lent += 1;
            return Ok(session);
        }
        if pool.lent == MOST_SESSIONS {
            return Err(TokenError::Busy.into());
        }
        pool.lent += 1;
        let generation = pool.generation;
        drop(pool);
        self.open(generation).inspect_err(|_| self.ended(&mut self.lock()))
    }

    fn open(&self, generation: u64) -> Result<KeySession, KeyError> {
        if self.pin_is_wrong.load(Ordering::Relaxed) {
            return Err(TokenError::WrongPin.into());
        }
        let session = module::log_in(&self.place).inspect_err(|error| {
            if matches!(error, KeyError::Token(TokenError::WrongPin)) {
                self.pin_is_wrong.store(true, Ordering::Relaxed);
            }
        })?;
        let key = objects::private_key(&session, &self.place.key)?;
        Ok(KeySession { session, key, generation })
    }

    fn give_back(&self, session: KeySession) {
        let mut pool = self.lock();
        if session.generation == pool.generation {
            pool.idle.push(session);
        }
        self.ended(&mut pool);
    }

    /// After an error a session may be in the middle of something; if the token was lost, so are
    /// all sessions of its generation.
    fn discard(&self, session: KeySession, error: &KeyError) {
        let is_lost = matches!(error, KeyError::Token(error) if error.is_lost());
        let generation = session.generation;
        drop(session);
        let mut pool = self.lock();
        if is_lost && generation == pool.generation {
            pool.generation += 1;
            pool.idle.clear();
        }
        self.ended(&mut pool);
    }

    fn ended(&self, pool: &mut Pool) {
        pool.lent -= 1;
        self.returned.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
