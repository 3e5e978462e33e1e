//! `/consents`: who may see my records; given in three steps and a summary, taken back at once.

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::services::ServiceId;
use warifu_service::Problem;

use super::evidence::{open, saved};
use super::services::named_by;
use crate::access::{Resident, SignedIn};
use crate::consent::{self, UNTIL, WHAT, WHOM};
use crate::form::{FieldProblem, Typed, errors, fields};
use crate::look::{Look, show};
use crate::relay::RelayError;
use crate::shared::App;
use crate::view::consents::{ConsentCheckScreen, ConsentView, ConsentsScreen, called, summary};
use crate::view::site::Menu;

/// The page's own path.
const PATH: &str = "/consents";

/// What was done a moment ago.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    done: Option<String>,
    /// The declared service that a consent is to be about.
    declared: Option<String>,
}

/// Which consent.
#[derive(Debug, Deserialize)]
pub struct Which {
    id: String,
}

/// `GET /consents`: the list, and the form for a new one.
pub async fn list(
    State(app): State<App>,
    Resident(me): Resident,
    Query(done): Query<Done>,
    look: Look,
) -> Result<Response, Problem> {
    let key = match done.done.as_deref() {
        Some("given") => Some("consents-given"),
        Some("withdrawn") => Some("consents-withdrawn"),
        _ => None,
    };
    let typed = match &done.declared {
        Some(declared) => consent::empty().with(consent::DECLARED, declared),
        None => consent::empty(),
    };
    page(&app, &me, look, &typed, &[], key).await
}

/// `POST /consents/check`: the summary, before anything is given.
pub async fn check(
    State(app): State<App>,
    Resident(me): Resident,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let look = look.standing_at(PATH);
    let request = match consent::read(&typed, today_in_japan(app.surroundings.now())) {
        Ok(request) => request,
        Err(problems) => return page(&app, &me, look, &typed, &problems, None).await,
    };
    let voice = look.voice(&app);
    show(&ConsentCheckScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Resident, PATH),
        facts: summary(voice, &request, &named_by(&app, &me, &request.scope.declared).await),
        hidden: consent::carried(&typed),
        key: app.surroundings.hex(16),
    })
}

/// `POST /consents`: gives it.
pub async fn give(
    State(app): State<App>,
    Resident(me): Resident,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let access = open(&app, &me)?;
    match consent::read(&typed, today_in_japan(app.surroundings.now())) {
        Ok(request) => {
            let given = app.relay.give_consent(access, typed.at("key"), &request).await;
            given.map_err(|cause| failed(&cause))?;
            Ok(Redirect::to("/consents?done=given").into_response())
        }
        Err(problems) => page(&app, &me, look.standing_at(PATH), &typed, &problems, None).await,
    }
}

/// `POST /consents/withdraw`: takes one back.
pub async fn withdraw(
    State(app): State<App>,
    Resident(me): Resident,
    Form(which): Form<Which>,
) -> Result<Response, Problem> {
    let access = open(&app, &me)?;
    app.relay.withdraw_consent(access, &named(which)?).await.map_err(|cause| failed(&cause))?;
    Ok(Redirect::to("/consents?done=withdrawn").into_response())
}

/// `GET /consents/receipt`: the signed receipt, as a file.
pub async fn receipt(
    State(app): State<App>,
    Resident(me): Resident,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let id = named(which)?;
    let receipt = app.relay.consent_receipt(open(&app, &me)?, &id).await;
    let receipt = receipt.map_err(|cause| failed(&cause))?;
    Ok(saved(&format!("warifu-consent-{id}.jws"), "application/jose", receipt))
}

async fn page(
    app: &App,
    me: &SignedIn,
    look: Look,
    typed: &Typed,
    problems: &[FieldProblem],
    done: Option<&'static str>,
) -> Result<Response, Problem> {
    let (voice, now) = (look.voice(app), app.surroundings.now());
    let declared: Option<ServiceId> = typed.at(consent::DECLARED).parse().ok();
    let access = me.access(now);
    let consents = match access {
        Err(_) => Vec::new(),
        Ok(access) => app.relay.consents(access).await.map_err(|cause| failed(&cause))?.consents,
    };
    let wanted = consents.iter().flat_map(|one| &one.terms.scope.declared).chain(&declared);
    let named = named_by(app, me, &wanted.copied().collect::<Vec<_>>()).await;
    let focus = problems.first().map(|problem| problem.field);
    let part = |shapes| fields(voice, shapes, typed, problems, focus);
    show(&ConsentsScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, look.path()),
        no_records: access.err(),
        done,
        consents: consents.iter().map(|one| ConsentView::new(voice, one, &named, now)).collect(),
        declared: declared.map(|id| (id.to_string(), called(voice, id, &named))),
        errors: errors(voice, problems),
        what: part(&WHAT),
        whom: part(&WHOM),
        until: part(&UNTIL),
    })
}

/// The id, if it is one: it becomes a part of an address.
fn named(which: Which) -> Result<String, Problem> {
    let is_id = which.id.len() == 32 && which.id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let wrong = || Problem::new(StatusCode::NOT_FOUND, "consents.unknown");
    if is_id { Ok(which.id) } else { Err(wrong()) }
}

fn failed(cause: &RelayError) -> Problem {
    let (status, code) = match cause {
        RelayError::Failed(StatusCode::NOT_FOUND) => (StatusCode::NOT_FOUND, "consents.unknown"),
        RelayError::Refused | RelayError::Forbidden => {
            (StatusCode::FORBIDDEN, "consents.no-access")
        }
        _ => (StatusCode::BAD_GATEWAY, "consents.no-relay"),
    };
    cause.page(status, code)
}
