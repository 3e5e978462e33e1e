//! The PIN in a window of the desktop, drawn by a pinentry program (as `GnuPG` uses them).

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use warifu_card::{Pin, TransportCode};

use super::assuan::{Assuan, AssuanError};
use super::question::typed_code;
use super::{Choice, PinPrompt, PromptError, Question};
use crate::config::PromptKind;
use crate::system::terminate;
use crate::words::Language;

type Talk = Assuan<ChildStdout, ChildStdin>;

/// How long a pinentry that was told to stop may take to tidy up.
const GRACE: Duration = Duration::from_secs(2);

/// Asks through a pinentry program, started anew for each question.
#[derive(Debug, Clone)]
pub struct Pinentry {
    program: PathBuf,
    options: Vec<(String, String)>,
}

impl Pinentry {
    /// `program` is a path, or a name looked up in `PATH`.
    pub fn new(program: PathBuf) -> Self {
        Self { program, options: options_from(|name| std::env::var(name).ok()) }
    }

    /// The same with one more `OPTION` line for the program, such as `ttyname`.
    #[must_use]
    pub fn with_option(mut self, name: &str, value: &str) -> Self {
        self.options.push((name.to_owned(), value.to_owned()));
        self
    }

    async fn open(&self, language: Language, title: &str) -> Result<(Window, Talk), PromptError> {
        let mut child = Command::new(&self.program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(PromptError::failed)?;
        let pipes = child.stdout.take().zip(child.stdin.take());
        let window = Window(Some(child));
        let (output, input) = pipes.ok_or_else(|| PromptError::failed("no pipes"))?;
        let mut talk = Assuan::greet(output, input).await?;
        self.describe(&mut talk, language, title).await?;
        Ok((window, talk))
    }

    async fn describe(
        &self,
        talk: &mut Talk,
        language: Language,
        title: &str,
    ) -> Result<(), AssuanError> {
        for (name, value) in &self.options {
            talk.offer("OPTION", &format!("{name}={value}")).await?;
        }
        // The conversation has an end of its own; a second, shorter one would only confuse.
        talk.offer("SETTIMEOUT", "0").await?;
        talk.offer("SETTITLE", title).await?;
        talk.offer("SETCANCEL", &language.say("cancel")).await
    }

    async fn ask<T>(
        &self,
        question: &Question,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, PromptError> {
        let language = question.language;
        let (_window, mut talk) = self.open(language, &question.title()).await?;
        talk.command("SETDESC", &question.description()).await?;
        talk.command("SETPROMPT", &question.label()).await?;
        talk.offer("SETOK", &language.say("go-on")).await?;
        let mut malformed = false;
        loop {
            if let Some(complaint) = question.complaint(malformed) {
                talk.offer("SETERROR", &complaint).await?;
            }
            let answer = talk.command("GETPIN", "").await?;
            match std::str::from_utf8(&answer).ok().and_then(&read) {
                Some(answer) => return Ok(answer),
                None => malformed = true,
            }
        }
    }

    async fn ask_consent(&self, question: &Question) -> Result<(), PromptError> {
        let (_window, mut talk) = self.open(question.language, &question.title()).await?;
        let text = format!("{}\n\n{}", question.last_try(), question.description());
        talk.command("SETDESC", &text).await?;
        talk.offer("SETOK", &question.language.say("last-try-go-on")).await?;
        talk.command("CONFIRM", "").await?;
        Ok(())
    }

    /// A pinentry has no lists: it is asked about one card after the other, and from the start
    /// again after the last.
    async fn ask_choice(&self, choice: &Choice) -> Result<usize, PromptError> {
        let language = choice.language;
        let (_window, mut talk) = self.open(language, &language.say("choose-title")).await?;
        talk.offer("SETOK", &language.say("choose-this")).await?;
        talk.offer("SETNOTOK", &language.say("choose-next")).await?;
        for (place, card) in choice.cards.iter().enumerate().cycle() {
            let question =
                language.tell("choose-card-in", &[("card", card.label(language).into())]);
            let text = format!("{}\n\n{question}", choice.description());
            talk.command("SETDESC", &text).await?;
            match talk.command("CONFIRM", "").await {
                Ok(_) => return Ok(place),
                Err(AssuanError::NotConfirmed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(PromptError::Cancelled)
    }
}

/// What a pinentry needs to find the person's terminal, when there is no desktop.
fn options_from(variable: impl Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    let known = [("ttyname", "GPG_TTY"), ("ttytype", "TERM"), ("lc-ctype", "LC_CTYPE")];
    known
        .into_iter()
        .filter_map(|(option, name)| Some((option.to_owned(), variable(name)?)))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

impl PinPrompt for Pinentry {
    fn kind(&self) -> PromptKind {
        PromptKind::Pinentry
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

impl From<AssuanError> for PromptError {
    fn from(error: AssuanError) -> Self {
        match error {
            AssuanError::Cancelled | AssuanError::NotConfirmed => Self::Cancelled,
            other => Self::failed(other),
        }
    }
}

/// The running program. Dropping it closes the window: politely first, so that a terminal gets its
/// settings back, then by force.
struct Window(Option<Child>);

impl Drop for Window {
    fn drop(&mut self) {
        let Some(mut child) = self.0.take() else {
            return;
        };
        terminate(&child);
        tokio::spawn(async move {
            if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
                let _ = child.kill().await;
            }
        });
    }
}

#[cfg(test)]
mod tests;
