//! `GET /home`: a resident's records at a glance, and who looked at them.

use axum::extract::State;
use axum::response::Response;
use futures::StreamExt as _;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::records::Service;
use warifu_service::Problem;
use warifu_service::words::{Language, Voice};

use super::stream;
use crate::access::{Resident, SignedIn};
use crate::dates::words;
use crate::look::{Look, show};
use crate::relay::Access;
use crate::shared::{App, Shared};
use crate::view::history::{ViewersFailed, ViewersView};
use crate::view::links::LinksNotice;
use crate::view::screens::HomeScreen;
use crate::view::site::Menu;
use crate::view::tile::Tile;

/// Entries read to find the last three of other people.
const ENTRIES: u16 = 100;

/// The page, its tiles in order of arrival.
pub async fn home(
    State(app): State<App>,
    Resident(me): Resident,
    look: Look,
) -> Result<Response, Problem> {
    let access = me.access(app.surroundings.now()).cloned();
    let screen = screen(&app, &look, &me, access.as_ref().err().copied());
    match access {
        Err(_) => show(&screen),
        Ok(access) => {
            let viewers = viewers(app.clone(), access.clone(), look.language);
            let links = links(app.clone(), access.clone(), look.language);
            let panels = tiles(app.clone(), access, look.language);
            let viewers = futures::stream::once(viewers);
            let to_do = futures::stream::once(links);
            let around = futures::stream::select(viewers, to_do);
            stream::page(&screen, futures::stream::select(panels, around))
        }
    }
}

fn screen<'a>(
    app: &'a Shared,
    look: &Look,
    me: &SignedIn,
    no_records: Option<&'static str>,
) -> HomeScreen<'a> {
    let voice = look.voice(app);
    let name = me.name.clone().unwrap_or_default();
    HomeScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, look.path()),
        title: voice.tell("home-title", &[("name", name.into())]),
        signed_in: signed_in(app, voice, me),
        no_records,
        waiting: Service::ALL
            .map(|service| (service.as_str(), stream::part(&Tile::waiting(voice, service))))
            .to_vec(),
        viewers_waiting: stream::part(&ViewersFailed { voice, waiting: true }),
    }
}

fn signed_in(app: &Shared, voice: Voice<'_>, me: &SignedIn) -> String {
    let today = today_in_japan(app.surroundings.now());
    let gaps = [
        ("day", words::day_of_week(voice.language, today).into()),
        ("time", words::clock(me.since).into()),
    ];
    voice.tell("home-signed-in", &gaps)
}

fn tiles(
    app: App,
    access: Access,
    language: Language,
) -> impl futures::Stream<Item = String> + Send + 'static {
    let panels = app.relay.clone().panels(access, Service::ALL.to_vec());
    panels.map(move |panel| {
        let today = today_in_japan(app.surroundings.now());
        stream::part(&Tile::of(app.words.in_(language), today, &panel))
    })
}

/// What leads to the links, where there is something to do; else nothing.
async fn links(app: App, access: Access, language: Language) -> String {
    match app.relay.links(&access).await {
        Ok(list) => LinksNotice::of(app.words.in_(language), &list)
            .map(|notice| stream::part(&notice))
            .unwrap_or_default(),
        Err(cause) => {
            tracing::warn!(%cause, "the links are missing");
            String::new()
        }
    }
}

async fn viewers(app: App, access: Access, language: Language) -> String {
    let history = app.relay.history(&access, None, ENTRIES, &[]).await;
    let voice = app.words.in_(language);
    match history {
        Ok(page) => stream::part(&ViewersView::new(voice, app.surroundings.now(), &page.entries)),
        Err(cause) => {
            tracing::warn!(%cause, "the history is missing");
            stream::part(&ViewersFailed { voice, waiting: false })
        }
    }
}
