//! Who calls: a portal or an identity provider, shown by its certificate; and through a portal, a
//! member of staff, shown by a ticket.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use warifu_service::Problem;
use warifu_service::tls::PeerCertificate;

use super::problem::plain;
use super::{OfficeApi, Provider};
use crate::life::Refusal;
use crate::ticket::TicketRefusal;
use crate::{Actor, StaffRole};

/// A member of staff, through a portal.
#[derive(Debug)]
pub(super) struct Staff(pub Actor);

/// Lets only portals through.
pub(super) async fn from_portal(
    State(api): State<OfficeApi>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let party = party(&request)?;
    if !party.is_some_and(|party| api.0.portals.iter().any(|portal| portal == party)) {
        return Err(unknown(party));
    }
    Ok(next.run(request).await)
}

/// Lets only identity providers through, and says which.
pub(super) async fn from_provider(
    State(api): State<OfficeApi>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let party = party(&request)?;
    let known = api.0.providers.iter().find(|provider| Some(provider.party.as_str()) == party);
    let Some(provider) = known.cloned() else { return Err(unknown(party)) };
    request.extensions_mut().insert(provider);
    Ok(next.run(request).await)
}

/// Lets only the relay through.
pub(super) async fn from_relay(
    State(api): State<OfficeApi>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let party = party(&request)?;
    let relay = api.0.vouching.as_ref().map(|vouching| vouching.relay.as_str());
    if party.is_none() || party != relay {
        return Err(unknown(party));
    }
    Ok(next.run(request).await)
}

impl FromRequestParts<OfficeApi> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &OfficeApi) -> Result<Self, Problem> {
        let certificate = parts.extensions.get::<PeerCertificate>().ok_or_else(no_certificate)?;
        let missing = || Problem::new(StatusCode::UNAUTHORIZED, "ticket.missing");
        let ticket = bearer(parts).ok_or_else(missing)?;
        let now = api.office().now();
        let admitted = api.0.tickets.admit(ticket, &certificate.thumbprint, now).await;
        admitted.map(Self).map_err(|refusal| refused(&refusal))
    }
}

impl<S: Sync> FromRequestParts<S> for Provider {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(no_certificate)
    }
}

/// Lets only these roles on.
pub(super) fn require(actor: &Actor, roles: &[StaffRole]) -> Result<(), Problem> {
    if actor.is_any(roles) { Ok(()) } else { Err(plain(&Refusal::Role.into())) }
}

fn party(request: &Request) -> Result<Option<&str>, Problem> {
    let peer = request.extensions().get::<PeerCertificate>().ok_or_else(no_certificate)?;
    Ok(peer.party.as_deref())
}

fn no_certificate() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "peer.none")
}

fn unknown(party: Option<&str>) -> Problem {
    let named = party.unwrap_or("nobody");
    let refusal = Problem::new(StatusCode::FORBIDDEN, "peer.unknown");
    refusal.caused_by(&format_args!("the certificate names {named}"))
}

fn refused(refusal: &TicketRefusal) -> Problem {
    let (status, code) = match refusal {
        TicketRefusal::Invalid(_) => (StatusCode::UNAUTHORIZED, "ticket.invalid"),
        TicketRefusal::Audience => (StatusCode::UNAUTHORIZED, "ticket.audience"),
        TicketRefusal::Expired => (StatusCode::UNAUTHORIZED, "ticket.expired"),
        TicketRefusal::Ended => (StatusCode::UNAUTHORIZED, "ticket.ended"),
        TicketRefusal::Binding => (StatusCode::FORBIDDEN, "ticket.binding"),
        TicketRefusal::Level => (StatusCode::FORBIDDEN, "level.low"),
        TicketRefusal::NoRole => (StatusCode::FORBIDDEN, "office.role"),
        TicketRefusal::Storage(cause) => return Problem::internal(cause),
    };
    Problem::new(status, code).caused_by(refusal)
}

/// The token of `Authorization: Bearer` (RFC 6750 section 2.1).
fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
