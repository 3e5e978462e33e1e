//! `GET /v1/manifest`: what can be asked here. It tells nothing about anybody, so the relay needs
//! no token for it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use warifu_contract::manifest::Manifest;
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::Inner;
use super::caller::Relay;

/// Asks what the connector is.
#[utoipa::path(
    get,
    path = "/v1/manifest",
    responses(
        (status = 200, body = Manifest),
        (status = "4XX", body = ProblemDocument),
    ),
)]
pub(super) async fn get(
    _: Relay,
    State(inner): State<Arc<Inner>>,
) -> Result<Json<Manifest>, Problem> {
    let config = &inner.config;
    let insurer_numbers = match &inner.source {
        Some(source) => source.insurer_numbers(),
        None => inner.store.insurer_numbers().await?,
    };
    Ok(Json(Manifest {
        id: config.id.clone(),
        name: config.name.clone(),
        services: config.kind.services().to_vec(),
        insurer_numbers,
    }))
}
