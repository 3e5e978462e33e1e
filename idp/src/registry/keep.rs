//! Keeping up: what other nodes change in the database counts here within seconds, and documents
//! are read again when they are due.

use std::time::Duration;

use futures::StreamExt as _;
use futures::future::join;

use super::Registry;

/// So often the other nodes' changes are looked for.
const CHANGES_EVERY: Duration = Duration::from_secs(1);
/// After so many such looks the configuration's files are read again.
const FILES_AFTER: u32 = 300;
/// So often one looks whether a document is due.
const DUE_EVERY: Duration = Duration::from_secs(1);
/// Documents fetched side by side.
const AT_ONCE: usize = 8;

/// Does it for as long as it is let.
pub(crate) async fn keep(registry: &Registry) {
    join(keep_registrations(registry), keep_documents(registry)).await;
}

async fn keep_registrations(registry: &Registry) {
    for turn in (1..=FILES_AFTER).cycle() {
        // The certificates' files that the configuration names may have changed.
        let all = turn == FILES_AFTER;
        let done = if all { registry.reload().await } else { registry.catch_up().await };
        if let Err(error) = done {
            tracing::error!(%error, "the registry of service providers could not be read");
        }
        tokio::time::sleep(CHANGES_EVERY).await;
    }
}

async fn keep_documents(registry: &Registry) {
    loop {
        registry.look_at_due().await;
        tokio::time::sleep(DUE_EVERY).await;
    }
}

impl Registry {
    /// Reads the registrations anew if somebody has changed one.
    pub(crate) async fn catch_up(&self) -> Result<(), crate::StoreError> {
        if self.store.providers_version().await? != self.version() {
            self.reload().await?;
        }
        Ok(())
    }

    /// Looks at every document that is due, several side by side.
    pub(crate) async fn look_at_due(&self) {
        let look = |key: String| async move { self.look(&key, false).await };
        futures::stream::iter(self.due())
            .map(look)
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<()>>()
            .await;
    }
}
