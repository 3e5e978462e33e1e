//! `/desk/records`: after a tap, what of a person's records this clinic or city may read by the
//! person's consent, and the records; without a card, by the consent's number. The relay decides,
//! tells the person, and names why not.

mod form;
mod presence;
mod service;

use axum::extract::{Form, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use futures::StreamExt as _;
use serde::Deserialize;
use tower_sessions::Session;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::records::{Basis, Panel, Service};
use warifu_service::Problem;
use warifu_service::words::Tongue;

use self::form::{Reading, read};
use self::presence::Presence;
use super::{record, stream};
use crate::access::{Clerk, ForStaff, SignedIn};
use crate::form::Typed;
use crate::look::{Look, show};
use crate::relay::{Access, RelayError};
use crate::shared::{App, Shared};
use crate::sso::arrivals::Arrival;
use crate::sso::begin::{self, Cards, Question, unknown_provider};
use crate::sso::finish::{Handle, arrive};
use crate::sso::requests::Purpose;
use crate::view::Tone;
use crate::view::outcome::Outcome;
use crate::view::readings::{NumberView, PATH, ReadableView, ReadingScreen, ReadingsScreen};
use crate::view::site::Menu;

pub use self::service::open as open_service;

/// What came of the last step.
#[derive(Debug, Default, Deserialize)]
pub struct Said {
    said: Option<String>,
}

/// `GET /desk/records`: the tap, or what may be read after it.
pub async fn page(
    State(app): State<App>,
    ForStaff(me): ForStaff,
    session: Session,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    let (voice, menu) = (look.voice(&app), me.staff_menu());
    let said = said.said.as_deref().and_then(words);
    let Some(here) = Presence::of(&session, app.surroundings.now()).await? else {
        return nobody_here(&app, &me, &look, said, None).await;
    };
    show(&ReadingsScreen {
        page: look.page(&app),
        site: me.site(voice, menu, PATH),
        said,
        readable: Some(ReadableView::new(voice, &here.readable, here.access.until, menu)),
        no_records: me.access(app.surroundings.now()).err(),
        by_number: None,
    })
}

/// The page before a tap; `wrong` was typed as the number of a consent.
async fn nobody_here(
    app: &App,
    me: &SignedIn,
    look: &Look,
    said: Option<(Tone, &'static str)>,
    wrong: Option<String>,
) -> Result<Response, Problem> {
    let (voice, menu) = (look.voice(app), me.staff_menu());
    let audience = if menu == Menu::City { "city-clerk" } else { "clinic" };
    let access = me.access(app.surroundings.now());
    let catalogue = match access {
        Ok(access) => app.relay.catalogue(access, &[("audience", audience)]).await.ok(),
        Err(_) => None,
    };
    let by_number = catalogue.map(|catalogue| NumberView::new(voice, &catalogue, menu, wrong));
    show(&ReadingsScreen {
        page: look.page(app),
        site: me.site(voice, menu, PATH),
        said,
        readable: None,
        no_records: access.err(),
        by_number,
    })
}

/// `POST /desk/records/tap`: asks the identity provider of this desk who is at the reader.
pub async fn tap(
    State(app): State<App>,
    ForStaff(me): ForStaff,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let provider = app.saml.providers.find(&me.issuer, app.surroundings.now());
    let provider = provider.ok_or_else(unknown_provider)?;
    let purpose = Purpose::PresenceForRecords;
    let question = Question { purpose, cards: Cards::default(), onward: "" };
    begin::send(&app, &headers, &provider, &question).await
}

/// `GET /desk/records/arrive`: the patient's card was there.
pub async fn arrived(
    State(app): State<App>,
    ForStaff(_): ForStaff,
    Query(handle): Query<Handle>,
    headers: HeaderMap,
    session: Session,
) -> Result<Response, Problem> {
    let Arrival::Tap { ticket, .. } = arrive(&app, &handle, &headers).await? else {
        return Err(Problem::new(axum::http::StatusCode::BAD_REQUEST, "login.handle"));
    };
    Presence::forget(&session).await?;
    match present(&app, &ticket).await {
        Ok(presence) => {
            presence.keep(&session).await?;
            Ok(back(None))
        }
        Err(cause) => {
            tracing::warn!(%cause, "a tap brought nothing to read by");
            let refused = matches!(cause, RelayError::Refused | RelayError::Forbidden);
            Ok(back(Some(if refused { "ticket" } else { "relay" })))
        }
    }
}

async fn present(app: &Shared, ticket: &str) -> Result<Presence, RelayError> {
    let access = app.relay.exchange(ticket, app.surroundings.now()).await?;
    let readable = app.relay.readable(&access).await?;
    Ok(Presence { access, readable })
}

/// `POST /desk/records/next`: the next person.
pub async fn next(ForStaff(_): ForStaff, session: Session) -> Result<Response, Problem> {
    Presence::forget(&session).await?;
    Ok(back(None))
}

/// `POST /desk/records/read`: the chosen records, as they arrive.
pub async fn show_records(
    State(app): State<App>,
    Clerk(me): Clerk,
    session: Session,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let reading = match read(&typed) {
        Ok(reading) => reading,
        Err(said) => return Ok(back(Some(said))),
    };
    match access(&app, &me, &session, &reading.basis).await? {
        Some(access) => records(&app, &look, &me, access, reading),
        None => Ok(back(Some("ended"))),
    }
}

/// With what the relay is asked on that basis.
async fn access(
    app: &Shared,
    me: &SignedIn,
    session: &Session,
    basis: &Basis,
) -> Result<Option<Access>, Problem> {
    let now = app.surroundings.now();
    Ok(match basis {
        // By the tapped card itself: nobody has named a consent to this clinic.
        Basis::Emergency { .. } => Presence::of(session, now).await?.map(|it| it.access),
        Basis::Consent { .. } | Basis::Mandate { .. } => me.access(now).ok().cloned(),
    })
}

fn records(
    app: &App,
    look: &Look,
    me: &SignedIn,
    access: Access,
    reading: Reading,
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let Reading { services, basis } = reading;
    let waiting =
        |service: &Service| (service.as_str(), stream::part(&Outcome::waiting(voice, *service)));
    let screen = ReadingScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Desk, PATH),
        is_emergency: matches!(basis, Basis::Emergency { .. }),
        waiting: services.iter().map(waiting).collect(),
    };
    let panels = app.relay.clone().panels(access, services, Some(basis));
    let (app, tongue) = (app.clone(), look.tongue());
    stream::page(&screen, panels.map(move |panel| part(&app, tongue, &panel)))
}

/// The record as at home, or why there is none; without the ways on that are the patient's own.
fn part(app: &Shared, tongue: Tongue, panel: &Panel) -> String {
    let voice = app.words.in_(tongue);
    match Outcome::of(voice, panel) {
        Some(outcome) => stream::part(&outcome.at_desk(voice, panel)),
        None => record::at_desk(voice, today_in_japan(app.surroundings.now()), panel),
    }
}

fn back(said: Option<&'static str>) -> Response {
    let said = said.map(|said| format!("?said={said}")).unwrap_or_default();
    Redirect::to(&format!("{PATH}{said}")).into_response()
}

fn words(said: &str) -> Option<(Tone, &'static str)> {
    let key = match said {
        "stopped" => "readings-said-stopped",
        "ticket" => "readings-said-ticket",
        "relay" => "readings-said-relay",
        "choose" => "readings-said-choose",
        "reason" => "readings-said-reason",
        "ended" => "readings-said-ended",
        "number" => "readings-said-number",
        _ => return None,
    };
    Some((Tone::Warn, key))
}
