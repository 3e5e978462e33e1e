//! The assertion consumer service: verifies what an identity provider says, once.

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::Redirect;
use jiff::civil::Date;
use serde::Deserialize;
use warifu_saml::names::{
    AC_PRESENCE, ATTRIBUTE_CARD_UNTIL, ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_ENTITLEMENT,
    ATTRIBUTE_OFFICE_TICKET, ATTRIBUTE_ORGANIZATION, ATTRIBUTE_PAIRWISE_ID, ATTRIBUTE_RELAY_TICKET,
};
use warifu_saml::{Expectation, Login, Refusal, Status, claimed, decode_post};
use warifu_service::Problem;

use super::arrivals::{self, Arrival, Person};
use super::begin::unknown_provider;
use super::names::Names;
use super::providers::Provider;
use super::requests::{self, Pending, Purpose};
use crate::access::Role;
use crate::shared::{App, Shared};

/// The form an identity provider lets the browser post.
#[derive(Debug, Deserialize)]
pub struct Post {
    #[serde(rename = "SAMLResponse")]
    response: String,
}

/// `POST /saml/acs`: the session cookie does not come along from another site, so the verified
/// person gets a handle, and the session begins at the next, same-site step.
pub async fn acs(State(app): State<App>, Form(post): Form<Post>) -> Result<Redirect, Problem> {
    let xml = decode_post(&post.response).map_err(|cause| unreadable(&cause))?;
    let request_id = claimed(&xml).map_err(|cause| unreadable(&cause))?.in_response_to;
    let request_id = request_id.ok_or_else(unknown_request)?;
    let pending = requests::find(&app, &request_id).await?.ok_or_else(unknown_request)?;
    let answer = match verify(&app, xml, &request_id, &pending).await? {
        Ok(login) => Ok(login),
        Err(Refusal::Status(status)) => Err(status),
        Err(refusal) => return Err(refused(&refusal)),
    };
    if !requests::take(&app, &request_id).await? {
        return Err(unknown_request());
    }
    let login = match answer {
        Ok(login) => login,
        Err(status) => return Ok(stopped(pending.purpose, status)),
    };
    let until = login.replay_until;
    if !requests::first_use(&app, &login.issuer, &login.assertion_id, until).await? {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "saml.replayed"));
    }
    let (arrival, next) = match pending.purpose {
        Purpose::Login | Purpose::LoginAgain => (person(login, &pending)?, "/login/finish"),
        Purpose::Presence => (tap(&login, &pending)?, "/desk/tap/finish"),
        Purpose::PresenceForRecords => (tap(&login, &pending)?, "/desk/records/arrive"),
        Purpose::Logout => return Err(unknown_request()),
    };
    let handle = arrivals::keep(&app, &arrival, pending.browser).await?;
    Ok(Redirect::to(&format!("{next}?h={handle}")))
}

/// Signature, encryption, audience, times, request: off the async threads, for it is all
/// computing.
async fn verify(
    app: &App,
    xml: Vec<u8>,
    request_id: &str,
    pending: &Pending,
) -> Result<Result<Login, Refusal>, Problem> {
    let (provider, app) = (provider(app, pending)?, app.clone());
    let (request_id, presence) = (request_id.to_owned(), pending.purpose.is_tap());
    // A tap that happened before it was asked for is no tap; nor is the session of whoever signed
    // out here the next person's sign-in.
    let authenticated_after = pending.purpose.wants_fresh_proof().then_some(pending.asked_at);
    let verified = tokio::task::spawn_blocking(move || {
        let expected = Expectation {
            identity_provider: &provider.role,
            issuer: &provider.entity_id,
            request_id: &request_id,
            context_classes: if presence { &[AC_PRESENCE] } else { &[] },
            authenticated_after,
        };
        app.saml.own.provider.consume(&xml, &expected, app.surroundings.now())
    });
    verified.await.map_err(|cause| Problem::internal(&cause))
}

/// The identity provider says, signed, that nobody signed in: given up, or the card would not do.
/// It has told the person why; here it only has to go on.
fn stopped(purpose: Purpose, status: Status) -> Redirect {
    tracing::info!(?status, "a sign-in was not completed");
    Redirect::to(match purpose {
        Purpose::Login | Purpose::LoginAgain | Purpose::Logout => "/login/stopped",
        Purpose::Presence => "/desk?tap=stopped",
        Purpose::PresenceForRecords => "/desk/records?said=stopped",
    })
}

fn provider(app: &Shared, pending: &Pending) -> Result<std::sync::Arc<Provider>, Problem> {
    let now = app.surroundings.now();
    app.saml.providers.find(&pending.identity_provider, now).ok_or_else(unknown_provider)
}

fn person(login: Login, pending: &Pending) -> Result<Arrival, Problem> {
    let subject = login.value(ATTRIBUTE_PAIRWISE_ID).map(str::to_owned);
    let subject = subject
        .filter(|_| login.context_class != AC_PRESENCE)
        .ok_or_else(|| Problem::new(StatusCode::FORBIDDEN, "saml.level"))?;
    let roles = login.values(ATTRIBUTE_ENTITLEMENT).iter();
    Ok(Arrival::Person(Box::new(Person {
        subject,
        names: Names::of(&login),
        name: login.value(ATTRIBUTE_DISPLAY_NAME).map(str::to_owned),
        organization: login.value(ATTRIBUTE_ORGANIZATION).map(str::to_owned),
        roles: roles.filter_map(|urn| Role::from_urn(urn)).collect(),
        ticket: login.value(ATTRIBUTE_RELAY_TICKET).map(str::to_owned),
        office_ticket: login.value(ATTRIBUTE_OFFICE_TICKET).map(str::to_owned),
        // What is no day is no reason to let nobody in.
        card_until: login.value(ATTRIBUTE_CARD_UNTIL).and_then(day),
        issuer: login.issuer,
        context_class: login.context_class,
        authenticated_at: login.authenticated_at,
        until: login.session_not_on_or_after,
        onward: pending.onward.clone(),
    })))
}

/// `YYYY-MM-DD`, and nothing else.
fn day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|day: &Date| day.to_string() == text)
}

fn tap(login: &Login, pending: &Pending) -> Result<Arrival, Problem> {
    let ticket = login.value(ATTRIBUTE_RELAY_TICKET).map(str::to_owned);
    let ticket = ticket.ok_or_else(|| Problem::new(StatusCode::FORBIDDEN, "saml.level"))?;
    Ok(Arrival::Tap { ticket, target: pending.onward.clone() })
}

fn unknown_request() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "saml.request-unknown")
}

fn unreadable(cause: &Refusal) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "saml.unreadable").caused_by(&cause.code())
}

/// The cause goes to the log by its code: a refusal may quote what the document said.
fn refused(cause: &Refusal) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "saml.refused").caused_by(&cause.code())
}
