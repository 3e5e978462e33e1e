//! The agent's own log: a few files of bounded size in the user's state folder, and their export for
//! whoever helps.
//!
//! Nothing secret and nothing that names a person or card is ever written; the export blots out
//! whatever looks like it all the same.

mod export;
mod redact;
mod rotating;

pub use export::{Bundle, ExportError};
pub use rotating::RotatingLog;

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::{Timestamp, Unit};
use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::registry::LookupSpan;

/// The log's newest file in this folder; older ones have a number behind.
pub fn file_in(folder: &Path) -> PathBuf {
    folder.join("agent.log")
}

/// Writes what the agent's own modules say to `log`, whatever else is said on the screen: libraries
/// may name what must not be kept.
pub fn layer<S>(log: RotatingLog, now: fn() -> Timestamp) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'span> LookupSpan<'span>,
{
    let own = ["warifu_agent", "warifu_card"].map(|target| (target, Level::INFO));
    tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_timer(Seconds(now))
        .with_writer(log)
        .with_filter(Targets::new().with_targets(own))
}

/// Times in whole seconds.
struct Seconds(fn() -> Timestamp);

impl FormatTime for Seconds {
    fn format_time(&self, to: &mut Writer<'_>) -> fmt::Result {
        let now = (self.0)();
        write!(to, "{}", now.round(Unit::Second).unwrap_or(now))
    }
}
