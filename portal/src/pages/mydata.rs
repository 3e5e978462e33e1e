//! `/mydata`: everything that the pages show, as a file or on paper. The answers are passed on as
//! they come: nothing is kept, and each look stands in the access history.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use futures::{Stream, StreamExt as _, stream as streams};
use warifu_contract::calendar::today_in_japan;
use warifu_contract::records::{Panel, Service};
use warifu_service::Problem;

use super::evidence::{open, saved};
use super::{record, stream};
use crate::access::{Resident, SignedIn};
use crate::look::{Look, show};
use crate::mydata::{JSON_END, csv_pieces, csv_start, json_panel, json_start};
use crate::shared::App;
use crate::view::mydata::{MyDataPrintScreen, MyDataScreen};
use crate::view::outcome::Outcome;
use crate::view::site::Menu;

/// `GET /mydata`.
pub async fn page(
    State(app): State<App>,
    Resident(me): Resident,
    look: Look,
) -> Result<Response, Problem> {
    let no_records = me.access(app.surroundings.now()).err();
    let site = me.site(look.voice(&app), Menu::Resident, look.path());
    show(&MyDataScreen { page: look.page(&app), site, no_records })
}

/// `POST /mydata/json`.
pub async fn json(State(app): State<App>, Resident(me): Resident) -> Result<Response, Problem> {
    let start = json_start(app.surroundings.now());
    let parts = panels(&app, &me)?.enumerate();
    let parts = parts.map(|(index, panel)| json_panel(&panel, index == 0));
    Ok(file("warifu-mydata.json", "application/json", start, parts, JSON_END))
}

/// `POST /mydata/csv`.
pub async fn csv(State(app): State<App>, Resident(me): Resident) -> Result<Response, Problem> {
    let parts = panels(&app, &me)?.flat_map(|panel| streams::iter(csv_pieces(&panel)));
    Ok(file("warifu-mydata.csv", "text/csv; charset=utf-8", csv_start(), parts, ""))
}

/// `POST /mydata/print`: the pages of all records one after another.
pub async fn print(
    State(app): State<App>,
    Resident(me): Resident,
    look: Look,
) -> Result<Response, Problem> {
    let panels = panels(&app, &me)?;
    let look = look.standing_at("/mydata");
    let voice = look.voice(&app);
    let waiting = Service::ALL.map(|service| {
        let name = voice.say(&format!("tile-{}", service.as_str()));
        (service.as_str(), name, stream::part(&Outcome::waiting(voice, service)))
    });
    let screen = MyDataPrintScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Resident, look.path()),
        waiting: waiting.into(),
    };
    let (held, tongue) = (app.clone(), look.tongue());
    stream::page(
        &screen,
        panels.map(move |panel| {
            let today = today_in_japan(held.surroundings.now());
            record::whole(held.words.in_(tongue), today, &panel)
        }),
    )
}

fn panels(app: &App, me: &SignedIn) -> Result<impl Stream<Item = Panel> + Send + use<>, Problem> {
    let access = open(app, me)?.clone();
    Ok(app.relay.clone().taken(access))
}

fn file(
    name: &str,
    kind: &'static str,
    start: String,
    parts: impl Stream<Item = String> + Send + 'static,
    end: &'static str,
) -> Response {
    let start = futures::stream::once(async move { start });
    let end = futures::stream::once(async move { end.to_owned() });
    let whole = start.chain(parts).chain(end).map(Ok::<_, std::convert::Infallible>);
    saved(name, kind, Body::from_stream(whole))
}
