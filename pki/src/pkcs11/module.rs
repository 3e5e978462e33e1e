//! PKCS#11 modules, tokens and logging in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use crate::key::read_secret;
use crate::{KeyError, TokenKey};

/// A module is initialised once in a process (PKCS#11 v2.40, `C_Initialize`) and stays so.
static MODULES: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());

/// A token could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The library is not there, or is no PKCS#11 module.
    #[error("the PKCS#11 module {} cannot be used: {cause}", path.display())]
    Module {
        /// The library.
        path: PathBuf,
        /// What it, or the system, said.
        cause: Error,
    },
    /// No slot holds a token of that label.
    #[error("there is no token with the label {0}")]
    NoToken(String),
    /// The token refuses the PIN. It is not tried again before the next start: tokens lock
    /// themselves after a few wrong ones.
    #[error("the token refuses the PIN")]
    WrongPin,
    /// The token has no private or no public key of that label.
    #[error("the token has no key pair with the label {0}")]
    NoKey(String),
    /// The token has several keys of that label.
    #[error("the token has more than one key with the label {0}")]
    Ambiguous(String),
    /// A new key would have the label of another object.
    #[error("the token has an object with the label {0} already")]
    Exists(String),
    /// The private key of that label does not belong to the public key of that label.
    #[error("the token's private key and public key do not belong together")]
    Mismatch,
    /// All sessions stayed in use for five seconds.
    #[error("the token is too busy")]
    Busy,
    /// Anything else the token said.
    #[error("the token failed: {0}")]
    Failed(#[from] Error),
}

impl TokenError {
    /// Whether the token, the session or the login went away, so that a new login may help.
    pub(super) fn is_lost(&self) -> bool {
        use RvError::{
            DeviceError, DeviceRemoved, KeyHandleInvalid, ObjectHandleInvalid, SessionClosed,
            SessionHandleInvalid, SlotIdInvalid, TokenNotPresent, UserNotLoggedIn,
        };
        let Self::Failed(Error::Pkcs11(said, _)) = self else { return false };
        matches!(
            said,
            DeviceError
                | DeviceRemoved
                | KeyHandleInvalid
                | ObjectHandleInvalid
                | SessionClosed
                | SessionHandleInvalid
                | SlotIdInvalid
                | TokenNotPresent
                | UserNotLoggedIn
        )
    }
}

/// A session for using keys, logged in.
pub(super) fn log_in(place: &TokenKey) -> Result<Session, KeyError> {
    logged_in(place, Pkcs11::open_ro_session)
}

/// A session for making keys, logged in.
pub(super) fn log_in_to_write(place: &TokenKey) -> Result<Session, KeyError> {
    logged_in(place, Pkcs11::open_rw_session)
}

type Open = fn(&Pkcs11, Slot) -> Result<Session, Error>;

fn logged_in(place: &TokenKey, open: Open) -> Result<Session, KeyError> {
    let module = module(&place.module)?;
    let session = open(&module, slot(&module, &place.token)?).map_err(TokenError::from)?;
    let pin = AuthPin::from(read_secret(&place.pin_file)?.as_str());
    match session.login(UserType::User, Some(&pin)) {
        // The login belongs to the process, not to the session.
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinLocked, _)) => {
            Err(TokenError::WrongPin.into())
        }
        Err(cause) => Err(TokenError::from(cause).into()),
    }
}

fn module(path: &Path) -> Result<Pkcs11, TokenError> {
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(module) = modules.get(path) {
        return Ok(module.clone());
    }
    let module = load(path).map_err(|cause| TokenError::Module { path: path.to_owned(), cause })?;
    modules.insert(path.to_owned(), module.clone());
    Ok(module)
}

fn load(path: &Path) -> Result<Pkcs11, Error> {
    let module = Pkcs11::new(path)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // Under another path, perhaps a link, it is at work already.
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
        Err(cause) => Err(cause),
    }
}

fn slot(module: &Pkcs11, label: &str) -> Result<Slot, TokenError> {
    for slot in module.get_slots_with_initialized_token()? {
        if module.get_token_info(slot)?.label() == label {
            return Ok(slot);
        }
    }
    Err(TokenError::NoToken(label.to_owned()))
}
