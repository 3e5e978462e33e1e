//! `/consents`: what a person lets be told without being asked again, and how to take it back.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use warifu_service::Problem;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::page::key;
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::japan::date;
use crate::provider::Providers;
use crate::signed_in::SignedIn;
use crate::store::{Consent, Session};
use crate::view::View;

#[derive(Template)]
#[template(path = "consents.html")]
struct ConsentsPage<'a> {
    page: Page<'a>,
    withdrawn: bool,
    consents: Vec<ConsentView>,
}

/// A consent with its words.
struct ConsentView {
    service: String,
    items: Vec<String>,
    given: String,
    reference: String,
}

#[derive(Template)]
#[template(path = "consent_withdraw.html")]
struct WithdrawPage<'a> {
    page: Page<'a>,
    title: String,
    reference: &'a str,
}

/// Names the service provider, by its entity id in base64url.
#[derive(Deserialize)]
pub(crate) struct Which {
    provider: String,
}

/// Lists them for whoever is signed in; who is not signs in first.
pub(crate) async fn list(
    State(centre): State<Arc<Centre>>,
    SignedIn(session): SignedIn,
    view: View,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let providers = centre.providers();
    let look = Look { providers: &providers, voice: view.voice(&centre.words) };
    let consents = centre.store.consents_of(&session.person).await?;
    let page = ConsentsPage {
        page: view.page(&centre.words),
        withdrawn: query.is_some_and(|query| query.split('&').any(|part| part == "withdrawn")),
        consents: consents.iter().map(|consent| look.at(consent)).collect(),
    };
    view.render(&page, "form-action 'self'")
}

/// Asks whether it is meant.
pub(crate) async fn confirm(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let (_, consent) = own(&centre, &browser, &which).await?;
    let providers = centre.providers();
    let look = Look { providers: &providers, voice: view.voice(&centre.words) };
    let service = look.name(&consent);
    let page = WithdrawPage {
        page: view.page(&centre.words),
        title: look.voice.tell("withdraw-heading", &[("provider", service.into())]),
        reference: &which.provider,
    };
    view.render(&page, "form-action 'self'")
}

/// Takes it back: from the next sign-in on, the person is asked again.
pub(crate) async fn withdraw(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    Form(which): Form<Which>,
) -> Result<Response, Problem> {
    let (session, consent) = own(&centre, &browser, &which).await?;
    centre.store.withdraw_consent(&session.person, &consent.provider).await?;
    tracing::info!(provider = consent.provider, "a consent was taken back");
    Ok(Redirect::to("/consents?withdrawn").into_response())
}

/// The consent of whoever is signed in.
async fn own(
    centre: &Centre,
    browser: &Browser,
    which: &Which,
) -> Result<(Session, Consent), Problem> {
    let session = centre.signed_in(browser).await?;
    let provider = BASE64URL_NOPAD.decode(which.provider.as_bytes()).unwrap_or_default();
    let mut consents = centre.store.consents_of(&session.person).await?.into_iter();
    let consent = consents.find(|consent| consent.provider.as_bytes() == provider);
    let consent = consent.ok_or_else(|| refuse(StatusCode::NOT_FOUND, "consent.none-such"))?;
    Ok((session, consent))
}

/// The codes, for the catalogues' test.
#[cfg(test)]
pub(super) const CODES: [&str; 1] = ["consent.none-such"];

/// How the consents are looked at.
struct Look<'a> {
    providers: &'a Providers,
    voice: Voice<'a>,
}

impl Look<'_> {
    fn at(&self, consent: &Consent) -> ConsentView {
        ConsentView {
            service: self.name(consent),
            items: consent.items.iter().map(|item| self.voice.say(&key(item))).collect(),
            given: date(consent.given_at, self.voice),
            reference: BASE64URL_NOPAD.encode(consent.provider.as_bytes()),
        }
    }

    /// What the service is called; one that has left the federation by its entity id.
    fn name(&self, consent: &Consent) -> String {
        let provider = self.providers.find(&consent.provider);
        let name = provider.map(|provider| provider.name(self.voice.language));
        name.unwrap_or_else(|| consent.provider.clone())
    }
}
