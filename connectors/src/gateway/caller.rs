//! Who asks: the relay, shown by its client certificate, with a token for this one question.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use jiff::Timestamp;
use warifu_contract::connector_token::{Actor, ConnectorClaims};
use warifu_contract::history::Purpose;
use warifu_service::Problem;
use warifu_service::tls::PeerCertificate;

use super::Inner;
use crate::store::AccessEntry;
use crate::token::key_named_by;

/// The only party that a connector answers.
const RELAY: &str = "relay";

/// The relay, at the other end of this connection.
pub(super) struct Relay {
    thumbprint: String,
}

impl<S: Sync> FromRequestParts<S> for Relay {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(peer) = parts.extensions.get::<PeerCertificate>() else {
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "peer.none"));
        };
        if peer.party.as_deref() != Some(RELAY) {
            return Err(Problem::new(StatusCode::FORBIDDEN, "peer.unknown"));
        }
        Ok(Self { thumbprint: peer.thumbprint.clone() })
    }
}

/// The relay with a token.
pub(super) struct Caller {
    claims: ConnectorClaims,
    now: Timestamp,
}

impl FromRequestParts<Arc<Inner>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, inner: &Arc<Inner>) -> Result<Self, Problem> {
        let relay = Relay::from_request_parts(parts, inner).await?;
        let token = bearer(parts).ok_or_else(|| unauthorized("token.missing"))?;
        let now = inner.surroundings.now();
        let keys = inner.relay_keys.for_key(key_named_by(token).as_deref()).await?;
        let claims = inner
            .verifier
            .verify(&keys, token, &relay.thumbprint, now)
            .map_err(|error| unauthorized(error.code()).caused_by(&error))?;
        Ok(Self { claims, now })
    }
}

impl Caller {
    /// When the request came.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Of whom the token speaks, if not the request does.
    pub(super) fn pseudonym(&self) -> Option<&str> {
        self.claims.sub.as_deref()
    }

    /// A record is read: by the member, or by others on a consent or mandate whose receipt the
    /// token names.
    pub(super) fn require_reading(&self) -> Result<(), Problem> {
        let claims = &self.claims;
        let (is_own, by_consent) = (claims.act.is_none(), claims.receipt.is_some());
        let by_staff = self.organization().is_some();
        let allowed = match claims.purpose {
            Purpose::OwnLook => is_own,
            Purpose::OwnService => is_own && by_consent,
            Purpose::OnBehalf => matches!(claims.act, Some(Actor::Proxy { .. })) && by_consent,
            Purpose::Care | Purpose::HealthGuidance | Purpose::Procedure | Purpose::Emergency => {
                by_staff && by_consent
            }
            Purpose::Treatment | Purpose::Linking => false,
        };
        if allowed { Ok(()) } else { Err(forbidden("token.purpose")) }
    }

    /// What the caller asks for.
    pub(super) fn purpose(&self) -> Purpose {
        self.claims.purpose
    }

    /// The member acts.
    pub(super) fn require_own_look(&self) -> Result<(), Problem> {
        let is_own = self.claims.act.is_none() && self.claims.purpose == Purpose::OwnLook;
        if is_own { Ok(()) } else { Err(forbidden("token.purpose")) }
    }

    /// Staff ask about what members applied for here, and of nobody: gives the code of the
    /// organisation whose staff they are.
    pub(super) fn require_applications(&self) -> Result<&str, Problem> {
        let claims = &self.claims;
        let of_nobody = claims.sub.is_none() && claims.receipt.is_none();
        let is_theirs = of_nobody && claims.purpose == Purpose::Procedure;
        self.organization().filter(|_| is_theirs).ok_or_else(|| forbidden("token.purpose"))
    }

    /// An organisation asks in order to treat the member.
    pub(super) fn require_treatment(&self) -> Result<(), Problem> {
        let is_treatment =
            self.claims.purpose == Purpose::Treatment && self.organization().is_some();
        if is_treatment { Ok(()) } else { Err(forbidden("token.purpose")) }
    }

    /// The code of the organisation whose staff ask.
    fn organization(&self) -> Option<&str> {
        Some(self.claims.act.as_ref()?.organization()?.code.as_str())
    }

    /// The relay links somebody: what it calls the ceremony here.
    pub(super) fn require_linking(&self) -> Result<&str, Problem> {
        if self.claims.purpose != Purpose::Linking || self.claims.act.is_some() {
            return Err(forbidden("token.purpose"));
        }
        self.pseudonym().ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "token.subject"))
    }

    /// Takes down what is about to be said; refuses when the token was used before. Only after
    /// this may the answer leave.
    pub(super) async fn log(
        &self,
        inner: &Inner,
        service: &str,
        member: Option<&str>,
        result: &str,
    ) -> Result<(), Problem> {
        let entry = AccessEntry {
            jti: &self.claims.jti,
            at: self.now,
            purpose: self.claims.purpose,
            service,
            organization: self.organization(),
            member,
            receipt: self.claims.receipt.as_deref(),
            result,
        };
        let is_first = inner.store.log_access(&entry).await?;
        if is_first { Ok(()) } else { Err(unauthorized("token.replayed")) }
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn unauthorized(code: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code)
}

fn forbidden(code: &'static str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, code)
}
