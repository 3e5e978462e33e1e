//! The PIN on a page of the agent's own, for computers without a pinentry and for demonstrations.
//!
//! There is at most one question at a time. Every change of what is shown raises the version,
//! which the page's script waits for.

pub(crate) mod routes;
mod steps;

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use tokio::sync::{oneshot, watch};
use warifu_card::{Pin, TransportCode};

use super::{Choice, Ending, PinPrompt, PromptError, Question};
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
    pub(crate) asking: Asking,
    /// Whether the text typed before was none by its form.
    pub(crate) malformed: bool,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asking {
    /// A PIN, or the code of the letter.
    Secret(Question),
    /// Whether to go on although it is the last try.
    Consent(Question),
    /// One of several cards.
    Card(Choice),
}

impl Asking {
    pub(crate) const fn language(&self) -> Language {
        match self {
            Self::Secret(question) | Self::Consent(question) => question.language,
            Self::Card(choice) => choice.language,
        }
    }

    /// The question, unless it is about several cards.
    pub(crate) const fn question(&self) -> Option<&Question> {
        match self {
            Self::Secret(question) | Self::Consent(question) => Some(question),
            Self::Card(_) => None,
        }
    }

    pub(crate) const fn choice(&self) -> Option<&Choice> {
        match self {
            Self::Card(choice) => Some(choice),
            Self::Secret(_) | Self::Consent(_) => None,
        }
    }

    pub(crate) const fn is_consent(&self) -> bool {
        matches!(self, Self::Consent(_))
    }

    /// Whether it is a PIN, but one of another kind of card's by its form.
    fn is_other_pin(&self, answer: &Answer) -> bool {
        matches!((answer, self), (Answer::Pin(pin), Self::Secret(question))
            if !question.is_for_code() && !pin.is_of(question.pin_form()))
    }

    fn takes(&self, answer: &Answer) -> bool {
        match (answer, self) {
            (Answer::No, _) | (Answer::Yes, Self::Consent(_)) => true,
            (Answer::Pin(pin), Self::Secret(question)) => {
                !question.is_for_code() && pin.is_of(question.pin_form())
            }
            (Answer::Code(_), Self::Secret(question)) => question.is_for_code(),
            (Answer::Card(place), Self::Card(choice)) => *place < choice.cards.len(),
            _ => false,
        }
    }
}

/// What the person said.
#[derive(Debug)]
pub(crate) enum Answer {
    Pin(Pin),
    Code(TransportCode),
    Card(usize),
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
        if !asked.asking.takes(&answer) {
            if asked.asking.is_other_pin(&answer) {
                let again = Asked { malformed: true, ..asked.clone() };
                self.show(&mut state, Showing::Question(again));
            }
            return false;
        }
        let checking = Showing::Checking(asked.asking.language());
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

    async fn ask(&self, asking: Asking) -> Result<Answer, PromptError> {
        let id = self.surroundings.token();
        let (reply, answer) = oneshot::channel();
        {
            let mut state = self.lock();
            state.reply = Some(reply);
            let asked = Asked { id: id.clone(), asking, malformed: false };
            self.show(&mut state, Showing::Question(asked));
        }
        let _withdraw = Withdraw { prompt: self, id };
        answer.await.map_err(|_| PromptError::failed("superseded"))
    }

    fn withdraw(&self, id: &str) {
        let mut state = self.lock();
        if let Some(asked) = asked(&state.showing, id) {
            let withdrawn = Showing::Withdrawn(asked.asking.language());
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
            match self.ask(Asking::Secret(question.clone())).await? {
                Answer::Pin(pin) => Ok(pin),
                _ => Err(PromptError::Cancelled),
            }
        })
    }

    fn code<'a>(
        &'a self,
        question: &'a Question,
    ) -> BoxFuture<'a, Result<TransportCode, PromptError>> {
        Box::pin(async {
            match self.ask(Asking::Secret(question.clone())).await? {
                Answer::Code(code) => Ok(code),
                _ => Err(PromptError::Cancelled),
            }
        })
    }

    fn choose<'a>(&'a self, choice: &'a Choice) -> BoxFuture<'a, Result<usize, PromptError>> {
        Box::pin(async {
            match self.ask(Asking::Card(choice.clone())).await? {
                Answer::Card(place) => Ok(place),
                _ => Err(PromptError::Cancelled),
            }
        })
    }

    fn consent<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<(), PromptError>> {
        Box::pin(async {
            match self.ask(Asking::Consent(question.clone())).await? {
                Answer::Yes => Ok(()),
                _ => Err(PromptError::Cancelled),
            }
        })
    }

    fn finished(&self, ending: Ending) {
        let mut state = self.lock();
        let language = match &state.showing {
            Showing::Question(asked) => asked.asking.language(),
            Showing::Checking(language) | Showing::Withdrawn(language) => *language,
            Showing::Nothing | Showing::Ended(..) => return,
        };
        self.show(&mut state, Showing::Ended(ending, language));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::question::tests::{choice, code_question, jpki_question, question};
    use std::sync::Arc;
    use warifu_card::PinForm;

    fn prompt() -> Arc<PagePrompt> {
        let counter = std::sync::atomic::AtomicU8::new(0);
        let fill = move |bytes: &mut [u8]| {
            bytes.fill(counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
        };
        let surroundings = Surroundings::new(|| jiff::Timestamp::UNIX_EPOCH, fill);
        Arc::new(PagePrompt::new("http://127.0.0.1:1/pin".into(), surroundings))
    }

    async fn ask(
        prompt: &Arc<PagePrompt>,
        asking: Asking,
    ) -> (tokio::task::JoinHandle<bool>, String) {
        let prompted = Arc::clone(prompt);
        let seen = prompt.showing().1;
        let task = tokio::spawn(async move {
            match &asking {
                Asking::Secret(question) if question.is_for_code() => {
                    prompted.code(question).await.is_ok()
                }
                Asking::Secret(question) => prompted.pin(question).await.is_ok(),
                Asking::Consent(question) => prompted.consent(question).await.is_ok(),
                Asking::Card(choice) => prompted.choose(choice).await.is_ok(),
            }
        });
        prompt.changed(seen).await;
        let Showing::Question(asked) = prompt.showing().0 else { panic!("no question") };
        (task, asked.id)
    }

    fn pin() -> Answer {
        Answer::Pin(Pin::new("123456").unwrap())
    }

    fn code() -> Answer {
        Answer::Code(TransportCode::new("48261937").unwrap())
    }

    #[tokio::test]
    async fn only_the_question_that_is_asked_can_be_answered_and_only_once() {
        let prompt = prompt();
        let (task, id) = ask(&prompt, Asking::Secret(question())).await;
        assert!(!prompt.answer("00", pin()) || id == "00");
        for other in [Answer::Yes, code(), Answer::Card(0)] {
            assert!(!prompt.answer(&id, other), "not what was asked for");
        }
        assert!(prompt.answer(&id, pin()));
        assert!(task.await.unwrap());
        assert!(!prompt.answer(&id, Answer::No));
        assert!(matches!(prompt.showing().0, Showing::Checking(_)));
    }

    #[tokio::test]
    async fn a_pin_of_another_kind_of_card_is_asked_for_again() {
        let prompt = prompt();
        let (task, id) = ask(&prompt, Asking::Secret(jpki_question())).await;
        assert!(!prompt.answer(&id, pin()));
        assert!(matches!(prompt.showing().0, Showing::Question(asked) if asked.malformed));
        assert!(prompt.answer(&id, Answer::Pin(Pin::of(PinForm::Jpki, "2718").unwrap())));
        assert!(task.await.unwrap());
    }

    #[tokio::test]
    async fn no_is_no_and_yes_is_consent() {
        let prompt = prompt();
        let (task, id) = ask(&prompt, Asking::Consent(question())).await;
        assert!(prompt.answer(&id, Answer::Yes));
        assert!(task.await.unwrap());
        let (task, id) = ask(&prompt, Asking::Consent(question())).await;
        assert!(prompt.answer(&id, Answer::No));
        assert!(!task.await.unwrap());
    }

    #[tokio::test]
    async fn codes_and_cards_have_answers_of_their_own() {
        let prompt = prompt();
        let (task, id) = ask(&prompt, Asking::Secret(code_question())).await;
        assert!(!prompt.answer(&id, pin()));
        assert!(prompt.answer(&id, code()));
        assert!(task.await.unwrap());
        let (task, id) = ask(&prompt, Asking::Card(choice())).await;
        assert!(!prompt.answer(&id, Answer::Card(2)), "there are two");
        assert!(prompt.answer(&id, Answer::Card(1)));
        assert!(task.await.unwrap());
    }

    #[tokio::test]
    async fn a_dropped_question_is_taken_back() {
        let prompt = prompt();
        let (task, id) = ask(&prompt, Asking::Secret(question())).await;
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
