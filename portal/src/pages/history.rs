//! `GET /history`: who saw my records.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use warifu_service::Problem;
use warifu_service::words::Tongue;

use super::stream;
use crate::access::{Acting, SignedIn, Viewer};
use crate::look::{Look, show};
use crate::relay::Access;
use crate::shared::App;
use crate::view::history::{HistoryView, ViewersFailed};
use crate::view::screens::RecordScreen;
use crate::view::site::Menu;
use crate::view::sought::Sought;

/// Entries on one page.
const PAGE: u16 = 50;

/// Which page of the history.
#[derive(Debug, Default, Deserialize)]
pub struct Choice {
    /// Entries before this position.
    before: Option<u64>,
    /// Only those that are sought.
    #[serde(flatten)]
    sought: Sought,
}

/// The page; the entries follow when the relay has read them.
pub async fn history(
    State(app): State<App>,
    Viewer(me): Viewer,
    Query(choice): Query<Choice>,
    look: Look,
) -> Result<Response, Problem> {
    let access = me.access(app.surroundings.now()).cloned();
    let screen = screen(&app, &look, &me, access.as_ref().err().copied());
    match access {
        Err(_) => show(&screen),
        Ok(access) => {
            let entries = entries(app.clone(), access, me.acting.clone(), choice, look.tongue());
            stream::page(&screen, futures::stream::once(entries))
        }
    }
}

fn screen<'a>(
    app: &'a App,
    look: &Look,
    me: &SignedIn,
    no_records: Option<&'static str>,
) -> RecordScreen<'a> {
    let voice = look.voice(app);
    RecordScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, look.path()),
        title: voice.say("history-title"),
        lead: match &me.acting {
            Some(acting) => {
                voice.tell("acting-history-lead", &[("name", acting.name.as_str().into())])
            }
            None => voice.say("history-lead"),
        },
        no_records,
        slot: "history",
        waiting: stream::part(&ViewersFailed { voice, waiting: true }),
    }
}

async fn entries(
    app: App,
    access: Access,
    acting: Option<Acting>,
    choice: Choice,
    tongue: Tongue,
) -> String {
    let Choice { before, sought } = choice;
    let mandate = acting.as_ref().map(|acting| acting.mandate.as_str());
    let page = app.relay.history(&access, mandate, before, PAGE, &sought.filled()).await;
    let voice = app.words.in_(tongue);
    let other = acting.as_ref().map(|acting| acting.name.as_str());
    match page {
        Ok(page) => stream::part(&HistoryView::new(voice, &page, before.is_none(), &sought, other)),
        Err(cause) => {
            tracing::warn!(%cause, "the history is missing");
            stream::part(&ViewersFailed { voice, waiting: false })
        }
    }
}
