//! The identity provider says that a person has no card that opens, has one again, or is gone:
//! their mandates rest, go on, or end, on whichever side they stand.

use jiff::Timestamp;
use warifu_contract::mandate::Side;
use warifu_service::Problem;

use super::Kept;
use super::steps::Step;
use crate::relay::Relay;

/// How a person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// With a card that opens, or without.
    Opens(bool),
    /// Gone for good.
    Gone,
}

/// Does to every mandate of `subject` what follows. The same again, or what was said earlier than
/// the last word, changes nothing; whatever was not finished is finished when it is said again.
pub(crate) async fn apply(
    relay: &Relay,
    party: &str,
    subject: &str,
    standing: Standing,
    at: Timestamp,
) -> Result<(), Problem> {
    let (given, held) =
        (relay.proxies().given(subject).await?, relay.proxies().held(subject).await?);
    if given.is_empty() && held.is_empty() || !relay.proxies().is_latest_word(subject, at).await? {
        return Ok(());
    }
    let step = Step { relay, client: party };
    let given = given.into_iter().map(|kept| (kept, Side::Principal));
    for (kept, side) in given.chain(held.into_iter().map(|kept| (kept, Side::Proxy))) {
        take(&step, kept, side, standing, at).await?;
    }
    Ok(relay.proxies().note_word(subject, at).await?)
}

async fn take(
    step: &Step<'_>,
    kept: Kept,
    side: Side,
    standing: Standing,
    at: Timestamp,
) -> Result<(), Problem> {
    if !kept.mandate.is_open(step.relay.surroundings().now()) {
        return Ok(());
    }
    match standing {
        Standing::Opens(opens) => step.rest(kept, side, opens, at).await,
        Standing::Gone => step.part(kept).await.map(drop),
    }
}
