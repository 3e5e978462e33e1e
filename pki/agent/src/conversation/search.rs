//! Finding a card that will do, and saying meanwhile what is waited for.

use std::time::Duration;

use warifu_card::piv::PivError;
use warifu_card::{ReaderError, ReaderState, Transaction};

use super::events::Events;
use crate::desk::{Desk, Place};
use crate::gate::Turn;
use crate::protocol::Progress;

/// How often a card is tried that another program holds or has just reset …
const ATTEMPTS: usize = 4;
/// … and how long to wait in between.
const PAUSE: Duration = Duration::from_millis(300);

/// A search through the readers.
pub(super) struct Search<'a> {
    pub(super) desk: &'a Desk,
    pub(super) events: &'a Events,
    pub(super) turn: &'a Turn,
}

impl Search<'_> {
    /// The first card that is `wanted` and answers `examine`, as soon as there is one. Cards that
    /// do not answer are named to the page and not asked again until they were pulled out.
    pub(super) async fn find<T, F>(&self, wanted: impl Fn(&Place) -> bool, examine: F) -> (Place, T)
    where
        T: Send + 'static,
        F: Fn(&mut dyn Transaction) -> Result<T, PivError> + Clone + Send + 'static,
    {
        let mut refused: Vec<(Place, PivError)> = Vec::new();
        let mut told = None;
        let mut states = self.desk.look().await;
        loop {
            refused.retain(|(place, _)| place.is_in(&states));
            for place in states.iter().filter_map(Place::of).filter(&wanted) {
                if refused.iter().any(|(known, _)| *known == place) {
                    continue;
                }
                match self.examine(&place, &examine).await {
                    Ok(found) => return (place, found),
                    Err(error) => refused.push((place, error)),
                }
            }
            self.tell(progress(&states, &refused), &mut told).await;
            states = self.desk.change(&states).await;
        }
    }

    async fn examine<T, F>(&self, place: &Place, examine: &F) -> Result<T, PivError>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Transaction) -> Result<T, PivError> + Clone + Send + 'static,
    {
        let mut result =
            self.desk.transact(&place.reader, self.turn.clone(), examine.clone()).await;
        for _ in 1..ATTEMPTS {
            if !result.as_ref().is_err_and(may_pass) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            result = self.desk.transact(&place.reader, self.turn.clone(), examine.clone()).await;
        }
        result
    }

    async fn tell(&self, now: Progress, told: &mut Option<Progress>) {
        if told.as_ref() != Some(&now) {
            self.events.progress(&now).await;
            *told = Some(now);
        }
    }
}

fn may_pass(error: &PivError) -> bool {
    matches!(
        error,
        PivError::Reader(ReaderError::Busy | ReaderError::Reset | ReaderError::Failed(_))
    )
}

fn progress(states: &[ReaderState], refused: &[(Place, PivError)]) -> Progress {
    match refused.iter().find(|(_, error)| !is_gone(error)) {
        _ if states.is_empty() => Progress::NoReader,
        Some((_, error)) => Progress::WrongCard { code: code(error) },
        None => Progress::InsertCard,
    }
}

/// Whether the card was merely pulled out while it was looked at.
fn is_gone(error: &PivError) -> bool {
    matches!(
        error,
        PivError::Reader(ReaderError::Removed | ReaderError::NoCard | ReaderError::NoReader)
    )
}

fn code(error: &PivError) -> &'static str {
    match error {
        PivError::NotPiv => "card.unknown",
        other => other.code(),
    }
}
