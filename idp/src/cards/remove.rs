//! `/cards/remove`: a card that others issued is taken away again, after one question.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use warifu_service::Problem;
use warifu_service::web::Page;

use super::page::title;
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::store::{Card, FELICA_SCHEME, Session};
use crate::view::View;

/// Names the card: by its keyed hash, which says nothing.
#[derive(Deserialize)]
pub(crate) struct Which {
    pub(super) card: String,
}

#[derive(Template)]
#[template(path = "remove.html")]
struct RemovePage<'a> {
    page: Page<'a>,
    title: String,
    lead: &'static str,
    reference: &'a str,
}

/// Asks whether it is meant.
pub(crate) async fn confirm(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let (_, card) = own_card(&centre, &browser, &which).await?;
    let voice = view.voice(&centre.words);
    let page = RemovePage {
        page: view.page(&centre.words),
        title: voice.tell("remove-heading", &[("card", title(&card, voice).into())]),
        lead: if is_felica(&card) { "remove-lead-felica" } else { "remove-lead" },
        reference: &which.card,
    };
    view.render(&page, "form-action 'self'")
}

/// Takes it away, and ends what it opened.
pub(crate) async fn remove(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    Form(which): Form<Which>,
) -> Result<Response, Problem> {
    let (session, card) = own_card(&centre, &browser, &which).await?;
    let now = centre.now();
    let (store, person) = (&centre.store, &session.person);
    if is_felica(&card) {
        store.stop_felica(person, &card.id, now).await?;
    } else {
        store.remove_foreign_card(&card.id, person, now).await?;
    }
    tracing::info!(scheme = card.scheme, "a card was taken away by its holder");
    centre.bell.notify_one();
    Ok(Redirect::to("/cards?removed").into_response())
}

/// The card, if it is one of others, or a FeliCa card, that belongs to whoever is signed in.
pub(super) async fn own_card(
    centre: &Centre,
    browser: &Browser,
    which: &Which,
) -> Result<(Session, Card), Problem> {
    let session = centre.signed_in(browser).await?;
    let id = BASE64URL_NOPAD.decode(which.card.as_bytes()).unwrap_or_default();
    let card = centre.store.card(&id).await?;
    let own = card.filter(|card| card.person == session.person && card.scheme.is_some());
    let card = own.ok_or_else(none_such)?;
    Ok((session, card))
}

pub(super) fn is_felica(card: &Card) -> bool {
    card.scheme.as_deref() == Some(FELICA_SCHEME)
}

pub(super) fn none_such() -> Problem {
    refuse(StatusCode::NOT_FOUND, "card.none-such")
}
