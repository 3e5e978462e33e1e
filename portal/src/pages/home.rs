//! `GET /home`: a resident's records at a glance, and who looked at them.

use axum::extract::{Query, State};
use axum::response::Response;
use futures::StreamExt as _;
use jiff::Timestamp;
use serde::Deserialize;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::records::Service;
use warifu_service::Problem;
use warifu_service::words::{Tongue, Voice};

use super::stream;
use crate::access::{SignedIn, Viewer};
use crate::dates::words;
use crate::look::{Look, show};
use crate::notices::{self, History};
use crate::relay::Access;
use crate::seen::Seen;
use crate::shared::{App, Shared};
use crate::view::history::{ViewersFailed, ViewersView};
use crate::view::screens::HomeScreen;
use crate::view::site::Menu;
use crate::view::tile::Tile;
use crate::view::tour::TourStep;

/// What of the page was asked for.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
pub struct Visit {
    /// A step of the tour; 0 to have none.
    tour: Option<u8>,
}

/// The page, its tiles in order of arrival.
pub async fn home(
    State(app): State<App>,
    Viewer(me): Viewer,
    Query(visit): Query<Visit>,
    look: Look,
) -> Result<Response, Problem> {
    let access = me.access(app.surroundings.now()).cloned();
    let seen = Seen::by(&app, &me).await;
    let no_records = access.as_ref().err().copied();
    let screen = screen(&app, &look, &me, no_records, (visit, seen.last()));
    match access {
        Err(_) => show(&screen),
        Ok(access) => {
            let panels = tiles(app.clone(), access.clone(), &me, look.tongue(), seen);
            let around = around(app.clone(), access, me, look.tongue());
            stream::page(&screen, futures::stream::select(panels, around))
        }
    }
}

/// Who saw the records, and what is to be done: of one's own alone.
fn around(
    app: App,
    access: Access,
    me: SignedIn,
    tongue: Tongue,
) -> impl futures::Stream<Item = String> + Send + 'static {
    let parts = me.acting.is_none().then(|| {
        let history = notices::history(&app, &access);
        let viewers = futures::stream::once(viewers(app.clone(), history.clone(), tongue));
        let todo = super::notices::at_home(app, me, access, history, tongue);
        futures::stream::select(viewers, futures::stream::once(todo))
    });
    futures::stream::iter(parts).flatten()
}

fn screen<'a>(
    app: &'a Shared,
    look: &Look,
    me: &SignedIn,
    no_records: Option<&'static str>,
    (visit, before): (Visit, Option<Timestamp>),
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
    let mut site = me.site(voice, Menu::Resident, look.path());
    // Without records there are no notices here, among which it stands otherwise.
    if no_records.is_some() && me.acting.is_none() {
        site.card_ends = me.card_ends(voice);
    }
    let waiting =
        |service: &Service| (service.as_str(), stream::part(&Tile::waiting(voice, *service)));
    HomeScreen {
        page: look.page(app),
        site,
        title,
        signed_in: below,
        tour: match me.acting {
            None => TourStep::of(voice, visit.tour, before.is_none()),
            Some(_) => None,
        },
        before: before.map(|at| {
            let moment = words::moment(voice.language, at);
            voice.tell("home-before", &[("moment", moment.into())])
        }),
        no_records,
        declared: me.acting.as_ref().is_some_and(|acting| !acting.declared.is_empty()),
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
    tongue: Tongue,
    mut seen: Seen,
) -> impl futures::Stream<Item = String> + Send + use<> {
    let panels = app.relay.clone().panels(access, services(me), me.basis());
    async_stream::stream! {
        let mut panels = std::pin::pin!(panels);
        while let Some(panel) = panels.next().await {
            let (voice, today) = (app.words.in_(tongue), today_in_japan(app.surroundings.now()));
            let changed = seen.note(&app, &panel);
            yield stream::part(&Tile::of(voice, today, &panel).marked(voice, changed));
        }
        app.clone().afterwards.write(async move { seen.keep(&app).await });
    }
}

async fn viewers(app: App, history: History, tongue: Tongue) -> String {
    let page = history.await;
    let voice = app.words.in_(tongue);
    match page {
        Some(page) => stream::part(&ViewersView::new(voice, app.surroundings.now(), &page.entries)),
        None => stream::part(&ViewersFailed { voice, waiting: false }),
    }
}
