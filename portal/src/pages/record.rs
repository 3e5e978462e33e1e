//! One record's page: insurance, check-ups, pension. Each asks its own source alone, so it is also the
//! address to ask that source again.

use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::StreamExt as _;
use jiff::civil::Date;
use serde::Deserialize;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::records::{Panel, PanelOutcome, Record, Service};
use warifu_service::Problem;
use warifu_service::words::Voice;

use super::stream;
use crate::access::{SignedIn, Viewer};
use crate::expenses::insurers::Told;
use crate::look::{Look, show};
use crate::shared::App;
use crate::view::checkups::CheckupsView;
use crate::view::expenses::ExpensesView;
use crate::view::insurance::{InsuranceView, Numbers};
use crate::view::outcome::Outcome;
use crate::view::pension::PensionView;
use crate::view::screens::RecordScreen;
use crate::view::site::Menu;
use crate::view::source_name;

/// Which check-up is wanted.
#[derive(Debug, Default, Deserialize)]
pub struct Choice {
    /// The day it was taken; anything else means the newest.
    on: Option<String>,
}

/// Which part of a record is wanted.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted {
    /// The check-up of that day.
    on: Option<Date>,
    /// How the numbers of the card stand; masked where nothing is said.
    numbers: Option<Numbers>,
}

/// How long the numbers of a card are shown, in seconds, and what comes after.
const SHOWN: &str = "60; url=/insurance";

/// `GET /insurance`.
pub async fn insurance(state: State<App>, me: Viewer, look: Look) -> Result<Response, Problem> {
    record(state, me, &look, Service::Insurance, Wanted::default())
}

/// `POST /insurance/numbers`: the same page with the card's numbers, once; a minute later the
/// browser goes back to the page without them.
pub async fn numbers(state: State<App>, me: Viewer, look: Look) -> Result<Response, Problem> {
    let shown = Wanted { numbers: Some(Numbers::Shown), ..Wanted::default() };
    let look = look.standing_at("/insurance");
    let mut page = record(state, me, &look, Service::Insurance, shown)?;
    page.headers_mut().insert(header::REFRESH, HeaderValue::from_static(SHOWN));
    Ok(page)
}

/// `GET /checkups?on=`.
pub async fn checkups(
    state: State<App>,
    me: Viewer,
    Query(choice): Query<Choice>,
    look: Look,
) -> Result<Response, Problem> {
    let on = choice.on.and_then(|day| day.parse().ok());
    record(state, me, &look, Service::Checkup, Wanted { on, ..Wanted::default() })
}

/// `GET /pension`.
pub async fn pension(state: State<App>, me: Viewer, look: Look) -> Result<Response, Problem> {
    record(state, me, &look, Service::Pension, Wanted::default())
}

fn record(
    State(app): State<App>,
    Viewer(me): Viewer,
    look: &Look,
    service: Service,
    wanted: Wanted,
) -> Result<Response, Problem> {
    let access = me.access(app.surroundings.now()).cloned();
    let screen = screen(&app, look, &me, service, access.as_ref().err().copied());
    match access {
        Err(_) => show(&screen),
        Ok(access) => {
            let panels = app.relay.clone().panels(access, vec![service], me.basis());
            let (app, tongue) = (app.clone(), look.tongue());
            let parts = panels.map(move |panel| {
                let today = today_in_japan(app.surroundings.now());
                part(app.words.in_(tongue), today, wanted, &panel)
            });
            stream::page(&screen, parts)
        }
    }
}

fn screen<'a>(
    app: &'a App,
    look: &Look,
    me: &SignedIn,
    service: Service,
    no_records: Option<&'static str>,
) -> RecordScreen<'a> {
    let voice = look.voice(app);
    let (title, lead) = match service {
        Service::Insurance => ("insurance-title", "insurance-lead"),
        Service::Expenses => ("expenses-title", "expenses-lead"),
        Service::Checkup => ("checkups-title", "checkups-lead"),
        Service::Pension => ("pension-title", "pension-lead"),
    };
    RecordScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, look.path()),
        title: voice.say(title),
        lead: voice.say(lead),
        no_records,
        slot: service.as_str(),
        waiting: stream::part(&Outcome::waiting(voice, service)),
    }
}

/// The panel of the page: the record, or why there is none.
fn part(voice: Voice<'_>, today: Date, wanted: Wanted, panel: &Panel) -> String {
    if let Some(outcome) = Outcome::of(voice, panel) {
        return stream::part(&outcome);
    }
    let PanelOutcome::Ready { record, as_of } = &panel.outcome else { return String::new() };
    let source = source_name(voice, panel.service, panel.source.as_ref());
    match record.as_ref() {
        Record::Insurance(record) => {
            let numbers = wanted.numbers.unwrap_or(Numbers::Masked);
            stream::part(&InsuranceView::new(voice, today, record, numbers, source, *as_of))
        }
        Record::Pension(record) => {
            stream::part(&PensionView::new(voice, today, record, source, *as_of))
        }
        Record::Expenses(_) => {
            let told: Vec<_> = Told::by(panel).into_iter().collect();
            stream::part(&ExpensesView::new(voice, today, &told, None))
        }
        Record::Checkup(record) => CheckupsView::new(voice, record, wanted.on, source, *as_of)
            .map_or_else(|| empty(voice, panel), |view| stream::part(&view)),
    }
}

/// The panel with all there is to see, for paper.
pub(super) fn whole(voice: Voice<'_>, today: Date, panel: &Panel) -> String {
    let shown = Wanted { numbers: Some(Numbers::Shown), ..Wanted::default() };
    part(voice, today, shown, panel)
}

/// The panel of a clinic's page: there is a record.
pub(super) fn at_desk(voice: Voice<'_>, today: Date, panel: &Panel) -> String {
    let PanelOutcome::Ready { record, as_of } = &panel.outcome else { return String::new() };
    let Record::Checkup(record) = record.as_ref() else {
        let closed = Wanted { numbers: Some(Numbers::Closed), ..Wanted::default() };
        return part(voice, today, closed, panel);
    };
    let source = source_name(voice, panel.service, panel.source.as_ref());
    CheckupsView::new(voice, record, None, source, *as_of)
        .map_or_else(|| empty(voice, panel), |view| stream::part(&view.newest_only()))
}

/// A record without a single check-up is an empty one.
fn empty(voice: Voice<'_>, panel: &Panel) -> String {
    let panel = Panel { outcome: PanelOutcome::Empty, ..panel.clone() };
    Outcome::of(voice, &panel).map_or_else(String::new, |outcome| stream::part(&outcome))
}
