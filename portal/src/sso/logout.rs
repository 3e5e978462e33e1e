//! Ending sessions: by the person, and by an identity provider over SOAP (SAML core 3.7).

use axum::body::Bytes;
use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;
use warifu_saml::{LogoutRequest, LogoutResponse, Status, random_id, soap};
use warifu_service::Problem;

use super::{left, sessions};
use crate::shared::{App, Shared};

/// From which page somebody leaves.
#[derive(Debug, Deserialize)]
pub struct Leave {
    /// `desk`: the screen is to be covered.
    #[serde(default)]
    from: String,
}

/// `POST /logout`.
pub async fn logout(
    State(app): State<App>,
    session: Session,
    Form(leave): Form<Leave>,
) -> Result<Response, Problem> {
    session.flush().await.map_err(|cause| Problem::internal(&cause))?;
    app.ended.notify_waiters();
    let next = if leave.from == "desk" { "/desk/signed-out" } else { "/signed-out" };
    Ok(([(header::SET_COOKIE, left::MARK)], Redirect::to(next)).into_response())
}

/// `POST /saml/slo`: an identity provider ends sessions, for instance because the card was
/// taken out of the reader.
pub async fn slo(State(app): State<App>, body: Bytes) -> Result<Response, Problem> {
    let request = verified(&app, &body)?;
    let name = &request.name_id.value;
    let ended = sessions::end(&app, &request.issuer, name, &request.session_indexes).await?;
    tracing::info!(ended, "sessions were ended by their identity provider");
    let answer = answer(&app, &request)?;
    Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], soap::wrap(&answer)).into_response())
}

/// The request, signed by one of the trusted identity providers and meant for here and now.
fn verified(app: &Shared, body: &[u8]) -> Result<LogoutRequest, Problem> {
    let now = app.surroundings.now();
    let message = soap::unwrap(body).map_err(|cause| refused(&cause.code()))?;
    let mut why = "saml.identity-provider";
    for provider in app.saml.providers.at(now) {
        match LogoutRequest::verify(message, &provider.entity_id, &provider.role.signing) {
            Ok(request) => {
                let checked = request.check(&app.saml.own.slo_url, now);
                return checked.map(|()| request).map_err(|cause| refused(&cause.code()));
            }
            Err(cause) => why = cause.code(),
        }
    }
    Err(refused(&why))
}

fn answer(app: &Shared, request: &LogoutRequest) -> Result<String, Problem> {
    let mut random = |bytes: &mut [u8]| app.surroundings.entropy.fill(bytes);
    let response = LogoutResponse {
        id: random_id(&mut random),
        issuer: app.saml.own.provider.entity_id.clone(),
        in_response_to: request.id.clone(),
        issue_instant: app.surroundings.now(),
        destination: None,
        status: Status::Success,
    };
    response.to_signed_xml(&app.saml.own.signer).map_err(|cause| Problem::internal(&cause))
}

fn refused(cause: &dyn std::fmt::Display) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "logout.refused").caused_by(cause)
}
