//! `/admin/providers…`: the registry for who runs the federation.

mod change;
mod draft;
mod list;
mod show;
mod terms;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use warifu_service::Problem;

use super::OrderError;
use crate::browser::Browser;
use crate::centre::Centre;
use crate::signed_in::require_admin;

/// Metadata that is pasted travels as a form, where each of its characters may take three bytes.
const MOST_FORM_BYTES: usize = 2 * 1024 * 1024;
/// The audience of the names by which the history knows the staff: nobody else's.
const HISTORY: &str = "urn:warifu:idp:registry";

/// The addresses of the registry.
pub(crate) fn routes(centre: &Arc<Centre>) -> Router<Arc<Centre>> {
    let reading = Router::new()
        .route("/admin/providers/new", get(draft::ask).post(draft::read))
        .route("/admin/providers/{id}/metadata", get(draft::ask_again).post(draft::read_again))
        .layer(DefaultBodyLimit::max(MOST_FORM_BYTES))
        .layer(from_fn_with_state(centre.clone(), known_before_read));
    Router::new()
        .route("/admin/providers", get(list::show))
        .route("/admin/providers/draft/{id}", get(draft::show).post(draft::confirm))
        .route("/admin/providers/{id}", get(show::show).post(change::terms))
        .route("/admin/providers/{id}/enable", post(change::enable))
        .route("/admin/providers/{id}/disable", get(change::ask_disable).post(change::disable))
        .route("/admin/providers/{id}/remove", get(change::ask_remove).post(change::remove))
        .route("/admin/providers/{id}/refresh", post(change::refresh))
        .merge(reading)
}

/// Nobody else's long forms are read at all.
async fn known_before_read(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if !request.method().is_safe() {
        admin(&centre, &browser).await?;
    }
    Ok(next.run(request).await)
}

/// The name of the administrator who is signed in, as the history knows it.
async fn admin(centre: &Centre, browser: &Browser) -> Result<String, Problem> {
    let session = centre.signed_in(browser).await?;
    require_admin(&session)?;
    Ok(centre.keys.pairwise.subject(HISTORY, &session.person))
}

impl From<OrderError> for Problem {
    fn from(cause: OrderError) -> Self {
        let status = match cause.code() {
            "internal" => return Self::internal(&cause),
            "registry.no-such" => StatusCode::NOT_FOUND,
            "registry.overtaken" | "registry.in-configuration" | "provider.twice" => {
                StatusCode::CONFLICT
            }
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, cause.code()).caused_by(&cause)
    }
}

#[cfg(test)]
mod tests;
