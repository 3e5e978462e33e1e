//! How far a job has come: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};
use warifu_contract::batch::{BatchJob, BatchState};

/// Percent between two plain lines.
const STEP: u8 = 10;

/// Shows progress on standard error.
pub enum Progress {
    /// A terminal.
    Bar(ProgressBar),
    /// Anything else; what was said last.
    Plain(Option<(BatchState, u8)>),
}

impl Progress {
    /// As standard error allows.
    pub fn new() -> anyhow::Result<Self> {
        if !std::io::stderr().is_terminal() {
            return Ok(Self::Plain(None));
        }
        let bar = ProgressBar::new(100);
        bar.set_style(ProgressStyle::with_template("{bar:40} {pos:>3}% {msg}")?);
        Ok(Self::Bar(bar))
    }

    /// Shows how the job stands.
    pub fn show(&mut self, job: &BatchJob) {
        let words = words(job);
        match self {
            Self::Bar(bar) => {
                bar.set_position(job.percent.into());
                bar.set_message(words);
            }
            Self::Plain(last) => {
                let now = (job.state, job.percent);
                if last.is_none_or(|last| is_news(last, now)) {
                    eprintln!("warifu eligibility: {:>3}% {words}", job.percent);
                    *last = Some(now);
                }
            }
        }
    }

    /// Leaves the last state on the screen.
    pub fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.abandon();
        }
    }
}

fn is_news(last: (BatchState, u8), now: (BatchState, u8)) -> bool {
    last.0 != now.0 || now.1 >= last.1.saturating_add(STEP)
}

fn words(job: &BatchJob) -> String {
    let counts = &job.counts;
    format!(
        "{}: {} lines, {} valid, {} not valid, {} without an answer, {} unreadable",
        job.state.as_str(),
        counts.lines,
        counts.valid,
        counts.expired + counts.number + counts.insurer,
        counts.silent,
        counts.unreadable
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lines_come_when_there_is_something_to_say() {
        use BatchState::{Done, Running};
        assert!(!is_news((Running, 10), (Running, 19)));
        assert!(is_news((Running, 10), (Running, 20)));
        assert!(is_news((Running, 99), (Done, 100)));
    }
}
