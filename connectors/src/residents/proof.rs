//! `POST /identity-proof`: is this applicant a resident?

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use utoipa::OpenApi;
use warifu_contract::identity::{FourItems, IdentityAnswer, IdentityRequest, decide};
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;
use warifu_service::tls::PeerCertificate;

use super::Inner;

const LONGEST_NAME: usize = 100;
const LONGEST_ADDRESS: usize = 200;
const LONGEST_APPLICATION: usize = 32;

/// The card office, at the other end of this connection.
pub(super) struct Office;

impl FromRequestParts<Arc<Inner>> for Office {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, inner: &Arc<Inner>) -> Result<Self, Problem> {
        let Some(peer) = parts.extensions.get::<PeerCertificate>() else {
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "peer.none"));
        };
        if peer.party.as_deref() != Some(inner.config.office.as_str()) {
            return Err(Problem::new(StatusCode::FORBIDDEN, "peer.unknown"));
        }
        Ok(Self)
    }
}

/// Says how well an applicant agrees with the register, and sends nothing of the register's.
#[utoipa::path(
    post,
    path = "/identity-proof",
    request_body = IdentityRequest,
    responses(
        (status = 200, body = IdentityAnswer),
        (status = "4XX", body = ProblemDocument),
    ),
)]
pub(super) async fn post(
    State(inner): State<Arc<Inner>>,
    _: Office,
    Json(request): Json<IdentityRequest>,
) -> Result<Json<IdentityAnswer>, Problem> {
    require_bounded(&request)?;
    let now = inner.surroundings.now();
    let outcome = decide(&request.items, &inner.store.near(&request.items).await?);
    inner.store.log(&inner.surroundings.hex(16), now, &request.application, &outcome).await?;
    let as_of = inner.store.changed_at().await?.unwrap_or(now);
    Ok(Json(IdentityAnswer { outcome, as_of }))
}

fn require_bounded(request: &IdentityRequest) -> Result<(), Problem> {
    let FourItems { name, kana, address, .. } = &request.items;
    let fits = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
    let fits = fits(name, LONGEST_NAME)
        && kana.as_deref().is_none_or(|kana| fits(kana, LONGEST_NAME))
        && fits(address, LONGEST_ADDRESS)
        && fits(&request.application, LONGEST_APPLICATION);
    if fits { Ok(()) } else { Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "identity.item")) }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Warifu resident register",
        description = "Whether an applicant is a resident. Over mutual TLS, to the card office only."
    ),
    paths(post)
)]
struct Description;

pub(super) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Description::openapi())
}
