//! `GET /home`: a resident's records at a glance, and who looked at them.

use axum::extract::State;
use axum::response::Response;
use futures::StreamExt as _;
use jiff::Timestamp;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::records::Service;
use warifu_service::Problem;
use warifu_service::words::{Language, Voice};

use super::stream;
use crate::access::{SignedIn, Viewer};
use crate::dates::words;
use crate::look::{Look, show};
use crate::relay::{Access, RelayError};
use crate::seen::Seen;
use crate::shared::{App, Shared};
use crate::view::history::{ViewersFailed, ViewersView};
use crate::view::links::LinksNotice;
use crate::view::proxies::ProxiesNotice;
use crate::view::screens::{HomeScreen, TodoPart};
use crate::view::site::Menu;
use crate::view::tile::Tile;

/// Entries read to find the last three of other people.
const ENTRIES: u16 = 100;

/// The page, its tiles in order of arrival.
pub async fn home(
    State(app): State<App>,
    Viewer(me): Viewer,
    look: Look,
) -> Result<Response, Problem> {
    let access = me.access(app.surroundings.now()).cloned();
    let seen = Seen::by(&app, &me).await;
    let no_records = access.as_ref().err().copied();
    let screen = screen(&app, &look, &me, no_records, seen.last());
    match access {
        Err(_) => show(&screen),
        Ok(access) => {
            let panels = tiles(app.clone(), access.clone(), &me, look.language, seen);
            let around = around(app.clone(), access, me.acting.is_none(), look.language);
            stream::page(&screen, futures::stream::select(panels, around))
        }
    }
}

/// Who saw the records, and what is to be done: of one's own alone.
fn around(
    app: App,
    access: Access,
    is_own: bool,
    language: Language,
) -> impl futures::Stream<Item = String> + Send + 'static {
    let parts = is_own.then(|| {
        let viewers = futures::stream::once(viewers(app.clone(), access.clone(), language));
        futures::stream::select(viewers, futures::stream::once(todo(app, access, language)))
    });
    futures::stream::iter(parts).flatten()
}

fn screen<'a>(
    app: &'a Shared,
    look: &Look,
    me: &SignedIn,
    no_records: Option<&'static str>,
    before: Option<Timestamp>,
) -> HomeScreen<'a> {
    let voice = look.voice(app);
    let name = me.name.clone().unwrap_or_default();
    let (title, below) = match &me.acting {
        None => (voice.tell("home-title", &[("name", name.into())]), signed_in(app, voice, me)),
        Some(acting) => {
            let name = acting.name.as_str().into();
            let day = words::day(voice.language, acting.until);
            let until = voice.tell("acting-home-until", &[("day", day.into())]);
            (voice.tell("acting-home-title", &[("name", name)]), until)
        }
    };
    let waiting =
        |service: &Service| (service.as_str(), stream::part(&Tile::waiting(voice, *service)));
    HomeScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, look.path()),
        title,
        signed_in: below,
        first: before.is_none() && me.acting.is_none(),
        before: before.map(|at| {
            let moment = words::moment(voice.language, at);
            voice.tell("home-before", &[("moment", moment.into())])
        }),
        no_records,
        waiting: services(me).iter().map(waiting).collect(),
        viewers_waiting: me
            .acting
            .is_none()
            .then(|| stream::part(&ViewersFailed { voice, waiting: true })),
    }
}

/// What there is to see.
fn services(me: &SignedIn) -> Vec<Service> {
    me.acting.as_ref().map_or(Service::ALL.to_vec(), |acting| acting.services.clone())
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
    me: &SignedIn,
    language: Language,
    mut seen: Seen,
) -> impl futures::Stream<Item = String> + Send + use<> {
    let panels = app.relay.clone().panels(access, services(me), me.basis());
    async_stream::stream! {
        let mut panels = std::pin::pin!(panels);
        while let Some(panel) = panels.next().await {
            let (voice, today) = (app.words.in_(language), today_in_japan(app.surroundings.now()));
            let changed = seen.note(&app, &panel);
            yield stream::part(&Tile::of(voice, today, &panel).marked(voice, changed));
        }
        seen.keep(&app).await;
    }
}

/// What is to be checked today; that there is nothing, or that it is not known, where so.
async fn todo(app: App, access: Access, language: Language) -> String {
    let links = links(&app, &access, language);
    let (links, proxies) = futures::join!(links, proxies(&app, &access, language));
    let failed = links.is_err() || proxies.is_err();
    let found = links.unwrap_or_default() + &proxies.unwrap_or_default();
    let none = found.is_empty() && !failed;
    found + &stream::part(&TodoPart { voice: app.words.in_(language), none, failed })
}

/// What leads to the links, where there is something to do; else nothing.
async fn links(app: &Shared, access: &Access, language: Language) -> Result<String, RelayError> {
    let list = app.relay.links(access).await;
    let list =
        list.inspect_err(|cause| tracing::warn!(%cause, "whether there are links is not known"))?;
    let notice = LinksNotice::of(app.words.in_(language), &list);
    Ok(notice.map(|notice| stream::part(&notice)).unwrap_or_default())
}

/// That somebody waits to be confirmed as proxy; else nothing.
async fn proxies(app: &Shared, access: &Access, language: Language) -> Result<String, RelayError> {
    let list = app.relay.mandates(access).await;
    let list =
        list.inspect_err(|cause| tracing::warn!(%cause, "whether there are proxies is not known"))?;
    let notice = ProxiesNotice::of(app.words.in_(language), &list, app.surroundings.now());
    Ok(notice.map(|notice| stream::part(&notice)).unwrap_or_default())
}

async fn viewers(app: App, access: Access, language: Language) -> String {
    let history = app.relay.history(&access, None, None, ENTRIES, &[]).await;
    let voice = app.words.in_(language);
    match history {
        Ok(page) => stream::part(&ViewersView::new(voice, app.surroundings.now(), &page.entries)),
        Err(cause) => {
            tracing::warn!(%cause, "the history is missing");
            stream::part(&ViewersFailed { voice, waiting: false })
        }
    }
}
