//! Beginning a sign-in: an AuthnRequest by redirect, bound to this browser.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use warifu_saml::names::{AC_PRESENCE, BINDING_REDIRECT};
use warifu_saml::{AcsChoice, AuthnRequest, Comparison, RedirectParameter, RequestedContext};
use warifu_saml::{random_id, redirect};
use warifu_service::Problem;

use super::browser::Browser;
use super::left;
use super::providers::Provider;
use super::requests::{self, Purpose};
use crate::look::{Look, show};
use crate::shared::{App, Shared};
use crate::view::Link;
use crate::view::screens::ChooseScreen;
use crate::view::site::Site;

/// Pages that a sign-in may lead on to.
const ONWARD: [&str; 6] = ["/home", "/insurance", "/checkups", "/pension", "/history", "/desk"];

/// `GET /login`.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// The page wanted; anything unknown leads home.
    #[serde(default)]
    to: String,
    /// Which identity provider, by its place in the list.
    idp: Option<usize>,
}

/// Sends the browser to the only identity provider, or lets the person choose among several.
pub async fn login(
    State(app): State<App>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
    look: Look,
) -> Result<Response, Problem> {
    let providers = app.saml.providers.at(app.surroundings.now());
    let onward = ONWARD.into_iter().find(|page| *page == wish.to).unwrap_or_default();
    let chosen = match (wish.idp, providers.as_slice()) {
        (Some(place), all) => all.get(place),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    if let Some(provider) = chosen {
        let again = left::is_marked(&headers);
        let purpose = if again { Purpose::LoginAgain } else { Purpose::Login };
        return send(&app, &headers, provider, purpose, onward).await;
    }
    let choice = |(place, provider): (usize, &std::sync::Arc<Provider>)| Link {
        href: format!("/login?idp={place}&to={onward}"),
        words: provider.name(look.language).to_owned(),
    };
    let choices = providers.iter().enumerate().map(choice).collect();
    show(&ChooseScreen { page: look.page(&app), site: Site::outside(), choices })
}

/// Sends the browser to `provider` with a request for `purpose`.
pub async fn send(
    app: &Shared,
    headers: &HeaderMap,
    provider: &Provider,
    purpose: Purpose,
    onward: &str,
) -> Result<Response, Problem> {
    let browser = Browser::of(headers).unwrap_or_else(|| Browser::new(app));
    let request = request(app, provider, purpose);
    let url = address(app, provider, &request)?;
    let idp = &provider.entity_id;
    requests::remember(app, &request.id, &browser, idp, purpose, onward).await?;
    let mut response = Redirect::to(&url).into_response();
    let cookie = browser.cookie().ok_or_else(|| Problem::internal(&"no cookie"))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

fn request(app: &Shared, provider: &Provider, purpose: Purpose) -> AuthnRequest {
    let mut random = |bytes: &mut [u8]| app.surroundings.entropy.fill(bytes);
    AuthnRequest {
        id: random_id(&mut random),
        issuer: app.saml.own.provider.entity_id.clone(),
        issue_instant: app.surroundings.now(),
        destination: provider.sso().map(str::to_owned),
        acs: AcsChoice::Url(app.saml.own.provider.acs_url.clone()),
        force_authn: purpose == Purpose::LoginAgain,
        is_passive: false,
        name_id_format: None,
        requested_context: (purpose == Purpose::Presence).then(|| RequestedContext {
            comparison: Comparison::Exact,
            classes: vec![AC_PRESENCE.to_owned()],
        }),
    }
}

fn address(app: &Shared, provider: &Provider, request: &AuthnRequest) -> Result<String, Problem> {
    let endpoint = provider.role.sso_at(BINDING_REDIRECT).ok_or_else(unknown_provider)?;
    let xml = request.to_xml().map_err(|cause| Problem::internal(&cause))?;
    let signer = &app.saml.own.signer;
    redirect::url(&endpoint.location, RedirectParameter::Request, &xml, None, Some(signer))
        .map_err(|cause| Problem::internal(&cause))
}

/// The identity provider is not (or no longer) among the trusted.
pub fn unknown_provider() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "saml.identity-provider")
}
