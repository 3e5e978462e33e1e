//! What the authority publishes: revocation lists, certificates, OCSP answers. Nothing here changes
//! anything.

mod certificates;
mod lists;
mod ocsp;
mod served;
mod tag;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use utoipa::OpenApi;
use warifu_service::health::health;
use warifu_service::http::{HttpLimits, finish};
use warifu_service::words::{Words, WordsError};

use crate::Ca;

pub(crate) use served::Served;

#[derive(OpenApi)]
#[openapi(
    info(title = "Warifu certification authority", description = "What the authority publishes."),
    paths(
        lists::list,
        lists::index,
        certificates::root,
        certificates::authorities,
        certificates::certificate,
        ocsp::post,
        ocsp::get,
    ),
    components(schemas(lists::Index, lists::Listed))
)]
struct Api;

/// The description of the HTTP interface (OpenAPI).
pub fn openapi() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

impl Ca {
    /// Everything the authority serves, with health checks and limits.
    pub fn router(&self) -> Result<Router, WordsError> {
        let words = Words::new(
            &[include_str!("../locales/ja/ca.ftl")],
            &[include_str!("../locales/en/ca.ftl")],
        )?;
        let routes = Router::new()
            .route(lists::INDEX, get(lists::index))
            .route(lists::LIST, get(lists::list))
            .route(certificates::ROOT, get(certificates::root))
            .route(certificates::AUTHORITIES, get(certificates::authorities))
            .route(certificates::CERTIFICATE, get(certificates::certificate))
            .route(ocsp::POST, axum::routing::post(ocsp::post))
            .route(ocsp::GET, get(ocsp::get))
            .with_state(self.clone())
            .merge(health(Some(self.inner.database.clone())));
        let surroundings = &self.inner.surroundings;
        Ok(finish(routes, surroundings, Arc::new(words), HttpLimits::default()))
    }
}
