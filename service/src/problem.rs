//! Errors as people and programs see them: a stable code, one advice for the person, one for the
//! engineer, a request id. Programs get a problem document (RFC 9457), browsers a page.
//!
//! The cause goes to the log and nowhere else.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::RequestId;
use crate::storage;
use crate::web;
use crate::words::{Tongue, Words};

/// A refusal or failure on its way to the client.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    retry_after: Option<u32>,
}

impl Problem {
    /// A problem with a stable dotted `code`, whose texts stand in the party's catalogues under
    /// the code with `-` for `.`, as the attributes `.person` and `.engineer`.
    pub fn new(status: StatusCode, code: &'static str) -> Self {
        Self { status, code, retry_after: None }
    }

    /// Something of ours failed: logs `cause` and tells the client only that it did.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }

    /// A database refused: 503 `storage.away` or `storage.full`, with `Retry-After`, where the same
    /// may succeed later; otherwise `internal`.
    pub fn storage(cause: &sqlx::Error) -> Self {
        let passing = |code, seconds| {
            Self::new(StatusCode::SERVICE_UNAVAILABLE, code).retry_after(seconds).caused_by(cause)
        };
        if storage::is_full(cause) {
            passing("storage.full", FULL)
        } else if storage::is_away(cause) {
            passing("storage.away", AWAY)
        } else {
            Self::internal(cause)
        }
    }

    /// Logs what led to this problem; the client does not see it.
    #[must_use]
    pub fn caused_by(self, cause: &dyn std::fmt::Display) -> Self {
        tracing::warn!(code = self.code, %cause, "a request was refused");
        self
    }

    /// Tells the client when to try again, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

/// Seconds after which a database that was away may have another leader.
const AWAY: u32 = 2;
/// Seconds after which it is worth trying again on a full disk.
const FULL: u32 = 30;

impl From<sqlx::Error> for Problem {
    /// 503 `storage.away` or `storage.full` where the same may succeed later; otherwise `internal`.
    fn from(cause: sqlx::Error) -> Self {
        Self::storage(&cause)
    }
}

impl IntoResponse for Problem {
    /// Only the status and the problem itself: the frame around the router gives it words and a shape.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// A problem document (RFC 9457) with an advice for each of the two readers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProblemDocument {
    /// `urn:warifu:problem:` and the code.
    pub r#type: String,
    /// One sentence on what happened.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: &'static str,
    /// What to do, for each of the two.
    pub advice: Advice,
    /// The request's id.
    pub instance: String,
}

/// What to do now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Advice {
    /// For the person before the screen.
    pub person: String,
    /// For the engineer.
    pub engineer: String,
}

/// Who asked, as far as an error's shape depends on it.
pub(crate) struct Asker {
    tongue: Tongue,
    wants_page: bool,
    request_id: String,
}

impl Asker {
    /// Who sent that request.
    pub fn of(request: &Request) -> Self {
        let id = request.extensions().get::<RequestId>();
        Self {
            tongue: Tongue::of(request.headers(), request.uri().query()),
            wants_page: accepts_html(request),
            request_id: id.map_or_else(String::new, |id| id.0.clone()),
        }
    }

    /// Gives every problem its words: a page for a browser, a problem document for a program.
    pub fn present(&self, mut response: Response, words: &Words) -> Response {
        let problem = response.extensions_mut().remove::<Problem>().or_else(|| foreign(&response));
        match problem {
            Some(problem) => shape(&problem, words, self),
            None => response,
        }
    }
}

/// Refusals of the framework itself (a body too large, a form unreadable) get our words too.
fn foreign(response: &Response) -> Option<Problem> {
    let code = match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => "request.too-large",
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => "request.unreadable",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "request.media-type",
        _ => return None,
    };
    let kind = response.headers().get(header::CONTENT_TYPE);
    let bare = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    bare.then(|| Problem::new(response.status(), code))
}

fn shape(problem: &Problem, words: &Words, asker: &Asker) -> Response {
    let document = document(problem, words, asker);
    let voice = words.in_(asker.tongue);
    let page = asker.wants_page.then(|| web::error_page(&document, voice)).flatten();
    let mut response = if let Some(html) = page {
        let policy = [(header::CONTENT_SECURITY_POLICY, web::page_policy())];
        (problem.status, policy, Html(html)).into_response()
    } else {
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (problem.status, kind, Json(document)).into_response()
    };
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn document(problem: &Problem, words: &Words, asker: &Asker) -> ProblemDocument {
    let voice = words.in_(asker.tongue);
    let key = problem.code.replace('.', "-");
    ProblemDocument {
        r#type: format!("urn:warifu:problem:{}", problem.code),
        title: voice.say(&key),
        status: problem.status.as_u16(),
        code: problem.code,
        advice: Advice {
            person: voice.attribute(&key, "person"),
            engineer: voice.attribute(&key, "engineer"),
        },
        instance: format!("urn:warifu:request:{}", asker.request_id),
    }
}

fn accepts_html(request: &Request) -> bool {
    request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/html"))
}
