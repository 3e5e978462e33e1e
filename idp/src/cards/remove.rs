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
use crate::store::{Card, Session};
use crate::view::View;

/// Names the card: by its keyed hash, which says nothing.
#[derive(Deserialize)]
pub(crate) struct Which {
    card: String,
}

#[derive(Template)]
#[template(path = "remove.html")]
struct RemovePage<'a> {
    page: Page<'a>,
    title: String,
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
    let voice = centre.words.in_(view.language);
    let page = RemovePage {
        page: view.page(&centre.words),
        title: voice.tell("remove-heading", &[("card", title(&card, voice).into())]),
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
    centre.store.remove_foreign_card(&card.id, &session.person, now).await?;
    tracing::info!(scheme = card.scheme, "a card of others was taken away");
    centre.bell.notify_one();
    Ok(Redirect::to("/cards?removed").into_response())
}

/// The card, if it is one of others that belongs to whoever is signed in.
async fn own_card(
    centre: &Centre,
    browser: &Browser,
    which: &Which,
) -> Result<(Session, Card), Problem> {
    let session = centre.session(browser).await?;
    let session = session.ok_or_else(|| refuse(StatusCode::FORBIDDEN, "session.over"))?;
    let id = BASE64URL_NOPAD.decode(which.card.as_bytes()).unwrap_or_default();
    let card = centre.store.card(&id).await?;
    let own = card.filter(|card| card.person == session.person && card.scheme.is_some());
    let card = own.ok_or_else(|| refuse(StatusCode::NOT_FOUND, "card.none-such"))?;
    Ok((session, card))
}
