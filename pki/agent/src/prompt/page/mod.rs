//! The PIN on a page of the agent's own, for computers without a pinentry and for demonstrations.
//!
//! There is at most one question at a time. Every change of what is shown raises the version,
//! which the page's script waits for.

pub(crate) mod routes;

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use tokio::sync::{oneshot, watch};
use warifu_card::Pin;

use super::{Ending, PinPrompt, PromptError, Question};
use crate::config::PromptKind;
use crate::surroundings::Surroundings;
use crate::words::Language;

/// Asks on a page of the agent's own.
pub struct PagePrompt {
    url: String,
    surroundings: Surroundings,
    state: Mutex<State>,
    version: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    showing: Showing,
    reply: Option<oneshot::Sender<Answer>>,
}

/// What the page shows.
#[derive(Debug, Clone, Default)]
pub(crate) enum Showing {
    /// Nothing has been asked since the start.
    #[default]
    Nothing,
    /// A question that waits for its answer.
    Question(Asked),
    /// The card is looking at the answer.
    Checking(Language),
    /// The question was taken back; why is not known yet.
    Withdrawn(Language),
    /// The sign-in is over.
    Ended(Ending, Language),
}

/// A question with the name that its answer must carry.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) id: String,
    pub(crate) what: What,
    pub(crate) question: Question,
    /// Whether the text typed before was no PIN by its form.
    pub(crate) malformed: bool,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Pin,
    Consent,
}

/// What the person said.
#[derive(Debug)]
pub(crate) enum Answer {
    Pin(Pin),
    Yes,
    No,
}

impl PagePrompt {
    /// A prompt whose page is at `url`.
    pub(crate) fn new(url: String, surroundings: Surroundings) -> Self {
        let (version, _) = watch::channel(0);
        Self { url, surroundings, state: Mutex::default(), version }
    }

    /// What to show, and its version.
    pub(crate) fn showing(&self) -> (Showing, u64) {
        let state = self.lock();
        (state.showing.clone(), *self.version.borrow())
    }

    /// Waits until the version is another than `seen`.
    pub(crate) async fn changed(&self, seen: u64) {
        let mut version = self.version.subscribe();
        // The sender lives as long as we do.
        let _ = version.wait_for(|now| *now != seen).await;
    }

    /// Hands the answer to the question of this name. `false` when it is no longer asked, or
    /// something else is.
    pub(crate) fn answer(&self, id: &str, answer: Answer) -> bool {
        let mut state = self.lock();
        let Some(asked) = asked(&state.showing, id) else {
            return false;
        };
        if !fits(asked.what, &answer) {
            return false;
        }
        let checking = Showing::Checking(asked.question.language);
        let sent = state.reply.take().is_some_and(|reply| reply.send(answer).is_ok());
        self.show(&mut state, checking);
        sent
    }

    /// Asks the question of this name again, because the answer was no PIN by its form.
    pub(crate) fn ask_again(&self, id: &str) {
        let mut state = self.lock();
        if let Some(asked) = asked(&state.showing, id) {
            let again = Showing::Question(Asked { malformed: true, ..asked.clone() });
            self.show(&mut state, again);
        }
    }

    async fn ask(&self, what: What, question: &Question) -> Result<Answer, PromptError> {
        let id = self.surroundings.token();
        let (reply, answer) = oneshot::channel();
        {
            let mut state = self.lock();
            state.reply = Some(reply);
            let question = question.clone();
            let asked = Asked { id: id.clone(), what, question, malformed: false };
            self.show(&mut state, Showing::Question(asked));
        }
        let _withdraw = Withdraw { prompt: self, id };
        answer.await.map_err(|_| PromptError::failed("superseded"))
    }

    fn withdraw(&self, id: &str) {
        let mut state = self.lock();
        if let Some(asked) = asked(&state.showing, id) {
            let withdrawn = Showing::Withdrawn(asked.question.language);
            state.reply = None;
            self.show(&mut state, withdrawn);
        }
    }

    fn show(&self, state: &mut State, showing: Showing) {
        state.showing = showing;
        self.version.send_modify(|version| *version += 1);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn asked<'a>(showing: &'a Showing, id: &str) -> Option<&'a Asked> {
    match showing {
        Showing::Question(asked) if asked.id == id => Some(asked),
        _ => None,
    }
}

fn fits(what: What, answer: &Answer) -> bool {
    match answer {
        Answer::No => true,
        Answer::Pin(_) => what == What::Pin,
        Answer::Yes => what == What::Consent,
    }
}

/// Takes a question back when nobody waits for its answer any more.
struct Withdraw<'a> {
    prompt: &'a PagePrompt,
    id: String,
}

impl Drop for Withdraw<'_> {
    fn drop(&mut self) {
        self.prompt.withdraw(&self.id);
    }
}

impl PinPrompt for PagePrompt {
    fn kind(&self) -> PromptKind {
        PromptKind::Page
    }

    fn url(&self) -> Option<String> {
        Some(self.url.clone())
    }

    fn pin<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Pin, PromptError>> {
        Box::pin(async {
            match self.ask(What::Pin, question).await? {
                Answer::Pin(pin) => Ok(pin),
                Answer::Yes | Answer::No => Err(PromptError::Cancelled),
            }
        })
    }

    fn consent<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<(), PromptError>> {
        Box::pin(async {
            match self.ask(What::Consent, question).await? {
                Answer::Yes => Ok(()),
                Answer::Pin(_) | Answer::No => Err(PromptError::Cancelled),
            }
        })
    }

    fn finished(&self, ending: Ending) {
        let mut state = self.lock();
        let language = match &state.showing {
            Showing::Question(asked) => asked.question.language,
            Showing::Checking(language) | Showing::Withdrawn(language) => *language,
            Showing::Nothing | Showing::Ended(..) => return,
        };
        self.show(&mut state, Showing::Ended(ending, language));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::tests::question;
    use std::sync::Arc;

    fn prompt() -> Arc<PagePrompt> {
        let counter = std::sync::atomic::AtomicU8::new(0);
        let fill = move |bytes: &mut [u8]| {
            bytes.fill(counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
        };
        let surroundings = Surroundings::new(|| jiff::Timestamp::UNIX_EPOCH, fill);
        Arc::new(PagePrompt::new("http://127.0.0.1:1/pin".into(), surroundings))
    }

    async fn ask(prompt: &Arc<PagePrompt>, what: What) -> (tokio::task::JoinHandle<bool>, String) {
        let asking = Arc::clone(prompt);
        let seen = prompt.showing().1;
        let task = tokio::spawn(async move {
            match what {
                What::Pin => asking.pin(&question()).await.is_ok(),
                What::Consent => asking.consent(&question()).await.is_ok(),
            }
        });
        prompt.changed(seen).await;
        let Showing::Question(asked) = prompt.showing().0 else { panic!("no question") };
        (task, asked.id)
    }

    #[tokio::test]
    async fn only_the_question_that_is_asked_can_be_answered_and_only_once() {
        let prompt = prompt();
        let (task, id) = ask(&prompt, What::Pin).await;
        assert!(!prompt.answer("00", Answer::Pin(Pin::new("123456").unwrap())) || id == "00");
        assert!(!prompt.answer(&id, Answer::Yes), "consent is no PIN");
        assert!(prompt.answer(&id, Answer::Pin(Pin::new("123456").unwrap())));
        assert!(task.await.unwrap());
        assert!(!prompt.answer(&id, Answer::No));
        assert!(matches!(prompt.showing().0, Showing::Checking(_)));
    }

    #[tokio::test]
    async fn no_is_no_and_yes_is_consent() {
        let prompt = prompt();
        let (task, id) = ask(&prompt, What::Consent).await;
        assert!(prompt.answer(&id, Answer::Yes));
        assert!(task.await.unwrap());
        let (task, id) = ask(&prompt, What::Consent).await;
        assert!(prompt.answer(&id, Answer::No));
        assert!(!task.await.unwrap());
    }

    #[tokio::test]
    async fn a_dropped_question_is_taken_back() {
        let prompt = prompt();
        let (task, id) = ask(&prompt, What::Pin).await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert!(matches!(prompt.showing().0, Showing::Withdrawn(_)));
        assert!(!prompt.answer(&id, Answer::No));
        prompt.finished(Ending::CardGone);
        assert!(matches!(prompt.showing().0, Showing::Ended(Ending::CardGone, _)));
    }

    #[tokio::test]
    async fn a_sign_in_that_asked_nothing_changes_nothing() {
        let prompt = prompt();
        prompt.finished(Ending::Done);
        assert_eq!(prompt.showing().1, 0);
    }
}
