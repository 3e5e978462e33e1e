//! Watching the cards of people who are signed in: when one is pulled out, its identity provider
//! is told, which ends the session.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use warifu_card::ReaderState;

use crate::desk::{Desk, Place};
use crate::idp::IdentityProvider;
use crate::notify::{Notifier, Removal};

/// More sessions than a computer has. One too many ends the oldest.
const MOST: usize = 32;

/// The cards that are watched.
#[derive(Default)]
pub(crate) struct Watches {
    watched: Mutex<Vec<Watched>>,
    added: Notify,
}

struct Watched {
    place: Place,
    removal: Removal,
}

impl Watches {
    /// Watches the card at `place`, and reports it with `token`.
    pub(crate) fn add(&self, place: Place, token: String, provider: Arc<IdentityProvider>) {
        self.lock().push(Watched { place, removal: Removal { token, provider } });
        self.added.notify_one();
    }

    /// Whether this very card is being watched.
    pub(crate) fn covers(&self, place: &Place) -> bool {
        self.lock().iter().any(|watched| watched.place == *place)
    }

    /// Watches, and reports removals, for as long as it is polled.
    pub(crate) async fn run(&self, desk: &Desk, notifier: &Notifier) {
        let mut states = Vec::new();
        loop {
            for removal in self.take_ended(&states) {
                notifier.report(removal);
            }
            states = self.next(desk, states).await;
        }
    }

    /// The readers after something changed. Does not poll them while nothing is watched.
    async fn next(&self, desk: &Desk, states: Vec<ReaderState>) -> Vec<ReaderState> {
        if self.lock().is_empty() {
            self.added.notified().await;
            return desk.look().await;
        }
        tokio::select! {
            states = desk.change(&states) => states,
            () = self.added.notified() => desk.look().await,
        }
    }

    fn take_ended(&self, states: &[ReaderState]) -> Vec<Removal> {
        let mut watched = self.lock();
        let surplus = watched.len().saturating_sub(MOST);
        let mut ended: Vec<Watched> = watched.drain(..surplus).collect();
        ended.extend(watched.extract_if(.., |watched| !watched.place.is_in(states)));
        ended.into_iter().map(|watched| watched.removal).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(card_present: bool, event: u64) -> ReaderState {
        ReaderState { name: "one".into(), card_present, event }
    }

    fn place(event: u64) -> Place {
        Place::of(&state(true, event)).unwrap()
    }

    fn watching(events: impl IntoIterator<Item = u64>) -> Watches {
        let watches = Watches::default();
        let provider = Arc::new(crate::idp::tests::provider("https://idp.example"));
        for event in events {
            watches.add(place(event), event.to_string(), Arc::clone(&provider));
        }
        watches
    }

    fn ended(watches: &Watches, now: ReaderState) -> Vec<String> {
        watches.take_ended(&[now]).into_iter().map(|removal| removal.token).collect()
    }

    #[test]
    fn a_card_that_stays_is_left_alone() {
        let watches = watching([5]);
        assert!(ended(&watches, state(true, 5)).is_empty());
        assert!(watches.covers(&place(5)));
    }

    #[test]
    fn out_is_out_even_if_it_came_back_at_once() {
        assert_eq!(ended(&watching([5]), state(false, 6)), ["5"]);
        assert_eq!(ended(&watching([5]), state(true, 7)), ["5"]);
        let no_readers: Vec<Removal> = watching([5]).take_ended(&[]);
        assert_eq!(no_readers.len(), 1);
    }

    #[test]
    fn one_too_many_ends_the_oldest() {
        let watches = watching(std::iter::repeat_n(5, MOST + 2));
        assert_eq!(ended(&watches, state(true, 5)).len(), 2);
        assert_eq!(watches.lock().len(), MOST);
    }
}
