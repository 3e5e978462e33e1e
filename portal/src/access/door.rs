//! Lets in, sends to the sign-in, or tells kindly that it is the wrong card.

use axum::extract::FromRequestParts as _;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use tower_sessions::Session;
use warifu_contract::duty::{Duty, May};
use warifu_service::Problem;

use super::{Records, Role, SignedIn};
use crate::look::{Look, show};
use crate::shared::{App, Shared};
use crate::sso::begin;
use crate::view::screens::{Action, MessageScreen};
use crate::view::site::Menu;
use crate::view::{Link, icon};

/// Lets in who may do something about `duty`.
pub(super) async fn with_duty(
    parts: &mut Parts,
    app: &App,
    duty: Duty,
    key: &str,
) -> Result<(SignedIn, May), Response> {
    let let_in = |me: &SignedIn| me.duty(duty) != May::No;
    let me = with(parts, app, let_in, key).await?;
    let may = me.duty(duty);
    Ok((me, may))
}

/// Lets in who has one of `roles`.
pub(super) async fn with_any(
    parts: &mut Parts,
    app: &App,
    roles: &[Role],
    key: &str,
) -> Result<SignedIn, Response> {
    with(parts, app, |me| roles.iter().any(|role| me.may(*role)), key).await
}

/// Lets in whom `let_in` says; sends to the sign-in who is nobody; tells the others kindly, in the
/// sentence under `key`.
pub(super) async fn with(
    parts: &mut Parts,
    app: &App,
    let_in: impl Fn(&SignedIn) -> bool,
    key: &str,
) -> Result<SignedIn, Response> {
    let session = session(parts).map_err(Problem::into_response)?;
    let found = SignedIn::of(&session, app.surroundings.now()).await;
    let Some(mut me) = found.map_err(Problem::into_response)? else {
        return Err(sign_in_first(parts));
    };
    if let (Records::Open(access), Some(waits)) = (&mut me.records, parts.extensions.get()) {
        access.set_deadline(*waits);
    }
    if let_in(&me) {
        return Ok(me);
    }
    Err(wrong_card(app, &look(parts, app).await, &me, key))
}

pub(super) async fn look(parts: &mut Parts, app: &App) -> Look {
    Look::from_request_parts(parts, app).await.unwrap_or_else(|never| match never {})
}

/// The session that the request belongs to.
pub fn session(parts: &Parts) -> Result<Session, Problem> {
    let missing = || Problem::internal(&"a route lacks the session layer");
    parts.extensions.get::<Session>().cloned().ok_or_else(missing)
}

fn sign_in_first(parts: &Parts) -> Response {
    Redirect::to(&begin::leading_to(parts.uri.path())).into_response()
}

/// Tells the owner of the wrong card kindly why, in the sentence under `key`.
pub fn wrong_card(app: &Shared, look: &Look, me: &SignedIn, key: &str) -> Response {
    let voice = look.voice(app);
    let name = me.name.clone().unwrap_or_default();
    let back = Link { href: me.home().to_owned(), words: voice.say("wrong-role-back") };
    let screen = MessageScreen {
        page: look.page(app),
        site: me.site(voice, Menu::None, look.path()),
        icon: icon::CARD,
        title: voice.say("wrong-role-title"),
        text: voice.tell(key, &[("name", name.into())]),
        actions: [Action::SignOut(voice.say("wrong-role-switch"))]
            .into_iter()
            .chain((me.home() != look.path()).then_some(Action::Go(back)))
            .collect(),
    };
    show(&screen)
        .map_or_else(Problem::into_response, |page| (StatusCode::FORBIDDEN, page).into_response())
}
