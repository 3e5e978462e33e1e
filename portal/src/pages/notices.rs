//! `GET /notices`: what a resident should do or know; the first of it stands on the home page.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use warifu_contract::services::Catalogue;
use warifu_service::Problem;
use warifu_service::words::Tongue;

use super::stream;
use crate::access::{Resident, SignedIn};
use crate::look::Look;
use crate::notices::{self, History, Marks, Missing};
use crate::relay::Access;
use crate::shared::{App, Shared};
use crate::view::notices::{NoticesAtHome, NoticesScreen, NoticesView, Show};
use crate::view::services::tellers as tellers_in;
use crate::view::site::Menu;

/// Which notices.
#[derive(Debug, Default, Deserialize)]
pub struct Choice {
    #[serde(default)]
    show: Show,
}

/// The page; the notices follow when everybody has answered.
pub async fn page(
    State(app): State<App>,
    Resident(me): Resident,
    Query(choice): Query<Choice>,
    look: Look,
) -> Result<Response, Problem> {
    let access = me.access(app.surroundings.now()).cloned();
    let screen = NoticesScreen {
        page: look.page(&app),
        site: me.site(look.voice(&app), Menu::Resident, look.path()),
        no_records: access.as_ref().err().copied(),
    };
    let list = list(app.clone(), me, access.ok(), choice.show, look.tongue());
    stream::page(&screen, futures::stream::once(list))
}

/// What is shown now is marked as seen from the next time on.
async fn list(
    app: App,
    me: SignedIn,
    access: Option<Access>,
    show: Show,
    tongue: Tongue,
) -> String {
    let history = access.as_ref().map(|access| notices::history(&app, access));
    let (mut all, marks, catalogue) = futures::join!(
        notices::gather(&app, &me, access.as_ref(), history),
        Marks::by(&app, &me),
        catalogue(&app, &me),
    );
    all.missing.extend(catalogue.is_none().then_some(Missing::Tellers));
    let is_unread = |notice: &_| marks.is_unread(&app, notice);
    let (voice, now) = (app.words.in_(tongue), app.surroundings.now());
    let tellers = catalogue.filter(|_| matches!(show, Show::All | Show::Info));
    let tellers = tellers.map(|catalogue| tellers_in(voice, &catalogue)).unwrap_or_default();
    let view = NoticesView::new(voice, now, &all, show, is_unread).beside(tellers);
    let page = stream::part(&view);
    let shown: Vec<_> = all.notices.iter().filter(|one| show.wants(one, is_unread(one))).collect();
    if let Some(marks) = marks.with(&app, &all, &shown) {
        app.clone().afterwards.write(async move { marks.keep(&app).await });
    }
    page
}

/// What can be opened; nothing where the sign-in opens none, none where the relay does not say.
async fn catalogue(app: &Shared, me: &SignedIn) -> Option<Catalogue> {
    let Ok(access) = me.declared_access(app.surroundings.now()) else {
        return Some(Catalogue::default());
    };
    let told = app.relay.catalogue(access, &[]).await;
    told.inspect_err(|cause| tracing::warn!(%cause, "who else tells something is missing")).ok()
}

/// The first of the list, for the home page.
pub async fn at_home(
    app: App,
    me: SignedIn,
    access: Access,
    history: History,
    tongue: Tongue,
) -> String {
    let (all, marks) = futures::join!(
        notices::gather(&app, &me, Some(&access), Some(history)),
        Marks::by(&app, &me)
    );
    let (voice, now) = (app.words.in_(tongue), app.surroundings.now());
    stream::part(&NoticesAtHome::new(voice, now, &all, |one| marks.is_unread(&app, one)))
}
