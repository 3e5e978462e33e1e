//! `POST /token`: a sign-in's ticket is exchanged for an access token (RFC 8693) that only the
//! certificate of this connection can use (RFC 8705).

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use warifu_log::{Event, LogError};
use warifu_pki::jose::JoseError;
use warifu_pki::{Purpose, Ticket, TicketError};
use warifu_service::Problem;

use crate::caller::Client;
use crate::events;
use crate::grants::{Grant, GrantStoreError};
use crate::relay::Relay;

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const TYPE_JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const TYPE_ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// The form (RFC 8693 section 2.1).
#[derive(Deserialize, ToSchema)]
pub(crate) struct TokenRequest {
    /// `urn:ietf:params:oauth:grant-type:token-exchange`.
    grant_type: String,
    /// The ticket, as the identity provider gave it.
    subject_token: String,
    /// `urn:ietf:params:oauth:token-type:jwt`.
    subject_token_type: String,
}

/// The answer (RFC 8693 section 2.2.1).
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// 43 characters; use as `Authorization: Bearer`.
    access_token: String,
    /// `urn:ietf:params:oauth:token-type:access_token`.
    issued_token_type: &'static str,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds until it ends.
    expires_in: i64,
    /// What it can be used for.
    scope: &'static str,
}

/// A refusal (RFC 6749 section 5.2).
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct TokenError {
    /// `invalid_request`, `unsupported_grant_type` or `invalid_grant`.
    error: &'static str,
    /// One English sentence.
    error_description: &'static str,
    /// The stable code.
    code: &'static str,
}

/// Why there is no token.
pub(crate) enum Refusal {
    /// The client's fault.
    Token(TokenError),
    /// Ours, or too much at once.
    Problem(Problem),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Token(error) => (StatusCode::BAD_REQUEST, Json(error)).into_response(),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// Exchanges a ticket for an access token.
#[utoipa::path(
    post,
    path = "/token",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = TokenAnswer),
        (status = 400, description = "RFC 6749 section 5.2", body = TokenError),
        (status = 503, description = "The log is busy", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn exchange(
    State(relay): State<Relay>,
    client: Client,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Result<Json<TokenAnswer>, Refusal> {
    let sealed = subject_token(form).map_err(Refusal::Token)?;
    let now = relay.surroundings().now();
    let ticket = match relay.open_ticket(&sealed, now) {
        Ok(ticket) => ticket,
        Err(error) => return Err(refused(&relay, &client, None, invalid(&error)).await),
    };
    if ticket.cnf.x5t_s256 != client.certificate {
        let foreign = grant_error("ticket.binding", "the ticket is for another certificate");
        return Err(refused(&relay, &client, Some(&ticket), foreign).await);
    }
    let life = life_of(&ticket, relay.config().session_minutes);
    let grant = Grant::from_ticket(ticket.clone(), now.checked_add(life).unwrap_or(now));
    if relay.grants().is_revoked(&grant).await.map_err(store_failed)? {
        let over = grant_error("ticket.revoked", "the sign-in has been ended");
        return Err(refused(&relay, &client, Some(&ticket), over).await);
    }
    if !used_now(&relay, &ticket).await? {
        let used = grant_error("ticket.used", "the ticket has been used");
        return Err(refused(&relay, &client, Some(&ticket), used).await);
    }
    issue(&relay, &client, &ticket, &grant, life).await.map(Json).map_err(Refusal::Problem)
}

fn subject_token(form: Result<Form<TokenRequest>, FormRejection>) -> Result<String, TokenError> {
    let Ok(Form(request)) = form else {
        return Err(request_error("invalid_request", "the form cannot be read"));
    };
    if request.grant_type != TOKEN_EXCHANGE {
        return Err(request_error("unsupported_grant_type", "only token exchange is offered"));
    }
    if request.subject_token_type != TYPE_JWT {
        return Err(request_error("invalid_request", "the subject token must be a JWT"));
    }
    Ok(request.subject_token)
}

fn request_error(error: &'static str, error_description: &'static str) -> TokenError {
    TokenError { error, error_description, code: "token-request.invalid" }
}

fn grant_error(code: &'static str, error_description: &'static str) -> TokenError {
    TokenError { error: "invalid_grant", error_description, code }
}

fn invalid(error: &TicketError) -> TokenError {
    let TicketError::Token(cause) = error else {
        return grant_error("ticket.malformed", "the ticket's claims do not fit together");
    };
    match cause {
        JoseError::Expired => grant_error("ticket.expired", "the ticket has ended"),
        JoseError::NotYetValid => grant_error("ticket.early", "the ticket is not valid yet"),
        JoseError::WrongAudience => grant_error("ticket.audience", "the ticket is for another"),
        JoseError::WrongIssuer | JoseError::WrongHeader | JoseError::BadSignature => {
            grant_error("ticket.issuer", "the ticket is not of a trusted identity provider")
        }
        JoseError::NotForUs => grant_error("ticket.sealed", "the ticket does not open"),
        _ => grant_error("ticket.malformed", "the ticket is malformed"),
    }
}

/// Enters the refusal into the log. Whether that succeeds changes nothing for the client.
async fn refused(
    relay: &Relay,
    client: &Client,
    ticket: Option<&Ticket>,
    error: TokenError,
) -> Refusal {
    relay.note(events::token_refused(&client.party, ticket, error.code)).await;
    Refusal::Token(error)
}

async fn used_now(relay: &Relay, ticket: &Ticket) -> Result<bool, Refusal> {
    let until = Timestamp::from_second(ticket.exp).unwrap_or(Timestamp::MAX);
    relay.grants().use_up(&ticket.iss, &ticket.jti, until).await.map_err(store_failed)
}

fn store_failed(error: GrantStoreError) -> Refusal {
    Refusal::Problem(error.into())
}

async fn issue(
    relay: &Relay,
    client: &Client,
    ticket: &Ticket,
    grant: &Grant,
    life: SignedDuration,
) -> Result<TokenAnswer, Problem> {
    let event = events::token_issued(&client.party, ticket);
    let (logged, token) = tokio::join!(append(relay, event), relay.grants().issue(grant));
    logged?;
    Ok(TokenAnswer {
        access_token: token?,
        issued_token_type: TYPE_ACCESS_TOKEN,
        token_type: "Bearer",
        expires_in: life.as_secs(),
        scope: grant.scope(),
    })
}

async fn append(relay: &Relay, event: Event) -> Result<(), Problem> {
    relay.log().append(event).await.map(drop).map_err(|error| log_problem(&error))
}

/// Seconds after which it is worth trying again on a full disk.
const FULL_RETRY: u32 = 30;

/// A failed entry as its client sees it: nothing left, and it may be tried again.
pub(crate) fn log_problem(error: &LogError) -> Problem {
    if matches!(error, LogError::Full) {
        let full = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "log.full");
        return full.retry_after(FULL_RETRY).caused_by(error);
    }
    if error.is_passing() {
        let busy = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "log.busy");
        return busy.retry_after(1).caused_by(error);
    }
    Problem::internal(error)
}

fn life_of(ticket: &Ticket, session_minutes: u32) -> SignedDuration {
    match ticket.purpose {
        Purpose::Records => SignedDuration::from_mins(i64::from(session_minutes)),
        Purpose::Eligibility | Purpose::CardOffice => ticket.purpose.lifetime(),
    }
}
