//! The PIN typed into the terminal that the agent runs in, without echo.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::BoxFuture;
use rustix::fs::OFlags;
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr,
};
use tokio::time::sleep;
use warifu_card::{Pin, TransportCode};
use zeroize::Zeroizing;

use super::question::typed_code;
use super::{Choice, PinPrompt, PromptError, Question};
use crate::config::PromptKind;

/// The longest line a person may type; longer ones are no PIN.
const LINE: usize = 64;
/// How often to see whether a line has been typed. Faster than a person notices.
const GLANCE: Duration = Duration::from_millis(50);

/// Asks on a terminal.
#[derive(Debug, Clone)]
pub struct Terminal {
    device: PathBuf,
}

impl Terminal {
    /// The terminal that the agent was started from.
    pub fn controlling() -> Self {
        Self::at("/dev/tty".into())
    }

    /// The terminal behind this device.
    pub const fn at(device: PathBuf) -> Self {
        Self { device }
    }

    async fn ask<T>(
        &self,
        question: &Question,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, PromptError> {
        let mut tty = Tty::open(&self.device)?;
        tty.write(&format!("\n{}\n", question.description()))?;
        let label = question.label();
        let mut malformed = false;
        loop {
            if let Some(complaint) = question.complaint(malformed) {
                tty.write(&format!("{complaint}\n"))?;
            }
            tty.write(&format!("{label}: "))?;
            let line = tty.line().await?;
            tty.write("\n")?;
            match std::str::from_utf8(&line).unwrap_or_default().trim() {
                "" => return Err(PromptError::Cancelled),
                typed => match read(typed) {
                    Some(answer) => return Ok(answer),
                    None => malformed = true,
                },
            }
        }
    }

    /// A number that is not in the list is asked for again.
    async fn ask_choice(&self, choice: &Choice) -> Result<usize, PromptError> {
        let mut tty = Tty::open(&self.device)?;
        tty.write(&format!("\n{}\n", choice.description()))?;
        for (number, card) in (1..).zip(&choice.cards) {
            tty.write(&format!("{number}: {}\n", card.label(choice.language)))?;
        }
        loop {
            tty.write(&format!("{}: ", choice.language.say("choose-type-number")))?;
            let line = tty.line().await?;
            tty.write("\n")?;
            match std::str::from_utf8(&line).unwrap_or_default().trim() {
                "" => return Err(PromptError::Cancelled),
                typed => match typed.parse::<usize>() {
                    Ok(number @ 1..) if number <= choice.cards.len() => return Ok(number - 1),
                    _ => {}
                },
            }
        }
    }

    async fn ask_consent(&self, question: &Question) -> Result<(), PromptError> {
        let mut tty = Tty::open(&self.device)?;
        let language = question.language;
        let (warning, how) = (question.last_try(), language.say("last-try-type-yes"));
        tty.write(&format!("\n{}\n{warning}\n{how}: ", question.description()))?;
        let line = tty.line().await?;
        tty.write("\n")?;
        if line.trim_ascii().eq_ignore_ascii_case(b"yes") {
            Ok(())
        } else {
            Err(PromptError::Cancelled)
        }
    }
}

impl PinPrompt for Terminal {
    fn kind(&self) -> PromptKind {
        PromptKind::Terminal
    }

    fn pin<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Pin, PromptError>> {
        Box::pin(self.ask(question, |text| question.typed_pin(text)))
    }

    fn code<'a>(
        &'a self,
        question: &'a Question,
    ) -> BoxFuture<'a, Result<TransportCode, PromptError>> {
        Box::pin(self.ask(question, typed_code))
    }

    fn choose<'a>(&'a self, choice: &'a Choice) -> BoxFuture<'a, Result<usize, PromptError>> {
        Box::pin(self.ask_choice(choice))
    }

    fn consent<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<(), PromptError>> {
        Box::pin(self.ask_consent(question))
    }
}

/// An open terminal that does not echo. Dropping it gives the terminal its settings back.
struct Tty {
    file: File,
    before: Termios,
}

impl Tty {
    fn open(device: &Path) -> Result<Self, PromptError> {
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(device)
            .map_err(PromptError::failed)?;
        let before = tcgetattr(&file).map_err(PromptError::failed)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        silent.local_modes.insert(LocalModes::ICANON | LocalModes::ISIG);
        // Flush: what was typed before the question is no answer to it.
        tcsetattr(&file, OptionalActions::Flush, &silent).map_err(PromptError::failed)?;
        Ok(Self { file, before })
    }

    fn write(&mut self, text: &str) -> Result<(), PromptError> {
        self.file.write_all(text.as_bytes()).map_err(PromptError::failed)
    }

    /// One line, at most [`LINE`] bytes of it. The end of input cancels.
    async fn line(&mut self) -> Result<Zeroizing<Vec<u8>>, PromptError> {
        let mut line = Zeroizing::new(vec![0; LINE]);
        loop {
            match self.file.read(&mut line) {
                Ok(0) => return Err(PromptError::Cancelled),
                Ok(count) => {
                    line.truncate(count);
                    return Ok(line);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(GLANCE).await,
                Err(error) => return Err(PromptError::failed(error)),
            }
        }
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        let _ = tcflush(&self.file, QueueSelector::IFlush);
        let _ = tcsetattr(&self.file, OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests;
