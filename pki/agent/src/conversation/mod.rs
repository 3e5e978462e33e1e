//! One sign-in from the request to the token: the card is found, the person asked, the card signs.

pub(crate) mod card;
pub(crate) mod events;
mod search;

use std::sync::Arc;
use std::time::Duration;

use self::card::{Card, Challenge, Proof};
use self::events::Events;
use self::search::Search;
use crate::desk::{Desk, Place};
use crate::gate::{CardRequest, Method, Turn};
use crate::prompt::{Ending, PinPrompt, PromptError, Question};
use crate::protocol::{Fault, Progress, Token};
use crate::watch::Watches;

/// At so few tries the person must say once more that they want to go on.
const CONSENT_AT: u8 = 1;

/// A sign-in under way.
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
    pub(crate) async fn hold(&self, events: &Events) -> Result<Token, Fault> {
        let steps = async {
            match self.request.method {
                Method::Pin => self.prove_holder(events).await,
                Method::Presence => Ok(self.prove_presence(events).await),
            }
        };
        tokio::time::timeout(self.patience, steps).await.unwrap_or(Err(Fault::Timeout))
    }

    /// The card signs with 9E. A card whose removal is watched belongs to somebody who is signed
    /// in here, so it is not the one that is being shown.
    async fn prove_presence(&self, events: &Events) -> Token {
        let challenge = self.challenge();
        let unwatched = |place: &Place| !self.watches.covers(place);
        let examine = move |card: &mut dyn warifu_card::Transaction| card::attest(card, &challenge);
        self.search(events).find(unwatched, examine).await.1
    }

    /// The card signs with 9A after the PIN.
    async fn prove_holder(&self, events: &Events) -> Result<Token, Fault> {
        let (place, mut card) = self.search(events).find(|_| true, card::look).await;
        self.announce(events, &card).await;
        let mut wrong_before = false;
        while card.tries > 0 {
            let question = self.question(&place, &card, wrong_before);
            let pin = self.while_present(&place, self.ask(&question)).await?;
            match self.show_pin(&place, &card, pin).await? {
                Proof::Signed(signature) => {
                    self.watch(place);
                    return Ok(Token::new(&card.certificate, card.algorithm, &signature));
                }
                Proof::TriesLeft { tries, shown } => {
                    card.tries = tries;
                    wrong_before = shown;
                    if tries > 0 {
                        events.progress(&Progress::PinWrong { tries }).await;
                    }
                }
            }
        }
        Err(Fault::PinBlocked)
    }

    async fn announce(&self, events: &Events, card: &Card) {
        if card.tries > 0 {
            let (prompt, url) = (self.prompt.kind(), self.prompt.url());
            events.progress(&Progress::Pin { tries: card.tries, prompt, url }).await;
        }
    }

    async fn ask(&self, question: &Question) -> Result<warifu_card::Pin, Fault> {
        if question.tries_left <= CONSENT_AT {
            self.prompt.consent(question).await?;
        }
        Ok(self.prompt.pin(question).await?)
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

    async fn show_pin(
        &self,
        place: &Place,
        card: &Card,
        pin: warifu_card::Pin,
    ) -> Result<Proof, Fault> {
        let (card, challenge) = (card.clone(), self.challenge());
        let work = move |transaction: &mut dyn warifu_card::Transaction| {
            card::prove(transaction, &card, &pin, &challenge)
        };
        self.desk.transact(&place.reader, self.turn.clone(), work).await
    }

    fn watch(&self, place: Place) {
        if let Some(token) = &self.request.watch {
            self.watches.add(place, token.clone(), Arc::clone(&self.request.provider));
        }
    }

    fn search<'a>(&'a self, events: &'a Events) -> Search<'a> {
        Search { desk: &self.desk, events, turn: &self.turn }
    }

    /// The origin is the one that the browser named and the gate compared.
    fn challenge(&self) -> Challenge {
        let origin = self.request.provider.origin.clone();
        Challenge { origin, nonce: self.request.nonce.clone() }
    }

    fn question(&self, place: &Place, card: &Card, wrong_before: bool) -> Question {
        Question {
            origin: self.request.provider.origin.clone(),
            relying_party: self.request.relying_party.clone(),
            reader: place.reader.clone(),
            certificate_ends: card.ends(),
            tries_left: card.tries,
            wrong_before,
            language: self.request.language,
        }
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

impl From<&Result<Token, Fault>> for Ending {
    fn from(result: &Result<Token, Fault>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(Fault::PinBlocked) => Self::Blocked,
            Err(Fault::CardRemoved | Fault::CardChanged) => Self::CardGone,
            Err(Fault::Cancelled) => Self::Cancelled,
            Err(_) => Self::Failed,
        }
    }
}
