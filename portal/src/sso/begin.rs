//! Beginning a sign-in: an AuthnRequest by redirect, bound to this browser.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use url::form_urlencoded;
use warifu_contract::services::ServiceId;
use warifu_saml::names::{AC_PRESENCE, AC_SMARTCARD, BINDING_REDIRECT};
use warifu_saml::{AcsChoice, AuthnRequest, Comparison, RedirectParameter, RequestedContext};
use warifu_saml::{random_id, redirect};
use warifu_service::Problem;
use warifu_service::words::Language;

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
const ONWARD: [&str; 9] = [
    "/services",
    "/home",
    "/insurance",
    "/checkups",
    "/pension",
    "/history",
    "/notices",
    "/desk",
    "/desk/records",
];

/// Longest address of a page that a sign-in leads on to.
const LONGEST_ONWARD: usize = 256;

/// `GET /login`.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// The page wanted; anything unknown leads home.
    #[serde(default)]
    to: String,
    /// Which identity provider, by its place in the list.
    idp: Option<usize>,
    /// Which cards will do.
    #[serde(default)]
    card: Cards,
}

/// Which cards will do for a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cards {
    /// Those that check their PIN themselves, as records need it.
    #[default]
    Pki,
    /// FeliCa cards besides, whose PIN the identity provider checks.
    Felica,
}

/// What an identity provider is asked for, and what comes after.
pub struct Question<'a> {
    /// What for.
    pub purpose: Purpose,
    /// Which cards will do.
    pub cards: Cards,
    /// As [`Pending`](requests::Pending) holds it.
    pub onward: &'a str,
}

/// Sends the browser to the only identity provider, or lets the person choose among several.
pub async fn login(
    State(app): State<App>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
    look: Look,
) -> Result<Response, Problem> {
    let providers = app.saml.providers.at(app.surroundings.now());
    let onward = if may_lead_to(&wish.to) { wish.to.as_str() } else { "" };
    let chosen = match (wish.idp, providers.as_slice()) {
        (Some(place), all) => all.get(place),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    if let Some(provider) = chosen {
        let again = left::is_marked(&headers);
        let purpose = if again { Purpose::LoginAgain } else { Purpose::Login };
        let question = Question { purpose, cards: wish.card, onward };
        return send(&app, &headers, provider, &question).await;
    }
    let choice = |(place, provider): (usize, &std::sync::Arc<Provider>)| Link {
        href: format!("/login?idp={place}{}&to={}", wish.card.in_query(), in_query(onward)),
        words: provider.name(look.language).to_owned(),
    };
    let choices = providers.iter().enumerate().map(choice).collect();
    show(&ChooseScreen { page: look.page(&app), site: Site::outside(), choices })
}

/// The address of the sign-in that leads on to `page`.
pub fn leading_to(page: &str) -> String {
    format!("/login?to={}", in_query(page))
}

impl Cards {
    /// As a further part of an address that begins a sign-in.
    fn in_query(self) -> &'static str {
        match self {
            Self::Pki => "",
            Self::Felica => "&card=felica",
        }
    }
}

/// The slashes of a path may stand in a query as they are (RFC 3986 section 3.4).
fn in_query(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace("%2F", "/")
}

/// Only to pages of our own; those of the card office have many addresses.
fn may_lead_to(page: &str) -> bool {
    ONWARD.contains(&page) || is_office_page(page) || is_service_page(page)
}

fn is_service_page(page: &str) -> bool {
    page.strip_prefix("/services/").is_some_and(|id| id.parse::<ServiceId>().is_ok())
}

fn is_office_page(page: &str) -> bool {
    let rest = page.strip_prefix("/office").unwrap_or("x");
    let begins = rest.is_empty() || rest.starts_with(['/', '?']);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/?=&-_%.".contains(&b);
    begins && page.len() <= LONGEST_ONWARD && rest.bytes().all(plain)
}

/// Sends the browser to `provider` with a request.
pub async fn send(
    app: &Shared,
    headers: &HeaderMap,
    provider: &Provider,
    question: &Question<'_>,
) -> Result<Response, Problem> {
    let browser = Browser::of(headers).unwrap_or_else(|| Browser::new(app));
    let Question { purpose, onward, .. } = *question;
    let request = request(app, provider, question);
    let url = address(app, provider, &request)?;
    let idp = &provider.entity_id;
    requests::remember(app, &request.id, &browser, idp, purpose, onward).await?;
    let url = in_language(url, Language::in_cookie(headers));
    let mut response = Redirect::to(&url).into_response();
    let cookie = browser.cookie().ok_or_else(|| Problem::internal(&"no cookie"))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

fn request(app: &Shared, provider: &Provider, question: &Question<'_>) -> AuthnRequest {
    let mut random = |bytes: &mut [u8]| app.surroundings.entropy.fill(bytes);
    let issuer = app.saml.own.provider.entity_id.as_str();
    AuthnRequest {
        destination: provider.sso().map(str::to_owned),
        acs: AcsChoice::Url(app.saml.own.provider.acs_url.clone()),
        force_authn: question.purpose == Purpose::LoginAgain,
        requested_context: context(question),
        ..AuthnRequest::new(random_id(&mut random), issuer, app.surroundings.now())
    }
}

/// What is asked of the sign-in; whoever asks for nothing gets the surest.
fn context(question: &Question<'_>) -> Option<RequestedContext> {
    let (comparison, class) = match (question.purpose, question.cards) {
        (Purpose::Presence | Purpose::PresenceForRecords, _) => (Comparison::Exact, AC_PRESENCE),
        (_, Cards::Felica) => (Comparison::Minimum, AC_SMARTCARD),
        (_, Cards::Pki) => return None,
    };
    Some(RequestedContext { comparison, classes: vec![class.to_owned()] })
}

fn address(app: &Shared, provider: &Provider, request: &AuthnRequest) -> Result<String, Problem> {
    let endpoint = provider.role.sso_at(BINDING_REDIRECT).ok_or_else(unknown_provider)?;
    let xml = request.to_xml().map_err(|cause| Problem::internal(&cause))?;
    let signer = &app.saml.own.signer;
    redirect::url(&endpoint.location, RedirectParameter::Request, &xml, None, Some(signer))
        .map_err(|cause| Problem::internal(&cause))
}

/// Whoever chose a language here goes on in it at our identity provider; others pass over what is not
/// of the binding (SAML bindings §3.4.4).
fn in_language(url: String, chosen: Option<Language>) -> String {
    match chosen {
        Some(language) => format!("{url}&lang={}", language.tag()),
        None => url,
    }
}

/// The identity provider is not (or no longer) among the trusted.
pub fn unknown_provider() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "saml.identity-provider")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_to_our_own_pages_only() {
        for page in [
            "/home",
            "/services",
            "/services/city/notices",
            "/office",
            "/office?stage=proved",
            "/office/cards/A7K2-9QXM/send",
        ] {
            assert!(may_lead_to(page), "{page}");
        }
        let long = format!("/office/{}", "x".repeat(300));
        for page in [
            "",
            "/",
            "/services/",
            "/services/a/b/c",
            "//evil.example",
            "/officer",
            "/office\\evil",
            "/office/\r\n",
            &long,
        ] {
            assert!(!may_lead_to(page), "{page}");
        }
    }

    #[test]
    fn an_address_survives_the_way_through_the_sign_in() {
        assert_eq!(leading_to("/pension"), "/login?to=/pension");
        assert_eq!(leading_to("/office?stage=a&x=b"), "/login?to=/office%3Fstage%3Da%26x%3Db");
    }
}
