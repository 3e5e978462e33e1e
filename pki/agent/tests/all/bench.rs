//! The bench on which the agent is tried: an agent on a free port, two virtual readers, a prompt
//! that plays a part, and a clock that stands still.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use warifu_agent::prompt::{Candidate, Choice, Ending, PinPrompt, PromptError, Question, Wanted};
use warifu_agent::{Agent, AgentConfig, PromptKind, Surroundings};
use warifu_card::drawer::VirtualReaders;
use warifu_card::virtual_card::SharedCard;
use warifu_card::{
    PcscReaders, Pin, ReaderError, ReaderState, Readers, Transaction, TransportCode,
};

use crate::idp::{Idp, ORIGIN, now};
use crate::maker::{Maker, PIN};

pub const FIRST: &str = "カードリーダー";
pub const SECOND: &str = "受付のカードリーダー";

pub struct Bench {
    pub idp: Idp,
    pub address: SocketAddr,
    pub readers: VirtualReaders,
    pub touched: Arc<AtomicUsize>,
    pub prompt: Arc<Acted>,
    stop: Option<oneshot::Sender<()>>,
    pub agent: Option<JoinHandle<()>>,
}

impl Bench {
    pub async fn new() -> Self {
        Self::with(|config| config).await
    }

    /// With some of the configuration changed.
    pub async fn with(change: impl FnOnce(AgentConfig) -> AgentConfig) -> Self {
        Self::for_idp(Idp::at(ORIGIN), change).await
    }

    pub async fn for_idp(idp: Idp, change: impl FnOnce(AgentConfig) -> AgentConfig) -> Self {
        let readers = VirtualReaders::new([FIRST, SECOND]);
        Self::over(Arc::new(readers.clone()), readers, idp, change).await
    }

    /// On the readers of a real pcscd.
    pub async fn on_pcscd() -> Self {
        let (real, none) = (Arc::new(PcscReaders::new()), VirtualReaders::new([FIRST]));
        Self::over(real, none, Idp::at(ORIGIN), |config| config).await
    }

    async fn over(
        used: Arc<dyn Readers>,
        readers: VirtualReaders,
        idp: Idp,
        change: impl FnOnce(AgentConfig) -> AgentConfig,
    ) -> Self {
        let touched = Arc::new(AtomicUsize::new(0));
        let counted = Counted { readers: used, touched: Arc::clone(&touched) };
        let listen = vec!["127.0.0.1:0".parse().unwrap()];
        let config = change(AgentConfig { listen, ..AgentConfig::serving(vec![idp.trusted()]) });
        let by_page = config.prompt == PromptKind::Page;
        let random = |bytes: &mut [u8]| openssl::rand::rand_bytes(bytes).unwrap();
        let agent = Agent::bind(config, Arc::new(counted), Surroundings::new(now, random));
        let mut agent = agent.await.unwrap();
        let prompt = Arc::new(Acted::default());
        if !by_page {
            agent = agent.with_prompt(prompt.clone());
        }
        let address = agent.addresses()[0];
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(agent.serve(async { drop(stopped.await) }));
        let (stop, agent) = (Some(stop), Some(serving));
        Self { idp, address, readers, touched, prompt, stop, agent }
    }

    /// With a good card in the first reader, whose holder will type these PINs.
    pub async fn with_card(pins: &[&'static str]) -> Self {
        let bench = Self::new().await;
        bench.insert(FIRST, &Maker::new(1));
        for pin in pins {
            bench.prompt.will(Act::Pin(pin));
        }
        bench
    }

    pub fn insert(&self, reader: &str, card: &Maker) {
        self.readers.insert(reader, card.shared()).unwrap();
    }

    pub fn put(&self, reader: &str, card: SharedCard) {
        self.readers.insert(reader, card).unwrap();
    }

    pub fn right_pin(&self) {
        self.prompt.will(Act::Pin(PIN));
    }

    /// How often a card or the list of readers was asked for.
    pub fn touches(&self) -> usize {
        self.touched.load(Ordering::SeqCst)
    }

    pub fn stop(&mut self) {
        drop(self.stop.take());
    }
}

/// What the person at the prompt does.
pub enum Act {
    Pin(&'static str),
    Code(&'static str),
    /// Takes the card of the reader at this place in the list.
    Card(usize),
    Agree,
    Refuse,
    /// Waits for ever.
    Think,
}

/// A prompt whose person was told beforehand what to do.
#[derive(Default)]
pub struct Acted {
    acts: Mutex<VecDeque<Act>>,
    pub asked: Mutex<Vec<Question>>,
    pub choices: Mutex<Vec<Vec<Candidate>>>,
    pub consents: AtomicUsize,
    pub endings: Mutex<Vec<Ending>>,
    /// Questions that are open.
    pub open: AtomicUsize,
    pub begun: Notify,
}

impl Acted {
    pub fn will(&self, act: Act) {
        self.acts.lock().unwrap().push_back(act);
    }

    /// The next act, when the person was asked something.
    async fn act(&self) -> Result<Act, PromptError> {
        let _open = Open::count(self);
        self.begun.notify_one();
        let act = self.acts.lock().unwrap().pop_front();
        match act {
            Some(Act::Refuse) => Err(PromptError::Cancelled),
            Some(Act::Think) | None => std::future::pending().await,
            Some(act) => Ok(act),
        }
    }

    async fn act_on(&self, question: &Question) -> Result<Act, PromptError> {
        self.asked.lock().unwrap().push(question.clone());
        self.act().await
    }

    /// Waits until no question is open any more.
    pub async fn closed(&self) {
        for _ in 0..500 {
            if self.open.load(Ordering::SeqCst) == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a question stayed open");
    }

    pub fn tries_told(&self) -> Vec<u8> {
        self.asked.lock().unwrap().iter().filter_map(|question| question.tries_left).collect()
    }

    /// What was asked for, in order.
    pub fn wanted(&self) -> Vec<Wanted> {
        self.asked.lock().unwrap().iter().map(|question| question.wanted).collect()
    }
}

struct Open<'a>(&'a Acted);

impl<'a> Open<'a> {
    fn count(prompt: &'a Acted) -> Self {
        prompt.open.fetch_add(1, Ordering::SeqCst);
        Self(prompt)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl PinPrompt for Acted {
    fn kind(&self) -> PromptKind {
        PromptKind::Terminal
    }

    fn pin<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Pin, PromptError>> {
        Box::pin(async {
            match self.act_on(question).await? {
                Act::Pin(digits) => Ok(Pin::of(question.card.pin_form(), digits).unwrap()),
                _ => panic!("a PIN was asked for"),
            }
        })
    }

    fn code<'a>(
        &'a self,
        question: &'a Question,
    ) -> BoxFuture<'a, Result<TransportCode, PromptError>> {
        Box::pin(async {
            match self.act_on(question).await? {
                Act::Code(digits) => Ok(TransportCode::new(digits).unwrap()),
                _ => panic!("the code was asked for"),
            }
        })
    }

    fn choose<'a>(&'a self, choice: &'a Choice) -> BoxFuture<'a, Result<usize, PromptError>> {
        Box::pin(async {
            self.choices.lock().unwrap().push(choice.cards.clone());
            match self.act().await? {
                Act::Card(place) => Ok(place),
                _ => panic!("a card was asked for"),
            }
        })
    }

    fn consent<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<(), PromptError>> {
        Box::pin(async {
            self.consents.fetch_add(1, Ordering::SeqCst);
            match self.act_on(question).await? {
                Act::Agree => Ok(()),
                _ => panic!("consent was asked for"),
            }
        })
    }

    fn finished(&self, ending: Ending) {
        self.endings.lock().unwrap().push(ending);
    }
}

/// Readers that count how often they are used.
struct Counted {
    readers: Arc<dyn Readers>,
    touched: Arc<AtomicUsize>,
}

impl Counted {
    fn count(&self) -> &dyn Readers {
        self.touched.fetch_add(1, Ordering::SeqCst);
        self.readers.as_ref()
    }
}

impl Readers for Counted {
    fn list(&self) -> Result<Vec<ReaderState>, ReaderError> {
        self.count().list()
    }

    fn wait_for_change(&self, known: &[ReaderState], limit: Duration) -> Result<bool, ReaderError> {
        self.count().wait_for_change(known, limit)
    }

    fn begin(&self, reader: &str) -> Result<Box<dyn Transaction>, ReaderError> {
        self.count().begin(reader)
    }
}
