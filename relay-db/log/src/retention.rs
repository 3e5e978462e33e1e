//! How long payloads are kept: what is older goes, a batch at a time, oldest first.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::action::Action;
use crate::erasure::{MOST, Runs};
use crate::error::LogError;
use crate::log::{Log, batch_key};
use crate::sequencer::Once;
use crate::store::{Erased, number};

/// The ground that an erasure by age names.
const GROUND: &str = "retention";

/// Years for which the payloads of each action's events are kept; of actions that are not named,
/// for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention(BTreeMap<&'static str, (Action, u16)>);

/// Why a retention cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetentionError {
    /// No action has this name.
    #[error("log.retention-action: the log knows no action {0}")]
    Unknown(String),
    /// What says which events were erased must stay.
    #[error("log.retention-action: {0} must be kept")]
    Kept(String),
    /// Out of 1–100.
    #[error("log.retention-years: {0}: not between 1 and 100 years")]
    Years(String),
}

impl Retention {
    /// Years by the action's name.
    pub fn new(years: &BTreeMap<String, u16>) -> Result<Self, RetentionError> {
        let one = |(name, years): (&String, &u16)| {
            let action =
                Action::named(name).ok_or_else(|| RetentionError::Unknown(name.clone()))?;
            if action == Action::EventsErased {
                return Err(RetentionError::Kept(name.clone()));
            }
            if !(1..=100).contains(years) {
                return Err(RetentionError::Years(name.clone()));
            }
            Ok((action.name(), (action, *years)))
        };
        years.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// Each action with the instant before which its events have had their time.
    fn ends(&self, now: Timestamp) -> impl Iterator<Item = (Action, Timestamp)> + '_ {
        let today = now.to_zoned(TimeZone::UTC);
        self.0.values().filter_map(move |(action, years)| {
            let end = today.checked_sub(Span::new().years(*years)).ok()?;
            Some((*action, end.timestamp()))
        })
    }
}

impl Log {
    /// Erases, of each action, one batch of events that have had their time by `now`, as `by`.
    /// Gives how many were erased, and whether there may be more.
    pub async fn retire(
        &self,
        retention: &Retention,
        by: &str,
        now: Timestamp,
    ) -> Result<(usize, bool), LogError> {
        let (mut erased, mut more) = (0, false);
        for (action, end) in retention.ends(now) {
            let (count, unfinished) = self.retire_one(action, end, by).await?;
            erased += count;
            more |= unfinished;
        }
        Ok((erased, more))
    }

    /// Events stand in the order of time: the first that is too young ends the batch.
    async fn retire_one(
        &self,
        action: Action,
        end: Timestamp,
        by: &str,
    ) -> Result<(usize, bool), LogError> {
        let from = self.store.looked_through(action).await?;
        let rows = self.store.since(from, u32::try_from(MOST).unwrap_or(u32::MAX)).await?;
        let mut next = from;
        let mut due = Vec::new();
        for row in &rows {
            let entry = self.logged(row)?.entry;
            if entry.as_ref().is_some_and(|entry| entry.at >= end) {
                break;
            }
            next = number(row.idx) + 1;
            due.extend(entry.filter(|entry| entry.action == action).map(|_| number(row.idx)));
        }
        let (count, more) = (
            due.len(),
            rows.last().is_some_and(|last| number(last.idx) < next) && rows.len() == MOST,
        );
        let looked_through = Some((action, next));
        if count > 0 {
            let erased = Erased { runs: Runs::of(due), looked_through };
            let once = Once { key: batch_key(&self.ring, action, from), answer: Vec::new() };
            match self.submit_erasure(erased, Some(once), by, GROUND).await {
                // Another server was faster with the same batch, and has said so.
                Err(LogError::Repeated) => return Ok((0, true)),
                done => done?,
            };
        } else if next > from {
            self.store.keep_looked_through(action, next).await?;
        }
        Ok((count, more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn years(name: &str, years: u16) -> Result<Retention, RetentionError> {
        Retention::new(&BTreeMap::from([(name.to_owned(), years)]))
    }

    #[test]
    fn only_known_actions_and_sensible_years_are_taken() {
        assert!(years("record-read", 5).is_ok());
        assert!(matches!(years("record-written", 5), Err(RetentionError::Unknown(_))));
        assert!(matches!(years("events-erased", 5), Err(RetentionError::Kept(_))));
        assert!(matches!(years("record-read", 0), Err(RetentionError::Years(_))));
    }

    #[test]
    fn years_are_those_of_the_calendar() {
        let now: Timestamp = "2028-02-29T10:00:00Z".parse().unwrap();
        let retention = years("record-read", 1).unwrap();
        let ends: Vec<_> = retention.ends(now).collect();
        assert_eq!(ends, [(Action::RecordRead, "2027-02-28T10:00:00Z".parse().unwrap())]);
    }
}
