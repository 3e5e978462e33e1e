//! The seam where the person is asked: for the PIN, the code of the letter, a new PIN, which card
//! to use, and for consent before the last try.
//!
//! Dropping the future of a question takes the question back; the window must then go away.

mod assuan;
pub(crate) mod page;
mod pinentry;
#[cfg(test)]
mod pty;
pub(crate) mod question;
mod terminal;

use futures::future::BoxFuture;
use warifu_card::{Pin, PkiKind, TransportCode};

pub use page::PagePrompt;
pub use pinentry::Pinentry;
pub use question::{Candidate, Choice, Complaint, Question, Wanted};
pub use terminal::Terminal;

use crate::config::PromptKind;

/// Asks the person.
pub trait PinPrompt: Send + Sync {
    /// Which kind this is.
    fn kind(&self) -> PromptKind;

    /// Where the person finds the question, if it is a page.
    fn url(&self) -> Option<String> {
        None
    }

    /// Asks for a PIN. What is no PIN by its form is asked for again without costing a try.
    fn pin<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Pin, PromptError>>;

    /// Asks for the code of the letter. What is none by its form is asked for again without costing
    /// a try.
    fn code<'a>(
        &'a self,
        question: &'a Question,
    ) -> BoxFuture<'a, Result<TransportCode, PromptError>>;

    /// Asks which card to use: the place of its reader in the list.
    fn choose<'a>(&'a self, choice: &'a Choice) -> BoxFuture<'a, Result<usize, PromptError>>;

    /// Asks whether to go on although this try is the last before the card blocks itself.
    /// `Ok` is yes.
    fn consent<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<(), PromptError>>;

    /// The conversation is over; what is still shown may say so.
    fn finished(&self, _ending: Ending) {}
}

/// How a conversation ended, as far as the person at the prompt is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It worked.
    Done,
    /// The card of this kind is blocked.
    Blocked(PkiKind),
    /// The card takes no code any more and is lost.
    Lost,
    /// The card was pulled out or swapped.
    CardGone,
    /// It was called off, here or on the page.
    Cancelled,
    /// It did not work for another reason.
    Failed,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// The person said no.
    #[error("cancelled")]
    Cancelled,
    /// The prompt could not be shown, or broke.
    #[error("the prompt failed: {0}")]
    Failed(String),
}

impl PromptError {
    pub(crate) fn failed(cause: impl std::fmt::Display) -> Self {
        Self::Failed(cause.to_string())
    }
}
