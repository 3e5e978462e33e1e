//! The seam where the person is asked: for the PIN, and for consent before the last try.
//!
//! Dropping the future of a question takes the question back; the window must then go away.

mod assuan;
pub(crate) mod page;
mod pinentry;
#[cfg(test)]
mod pty;
mod terminal;

use futures::future::BoxFuture;
use jiff::Timestamp;
use warifu_card::Pin;

pub use page::PagePrompt;
pub use pinentry::Pinentry;
pub use terminal::Terminal;

use crate::config::PromptKind;
use crate::words::Language;

/// Asks the person.
pub trait PinPrompt: Send + Sync {
    /// Which kind this is.
    fn kind(&self) -> PromptKind;

    /// Where the person finds the question, if it is a page.
    fn url(&self) -> Option<String> {
        None
    }

    /// Asks for the PIN. What is no PIN by its form is asked for again without costing a try.
    fn pin<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Pin, PromptError>>;

    /// Asks whether to go on although this try is the last before the card blocks itself.
    /// `Ok` is yes.
    fn consent<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<(), PromptError>>;

    /// The sign-in is over; what is still shown may say so.
    fn finished(&self, _ending: Ending) {}
}

/// What the person needs to know to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The origin of the identity provider that asks.
    pub origin: String,
    /// The name of the service the person wants to enter.
    pub relying_party: String,
    /// The reader that the card is in.
    pub reader: String,
    /// When the certificate on the card ends, where it can be read.
    pub certificate_ends: Option<Timestamp>,
    /// How many wrong PINs the card still bears, at least 1.
    pub tries_left: u8,
    /// Whether the PIN before this was wrong.
    pub wrong_before: bool,
    /// The language of the page the person comes from.
    pub language: Language,
}

/// How a sign-in ended, as far as the person at the prompt is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It worked.
    Done,
    /// The card is blocked.
    Blocked,
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

impl Question {
    /// The lines that a prompt without layout shows above its input.
    pub(crate) fn description(&self) -> String {
        let language = self.language;
        let mut lines = vec![
            language.tell("prompt-service", &[("name", self.relying_party.as_str().into())]),
            language.tell("prompt-origin", &[("origin", self.origin.as_str().into())]),
            language.tell("prompt-reader", &[("reader", self.reader.as_str().into())]),
        ];
        lines.extend(self.certificate_ends.map(|ends| {
            language.tell("prompt-certificate", &[("day", language.day(ends).into())])
        }));
        lines.push(self.tries());
        lines.join("\n")
    }

    /// "あと2回 入力できます".
    pub(crate) fn tries(&self) -> String {
        self.language.tell("tries-left", &[("tries", self.tries_left.into())])
    }

    /// What to say about the try before, if it failed.
    pub(crate) fn complaint(&self, malformed: bool) -> Option<String> {
        match (malformed, self.wrong_before) {
            (true, _) => Some(self.language.say("pin-format")),
            (false, true) => Some(self.language.say("pin-wrong")),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn question() -> Question {
        Question {
            origin: "https://idp.example".into(),
            relying_party: "割符ポータル 100%".into(),
            reader: "Virtual Reader 1".into(),
            certificate_ends: Some("2027-01-16T15:00:00Z".parse().unwrap()),
            tries_left: 3,
            wrong_before: false,
            language: Language::Ja,
        }
    }

    #[test]
    fn the_description_says_who_for_what_until_when_and_how_often() {
        let text = question().description();
        for part in
            ["割符ポータル", "https://idp.example", "Virtual Reader 1", "2027年1月17日", "あと3回"]
        {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }
}
