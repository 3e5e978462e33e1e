//! One conversation from the request to the token: the card is found, the person asked, the card
//! signs. Signing in, choosing the PIN of a new card and changing it differ only in what is asked.

pub(crate) mod card;
pub(crate) mod events;
mod person;
mod search;

use std::sync::Arc;
use std::time::Duration;

use warifu_card::PkiKind;

use self::card::{Attempt, Card, Challenge, Found, Proof};
use self::events::Events;
use self::person::Person;
use self::search::Search;
use crate::desk::{Desk, Place};
use crate::gate::{CardRequest, Turn};
use crate::method::Method;
use crate::prompt::{Candidate, Choice, Complaint, Ending, PinPrompt, PromptError};
use crate::protocol::{Asker, Fault, Outcome, Progress, Token};
use crate::purpose::Purpose;
use crate::watch::Watches;

/// How much longer it may take to fetch a letter and think of a PIN.
const TO_THINK: Duration = Duration::from_mins(5);

/// A conversation under way.
pub(crate) struct Conversation {
    pub(crate) request: CardRequest,
    pub(crate) turn: Turn,
    pub(crate) desk: Desk,
    pub(crate) prompt: Arc<dyn PinPrompt>,
    pub(crate) watches: Arc<Watches>,
    pub(crate) patience: Duration,
}

impl Conversation {
    /// Holds the conversation to its end. Dropping it calls everything off: the question to the
    /// person at once, the card as soon as its transaction ends.
    pub(crate) async fn hold(&self, events: &Events) -> Result<Outcome, Fault> {
        let steps = async {
            match self.find(events).await? {
                (place, Found::Locked(card)) => self.prove_holder(events, place, card).await,
                (place, Found::Answered(_, outcome)) => {
                    self.watch(place);
                    Ok(outcome)
                }
            }
        };
        tokio::time::timeout(self.patience(), steps).await.unwrap_or(Err(Fault::Timeout))
    }

    fn patience(&self) -> Duration {
        match self.request.purpose {
            Purpose::SignIn => self.patience,
            Purpose::Activate | Purpose::ChangePin => self.patience + TO_THINK,
        }
    }

    /// A card whose removal is watched belongs to somebody who is signed in here, so it is not the
    /// one that is being shown.
    async fn find(&self, events: &Events) -> Result<(Place, Found), Fault> {
        let shown = self.is_presence();
        let wanted = |place: &Place| !shown || !self.watches.covers(place);
        let (methods, challenge) = (self.request.methods.clone(), self.challenge());
        let purpose = self.request.purpose;
        let examine = move |card: &mut dyn warifu_card::Transaction| {
            card::look(card, &methods, purpose, &challenge)
        };
        Search { conversation: self, events }.find(wanted, examine).await
    }

    /// Whether a card is merely shown, at a desk where somebody else is signed in.
    fn is_presence(&self) -> bool {
        self.request.methods.include(Method::PivPresence)
    }

    /// The card signs after the PIN, which the person may choose before.
    async fn prove_holder(
        &self,
        events: &Events,
        place: Place,
        mut card: Card,
    ) -> Result<Outcome, Fault> {
        self.announce(events, &card).await;
        let mut person = Person::new(self, events, &place, &card);
        let mut complaint = None;
        while card.tries != Some(0) {
            let attempt = self.while_present(&place, person.asked(card.tries, complaint)).await?;
            match self.show(&place, &card, attempt).await? {
                Proof::Signed(signature) => {
                    self.watch(place);
                    let token = Token::new(&card.certificate, card.algorithm, &signature);
                    return Ok(Outcome::Token(token));
                }
                Proof::TriesLeft { tries, shown } => {
                    card.tries = Some(tries);
                    complaint = shown.then_some(Complaint::Wrong);
                    self.tell_wrong(events, tries).await;
                }
            }
        }
        Err(self.blocked(card.kind))
    }

    async fn announce(&self, events: &Events, card: &Card) {
        let (at, tries) = (self.asker(), card.tries);
        let progress = match (self.request.purpose, tries) {
            (_, Some(0)) => return,
            (Purpose::Activate, tries) => Progress::Code { tries, at },
            (_, tries) => Progress::Pin { tries: tries.unwrap_or_default(), at },
        };
        events.progress(&progress).await;
    }

    async fn tell_wrong(&self, events: &Events, tries: u8) {
        let progress = match self.request.purpose {
            _ if tries == 0 => return,
            Purpose::Activate => Progress::CodeWrong { tries },
            Purpose::SignIn | Purpose::ChangePin => Progress::PinWrong { tries },
        };
        events.progress(&progress).await;
    }

    fn blocked(&self, kind: PkiKind) -> Fault {
        match self.request.purpose {
            Purpose::Activate => Fault::CodeBlocked,
            Purpose::SignIn | Purpose::ChangePin => Fault::PinBlocked(kind),
        }
    }

    fn asker(&self) -> Asker {
        Asker { prompt: self.prompt.kind(), url: self.prompt.url() }
    }

    /// Does `asking`, unless the card is pulled out before it is done.
    async fn while_present<T>(
        &self,
        place: &Place,
        asking: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        tokio::select! {
            answer = asking => answer,
            () = self.desk.gone(place) => Err(Fault::CardRemoved),
        }
    }

    async fn show(&self, place: &Place, card: &Card, attempt: Attempt) -> Result<Proof, Fault> {
        let (card, challenge) = (card.clone(), self.challenge());
        let purpose = self.request.purpose;
        let work = move |transaction: &mut dyn warifu_card::Transaction| {
            card::prove(transaction, &card, purpose, &attempt, &challenge)
        };
        self.desk.transact(&place.reader, self.turn.clone(), work).await
    }

    fn watch(&self, place: Place) {
        if let Some(token) = self.request.watch.as_ref().filter(|_| !self.is_presence()) {
            self.watches.add(place, token.clone(), Arc::clone(&self.request.provider));
        }
    }

    /// Asks which of these cards to use.
    async fn choose(&self, events: &Events, cards: Vec<Candidate>) -> Result<usize, Fault> {
        events.progress(&Progress::ChooseCard { at: self.asker() }).await;
        let choice = Choice {
            origin: self.request.provider.origin.clone(),
            relying_party: self.request.relying_party.clone(),
            purpose: self.request.purpose,
            cards,
            language: self.request.language,
        };
        Ok(self.prompt.choose(&choice).await?)
    }

    /// The origin is the one that the browser named and the gate compared.
    fn challenge(&self) -> Challenge {
        let origin = self.request.provider.origin.clone();
        Challenge { origin, nonce: self.request.nonce.clone() }
    }
}

impl From<PromptError> for Fault {
    fn from(error: PromptError) -> Self {
        match error {
            PromptError::Cancelled => Self::Cancelled,
            PromptError::Failed(cause) => {
                tracing::warn!(%cause, "the PIN prompt failed");
                Self::PromptFailed
            }
        }
    }
}

impl From<&Result<Outcome, Fault>> for Ending {
    fn from(result: &Result<Outcome, Fault>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(Fault::PinBlocked(kind)) => Self::Blocked(*kind),
            Err(Fault::CodeBlocked) => Self::Lost,
            Err(Fault::CardRemoved | Fault::CardChanged) => Self::CardGone,
            Err(Fault::Cancelled) => Self::Cancelled,
            Err(_) => Self::Failed,
        }
    }
}
