//! What differs from one operating system to the next: where a user's files are, how a program is
//! started with the desktop, how processes are told to stop. One module per system; what a system
//! has not yet says so.

pub mod autostart;
#[cfg(unix)]
#[path = "unix.rs"]
mod own;
#[cfg(not(unix))]
#[path = "other.rs"]
mod own;
#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod places;
#[cfg(not(target_os = "linux"))]
#[path = "no_places.rs"]
mod places;

use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) use own::{private, terminate};

/// Why the operating system did not do it.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    /// The agent does not know how on this operating system.
    #[error("not on this system yet")]
    NotYet,
    /// There is no home folder.
    #[error("there is no home folder")]
    NoHome,
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl SystemError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotYet => "system.not-yet",
            Self::NoHome => "system.no-home",
            Self::File { .. } => "system.file",
        }
    }

    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// The folders of the user who runs the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// For what is kept from one run to the next: the log.
    pub state: PathBuf,
    /// For the entries of programs that start with the desktop.
    pub autostart: PathBuf,
}

impl Places {
    /// As the environment says.
    pub fn of_user() -> Result<Self, SystemError> {
        Self::from(|name| std::env::var_os(name))
    }

    /// The same with these environment variables.
    pub fn from(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, SystemError> {
        places::from(variable)
    }
}

/// Waits until the user or the system wants the program to end.
pub async fn told_to_stop() {
    own::told_to_stop().await;
}
