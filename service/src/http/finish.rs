//! What wraps every router, outermost first: metrics and trace, request id, security headers,
//! readings over words, error presentation, panic catcher, time limit, a place among the requests
//! in work, body limit.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use jiff::Timestamp;
use tracing::{Instrument as _, Span};

use super::admission::Door;
use super::deadline::{self, Deadline};
use crate::clock::Surroundings;
use crate::problem::{Asker, Problem};
use crate::tls::PeerCertificate;
use crate::web::display::Display;
use crate::web::furigana;
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
    let door = Door::new(limits.requests, surroundings);
    let frame = Arc::new(Frame { surroundings: surroundings.clone(), words, limits, door });
    router
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "request.unknown-path") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "request.method")
        })
        // In one piece: each layer of its own puts the request's answer, and a copy of every layer
        // below, in boxes once more.
        .layer((from_fn_with_state(frame, wrap), DefaultBodyLimit::max(limits.body)))
}

/// What stands around every router of one server.
struct Frame {
    surroundings: Surroundings,
    words: Arc<Words>,
    limits: HttpLimits,
    door: Door,
}

/// Everything that is done around a request, from outside to inside.
async fn wrap(State(frame): State<Arc<Frame>>, mut request: Request, next: Next) -> Response {
    let counted = Counted::begin(&frame.surroundings, &mut request);
    let query = request.uri().query();
    let chosen = Language::in_query(query);
    let look = Display::chosen(request.headers(), query);
    let reads = frame.words.has_furigana() && Display::of(request.headers(), query).furigana;
    let asker = Asker::of(&request);
    let span = counted.span.clone();
    let answered = AssertUnwindSafe(within_time(&frame, request, next)).catch_unwind();
    let mut response = answered.instrument(span).await.unwrap_or_else(|_| panicked());
    response = asker.present(response, &frame.words);
    secure(response.headers_mut());
    if let Some(language) = chosen {
        remember(language, response.headers_mut());
    }
    if let Some(cookie) = look.and_then(Display::cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    if reads {
        response = furigana::shown(response);
    }
    counted.end(&frame.surroundings, &mut response);
    response
}

/// Ends what takes longer than the server allows, or than its sender waits. Only other parties
/// say how long they wait; whose time is over gets no work done.
async fn within_time(frame: &Frame, mut request: Request, next: Next) -> Response {
    let limits = &frame.limits;
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
    let answered = tokio::time::timeout(time, frame.door.admit(request, next)).await;
    answered.unwrap_or_else(|_| too_late.into_response())
}

/// The panic hook has logged where; a panic's message may hold a person's data and stays out.
fn panicked() -> Response {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").into_response()
}

/// A request with its id and its span, which will be counted.
struct Counted {
    id: String,
    path: String,
    span: Span,
    started: Timestamp,
}

impl Counted {
    /// Gives the request its id.
    fn begin(surroundings: &Surroundings, request: &mut Request) -> Self {
        let id = surroundings.hex(8);
        let path = request.extensions().get::<MatchedPath>();
        let path = path.map_or("none", MatchedPath::as_str).to_owned();
        let method = request.method();
        // The matched path, never the URI: a query may carry what must not be logged.
        let span = tracing::info_span!("request", id, %method, path);
        request.extensions_mut().insert(RequestId(id.clone()));
        Self { id, path, span, started: surroundings.now() }
    }

    /// Counts it, and tells its id.
    fn end(self, surroundings: &Surroundings, response: &mut Response) {
        let took = surroundings.now().duration_since(self.started);
        let status = response.status();
        let logged =
            || tracing::info!(status = status.as_u16(), took_ms = took.as_millis(), "answered");
        self.span.in_scope(logged);
        let labels = [("path", self.path), ("status", status.as_str().to_owned())];
        metrics::counter!("warifu_http_requests_total", &labels).increment(1);
        metrics::histogram!("warifu_http_request_seconds", &labels).record(took.as_secs_f64());
        if let Ok(value) = HeaderValue::from_str(&self.id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
    }
}

/// Keeps a person's choice of language, made by `?lang=`, for the next pages.
fn remember(language: Language, headers: &mut HeaderMap) {
    let cookie = format!(
        "{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax",
        language.tag()
    );
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, value);
    }
}

/// Strict defaults; a page that needs more sets its own header and keeps it.
fn secure(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
