//! What the log needs beside its appends: its witnesses are asked, what has had its time is erased.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use warifu_log::Retention;

use crate::config::RelayConfig;
use crate::events::RELAY;
use crate::opening::RelayError;
use crate::relay::Relay;
use crate::witnesses::Witnesses;

/// How often events are looked through that may have had their time.
const RETENTION_ROUND: Duration = Duration::from_hours(1);
/// Between two batches, so that erasing does not hold up the day's work.
const BATCH_PAUSE: Duration = Duration::from_millis(200);

/// The log's keeper.
#[derive(Debug)]
pub(crate) struct Keeping {
    witnesses: Witnesses,
    retention: Retention,
}

impl Keeping {
    /// Reads what the configuration says of witnesses and retention.
    pub fn of(config: &RelayConfig) -> Result<Self, RelayError> {
        Ok(Self {
            witnesses: Witnesses::of(&config.log)?,
            retention: Retention::new(&config.log.retention)?,
        })
    }

    /// Works until `stop`.
    pub async fn keep(&self, relay: &Relay, stop: &CancellationToken) {
        tokio::join!(self.witnesses.keep(relay, stop), self.retire(relay, stop));
    }

    async fn retire(&self, relay: &Relay, stop: &CancellationToken) {
        let mut pause = BATCH_PAUSE;
        while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
            let now = relay.surroundings().now();
            let more = match relay.log().retire(&self.retention, RELAY, now).await {
                Ok((erased, more)) => {
                    metrics::counter!("warifu_log_erased_total")
                        .increment(u64::try_from(erased).unwrap_or(0));
                    more
                }
                Err(error) => {
                    tracing::warn!(%error, "events that have had their time could not be erased");
                    false
                }
            };
            pause = if more { BATCH_PAUSE } else { RETENTION_ROUND };
        }
    }
}
