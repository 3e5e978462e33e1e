//! `POST /deposits/{insurer}` and `POST /deposits/{insurer}/{number}/file`: a file of coverage comes
//! in, piece by piece, and goes on wherever it broke off.

use std::time::Duration;

use axum::Json;
use axum::body::BodyDataStream;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use futures::StreamExt as _;
use serde::Deserialize;
use utoipa::IntoParams;
use warifu_contract::card_key::InsurerKey;
use warifu_contract::deposits::{Deposit, DepositRequest, DepositSoFar};
use warifu_deposit::{Deposits, Upload};
use warifu_log::Action;
use warifu_service::Problem;

use super::problem;
use super::sender::{Sender, deposits};
use super::view::{count, kind_of, view};
use crate::relay::Relay;

/// Bytes of a piece.
const PIECE: usize = 1 << 20;
/// How long a sender may be silent.
const SILENCE: Duration = Duration::from_secs(30);
/// Characters of a file's name.
const LONGEST_NAME: usize = 120;

/// Begins a deposit whose file is to come. One of an insurer is on its way at a time.
#[utoipa::path(
    post,
    path = "/deposits/{insurer}",
    params(("insurer" = String, Path, description = "The insurer's id within the federation")),
    request_body = DepositRequest,
    responses(
        (status = 201, body = Deposit),
        (status = 409, description = "Another deposit is on its way",
         body = warifu_service::problem::ProblemDocument),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn begin(
    State(relay): State<Relay>,
    sender: Sender,
    Path(insurer): Path<String>,
    Json(request): Json<DepositRequest>,
) -> Result<(StatusCode, Json<Deposit>), Problem> {
    let (key, kind) = (sender.insurer(&insurer)?, kind_of(request.kind));
    let upload = Upload { kind, name: checked_name(&request.name)?, by: sender.name() };
    let begun =
        deposits(&relay)?.begin_upload(&key, &upload).await.map_err(|error| problem(&error))?;
    Ok((StatusCode::CREATED, Json(view(&relay, &sender, &insurer, &begun))))
}

/// Where in the file the body goes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceQuery {
    /// The byte of the file with which the body begins: as many as the deposit has `bytes`.
    offset: i64,
    /// Whether the file ends with the body; it is taken in then.
    #[serde(default)]
    whole: bool,
}

/// Takes bytes of the file. What came before a connection broke is kept.
#[utoipa::path(
    post,
    path = "/deposits/{insurer}/{number}/file",
    params(
        ("insurer" = String, Path, description = "The insurer's id within the federation"),
        ("number" = i64, Path, description = "The deposit"),
        PlaceQuery,
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, body = Deposit),
        (status = 409, description = "`offset` is not where the file so far ends",
         body = warifu_service::problem::ProblemDocument),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn receive(
    State(relay): State<Relay>,
    sender: Sender,
    Path((insurer, number)): Path<(String, i64)>,
    Query(query): Query<PlaceQuery>,
    request: Request,
) -> Result<Json<Deposit>, Problem> {
    let key = sender.insurer(&insurer)?;
    let deposits = deposits(&relay)?;
    let mut coming = Coming { deposits, insurer: &key, number, at: query.offset, rest: Vec::new() };
    coming.take(request.into_body().into_data_stream()).await?;
    let length = coming.at;
    if !query.whole {
        let so_far = deposits.status(&key, number).await.map_err(|error| problem(&error))?;
        return Ok(Json(view(&relay, &sender, &insurer, &so_far)));
    }
    if length == 0 {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "deposit.empty"));
    }
    let status = deposits.status(&key, number).await.map_err(|error| problem(&error))?;
    sender.enter(&relay, (Action::DepositReceived, "file"), &insurer, &status).await?;
    let arrived = deposits.arrived(&key, number, length).await.map_err(|error| problem(&error))?;
    relay.deposit_work().notify_one();
    Ok(Json(view(&relay, &sender, &insurer, &arrived)))
}

/// What is here of a file that broke off: how long it is, and a digest by which whoever goes on can
/// tell that it is the same file.
#[utoipa::path(
    get,
    path = "/deposits/{insurer}/{number}/file",
    params(
        ("insurer" = String, Path, description = "The insurer's id within the federation"),
        ("number" = i64, Path, description = "The deposit"),
    ),
    responses(
        (status = 200, body = DepositSoFar),
        (status = 409, description = "The file is whole, or given up",
         body = warifu_service::problem::ProblemDocument),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn so_far(
    State(relay): State<Relay>,
    sender: Sender,
    Path((insurer, number)): Path<(String, i64)>,
) -> Result<Json<DepositSoFar>, Problem> {
    let key = sender.insurer(&insurer)?;
    let so_far = deposits(&relay)?.so_far(&key, number).await;
    let (bytes, digest) = so_far.map_err(|error| problem(&error))?;
    Ok(Json(DepositSoFar { bytes: count(bytes), digest: HEXLOWER.encode(&digest) }))
}

/// A file on its way.
struct Coming<'a> {
    deposits: &'a Deposits,
    insurer: &'a InsurerKey,
    number: i64,
    at: i64,
    rest: Vec<u8>,
}

impl Coming<'_> {
    async fn take(&mut self, mut body: BodyDataStream) -> Result<(), Problem> {
        loop {
            match tokio::time::timeout(SILENCE, body.next()).await {
                Ok(Some(Ok(bytes))) => self.rest.extend_from_slice(&bytes),
                Ok(None) => return self.keep(0).await,
                Ok(Some(Err(_))) | Err(_) => {
                    self.keep(0).await?;
                    return Err(Problem::new(StatusCode::BAD_REQUEST, "deposit.cut"));
                }
            }
            self.keep(PIECE).await?;
        }
    }

    /// Keeps what has come, unless it is less than `least`.
    async fn keep(&mut self, least: usize) -> Result<(), Problem> {
        if self.rest.len() < least {
            return Ok(());
        }
        let kept = self.deposits.append(self.insurer, self.number, self.at, &self.rest).await;
        self.at = kept.map_err(|error| problem(&error))?;
        self.rest.clear();
        Ok(())
    }
}

/// A file's name without what is not for showing.
fn checked_name(name: &str) -> Result<String, Problem> {
    let shown = name.chars().take(LONGEST_NAME + 1).all(|c| !c.is_control());
    if shown && name.chars().nth(LONGEST_NAME).is_none() {
        return Ok(name.trim().to_owned());
    }
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "deposit.name"))
}
