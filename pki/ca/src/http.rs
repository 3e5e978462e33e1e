//! What the office publishes: the revocation list and the authorities' certificates. Nothing here
//! changes anything.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use utoipa::OpenApi;
use warifu_pki::Certificate;
use warifu_service::Problem;
use warifu_service::health::health;
use warifu_service::http::{HttpLimits, finish};
use warifu_service::words::{Words, WordsError};

use crate::config::{CARDS_CERTIFICATE_PATH, LIST_PATH, SERVICES_CERTIFICATE_PATH};
use crate::{CardOffice, OfficeError};

const ROOT_PATH: &str = "/ca.pem";
/// Seconds after which an office that has no list yet may be asked again.
const PATIENCE: u32 = 5;

/// The list that was served last, so that its bytes are read from the database once.
#[derive(Default)]
pub(crate) struct Served(RwLock<Option<(i64, Bytes)>>);

#[derive(OpenApi)]
#[openapi(
    info(title = "Warifu card office", description = "What the card office publishes."),
    paths(cards_list, root, cards_certificate, services_certificate)
)]
struct Api;

/// The description of the HTTP interface (OpenAPI).
pub fn openapi() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

impl CardOffice {
    /// Everything the office serves, with health checks and limits.
    pub fn router(&self) -> Result<Router, WordsError> {
        let words = Words::new(
            &[include_str!("../locales/ja/ca.ftl")],
            &[include_str!("../locales/en/ca.ftl")],
        )?;
        let routes = Router::new()
            .route(LIST_PATH, get(cards_list))
            .route(ROOT_PATH, get(root))
            .route(CARDS_CERTIFICATE_PATH, get(cards_certificate))
            .route(SERVICES_CERTIFICATE_PATH, get(services_certificate))
            .with_state(self.clone())
            .merge(health(Some(self.inner.database.clone())));
        let surroundings = &self.inner.surroundings;
        Ok(finish(routes, surroundings, Arc::new(words), HttpLimits::default()))
    }

    async fn served_list(&self, number: i64) -> Result<Bytes, OfficeError> {
        if let Some(list) = self.inner.served.of(number) {
            return Ok(list);
        }
        let list = Bytes::from(self.list(number).await?);
        self.inner.served.keep(number, list.clone());
        Ok(list)
    }
}

impl Served {
    fn of(&self, number: i64) -> Option<Bytes> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(kept, _)| *kept == number).map(|(_, list)| list.clone())
    }

    fn keep(&self, number: i64, list: Bytes) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some((number, list));
    }
}

/// The revocation list of the cards.
#[utoipa::path(
    get,
    path = LIST_PATH,
    responses(
        (status = 200, description = "The list, DER (RFC 5280); ETag changes with its number",
         content_type = "application/pkix-crl"),
        (status = 304, description = "The list that If-None-Match names is still the latest"),
        (status = 503, description = "ca.no-list: no list was published yet"),
    )
)]
async fn cards_list(
    State(office): State<CardOffice>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let number = office.list_number().await.map_err(|error| Problem::internal(&error))?;
    let number = number.ok_or_else(no_list)?;
    let tag = HeaderValue::from_str(&format!("\"cards-{number}\""))
        .map_err(|error| Problem::internal(&error))?;
    let common = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, always_ask())];
    if names(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let list = office.served_list(number).await.map_err(|error| Problem::internal(&error))?;
    let kind = [(header::CONTENT_TYPE, "application/pkix-crl")];
    Ok((common, kind, list).into_response())
}

/// The root's certificate.
#[utoipa::path(
    get,
    path = ROOT_PATH,
    responses((status = 200, content_type = "application/pem-certificate-chain",
               description = "The certificate in which all trust begins, PEM"))
)]
async fn root(State(office): State<CardOffice>) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/pem-certificate-chain")];
    (kind, office.root().pem()).into_response()
}

/// The certificate of the authority that issues cards.
#[utoipa::path(
    get,
    path = CARDS_CERTIFICATE_PATH,
    responses((status = 200, description = "DER", content_type = "application/pkix-cert"))
)]
async fn cards_certificate(State(office): State<CardOffice>) -> Response {
    der(office.cards_authority())
}

/// The certificate of the authority that issues the parties' certificates.
#[utoipa::path(
    get,
    path = SERVICES_CERTIFICATE_PATH,
    responses((status = 200, description = "DER", content_type = "application/pkix-cert"))
)]
async fn services_certificate(State(office): State<CardOffice>) -> Response {
    der(office.services_authority())
}

fn der(certificate: &Certificate) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/pkix-cert")];
    (kind, certificate.der().to_vec()).into_response()
}

fn no_list() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "ca.no-list").retry_after(PATIENCE)
}

/// A cache may keep the list but must ask whether there is a newer one: a revocation counts at once.
fn always_ask() -> HeaderValue {
    HeaderValue::from_static("no-cache")
}

/// RFC 9110 §13.1.2.
fn names(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let wanted =
        headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut tags = wanted.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|one| one == "*" || one.trim_start_matches("W/").as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests;
