//! From a template to a response: language, frame, headers.

use askama::Template;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse as _, Response};
use warifu_service::Problem;
use warifu_service::web::Page;
use warifu_service::web::display::Display;
use warifu_service::words::{LANGUAGE_COOKIE, Language, Tongue, Voice};

use crate::shared::{App, Shared};

/// In which language a page is wanted, and where it stands.
#[derive(Debug, Clone)]
pub struct Look {
    /// The language.
    pub language: Language,
    /// How its reader wants it to look.
    pub display: Display,
    uri: Uri,
}

impl Look {
    /// The frame of the page.
    pub fn page<'a>(&self, app: &'a Shared) -> Page<'a> {
        Page::new(self.voice(app)).at(&self.uri).dressed(self.display.classes())
    }

    /// The page's voice.
    pub fn voice<'a>(&self, app: &'a Shared) -> Voice<'a> {
        app.words.in_(self.tongue())
    }

    /// The language, with readings where they are wanted.
    pub fn tongue(&self) -> Tongue {
        Tongue { language: self.language, furigana: self.display.furigana }
    }

    /// The page's path, as the menu knows it.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// For an answer to a form, or one that can be had only once: switching the language leads
    /// to `path`.
    #[must_use]
    pub fn standing_at(self, path: &'static str) -> Self {
        Self { uri: Uri::from_static(path), ..self }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Look {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let (headers, query) = (&parts.headers, parts.uri.query());
        let language = Language::of(headers, query);
        Ok(Self { language, display: Display::of(headers, query), uri: parts.uri.clone() })
    }
}

/// The page as a response.
pub fn show(template: &impl Template) -> Result<Response, Problem> {
    Ok(Html(text(template)?).into_response())
}

/// The template as text.
pub fn text(template: &impl Template) -> Result<String, Problem> {
    template.render().map_err(|cause| Problem::internal(&cause))
}

/// A page that is sent in pieces.
pub fn flow(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response()
}

/// Gives pages their content security policy, and keeps a chosen language in its cookie.
pub async fn dress(State(app): State<App>, request: Request, next: Next) -> Response {
    let chosen = Language::in_query(request.uri().query());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let is_page = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page {
        headers.insert(header::CONTENT_SECURITY_POLICY, app.saml.page_policy());
        // Without any referrer, browsers would send `Origin: null` with our own forms.
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    if let Some(cookie) = chosen.and_then(language_cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

/// A browser obeys a line about a `__Host-` cookie only when it says `Secure` (RFC 6265bis
/// §4.1.3.2). The line by which the session layer takes its cookie away does not, and the cookie
/// would stay.
pub async fn secure_cookies(mut response: Response) -> Response {
    let lines = response.headers_mut().iter_mut();
    for (_, line) in lines.filter(|(name, _)| *name == header::SET_COOKIE) {
        let text = line.to_str().unwrap_or_default();
        let lacking = text.starts_with("__Host-") && !text.contains("; Secure");
        let secured = lacking.then(|| HeaderValue::from_str(&format!("{text}; Secure")));
        if let Some(Ok(secured)) = secured {
            *line = secured;
        }
    }
    response
}

fn language_cookie(language: Language) -> Option<HeaderValue> {
    let tag = language.tag();
    let cookie = format!("{LANGUAGE_COOKIE}={tag}; Path=/; Max-Age=31536000; Secure; SameSite=Lax");
    HeaderValue::from_str(&cookie).ok()
}

/// Refuses acts that another site started. Browsers say so themselves (Fetch Metadata); where
/// they do not, a foreign Origin gives them away. A client that is no browser says neither.
pub async fn same_site_acts(State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let foreign = match headers.get("sec-fetch-site") {
        Some(site) => site != "same-origin" && site != "none",
        None => headers.get(header::ORIGIN).is_some_and(|origin| origin != app.origin.as_str()),
    };
    if foreign && !request.method().is_safe() {
        return Problem::new(StatusCode::FORBIDDEN, "request.cross-site").into_response();
    }
    next.run(request).await
}
