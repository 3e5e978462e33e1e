//! Which events an erasure takes the payloads of, as its own event names them: `7`, `9-12`.

use std::ops::RangeInclusive;

use crate::action::Action;
use crate::error::LogError;
use crate::event::{Actor, Event, Outcome};

/// Events erased at once: their names must fit into one event, and the commit stays short.
pub(crate) const MOST: usize = 400;

/// Runs of neighbouring indices, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Runs(Vec<RangeInclusive<u64>>);

impl Runs {
    /// Puts neighbours together.
    pub fn of(mut indices: Vec<u64>) -> Self {
        indices.sort_unstable();
        indices.dedup();
        let mut runs: Vec<RangeInclusive<u64>> = Vec::new();
        for index in indices {
            match runs.last_mut() {
                Some(run) if run.end().checked_add(1) == Some(index) => *run = *run.start()..=index,
                _ => runs.push(index..=index),
            }
        }
        Self(runs)
    }

    /// Reads what an erasure's event names; what is no run is passed over.
    pub fn named(names: &[String]) -> Self {
        let run = |name: &String| {
            let (first, last) = name.split_once('-').unwrap_or((name, name));
            Some(first.parse().ok()?..=last.parse().ok()?)
        };
        Self(names.iter().filter_map(run).collect())
    }

    /// As an event names them.
    pub fn names(&self) -> Vec<String> {
        let name = |run: &RangeInclusive<u64>| match (run.start(), run.end()) {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        };
        self.0.iter().map(name).collect()
    }

    /// First and last of each.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter().map(|run| (*run.start(), *run.end()))
    }
}

/// The event of erasing `runs`, by whom the log belongs to, on this `ground`.
pub(crate) fn event(runs: &Runs, client: &str, ground: &str) -> Event {
    Event {
        action: Action::EventsErased,
        actor: Actor::Party { name: client.to_owned() },
        asked: runs.names(),
        check_number: None,
        client: client.to_owned(),
        ground: Some(ground.to_owned()),
        outcome: Outcome::Done,
        purpose: None,
        source: None,
        subject: None,
    }
}

/// Which events have lost their payloads, and for which of them an erasure accounts: one bit for
/// each event, so that the auditor's memory stays small (12 MB for 100 million).
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    open: Vec<u64>,
    erased: u64,
}

impl Ledger {
    /// An event without payload.
    pub fn erased(&mut self, index: u64) -> Result<(), LogError> {
        let word = usize::try_from(index / 64).map_err(LogError::altered)?;
        if self.open.len() <= word {
            self.open.resize(word + 1, 0);
        }
        if let Some(bits) = self.open.get_mut(word) {
            *bits |= 1 << (index % 64);
        }
        self.erased += 1;
        Ok(())
    }

    /// An erasure accounts for `runs`, as far as they stand before it.
    pub fn account(&mut self, runs: &Runs) {
        let length = u64::try_from(self.open.len()).unwrap_or(u64::MAX);
        for (first, last) in runs.iter() {
            for word in first / 64..=(last / 64).min(length.saturating_sub(1)) {
                let place = usize::try_from(word).ok().and_then(|word| self.open.get_mut(word));
                if let Some(bits) = place {
                    *bits &= !mask(word, first, last);
                }
            }
        }
    }

    /// Events without payload.
    pub fn count(&self) -> u64 {
        self.erased
    }

    /// The first event whose payload is gone without an erasure.
    pub fn first_unaccounted(&self) -> Option<u64> {
        let word = self.open.iter().position(|bits| *bits != 0)?;
        let bit = self.open.get(word)?.trailing_zeros();
        Some(u64::try_from(word).ok()? * 64 + u64::from(bit))
    }
}

/// The bits of `word` that stand for indices from `first` to `last`.
fn mask(word: u64, first: u64, last: u64) -> u64 {
    let low = first.saturating_sub(word * 64);
    let high = last.saturating_sub(word * 64).min(63);
    if low > high { 0 } else { (u64::MAX << low) & (u64::MAX >> (63 - high)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn neighbours_are_named_together() {
        let runs = Runs::of(vec![12, 9, 10, 11, 7, 7]);
        assert_eq!(runs.names(), ["7", "9-12"]);
        assert_eq!(Runs::named(&runs.names()), runs);
    }

    #[test]
    fn runs_without_end_cost_nothing() {
        let mut ledger = Ledger::default();
        ledger.erased(5).unwrap();
        ledger.account(&Runs::named(&["0-18446744073709551615".into(), "9-3".into(), "x".into()]));
        assert_eq!((ledger.count(), ledger.first_unaccounted()), (1, None));
    }

    proptest! {
        #[test]
        fn what_is_erased_and_not_said_is_found(
            erased in prop::collection::btree_set(0u64..300, 0..40),
            said in prop::collection::btree_set(0u64..300, 0..40),
        ) {
            let mut ledger = Ledger::default();
            for index in &erased {
                ledger.erased(*index).unwrap();
            }
            ledger.account(&Runs::of(said.iter().copied().collect()));
            let open: BTreeSet<_> = erased.difference(&said).copied().collect();
            prop_assert_eq!(ledger.first_unaccounted(), open.first().copied());
            prop_assert_eq!(ledger.count(), erased.len() as u64);
        }

        #[test]
        fn names_read_back(indices in prop::collection::vec(any::<u64>(), 0..50)) {
            let runs = Runs::of(indices);
            prop_assert_eq!(Runs::named(&runs.names()), runs);
        }
    }
}
