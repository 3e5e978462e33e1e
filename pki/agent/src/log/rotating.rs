//! A log in two files: the newer one is written, and when it is full it takes the older one's place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

use crate::system::private;

/// Bytes of one file.
const FULL: u64 = 256 * 1024;

/// A log that never takes more than 512 KiB. Clones write to the same.
#[derive(Debug, Clone)]
pub struct RotatingLog(Arc<Mutex<Files>>);

#[derive(Debug)]
struct Files {
    newer: PathBuf,
    file: File,
    length: u64,
}

/// Where the log goes on when `newer` is full.
pub(super) fn older(newer: &Path) -> PathBuf {
    newer.with_extension("log.1")
}

impl RotatingLog {
    /// Goes on with the log in this file, and makes its folder.
    pub fn open(newer: &Path) -> io::Result<Self> {
        if let Some(folder) = newer.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = append(newer)?;
        let length = file.metadata()?.len();
        Ok(Self(Arc::new(Mutex::new(Files { newer: newer.to_owned(), file, length }))))
    }
}

fn append(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().append(true).create(true)).open(path)
}

impl Files {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let more = line.len() as u64;
        if self.length > 0 && self.length + more > FULL {
            fs::rename(&self.newer, older(&self.newer))?;
            self.file = append(&self.newer)?;
            self.length = 0;
        }
        self.file.write_all(line)?;
        self.length += more;
        Ok(())
    }
}

/// Each write is one line.
impl Write for RotatingLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for RotatingLog {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_goes_on_and_never_grows_beyond_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let newer = folder.path().join("state/agent.log");
        RotatingLog::open(&newer).unwrap().write_all(b"before\n").unwrap();
        let mut log = RotatingLog::open(&newer).unwrap();
        assert_eq!(fs::read(&newer).unwrap(), b"before\n");
        let line = [b"x".repeat(1023), b"\n".to_vec()].concat();
        for _ in 0..1000 {
            log.write_all(&line).unwrap();
        }
        let length = |path: &Path| fs::metadata(path).unwrap().len();
        assert!(length(&newer) <= FULL && length(&older(&newer)) <= FULL);
        assert_eq!(fs::read_dir(newer.parent().unwrap()).unwrap().count(), 2);
    }
}
