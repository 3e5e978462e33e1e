//! The pages of the card office's staff.
//!
//! Each form is sent to the address of its own page, so that whoever has to sign in again in
//! between comes back to it.

mod apply;
mod batch;
mod calls;
mod card;
mod deed;
mod overview;
mod papers;
mod search;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use warifu_service::Problem;

use crate::office::client::is_id;
use crate::office::staff::Stop;
use crate::shared::App;

/// Under which key the session holds what was just done: the card's 受付番号 and a key of words.
const DONE: &str = "office-done";

/// Every route of the office.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/office", get(overview::overview))
        .route("/office/new", get(apply::form).post(apply::send))
        .route("/office/search", get(search::form).post(search::send))
        .route("/office/cards/{id}", get(card::card))
        .route("/office/cards/{id}/history", get(card::history))
        .route("/office/cards/{id}/face.pdf", get(papers::face))
        .route("/office/cards/{id}/cover.pdf", get(papers::cover))
        .route("/office/cards/{id}/letter", get(papers::letter).post(papers::print_letter))
        .route("/office/cards/{id}/{deed}", get(deed::form).post(deed::act))
        .route("/office/calls", get(calls::questions).post(calls::identify))
        .route("/office/calls/person", get(calls::caller))
        .route("/office/calls/stop/{id}", get(calls::one).post(calls::stop))
        .route("/office/calls/stopped", get(calls::stopped))
        .route("/office/calls/end", post(calls::end))
        .route("/office/batches", get(batch::batches).post(batch::make))
        .route("/office/batches/{id}", get(batch::batch))
        .route("/office/batches/{id}/faces.pdf", get(papers::faces))
}

/// The id in an address, when it can be one.
fn known(id: &str) -> Result<&str, Stop> {
    if is_id(id) { Ok(id) } else { Err(unknown()) }
}

fn unknown() -> Stop {
    Problem::new(StatusCode::NOT_FOUND, "request.unknown-path").into()
}
