//! What connectors have still to be told, told until they have heard it.

use super::holders;
use super::store::Notice;
use crate::relay::Relay;
use warifu_connectors::SourceError;

/// Tells in the background.
pub(super) fn tell_soon(relay: &Relay) {
    let relay = relay.clone();
    tokio::spawn(async move { tell(&relay).await });
}

/// Tells what waits, some of it. What is not heard waits on.
pub(crate) async fn tell(relay: &Relay) {
    match relay.links().notices().await {
        Ok(notices) => {
            for notice in notices {
                tell_one(relay, &notice).await;
            }
        }
        Err(error) => tracing::warn!(%error, "what connectors have to be told cannot be read"),
    }
}

async fn tell_one(relay: &Relay, notice: &Notice) {
    let is_heard = match relay.directory().holder(&notice.connector) {
        Some(holder) => {
            let (errand, request) = (&notice.told.errand, &notice.told.request);
            let told = holders::end_link(relay, holder, errand, request).await;
            matches!(told, Ok(()) | Err(SourceError::Refused { .. }))
        }
        // There is nobody to tell any more.
        None => true,
    };
    if is_heard && let Err(error) = relay.links().forget_notice(notice).await {
        tracing::warn!(%error, "what a connector was told could not be noted");
    }
}
