//! Deposits in the relay's hands: opened with its keys, taken over HTTP, and live only once the log
//! says so.

mod faults;
mod receive;
mod routes;
mod sender;
mod view;
mod work;

use std::sync::Arc;

use axum::http::StatusCode;
use warifu_contract::card_key::InsurerKey;
use warifu_deposit::{Deposits, IntakeError, Status};
use warifu_log::{Action, Actor, Event, Log, LogError, Outcome};
use warifu_service::seal::KeyRing;
use warifu_service::{Problem, Surroundings};

use crate::config::RelayConfig;
use crate::events::RELAY;
use crate::opening::RelayError;

pub(crate) use faults::{__path_faults, faults};
pub(crate) use receive::{__path_begin, __path_receive, __path_so_far, begin, receive, so_far};
pub(crate) use routes::{
    __path_abandon, __path_approve, __path_list, __path_show, abandon, approve, list, show,
};
pub(crate) use sender::registered_or_depositing;
pub(crate) use work::work;

/// Where files of coverage come in.
pub(crate) const UPLOAD: &str = "/deposits/{insurer}/{number}/file";

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
    let by = Approver { client: RELAY, actor: relay(), name: None };
    approved(deposits, log, (insurer, number), confirmed, by).await
}

/// Who lets a deposit go live.
struct Approver<'a> {
    client: &'a str,
    actor: Actor,
    /// As the deposit keeps it; none where nobody had to.
    name: Option<&'a str>,
}

async fn approved(
    deposits: &Deposits,
    log: &Log,
    (insurer, number): (&InsurerKey, i64),
    confirmed: bool,
    by: Approver<'_>,
) -> Result<Status, GoLiveError> {
    let ready = deposits.may_go_live(insurer, number, confirmed).await?;
    let mut all = deposits.insurers().iter();
    let id = all.find(|known| known.key().is_ok_and(|key| key == *insurer));
    let asked = vec![format!("written:{}", ready.written), format!("removed:{}", ready.removed)];
    let source = id.map(|insurer| insurer.id.clone());
    // The event first: a change without its event never happens.
    log.append(event((Action::DepositLive, asked), (by.client, by.actor), source, &ready)).await?;
    Ok(deposits.approve(insurer, number, confirmed, by.name).await?)
}

fn relay() -> Actor {
    Actor::Party { name: RELAY.to_owned() }
}

/// Something happens to a deposit.
fn event(
    (action, asked): (Action, Vec<String>),
    (client, actor): (&str, Actor),
    source: Option<String>,
    deposit: &Status,
) -> Event {
    Event {
        action,
        actor,
        asked,
        check_number: None,
        client: client.to_owned(),
        ground: Some(format!("deposit:{} by {}", deposit.number, deposit.by)),
        outcome: Outcome::Done,
        purpose: None,
        source,
        subject: None,
    }
}

/// What a caller is told when a deposit is not taken, or not on.
fn problem(error: &IntakeError) -> Problem {
    let (status, code) = match error {
        IntakeError::NoSuchInsurer(_) | IntakeError::NoSuchDeposit(_) => {
            (StatusCode::NOT_FOUND, "deposit.unknown")
        }
        IntakeError::Busy(..) => (StatusCode::CONFLICT, "deposit.busy"),
        IntakeError::State(..) => (StatusCode::CONFLICT, "deposit.state"),
        IntakeError::Offset(_) => (StatusCode::CONFLICT, "deposit.offset"),
        IntakeError::Confirm { .. } => (StatusCode::CONFLICT, "deposit.confirm"),
        IntakeError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "deposit.too-large"),
        IntakeError::FileGone(_) => (StatusCode::GONE, "deposit.file-gone"),
        _ => return Problem::internal(error),
    };
    Problem::new(status, code).caused_by(error)
}

fn not_live(error: GoLiveError) -> Problem {
    match error {
        GoLiveError::Intake(error) => problem(&error),
        GoLiveError::Log(error) => crate::token::log_problem(&error),
    }
}
