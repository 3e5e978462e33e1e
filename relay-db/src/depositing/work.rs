//! Takes in files that came over HTTP, one after the other.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use warifu_deposit::{Deposits, IntakeError, Status};

use crate::relay::Relay;

/// How often is looked for work when nobody says that there is some: another server may have died.
const LOOK: Duration = Duration::from_secs(2);

/// Works until `stop`.
pub(crate) async fn work(relay: &Relay, stop: &CancellationToken) {
    let Some(deposits) = relay.deposits() else { return };
    while !stop.is_cancelled() {
        match stop.run_until_cancelled(Box::pin(next(deposits))).await {
            Some(Ok(true)) => {}
            Some(Ok(false)) => wait(relay, stop).await,
            Some(Err(error)) => {
                tracing::warn!(%error, "a deposit was not taken in; it is tried again");
                wait(relay, stop).await;
            }
            None => return,
        }
    }
}

/// Takes in one file; false when none waits.
async fn next(deposits: &Deposits) -> Result<bool, IntakeError> {
    let Some(waiting) = deposits.take_up().await? else { return Ok(false) };
    let number = waiting.status.number;
    let taken = deposits.take_in(waiting, Arc::new(|_: &Status| ())).await?;
    tracing::info!(number, state = taken.state.word(), "a deposit was taken in");
    Ok(true)
}

async fn wait(relay: &Relay, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = relay.deposit_work().notified() => {}
        () = tokio::time::sleep(LOOK) => {}
    }
}
