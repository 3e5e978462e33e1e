//! Finding a card that will do in any of the readers, and saying meanwhile what is waited for.

use std::time::Duration;

use warifu_card::CardError;
use warifu_card::{ReaderError, ReaderState, Transaction};

use super::Conversation;
use super::card::Found;
use super::events::Events;
use crate::desk::Place;
use crate::prompt::Candidate;
use crate::protocol::{Fault, Progress};

/// How often a card is tried that another program holds or has just reset …
const ATTEMPTS: usize = 4;
/// … and how long to wait in between.
const PAUSE: Duration = Duration::from_millis(300);

/// A search through the readers.
pub(super) struct Search<'a> {
    pub(super) conversation: &'a Conversation,
    pub(super) events: &'a Events,
}

/// A card that did not answer as it should, where it is.
type Refused = (Place, CardError);

impl Search<'_> {
    /// The card that is `wanted` and answers `examine`, as soon as there is one; the person
    /// chooses among several. Cards that do not answer are named to the page and not asked again
    /// until they were pulled out.
    pub(super) async fn find<F>(
        &self,
        wanted: impl Fn(&Place) -> bool,
        examine: F,
    ) -> Result<(Place, Found), Fault>
    where
        F: Fn(&mut dyn Transaction) -> Result<Found, CardError> + Clone + Send + 'static,
    {
        let desk = &self.conversation.desk;
        let (mut refused, mut told) = (Vec::new(), None);
        let mut states = desk.look().await;
        loop {
            let places = states.iter().filter_map(Place::of).filter(&wanted).collect();
            let found = self.answering(places, &mut refused, &examine).await;
            if found.is_empty() {
                self.tell(self.progress(&states, &refused), &mut told).await;
            } else if let Some(one) = self.one_of(found, &states).await? {
                return Ok(one);
            } else {
                told = None;
            }
            states = desk.change(&states).await;
        }
    }

    /// Those of the cards that answer. The others are `refused` until they are pulled out.
    async fn answering<F>(
        &self,
        places: Vec<Place>,
        refused: &mut Vec<Refused>,
        examine: &F,
    ) -> Vec<(Place, Found)>
    where
        F: Fn(&mut dyn Transaction) -> Result<Found, CardError> + Clone + Send + 'static,
    {
        refused.retain(|(known, _)| places.contains(known));
        let mut found = Vec::new();
        for place in places {
            if refused.iter().any(|(known, _)| *known == place) {
                continue;
            }
            match self.examine(&place, examine).await {
                Ok(answer) => found.push((place, answer)),
                Err(error) => refused.push((place, error)),
            }
        }
        found
    }

    /// The one card, or the one that the person chooses; `None` when cards came or went while the
    /// person thought.
    async fn one_of(
        &self,
        mut found: Vec<(Place, Found)>,
        states: &[ReaderState],
    ) -> Result<Option<(Place, Found)>, Fault> {
        let chosen = if found.len() > 1 {
            let candidate = |(place, card): &(Place, Found)| Candidate {
                reader: place.reader.clone(),
                kind: card.kind(),
            };
            let cards = found.iter().map(candidate).collect();
            tokio::select! {
                chosen = self.conversation.choose(self.events, cards) => chosen?,
                _ = self.conversation.desk.change(states) => return Ok(None),
            }
        } else {
            0
        };
        Ok((chosen < found.len()).then(|| found.swap_remove(chosen)))
    }

    async fn examine<F>(&self, place: &Place, examine: &F) -> Result<Found, CardError>
    where
        F: Fn(&mut dyn Transaction) -> Result<Found, CardError> + Clone + Send + 'static,
    {
        let Conversation { desk, turn, .. } = self.conversation;
        let mut result = desk.transact(&place.reader, turn.clone(), examine.clone()).await;
        for _ in 1..ATTEMPTS {
            if !result.as_ref().is_err_and(may_pass) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            result = desk.transact(&place.reader, turn.clone(), examine.clone()).await;
        }
        result
    }

    fn progress(&self, states: &[ReaderState], refused: &[Refused]) -> Progress {
        match refused.iter().find(|(_, error)| !is_gone(error)) {
            _ if states.is_empty() => Progress::NoReader,
            Some((_, error)) => Progress::WrongCard { code: self.code(error) },
            None => Progress::InsertCard,
        }
    }

    /// A card of another kind is told what kind is asked for.
    fn code(&self, error: &CardError) -> &'static str {
        match error {
            CardError::OtherKind => self.conversation.request.methods.wanted(),
            other => other.code(),
        }
    }

    async fn tell(&self, now: Progress, told: &mut Option<Progress>) {
        if told.as_ref() != Some(&now) {
            self.events.progress(&now).await;
            *told = Some(now);
        }
    }
}

fn may_pass(error: &CardError) -> bool {
    matches!(
        error,
        CardError::Reader(ReaderError::Busy | ReaderError::Reset | ReaderError::Failed(_))
    )
}

/// Whether the card was merely pulled out while it was looked at.
fn is_gone(error: &CardError) -> bool {
    matches!(
        error,
        CardError::Reader(ReaderError::Removed | ReaderError::NoCard | ReaderError::NoReader)
    )
}
