//! Reading an AuthnRequest: everything about it is checked before anything is done about it.

use axum::http::StatusCode;
use jiff::Timestamp;
use warifu_saml::redirect::{self, Received};
use warifu_saml::{AuthnRequest, MessageError, RedirectError, RedirectParameter};
use warifu_service::Problem;

use crate::provider::{NotServed, Provider, Providers};
use crate::store::{Asked, Asker, Wishes};

/// A request of a service provider that we know, to be answered where its metadata says.
pub(super) struct Ask<'a> {
    pub(super) provider: &'a Provider,
    pub(super) acs: String,
    pub(super) request: AuthnRequest,
    pub(super) relay_state: Option<String>,
}

impl Ask<'_> {
    /// Who waits for the answer, and where.
    pub(super) fn asker(&self, wishes: Wishes) -> Asker {
        Asker {
            provider: self.provider.entity_id.clone(),
            acs: self.acs.clone(),
            request: Some(Asked { id: self.request.id.clone(), at: self.request.issue_instant }),
            relay_state: self.relay_state.clone(),
            wishes,
        }
    }
}

/// Why a request is not answered at all. The person sees a page; nothing is sent anywhere.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error(transparent)]
    Query(#[from] RedirectError),
    #[error(transparent)]
    Message(#[from] MessageError),
    #[error(transparent)]
    NotServed(#[from] NotServed),
    #[error("signature: {0}")]
    Signature(RedirectError),
    #[error("the provider signs its requests, and this one is not signed")]
    Unsigned,
    #[error("stale or for another destination: {0}")]
    Stale(MessageError),
    #[error("no such address for answers in the metadata")]
    Acs,
}

impl AskError {
    fn code(&self) -> &'static str {
        match self {
            Self::Query(_) | Self::Message(_) => "sso.unreadable",
            Self::NotServed(NotServed::Unknown) => "sso.unknown-provider",
            Self::NotServed(NotServed::Expired) => "sso.metadata-expired",
            Self::Signature(_) | Self::Unsigned => "sso.signature",
            Self::Stale(_) => "sso.stale",
            Self::Acs => "sso.acs",
        }
    }
}

impl From<AskError> for Problem {
    fn from(cause: AskError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, cause.code()).caused_by(&cause)
    }
}

/// The codes, for the catalogues' test.
#[cfg(test)]
pub(super) const CODES: [&str; 6] = [
    "sso.unreadable",
    "sso.unknown-provider",
    "sso.metadata-expired",
    "sso.signature",
    "sso.stale",
    "sso.acs",
];

/// Reads the query of the HTTP-Redirect binding (SAML bindings §3.4).
pub(super) fn read<'a>(
    query: &str,
    providers: &'a Providers,
    destination: &str,
    now: Timestamp,
) -> Result<Ask<'a>, AskError> {
    let received = redirect::receive(query, RedirectParameter::Request)?;
    let request = AuthnRequest::parse(&received.xml)?;
    let provider = providers.current(&request.issuer, now)?;
    check_signature(&received, provider)?;
    request.check(destination, now).map_err(AskError::Stale)?;
    let acs = provider.role.resolve_acs(&request.acs).ok_or(AskError::Acs)?;
    Ok(Ask { provider, acs: acs.location.clone(), request, relay_state: received.relay_state })
}

/// A signature is verified when it is there, and must be there when the metadata says so.
fn check_signature(received: &Received, provider: &Provider) -> Result<(), AskError> {
    if received.is_signed() {
        return received.verify(&provider.role.signing).map_err(AskError::Signature);
    }
    if provider.role.authn_requests_signed { Err(AskError::Unsigned) } else { Ok(()) }
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
        let codes = [&CODES[..], &super::super::unsolicited::CODES].concat();
        assert_eq!(lacking_advice(&words, &codes), BTreeMap::new());
    }

    proptest! {
        #[test]
        fn any_query_is_refused_in_peace(query in "\\PC{0,300}") {
            let nobody = Providers::default();
            for query in [query.clone(), format!("SAMLRequest={query}")] {
                let read = read(&query, &nobody, "https://idp.example", Timestamp::UNIX_EPOCH);
                prop_assert!(read.is_err());
            }
        }
    }
}
