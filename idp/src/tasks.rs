//! What the identity provider does besides answering: fetch revocation lists, tell others, keep
//! the registry of service providers up to date, sweep.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{join, join_all};
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use crate::centre::Centre;
use crate::enforce;
use crate::notice::deliver;
use crate::refusals;
use crate::registry;
use crate::store::StoreError;

const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Does it all until `stop`.
pub(crate) async fn run(centre: &Arc<Centre>, stop: CancellationToken) {
    let lists = centre.watches.iter().map(|watch| enforce::keep(centre, watch));
    let upkeep =
        join(registry::keep(&centre.registry), join(keep_swept(centre), refusals::keep(centre)));
    let work = join(join_all(lists), join(deliver(centre), upkeep));
    tokio::select! {
        () = stop.cancelled() => {}
        _ = work => {}
    }
}

async fn keep_swept(centre: &Centre) {
    loop {
        if let Err(error) = sweep(centre).await {
            tracing::error!(%error, "what is over could not be swept");
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

async fn sweep(centre: &Centre) -> Result<(), StoreError> {
    let now = centre.now();
    centre.store.sweep_logins(now).await?;
    centre.store.sweep_visits(now).await?;
    centre.store.sweep_sessions(now).await?;
    centre.store.sweep_logouts(now).await?;
    centre.store.sweep_replay(now).await?;
    let kept = i64::from(centre.config.limits.refusals_kept_days) * 24;
    centre.store.sweep_refusals(now - SignedDuration::from_hours(kept)).await?;
    centre.store.sweep_drafts(now).await?;
    Ok(())
}
