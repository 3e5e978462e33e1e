//! Deposits in the relay's hands: opened with its keys, and live only once the log says so.

use std::sync::Arc;

use warifu_contract::card_key::InsurerKey;
use warifu_deposit::{Deposits, IntakeError, Status};
use warifu_log::{Action, Actor, Event, Log, LogError, Outcome};
use warifu_service::Surroundings;
use warifu_service::seal::KeyRing;

use crate::config::RelayConfig;
use crate::events::RELAY;
use crate::opening::RelayError;

/// Why a deposit does not go live.
#[derive(Debug, thiserror::Error)]
pub enum GoLiveError {
    /// It must not, or could not.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// Its event could not be written.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// What insurers deposited, where any do; with the keys that `config` names.
pub async fn deposits(
    config: &RelayConfig,
    surroundings: &Surroundings,
) -> Result<Option<Deposits>, RelayError> {
    config.validate()?;
    let ring = Arc::new(KeyRing::load(&config.column_keys)?);
    open(config, &ring, surroundings).await
}

pub(crate) async fn open(
    config: &RelayConfig,
    ring: &Arc<KeyRing>,
    surroundings: &Surroundings,
) -> Result<Option<Deposits>, RelayError> {
    let Some(config) = &config.deposit else { return Ok(None) };
    Ok(Some(Deposits::open(config, Arc::clone(ring), surroundings.clone()).await?))
}

/// Lets a deposit go live that is ready. `confirmed` says that so many cards may go.
pub async fn go_live(
    deposits: &Deposits,
    log: &Log,
    insurer: &InsurerKey,
    number: i64,
    confirmed: bool,
) -> Result<Status, GoLiveError> {
    let ready = deposits.may_go_live(insurer, number, confirmed).await?;
    let mut all = deposits.insurers().iter();
    let id = all.find(|known| known.key().is_ok_and(|key| key == *insurer));
    // The event first: a change without its event never happens.
    log.append(event(id.map(|insurer| insurer.id.clone()), &ready)).await?;
    Ok(deposits.go_live(insurer, number, confirmed).await?)
}

fn event(source: Option<String>, ready: &Status) -> Event {
    Event {
        action: Action::DepositLive,
        actor: Actor::Party { name: RELAY.to_owned() },
        asked: vec![format!("written:{}", ready.written), format!("removed:{}", ready.removed)],
        check_number: None,
        client: RELAY.to_owned(),
        ground: Some(format!("deposit:{} by {}", ready.number, ready.by)),
        outcome: Outcome::Done,
        purpose: None,
        source,
        subject: None,
    }
}
