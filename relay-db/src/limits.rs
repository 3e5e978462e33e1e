//! How much one connector may ask of the relay's patience: the settings of its gate.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::breaker::Rules;

/// No pause is longer, a quarter more or less.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// What is borne with one connector. All have defaults that fit most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectorLimits {
    /// Calls under way at the same time, 1 to 4,096; as many more wait for their turn.
    pub calls: u32,
    /// How long a call waits for its turn, in milliseconds, at most 5,000.
    pub wait_ms: u32,
    /// Failed calls of a hundred from which the connector is not asked for a while, 1 to 100.
    pub failures_percent: u32,
    /// Calls in the window from which that is judged, 1 to 100,000.
    pub least_calls: u32,
    /// How far back calls count, in seconds, 1 to 600.
    pub window_seconds: u32,
    /// How long the connector is not asked, in seconds, 1 to 60; longer each time it still fails,
    /// up to a minute.
    pub pause_seconds: u32,
    /// Second attempts of a hundred calls, 0 to 100: after a connection that broke off before an
    /// answer.
    pub retries_percent: u32,
}

impl Default for ConnectorLimits {
    fn default() -> Self {
        Self {
            calls: 128,
            wait_ms: 250,
            failures_percent: 50,
            least_calls: 10,
            window_seconds: 30,
            pause_seconds: 5,
            retries_percent: 10,
        }
    }
}

impl ConnectorLimits {
    /// The first key that is out of its bounds.
    pub(crate) fn out_of_bounds(&self) -> Option<&'static str> {
        let bounds: [(&str, u32, RangeInclusive<u32>); 7] = [
            ("calls", self.calls, 1..=4_096),
            ("wait_ms", self.wait_ms, 0..=5_000),
            ("failures_percent", self.failures_percent, 1..=100),
            ("least_calls", self.least_calls, 1..=100_000),
            ("window_seconds", self.window_seconds, 1..=600),
            ("pause_seconds", self.pause_seconds, 1..=60),
            ("retries_percent", self.retries_percent, 0..=100),
        ];
        bounds.into_iter().find(|(_, value, bound)| !bound.contains(value)).map(|(key, ..)| key)
    }

    pub(crate) fn places(&self) -> usize {
        usize::try_from(self.calls).unwrap_or(usize::MAX)
    }

    pub(crate) fn wait(&self) -> Duration {
        Duration::from_millis(self.wait_ms.into())
    }

    pub(crate) fn rules(&self) -> Rules {
        Rules {
            window: SignedDuration::from_secs(self.window_seconds.into()),
            least: self.least_calls,
            percent: self.failures_percent,
            pause: SignedDuration::from_secs(self.pause_seconds.into()),
            longest: LONGEST_PAUSE,
        }
    }
}
