//! `/staff/guardians/held`, `/stop`, `/resume`, `/end`: staff end what staff registered, two for each.

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::duty::May;
use warifu_contract::mandate::stop::{StopReason, StopRequest};
use warifu_service::Problem;

use super::guardians::{STAFF, back, once_more, site, why_not};
use super::links::is_id;
use crate::access::{PapersStaff, SignedIn};
use crate::form::{FieldProblem, Typed, errors, fields};
use crate::guardians::{CARD, WHY_STOP, card};
use crate::look::{Look, show};
use crate::relay::RelayError;
use crate::shared::{App, Shared};
use crate::view::Link;
use crate::view::guardianships::{GuardianshipView, HeldScreen};
use crate::view::proxies::{No, QuestionScreen};

/// `GET /staff/guardians/held`: asks for the insurance card.
pub async fn ask_card(
    State(app): State<App>,
    PapersStaff(me, _): PapersStaff,
    look: Look,
) -> Result<Response, Problem> {
    form(&app, &me, &look, &Typed::default(), &[])
}

/// `POST /staff/guardians/held`: who reads for the person on it.
pub async fn find(
    State(app): State<App>,
    PapersStaff(me, may): PapersStaff,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let look = look.standing_at(STAFF);
    let now = app.surroundings.now();
    let ward = match card(&typed, today_in_japan(now)) {
        Ok(ward) => ward,
        Err(problems) => return form(&app, &me, &look, &typed, &problems),
    };
    let Ok(access) = me.access(now) else { return Ok(back(None)) };
    match app.relay.guardianships(access, ward).await {
        Ok(list) => {
            let voice = look.voice(&app);
            let found = list.guardianships.iter();
            let found = found.map(|one| GuardianshipView::new(voice, one, may == May::Do));
            let found = found.collect();
            show(&HeldScreen { page: look.page(&app), site: site(&app, &me, &look), found })
        }
        Err(RelayError::Failed(StatusCode::UNPROCESSABLE_ENTITY)) => {
            let nobody = [FieldProblem { field: "number", key: "guardian-nobody" }];
            form(&app, &me, &look, &typed, &nobody)
        }
        Err(error) => Ok(back(Some(why_not(&error)))),
    }
}

fn form(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    typed: &Typed,
    problems: &[FieldProblem],
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let focus = problems.first().map(|problem| problem.field);
    show(&QuestionScreen {
        page: look.page(app),
        site: site(app, me, look),
        up: Link { href: STAFF.to_owned(), words: voice.say("guardians-title") },
        place: None,
        title: voice.say("guardians-held-title"),
        lead: voice.say("guardians-held-lead"),
        facts: Vec::new(),
        errors: errors(voice, problems),
        fields: fields(voice, &CARD, typed, problems, focus),
        picks: Vec::new(),
        hidden: Vec::new(),
        action: format!("{STAFF}/held"),
        yes: voice.say("guardians-held-find"),
        no: No::Back(voice.say("proxy-check-no")),
    })
}

/// `GET /staff/guardians/{id}/stop`, `/resume`, `/end`: asks once more, and of a stop why.
pub async fn ask(
    State(app): State<App>,
    PapersStaff(me, _): PapersStaff,
    Path((id, step)): Path<(String, String)>,
    look: Look,
) -> Result<Response, Problem> {
    let (words, reasons) = match step.as_str() {
        "stop" => ("guardians-ask-stop", &WHY_STOP[..]),
        "resume" => ("guardians-ask-resume", &[][..]),
        "end" => ("guardians-ask-end", &[][..]),
        _ => return Err(Problem::new(StatusCode::NOT_FOUND, "page.not-found")),
    };
    once_more(&app, &me, &look, (&id, &step), words, (reasons, "changed"))
}

/// `POST /staff/guardians/{id}/stop`, from where on nothing is read; `/resume` and `/end`, by a
/// second one.
pub async fn act(
    State(app): State<App>,
    PapersStaff(me, _): PapersStaff,
    Path((id, step)): Path<(String, String)>,
    Form(typed): Form<Typed>,
) -> Response {
    let access = me.access(app.surroundings.now()).ok().filter(|_| is_id(&id));
    let Some(access) = access else { return back(None) };
    let named = typed.at("reason");
    let reason = StopReason::ALL.into_iter().find(|reason| reason.as_str() == named);
    let (done, said) = match (step.as_str(), reason) {
        ("stop", Some(reason)) => {
            let request = StopRequest { reason };
            (app.relay.stop_guardianship(access, &id, &request).await, "stopped-it")
        }
        ("resume", _) => (app.relay.resume_guardianship(access, &id).await, "resumed"),
        ("end", _) => (app.relay.end_guardianship(access, &id).await, "ended-it"),
        _ => return back(None),
    };
    back(Some(done.map_or_else(|error| why_not(&error), |()| said)))
}
