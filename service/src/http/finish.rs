//! What wraps every router, outermost first: metrics and trace, request id, security headers,
//! error presentation, panic catcher, time limit, a place among the requests in work, body limit.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use super::admission::{Door, admit};
use super::deadline::{self, Deadline};
use crate::clock::Surroundings;
use crate::problem::{self, Presentation, Problem};
use crate::tls::PeerCertificate;
use crate::words::{LANGUAGE_COOKIE, Language, Words};

/// Bounds on every request.
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// Bytes of a request's body.
    pub body: usize,
    /// From the request's head to the answer's head; a stream may take longer.
    pub time: Duration,
    /// Paths at which whole files come in: a request may take as long as its body flows, an hour at
    /// most, and says for itself how large it may be.
    pub uploads: &'static [&'static str],
    /// Requests in work at the same time; as many more wait a second at most for their turn.
    pub requests: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { body: 64 * 1024, time: Duration::from_secs(30), uploads: &[], requests: 1024 }
    }
}

/// How long a file may take to come in.
const UPLOAD: Duration = Duration::from_hours(1);

/// The id by which a person, the log and the problem document name one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps a party's router. `words` speak the problems of this party, in both languages.
pub fn finish(
    router: Router,
    surroundings: &Surroundings,
    words: Arc<Words>,
    limits: HttpLimits,
) -> Router {
    router
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "request.unknown-path") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "request.method")
        })
        // In one piece, outermost first: a layer of the router's own is put in a box, and each request
        // copies the boxes below every one of them.
        .layer((
            from_fn_with_state(surroundings.clone(), identify),
            from_fn(remember_language),
            from_fn(security_headers),
            from_fn_with_state(Presentation { words }, problem::present),
            CatchPanicLayer::custom(panicked),
            from_fn_with_state(limits, within_time),
            from_fn_with_state(Door::new(limits.requests, surroundings), admit),
            DefaultBodyLimit::max(limits.body),
        ))
}

/// Ends what takes longer than the server allows, or than its sender waits. Only other parties
/// say how long they wait; whose time is over gets no work done.
async fn within_time(
    State(limits): State<HttpLimits>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let upload = path.is_some_and(|path| limits.uploads.contains(&path));
    let limit = if upload && request.method() == Method::POST { UPLOAD } else { limits.time };
    let party = request.extensions().get::<PeerCertificate>();
    let asked = party.and_then(|_| deadline::asked(request.headers()));
    let (time, too_late) = match asked.filter(|asked| *asked < limit) {
        Some(asked) => (asked, deadline::over()),
        None => (limit, Problem::new(StatusCode::SERVICE_UNAVAILABLE, "request.timeout")),
    };
    if time.is_zero() {
        return too_late.into_response();
    }
    request.extensions_mut().insert(Deadline::after(time));
    let answered = tokio::time::timeout(time, next.run(request)).await;
    answered.unwrap_or_else(|_| too_late.into_response())
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    // The panic hook has logged where; its message may hold a person's data and stays out.
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").into_response()
}

/// Gives the request its id and its span, and counts it.
async fn identify(
    State(surroundings): State<Surroundings>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = surroundings.hex(8);
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    // The matched path, never the URI: a query may carry what must not be logged.
    let span = tracing::info_span!("request", id, %method, path);
    request.extensions_mut().insert(RequestId(id.clone()));
    let started = surroundings.now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = surroundings.now().duration_since(started);
    let status = response.status().as_u16();
    span.in_scope(|| tracing::info!(status, took_ms = took.as_millis(), "answered"));
    let labels = [("path", path), ("status", status.to_string())];
    metrics::counter!("warifu_http_requests_total", &labels).increment(1);
    metrics::histogram!("warifu_http_request_seconds", &labels).record(took.as_secs_f64());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Keeps a person's choice of language, made by `?lang=`, for the next pages.
async fn remember_language(request: Request, next: Next) -> Response {
    let chosen = Language::in_query(request.uri().query());
    let mut response = next.run(request).await;
    if let Some(language) = chosen {
        let cookie = format!(
            "{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax",
            language.tag()
        );
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// Strict defaults; a page that needs more sets its own header and keeps it.
async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
