//! What attackers try, at the doors of this crate: the functions that take what somebody sent.
//!
//! - [`every_kind`]: each hole of an XML or XML signature library, tried on each kind of document
//!   that we take. Each is refused before anything is fetched and before anything costs time.
//! - [`named`]: the holes that other implementations had and that have a number.
//! - Signature wrapping by its numbers, XSW 1 to 8, and that of samlify #634: `gate/tests/wrapping.rs`.
//! - Responses that are properly signed and say the wrong thing (destination, recipient, audience,
//!   request, times, conditions): `consume/tests/policy.rs`. Those that somebody else had a hand in:
//!   `consume/tests/attacks.rs`.
//! - Bounds of every size: `gate/tests/bounds.rs`. Encryption: `gate/tests/encryption.rs`.
//! - Queries of the redirect binding: `redirect/tests.rs`.
//!
//! That an assertion counts once, with or without `OneTimeUse`, is for the caller to see to, who has
//! a database: [`Login::assertion_id`](crate::Login).

mod every_kind;
mod named;
mod target;

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A place on the network and a file that nobody may ask for.
pub struct Traps {
    listener: TcpListener,
    folder: TempDir,
}

impl Traps {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let traps = Self { listener, folder: TempDir::new().unwrap() };
        let made = Command::new("mkfifo").arg(traps.pipe()).status().unwrap();
        assert!(made.success());
        traps
    }

    /// A pipe that nobody writes into: whoever opens it waits for ever.
    fn pipe(&self) -> PathBuf {
        self.folder.path().join("pipe")
    }

    /// Addresses that lead out of a document.
    pub fn addresses(&self) -> [String; 4] {
        let port = self.listener.local_addr().unwrap().port();
        [
            format!("http://127.0.0.1:{port}/x"),
            format!("https://127.0.0.1:{port}/x"),
            format!("ftp://127.0.0.1:{port}/x"),
            format!("file://{}", self.pipe().display()),
        ]
    }

    pub fn assert_untouched(&self) {
        assert_eq!(self.listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}

/// Runs it, and sees to it that it does not take long: far more than it takes even unoptimised on a
/// busy machine, and far less than any of these attacks would.
pub fn quickly<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    assert!(start.elapsed() < Duration::from_secs(5), "{what}: {:?}", start.elapsed());
    result
}
