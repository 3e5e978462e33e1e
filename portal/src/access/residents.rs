//! Who looks at a resident's pages, as their routes ask for one.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use warifu_service::Problem;

use super::door::{look, session, with_any};
use super::{Acting, Role, SignedIn};
use crate::look::{Look, show};
use crate::shared::{App, Shared};
use crate::view::icon;
use crate::view::screens::MessageScreen;
use crate::view::site::Menu;

/// Somebody signed in, in whatever role; for optional use where nobody may be.
#[derive(Debug, Clone)]
pub struct Visitor(pub SignedIn);

impl OptionalFromRequestParts<App> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &App,
    ) -> Result<Option<Self>, Self::Rejection> {
        Ok(SignedIn::of(&session(parts)?, app.surroundings.now()).await?.map(Self))
    }
}

/// A resident, on pages about oneself: not while looking for somebody else.
#[derive(Debug, Clone)]
pub struct Resident(pub SignedIn);

/// A resident who looks at records: own ones, or as proxy.
#[derive(Debug, Clone)]
pub struct Viewer(pub SignedIn);

impl FromRequestParts<App> for Resident {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let me = with_any(parts, app, &[Role::Resident], "wrong-role-resident").await?;
        match &me.acting {
            Some(acting) => Err(not_oneself(app, &look(parts, app).await, &me, acting)),
            None => Ok(Self(me)),
        }
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        with_any(parts, app, &[Role::Resident], "wrong-role-resident").await.map(Self)
    }
}

/// Tells a proxy that the page is about oneself, and the way back.
fn not_oneself(app: &Shared, look: &Look, me: &SignedIn, acting: &Acting) -> Response {
    let voice = look.voice(app);
    let screen = MessageScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, look.path()),
        icon: icon::INFO,
        title: voice.tell("acting-own-title", &[("name", acting.name.as_str().into())]),
        text: voice.say("acting-own-text"),
        actions: Vec::new(),
    };
    show(&screen)
        .map_or_else(Problem::into_response, |page| (StatusCode::FORBIDDEN, page).into_response())
}
