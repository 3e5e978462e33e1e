//! Reading logout messages that a browser brings: everything about one is checked before anything is
//! done about it.

use axum::http::StatusCode;
use jiff::Timestamp;
use url::form_urlencoded;
use warifu_saml::redirect::{self, Received};
use warifu_saml::{LogoutRequest, LogoutResponse, MessageError, RedirectError, RedirectParameter};
use warifu_service::Problem;

use super::message::response_address;
use crate::provider::{NotServed, Provider, Providers};
use crate::refusals;

/// What came.
pub(super) enum Arrival<'a> {
    /// A service provider wants sessions ended.
    Request(Request<'a>),
    /// A service provider says how the end of one went there.
    Response(Answer<'a>),
}

/// A request of a service provider that we know, signed by it, meant for here and now.
pub(super) struct Request<'a> {
    pub(super) provider: &'a Provider,
    pub(super) message: LogoutRequest,
    pub(super) relay_state: Option<String>,
}

/// An answer of a service provider that we know, signed by it. Whether it was asked is still to be
/// seen.
pub(super) struct Answer<'a> {
    pub(super) provider: &'a Provider,
    pub(super) message: LogoutResponse,
}

/// Why a message is not acted upon. The person sees a page; nothing is sent anywhere.
#[derive(Debug, thiserror::Error)]
pub(super) enum SloError {
    #[error(transparent)]
    Query(#[from] RedirectError),
    #[error(transparent)]
    Message(#[from] MessageError),
    #[error("a request and an answer at once")]
    Both,
    #[error(transparent)]
    NotServed(#[from] NotServed),
    #[error("signature: {0}")]
    Signature(RedirectError),
    #[error("stale or for another destination: {0}")]
    Stale(MessageError),
    #[error("it names no destination, as signed messages must")]
    NoDestination,
    #[error("the metadata has no address that an answer could go to")]
    NoAddress,
    #[error("the request came before")]
    Replayed,
    #[error("an answer that nobody waits for")]
    Unasked,
    #[error("another browser was sent with the request")]
    OtherBrowser,
}

impl SloError {
    fn code(&self) -> &'static str {
        match self {
            Self::Query(_) | Self::Message(_) | Self::Both => "slo.unreadable",
            Self::NotServed(NotServed::Unknown) => "slo.unknown-provider",
            Self::NotServed(NotServed::Expired) => "slo.metadata-expired",
            Self::Signature(_) => "slo.signature",
            Self::Stale(_) | Self::NoDestination => "slo.stale",
            Self::NoAddress => "slo.no-address",
            Self::Replayed => "slo.replayed",
            Self::Unasked => "slo.unasked",
            Self::OtherBrowser => "slo.other-browser",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Replayed => StatusCode::CONFLICT,
            Self::OtherBrowser => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl From<SloError> for Problem {
    fn from(cause: SloError) -> Self {
        Self::new(cause.status(), cause.code()).caused_by(&cause)
    }
}

/// The codes, for the catalogues' test.
#[cfg(test)]
const CODES: [&str; 9] = [
    "slo.unreadable",
    "slo.unknown-provider",
    "slo.metadata-expired",
    "slo.signature",
    "slo.stale",
    "slo.no-address",
    "slo.replayed",
    "slo.unasked",
    "slo.other-browser",
];

/// Reads the query of the HTTP-Redirect binding (SAML bindings §3.4).
pub(super) fn read<'a>(
    query: &str,
    providers: &'a Providers,
    here: &str,
    now: Timestamp,
) -> Result<Arrival<'a>, SloError> {
    match (carries(query, "SAMLRequest"), carries(query, "SAMLResponse")) {
        (true, true) => Err(SloError::Both),
        (_, false) => read_request(query, providers, here, now).map(Arrival::Request),
        (false, true) => read_answer(query, providers, here, now).map(Arrival::Response),
    }
}

fn carries(query: &str, name: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(found, _)| found == name)
}

fn read_request<'a>(
    query: &str,
    providers: &'a Providers,
    here: &str,
    now: Timestamp,
) -> Result<Request<'a>, SloError> {
    let received = redirect::receive(query, RedirectParameter::Request)?;
    let message = LogoutRequest::parse(&received.xml)?;
    let provider = issuer(providers, &message.issuer, &received, now)?;
    is_addressed(message.destination.as_deref())?;
    message.check(here, now).map_err(SloError::Stale)?;
    response_address(provider).ok_or(SloError::NoAddress)?;
    Ok(Request { provider, message, relay_state: received.relay_state })
}

fn read_answer<'a>(
    query: &str,
    providers: &'a Providers,
    here: &str,
    now: Timestamp,
) -> Result<Answer<'a>, SloError> {
    let received = redirect::receive(query, RedirectParameter::Response)?;
    let message = LogoutResponse::parse(&received.xml)?;
    let provider = issuer(providers, &message.issuer, &received, now)?;
    is_addressed(message.destination.as_deref())?;
    message.check(&message.in_response_to, here, now).map_err(SloError::Stale)?;
    Ok(Answer { provider, message })
}

/// The service provider that made the message. Its signature over the query must be there and hold
/// (profiles §4.4.4.1).
fn issuer<'a>(
    providers: &'a Providers,
    issuer: &str,
    received: &Received,
    now: Timestamp,
) -> Result<&'a Provider, SloError> {
    let provider = providers.current(issuer, now)?;
    received.verify(&provider.role.signing).map_err(SloError::Signature)?;
    refusals::about_provider(&provider.entity_id);
    Ok(provider)
}

/// A signed message says where it goes (bindings §3.4.5.2).
fn is_addressed(destination: Option<&str>) -> Result<(), SloError> {
    destination.map(|_| ()).ok_or(SloError::NoDestination)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use warifu_service::words::lacking_advice;

    #[test]
    fn every_refusal_has_advice() {
        let words = crate::words::words().unwrap();
        assert_eq!(lacking_advice(&words, &CODES), BTreeMap::new());
    }

    proptest! {
        #[test]
        fn any_query_is_refused_in_peace(query in "\\PC{0,300}") {
            let nobody = Providers::default();
            for query in [
                query.clone(),
                format!("SAMLRequest={query}"),
                format!("SAMLResponse={query}&Signature=AAAA&SigAlg=x"),
            ] {
                let read = read(&query, &nobody, "https://idp.example", Timestamp::UNIX_EPOCH);
                prop_assert!(read.is_err());
            }
        }
    }
}
