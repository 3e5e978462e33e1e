//! Pages for everybody: the entrance, help, and the ways out.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use warifu_service::Problem;

use crate::access::{Role, SignedIn, Visitor};
use crate::announcements;
use crate::look::{Look, show};
use crate::shared::{App, Shared};
use crate::view::announcements::AnnouncementView;
use crate::view::screens::{Action, HelpScreen, MessageScreen, TopScreen};
use crate::view::site::{Menu, Site};
use crate::view::{Link, icon};

/// `GET /`.
pub async fn top(
    State(app): State<App>,
    visitor: Option<Visitor>,
    look: Look,
) -> Result<Response, Problem> {
    let (site, onward) = match &visitor {
        Some(Visitor(me)) => (me.site(look.voice(&app), Menu::None, look.path()), Some(me.home())),
        None => (Site::outside(), None),
    };
    let announcements = announcements(&app, &look).await;
    show(&TopScreen { page: look.page(&app), site, onward, announcements })
}

/// What the consortium tells everybody; the entrance opens without it where the database is silent.
async fn announcements(app: &Shared, look: &Look) -> Vec<AnnouncementView> {
    let (voice, now) = (look.voice(app), app.surroundings.now());
    match announcements::current(app).await {
        Ok(all) => all.iter().map(|one| AnnouncementView::new(voice, now, one)).collect(),
        Err(cause) => {
            tracing::warn!(%cause, "the announcements are missing");
            Vec::new()
        }
    }
}

/// `GET /help`.
pub async fn help(
    State(app): State<App>,
    visitor: Option<Visitor>,
    look: Look,
) -> Result<Response, Problem> {
    let me = visitor.map(|Visitor(me)| me);
    let resident = me.as_ref().is_some_and(|me| me.may(Role::Resident));
    let site = me.map_or_else(Site::outside, |me| own_site(&app, &look, &me));
    show(&HelpScreen { page: look.page(&app), site, resident })
}

/// The frame with the menu of the person's role.
pub fn own_site(app: &Shared, look: &Look, me: &SignedIn) -> Site {
    me.site(look.voice(app), me.menu(), look.path())
}

/// `GET /login/stopped`: the identity provider sent the person back without a sign-in.
pub async fn stopped(State(app): State<App>, look: Look) -> Result<Response, Problem> {
    last_word(&app, &look, icon::INFO, "stopped", "/login")
}

/// `GET /signed-out`.
pub async fn signed_out(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    look: Look,
) -> Result<Response, Problem> {
    if is_partly(query.as_deref()) {
        return last_word(&app, &look, icon::WARN, "signed-out-partly", "/login");
    }
    last_word(&app, &look, icon::OK, "signed-out", "/login")
}

/// `GET /desk/signed-out`: nothing of the patient is on the screen any more.
pub async fn covered(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    look: Look,
) -> Result<Response, Problem> {
    let key = if is_partly(query.as_deref()) { "covered-partly" } else { "covered" };
    last_word(&app, &look, icon::LOCK, key, "/login?to=/desk")
}

/// Whether the identity provider could not confirm that all is over.
fn is_partly(query: Option<&str>) -> bool {
    query.is_some_and(|query| query.split('&').any(|part| part == "partly"))
}

fn last_word(
    app: &Shared,
    look: &Look,
    icon: &'static str,
    key: &str,
    again: &str,
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let sentence = |part: &str| voice.say(&format!("{key}-{part}"));
    let again = Link { href: again.to_owned(), words: sentence("again") };
    show(&MessageScreen {
        page: look.page(app),
        site: Site::outside(),
        icon,
        title: sentence("title"),
        text: sentence("text"),
        actions: vec![Action::Start(again)],
    })
}
