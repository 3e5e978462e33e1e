//! `/healthz` (the process answers), `/readyz` (its database answers too), `/metrics`
//! (Prometheus text).

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::storage::Database;
use crate::telemetry;

/// The three, which are answered also when everything else is refused.
pub(crate) const PATHS: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The three routes. A party without a database is ready as soon as it answers.
pub fn health(database: Option<Database>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(move || ready(database.clone())))
        .route("/metrics", get(metrics))
}

async fn ready(database: Option<Database>) -> Response {
    match database {
        Some(database) if !database.is_ready().await => {
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
        _ => "ready\n".into_response(),
    }
}

async fn metrics() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, telemetry::metrics_text()).into_response()
}
