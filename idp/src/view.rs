//! From a template to an answer: language, headers, the policy that the page lives under.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use askama::Template;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::Uri;
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, SET_COOKIE};
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse as _, Response};
use warifu_service::Problem;
use warifu_service::http::Peer;
use warifu_service::web::Page;
use warifu_service::web::display::Display;
use warifu_service::words::{LANGUAGE_COOKIE, Language, Tongue, Voice, Words};

/// What every page allows itself; directives of single pages are added.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Where pictures come from, unless the page says otherwise.
const PICTURES: &str = "; img-src 'self'";

/// A request for a page: where, and in which language.
pub(crate) struct View {
    pub(crate) language: Language,
    display: Display,
    uri: Uri,
}

impl View {
    /// The frame of a page that cannot be asked for again: what led to it counts once.
    pub(crate) fn last_page<'a>(&self, words: &'a Words) -> Page<'a> {
        Page::new(self.voice(words)).dressed(self.display.classes())
    }

    /// The frame of the page.
    pub(crate) fn page<'a>(&self, words: &'a Words) -> Page<'a> {
        let page = self.last_page(words).at(&self.uri);
        if self.is_of_operators() {
            return page;
        }
        page.offering_furigana(&self.uri, self.display.furigana)
    }

    /// Its voice, with readings where its reader wants them.
    pub(crate) fn voice<'a>(&self, words: &'a Words) -> Voice<'a> {
        let furigana = self.display.furigana && !self.is_of_operators();
        words.in_(Tongue { language: self.language, furigana })
    }

    /// Whether it is for those who run the federation: their words have no readings.
    fn is_of_operators(&self) -> bool {
        self.uri.path().starts_with("/admin/")
    }

    /// The page, under the common policy and `more` of its own; a language chosen in the address
    /// is kept for the pages to come.
    pub(crate) fn render(&self, page: &impl Template, more: &str) -> Result<Response, Problem> {
        let html = page.render().map_err(|cause| Problem::internal(&cause))?;
        let mut response = Html(html).into_response();
        let pictures = if more.contains("img-src") { "" } else { PICTURES };
        let policy = HeaderValue::from_str(&format!("{POLICY}{pictures}; {more}"))
            .map_err(|cause| Problem::internal(&cause))?;
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        // Under `no-referrer` browsers send `Origin: null` with a form, and then our own forms
        // could not be told from foreign ones (Fetch §3.2).
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        if let Some(cookie) = self.chosen_language().and_then(language_cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    }

    /// The language that the address names.
    pub(crate) fn chosen_language(&self) -> Option<Language> {
        Language::in_query(self.uri.query())
    }
}

fn language_cookie(language: Language) -> Option<HeaderValue> {
    let tag = language.tag();
    let year = 365 * 24 * 60 * 60;
    let cookie =
        format!("{LANGUAGE_COOKIE}={tag}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={year}");
    HeaderValue::from_str(&cookie).ok()
}

impl<S: Sync> FromRequestParts<S> for View {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let (headers, query) = (&parts.headers, parts.uri.query());
        let (language, display) = (Language::of(headers, query), Display::of(headers, query));
        Ok(Self { language, display, uri: parts.uri.clone() })
    }
}

/// The address that a request came from.
pub(crate) struct Address(pub(crate) IpAddr);

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<Peer>>();
        let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Ok(Self(peer.map_or(unknown, |ConnectInfo(peer)| peer.address.ip())))
    }
}
