//! One file for whoever helps: what the doctor finds, and the log.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use super::redact::redacted;
use super::rotating::older;
use crate::doctor::Report;
use crate::system::private;
use crate::words::Language;

/// No log file is longer.
const MOST: u64 = 1024 * 1024;

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log cannot be read.
    #[error("the log cannot be read: {0}")]
    Log(io::Error),
    /// The file cannot be made; one that is there is not written over.
    #[error("the file cannot be written: {0}")]
    File(io::Error),
}

/// What is going to be exported, to be shown before.
#[derive(Debug, Clone)]
pub struct Bundle {
    text: String,
}

impl Bundle {
    /// Puts together what the doctor found and the log whose newest file this is. A log that was
    /// never written is empty.
    pub fn gather(report: &Report, newer: &Path, language: Language) -> Result<Self, ExportError> {
        let version = env!("CARGO_PKG_VERSION");
        let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
        let log = [&older(newer), newer].map(read);
        let [before, now] = log;
        let parts = [
            format!("warifu-agent {version} ({system})\n\n# doctor\n"),
            report.text(language),
            "\n# log\n".to_owned(),
            before.map_err(ExportError::Log)?,
            now.map_err(ExportError::Log)?,
        ];
        Ok(Self { text: redacted(&parts.concat()) })
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Writes it to a new file that is the user's alone.
    pub fn write(&self, file: &Path) -> Result<(), ExportError> {
        let mut options = OpenOptions::new();
        let made = private(options.write(true).create_new(true)).open(file);
        made.and_then(|mut file| file.write_all(self.text.as_bytes())).map_err(ExportError::File)
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    match fs::File::open(path) {
        Ok(file) => file.take(MOST).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
