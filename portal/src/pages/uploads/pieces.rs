//! A file in pieces, for the script of the pages: begun, sent from where it broke off, and held against
//! what is here. What cannot go on is answered with the page that says why.

use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use warifu_contract::deposits::DepositKind;

use super::{PATH, Place, address, begin, is_insurer, why};
use crate::access::{Depositor, SignedIn};
use crate::relay::{Access, FilePlace, RelayError};
use crate::shared::{App, Shared};

/// The routes.
pub fn routes() -> Router<App> {
    Router::new().route("/insurer/upload/begin", post(start)).route(
        "/insurer/upload/{insurer}/{number}/file",
        get(so_far).post(piece).layer(DefaultBodyLimit::disable()),
    )
}

/// What the script says of a file before it sends it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    insurer: String,
    kind: Option<DepositKind>,
    name: String,
}

/// The page to go to.
#[derive(Debug, Serialize)]
struct To {
    to: String,
}

/// `POST /insurer/upload/begin`.
async fn start(
    State(app): State<App>,
    Depositor(me): Depositor,
    Json(Start { insurer, kind, name }): Json<Start>,
) -> Response {
    let Ok(access) = me.access(app.surroundings.now()) else { return leave(PATH, "ended") };
    match begin(&app, access, &insurer, kind, &name).await {
        Ok(begun) => {
            let to = address(&begun.insurer, begun.number);
            (StatusCode::CREATED, Json(To { to })).into_response()
        }
        Err(why) => leave(PATH, why),
    }
}

/// `GET …/file`: how much is here, and its digest.
async fn so_far(
    State(app): State<App>,
    Depositor(me): Depositor,
    Path((insurer, number)): Place,
) -> Response {
    match reach(&app, &me, &insurer) {
        Ok(access) => match app.relay.deposit_so_far(access, (&insurer, number)).await {
            Ok(so_far) => Json(so_far).into_response(),
            Err(cause) => told(&address(&insurer, number), &cause),
        },
        Err(why) => leave(PATH, why),
    }
}

/// `POST …/file`: a piece, as it comes.
async fn piece(
    State(app): State<App>,
    Depositor(me): Depositor,
    Path((insurer, number)): Place,
    Query(place): Query<FilePlace>,
    request: Request,
) -> Response {
    let access = match reach(&app, &me, &insurer) {
        Ok(access) => access,
        Err(why) => return leave(PATH, why),
    };
    let bytes = request.into_body().into_data_stream();
    match app.relay.send_deposit(access, (&insurer, number), place, bytes).await {
        Ok(deposit) => Json(deposit).into_response(),
        Err(cause) => told(&address(&insurer, number), &cause),
    }
}

fn reach<'a>(app: &Shared, me: &'a SignedIn, insurer: &str) -> Result<&'a Access, &'static str> {
    if !is_insurer(insurer) {
        return Err("unknown");
    }
    me.access(app.surroundings.now()).map_err(|_| "ended")
}

/// What the relay's refusal means to the script: ask again where the file ends (409), try again
/// later (503), or leave.
fn told(at: &str, cause: &RelayError) -> Response {
    match (cause, why(cause)) {
        (RelayError::Failed(StatusCode::CONFLICT), _) => {
            (StatusCode::CONFLICT, Json(To { to: at.to_owned() })).into_response()
        }
        (_, "relay") => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        (_, "large") => leave(at, "large"),
        (_, why) => leave(PATH, why),
    }
}

fn leave(page: &str, said: &'static str) -> Response {
    let to = format!("{page}?said={said}");
    (StatusCode::UNPROCESSABLE_ENTITY, Json(To { to })).into_response()
}
