//! Who calls: a registered party, shown by its certificate, and what its token grants.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use warifu_pki::Purpose;
use warifu_service::Problem;
use warifu_service::tls::PeerCertificate;

use crate::batch::system;
use crate::grants::{Found, Grant};
use crate::relay::Relay;

/// A registered party at the other end of the connection.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    /// Its name.
    pub party: String,
    /// Its certificate's `x5t#S256`.
    pub certificate: String,
}

/// A registered party with a token.
#[derive(Debug)]
pub(crate) struct Caller {
    /// The party's name.
    pub party: String,
    /// What its token grants.
    pub grant: Arc<Grant>,
}

impl Caller {
    /// What is one's own is for oneself, signed in with card and PIN.
    pub fn require_own(&self) -> Result<(), Problem> {
        let code = match self.grant.purpose {
            Purpose::Records if self.grant.is_high() => return Ok(()),
            Purpose::Records => "level.low",
            Purpose::Eligibility | Purpose::CardOffice => "token.purpose",
        };
        Err(Problem::new(StatusCode::FORBIDDEN, code))
    }

    /// What a person decides, they decide at the portal: not through a service that reads only
    /// where it was let in, which is told the code `elsewhere`.
    pub fn require_window(&self, relay: &Relay, elsewhere: &'static str) -> Result<(), Problem> {
        self.require_own()?;
        let is_service = relay.config().consent_clients.contains(&self.party);
        let refused = || Problem::new(StatusCode::FORBIDDEN, elsewhere);
        if is_service { Err(refused()) } else { Ok(()) }
    }
}

/// Lets only registered parties through.
pub(crate) async fn registered(
    State(relay): State<Relay>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(peer) = request.extensions().get::<PeerCertificate>() else {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "peer.none"));
    };
    let known = peer.party.as_ref().filter(|party| relay.config().clients.contains(party));
    let party = known.cloned().ok_or_else(|| unknown(peer))?;
    let client = Client { party, certificate: peer.thumbprint.clone() };
    request.extensions_mut().insert(client);
    Ok(next.run(request).await)
}

/// Lets registered parties through, and organisations' own systems: where checks are asked for.
pub(crate) async fn registered_or_system(
    State(relay): State<Relay>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let peer = request.extensions().get::<PeerCertificate>();
    let Some(system) = peer.and_then(|peer| system(&relay.config().systems, peer)) else {
        return registered(State(relay), request, next).await;
    };
    let certificate = peer.map(|peer| peer.thumbprint.clone()).unwrap_or_default();
    let client = Client { party: system.party.clone(), certificate };
    request.extensions_mut().insert(client);
    Ok(next.run(request).await)
}

fn unknown(peer: &PeerCertificate) -> Problem {
    let named = peer.party.as_deref().unwrap_or("nobody");
    let refusal = Problem::new(StatusCode::FORBIDDEN, "peer.unknown");
    refusal.caused_by(&format_args!("the certificate names {named}"))
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let none = || Problem::new(StatusCode::UNAUTHORIZED, "peer.none");
        parts.extensions.get::<Self>().cloned().ok_or_else(none)
    }
}

impl FromRequestParts<Relay> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, relay: &Relay) -> Result<Self, Problem> {
        let client = Client::from_request_parts(parts, relay).await?;
        let unauthorized = |code| Problem::new(StatusCode::UNAUTHORIZED, code);
        let token = bearer(parts).ok_or_else(|| unauthorized("token.missing"))?;
        let found = relay.grants().of(token).await?;
        let grant = match found.ok_or_else(|| unauthorized("token.unknown"))? {
            Found::Granted(grant) => grant,
            Found::Revoked => return Err(unauthorized("token.revoked")),
        };
        if grant.client != client.certificate {
            return Err(Problem::new(StatusCode::FORBIDDEN, "token.binding"));
        }
        if grant.expires <= relay.surroundings().now() {
            return Err(unauthorized("token.expired"));
        }
        Ok(Self { party: client.party, grant })
    }
}

/// The token of `Authorization: Bearer` (RFC 6750 section 2.1).
fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
