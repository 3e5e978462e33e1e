//! `/staff/applications`: what residents applied for at the own organisation, and where it goes. The
//! relay decides who may, and tells the resident of each look and each decision.

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use warifu_contract::duty::{Duty, May};
use warifu_contract::services::{
    ApplicationState, LONGEST_REASON, SettleRequest, is_name, is_reference,
};
use warifu_service::Problem;

use crate::access::{ApplicationsStaff, SignedIn};
use crate::form::Typed;
use crate::look::{Look, show};
use crate::relay::RelayError;
use crate::shared::{App, Shared};
use crate::view::Tone;
use crate::view::applications::{
    ApplicationScreen, ApplicationView, ApplicationsScreen, PATH, Silent, count, missing, page_of,
    rows,
};
use crate::view::site::Menu;

/// Which applications.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    state: Option<String>,
}

/// What came of the last step.
#[derive(Debug, Default, Deserialize)]
pub struct Said {
    said: Option<String>,
}

/// `GET /staff/applications`.
pub async fn list(
    State(app): State<App>,
    ApplicationsStaff(me): ApplicationsStaff,
    Query(wanted): Query<Wanted>,
    look: Look,
) -> Result<Response, Problem> {
    let (voice, now) = (look.voice(&app), app.surroundings.now());
    let is_open = wanted.state.as_deref() != Some("closed");
    let state = if is_open { ApplicationState::Open } else { ApplicationState::Closed };
    let screen = ApplicationsScreen {
        page: look.page(&app),
        site: me.site(voice, menu(&me), PATH),
        no_records: None,
        silent: None,
        missing: Vec::new(),
        is_open,
        count: String::new(),
        is_cut: false,
        rows: Vec::new(),
    };
    let access = match me.access(now) {
        Ok(access) => access,
        Err(why) => return show(&ApplicationsScreen { no_records: Some(why), ..screen }),
    };
    match app.relay.applications(access, state).await {
        Ok(list) => show(&ApplicationsScreen {
            count: count(voice, &list, state),
            is_cut: list.count > u64::try_from(list.applications.len()).unwrap_or(u64::MAX),
            rows: rows(voice, &list, now),
            missing: missing(voice, &list),
            ..screen
        }),
        Err(cause) => {
            tracing::warn!(%cause, "the applications are missing");
            show(&ApplicationsScreen { silent: Some(silent(&cause)), ..screen })
        }
    }
}

/// `GET /staff/applications/{connector}/{reference}`.
pub async fn page(
    State(app): State<App>,
    ApplicationsStaff(me): ApplicationsStaff,
    Path(which): Path<(String, String)>,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    let said = said.said.as_deref().and_then(words);
    one(&app, &me, &look.standing_at(PATH), &which, (said, "")).await
}

/// `POST /staff/applications/{connector}/{reference}/settle`: where it goes.
pub async fn settle(
    State(app): State<App>,
    ApplicationsStaff(me): ApplicationsStaff,
    Path(which): Path<(String, String)>,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let (connector, reference) = named(&which)?;
    let access = me.access(app.surroundings.now()).map_err(|_| no_access())?;
    let reason = typed.at("reason").replace("\r\n", "\n");
    let request = SettleRequest {
        from: typed.at("from").to_owned(),
        to: typed.at("to").to_owned(),
        reason: (!reason.is_empty()).then(|| reason.clone()),
    };
    let said = match app.relay.settle(access, (connector, reference), &request).await {
        Ok(()) => {
            let to = format!("{}?said=done", page_of(connector, reference));
            return Ok(Redirect::to(&to).into_response());
        }
        Err(RelayError::Failed(StatusCode::CONFLICT)) => "changed",
        Err(RelayError::Failed(StatusCode::UNPROCESSABLE_ENTITY)) => "reason",
        Err(RelayError::Forbidden) => "own",
        Err(cause) => {
            tracing::warn!(%cause, "an application was not moved on");
            "silent"
        }
    };
    let typed = reason.chars().take(LONGEST_REASON).collect::<String>();
    one(&app, &me, &look.standing_at(PATH), &which, (words(said), &typed)).await
}

async fn one(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    which: &(String, String),
    (said, typed): (Option<(Tone, &'static str)>, &str),
) -> Result<Response, Problem> {
    let which = named(which)?;
    let now = app.surroundings.now();
    let access = me.access(now).map_err(|_| no_access())?;
    let answer = app.relay.application(access, which).await;
    let application = answer.map_err(|cause| not_told(&cause))?;
    let voice = look.voice(app);
    show(&ApplicationScreen {
        page: look.page(app),
        site: me.site(voice, menu(me), PATH),
        said,
        view: ApplicationView::new(voice, &application, now),
        reason: typed.to_owned(),
    })
}

fn menu(me: &SignedIn) -> Menu {
    if me.duty(Duty::Check) == May::No { Menu::City } else { Menu::Desk }
}

fn named((connector, reference): &(String, String)) -> Result<(&str, &str), Problem> {
    let sound = is_name(connector) && is_reference(reference);
    sound.then_some((connector.as_str(), reference.as_str())).ok_or_else(unknown)
}

fn not_told(cause: &RelayError) -> Problem {
    match cause {
        RelayError::Failed(StatusCode::NOT_FOUND) => unknown(),
        _ if silent(cause) == Silent::Holder => {
            cause.page(StatusCode::BAD_GATEWAY, "applications.silent")
        }
        RelayError::Refused | RelayError::Forbidden => {
            cause.page(StatusCode::FORBIDDEN, "services.no-access")
        }
        _ => cause.page(StatusCode::BAD_GATEWAY, "services.no-relay"),
    }
}

/// The relay answers 502 where the holder behind it does not.
fn silent(cause: &RelayError) -> Silent {
    match cause {
        RelayError::Failed(StatusCode::BAD_GATEWAY) => Silent::Holder,
        _ => Silent::Relay,
    }
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "applications.unknown")
}

fn no_access() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "services.no-access")
}

fn words(said: &str) -> Option<(Tone, &'static str)> {
    Some(match said {
        "done" => (Tone::Ok, "applications-said-done"),
        "changed" => (Tone::Warn, "applications-said-changed"),
        "reason" => (Tone::Warn, "applications-said-reason"),
        "own" => (Tone::Warn, "applications-said-own"),
        "silent" => (Tone::Warn, "applications-said-silent"),
        _ => return None,
    })
}
