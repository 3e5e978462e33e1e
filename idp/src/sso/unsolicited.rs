//! `GET /saml/unsolicited`: a sign-in that no service provider asked for (SAML profiles §4.1.5),
//! where a link on somebody's page leads here.
//!
//! Off by default: whoever makes somebody follow such a link decides who they are signed in as, at a
//! service that cannot tell that it did not ask. So it is for registrations that say they take it.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use warifu_saml::AcsChoice;
use warifu_saml::redirect::RELAY_STATE_LIMIT;
use warifu_service::Problem;

use super::{Visit, admit, wish};
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::provider::Provider;
use crate::store::{Asker, Wishes};
use crate::view::{Address, View};

/// Whom to answer, and what it shall get back with the answer.
#[derive(Deserialize)]
pub(crate) struct Unsolicited {
    /// The entity id.
    provider: String,
    #[serde(rename = "RelayState")]
    relay_state: Option<String>,
}

/// The codes, for the catalogues' test.
#[cfg(test)]
pub(super) const CODES: [&str; 1] = ["sso.unsolicited"];

/// Answers a provider that did not ask.
pub(crate) async fn unsolicited(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    address: Address,
    Query(query): Query<Unsolicited>,
) -> Result<Response, Problem> {
    let providers = centre.providers();
    let unknown = || refuse(StatusCode::BAD_REQUEST, "sso.unknown-provider");
    let provider = providers.find(&query.provider).ok_or_else(unknown)?;
    admit(&centre, provider)?;
    check(&centre, provider, &query)?;
    let asker = asker(provider, query.relay_state)?;
    let visit = Visit {
        centre: &centre,
        browser: &browser,
        view: &view,
        address: &address,
        provider,
        asker: &asker,
        force_authn: false,
        is_passive: false,
    };
    let next = visit.next().await?;
    visit.go(next).await
}

fn check(centre: &Centre, provider: &Provider, query: &Unsolicited) -> Result<(), Problem> {
    if !provider.terms.idp_initiated {
        return Err(refuse(StatusCode::FORBIDDEN, "sso.unsolicited"));
    }
    if !provider.is_current(centre.now()) {
        return Err(refuse(StatusCode::BAD_REQUEST, "sso.metadata-expired"));
    }
    if query.relay_state.as_ref().is_some_and(|state| state.len() > RELAY_STATE_LIMIT) {
        return Err(refuse(StatusCode::BAD_REQUEST, "sso.unreadable"));
    }
    Ok(())
}

fn asker(provider: &Provider, relay_state: Option<String>) -> Result<Asker, Problem> {
    let acs = provider.role.resolve_acs(&AcsChoice::Default);
    let acs = acs.ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "sso.acs"))?;
    Ok(Asker {
        provider: provider.entity_id.clone(),
        acs: acs.location.clone(),
        request: None,
        relay_state,
        wishes: Wishes { lasting: wish::usually_lasting(provider), ..Wishes::default() },
    })
}

#[cfg(test)]
mod tests;
