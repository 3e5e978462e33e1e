//! The addresses of the identity provider.

use std::sync::Arc;

use axum::Router;
use axum::extract::{self, Request};
use axum::http::StatusCode;
use axum::http::header::ORIGIN;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use warifu_service::health::health;
use warifu_service::http::{HttpLimits, finish};
use warifu_service::web::{AssetFile, assets};

use crate::centre::{Centre, refuse};
use crate::registry::{self, Standing, State};
use crate::{cards, consent, event, login, logout, published, refusals, sessions, sso};

const ASSETS: &[AssetFile] = &[
    ("login.js", include_bytes!("../assets/login.js")),
    ("login.css", include_bytes!("../assets/login.css")),
    ("registry.css", include_bytes!("../assets/registry.css")),
    ("answer.js", include_bytes!("../assets/answer.js")),
];

/// No request has more: a token is below 8 KiB.
const MOST_BODY_BYTES: usize = 16 * 1024;

pub(crate) fn router(centre: &Arc<Centre>) -> Router {
    let pages = Router::new()
        .route("/", get(logout::show))
        .route("/saml/metadata", get(published::metadata))
        .route("/saml/sso", get(sso::begin))
        .route("/saml/unsolicited", get(sso::unsolicited))
        .route("/saml/slo", get(logout::take_message))
        .route("/jwks.json", get(published::jwks))
        .route("/login", get(login::show))
        .route("/login/request", post(login::refresh))
        .route("/login/token", post(login::receive))
        .route("/login/felica", post(login::receive_felica))
        .route("/login/idm", post(login::receive_idm))
        .route("/login/pin", get(login::show_pin).post(login::check_pin))
        .route(
            "/login/certificate",
            get(login::arrive_certified).post(login::leave_for_certificate),
        )
        .route("/login/certificate/help", get(login::help_with_certificate))
        .route("/login/done", get(login::done))
        .route("/login/cancel", post(login::cancel))
        .route("/activate", get(login::activate))
        .route("/consent", post(consent::decide))
        .route("/consents", get(consent::list))
        .route("/consents/withdraw", get(consent::confirm).post(consent::withdraw))
        .route("/cards", get(cards::show))
        .route("/cards/add", get(login::add_card).post(cards::add))
        .route("/cards/remove", get(cards::confirm).post(cards::remove))
        .route("/cards/pin", get(cards::ask_pin).post(cards::choose_pin))
        .route("/admin/refusals", get(refusals::show))
        .route("/events", post(event::receive))
        .route("/logout", get(logout::show).post(logout::submit))
        .route("/logout/services", get(logout::services))
        .route("/logout/next", get(logout::next))
        .route("/sessions", get(sessions::show))
        .route("/sessions/end", get(sessions::confirm).post(sessions::end))
        .route("/agent/card-removed", post(logout::card_removed))
        .merge(registry::pages::routes(centre))
        .layer((
            from_fn_with_state(centre.clone(), refusals::note),
            from_fn_with_state(centre.clone(), own_pages_only),
        ))
        .with_state(centre.clone());
    let health = health(Some(centre.store.database().clone()))
        .layer(from_fn_with_state(centre.clone(), with_lists));
    let all = pages.merge(assets(ASSETS)).merge(health);
    let limits = HttpLimits { body: MOST_BODY_BYTES, ..HttpLimits::default() };
    finish(all, &centre.surroundings, centre.words.clone(), limits)
}

/// Ready is who can let people in: not before the revocation lists are in force, and not after.
async fn with_lists(
    extract::State(centre): extract::State<Arc<Centre>>,
    request: Request,
    next: Next,
) -> Response {
    let asked = request.uri().path() == "/readyz";
    if asked && !centre.trust.is_in_force(centre.now()) {
        let why = "a revocation list is not in force: nobody can sign in\n";
        return (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    }
    let response = next.run(request).await;
    if asked && response.status().is_success() {
        return ready_but(&centre).unwrap_or(response);
    }
    response
}

/// A service provider that is not believed is no reason to let nobody in; it is one to look.
fn ready_but(centre: &Centre) -> Option<Response> {
    let (picture, now) = (centre.registry.picture(), centre.now());
    let all = picture.standings.len();
    let out = |it: &Standing| matches!(it.state(now), State::NotBelieved | State::Expired);
    let out = picture.standings.iter().filter(|it| out(it)).count();
    let text = format!("ready, but {out} of {all} service providers are not believed\n");
    (out > 0).then(|| text.into_response())
}

/// What changes something takes no word from other sites' pages. The cookies do not come along
/// from there anyway (`SameSite`); this is the second bolt.
async fn own_pages_only(
    extract::State(centre): extract::State<Arc<Centre>>,
    request: Request,
    next: Next,
) -> Response {
    let own = centre.config.public_url.as_str().as_bytes();
    let foreign = request.headers().get(ORIGIN).is_some_and(|origin| origin.as_bytes() != own);
    if foreign && !request.method().is_safe() {
        return refuse(StatusCode::FORBIDDEN, "request.foreign-origin").into_response();
    }
    next.run(request).await
}
