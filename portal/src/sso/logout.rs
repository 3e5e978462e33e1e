//! Ending sessions: by the person, and by an identity provider over SOAP (SAML core 3.7).

use axum::body::Bytes;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;
use warifu_saml::{LogoutRequest, LogoutResponse, Status, random_id, soap};
use warifu_service::Problem;

use super::{left, sessions, slo};
use crate::access::SignedIn;
use crate::shared::{App, Shared};

/// The desk, as a page that somebody leaves.
const DESK: &str = "desk";

/// From which page somebody leaves.
#[derive(Debug, Deserialize)]
pub struct Leave {
    /// `desk`: the screen is to be covered.
    #[serde(default)]
    from: String,
}

/// `POST /logout`: our own session ends first; then the identity provider is asked to end its own,
/// where it takes that through the browser.
pub async fn logout(
    State(app): State<App>,
    session: Session,
    headers: HeaderMap,
    Form(leave): Form<Leave>,
) -> Result<Response, Problem> {
    let me = SignedIn::of(&session, app.surroundings.now()).await?;
    session.flush().await.map_err(|cause| Problem::internal(&cause))?;
    app.ended.notify_waiters();
    let onward = if leave.from == DESK { DESK } else { "" };
    let asked = match me {
        // What goes wrong here does not bring the session back.
        Some(me) => slo::ask(&app, &headers, &me, onward).await.unwrap_or(None),
        None => None,
    };
    let mut response = asked.unwrap_or_else(|| Redirect::to(page_after(onward)).into_response());
    response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_static(left::MARK));
    Ok(response)
}

/// The page for whoever has left from there.
pub fn page_after(from: &str) -> &'static str {
    if from == DESK { "/desk/signed-out" } else { "/signed-out" }
}

/// `POST /saml/slo`, from server to server: an identity provider ends sessions, for instance because the card was
/// taken out of the reader.
pub async fn by_soap(State(app): State<App>, body: Bytes) -> Result<Response, Problem> {
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
