//! `/proxies/guardian`, where a guardian asks, and `/staff/guardians`, where two members of staff
//! look at the papers.

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::duty::May;
use warifu_contract::identity::FourItems;
use warifu_contract::mandate::InviteCode;
use warifu_contract::mandate::guardian::{
    Application, Capacity, ProposalRequest, RefusalReason, RefusalRequest,
};
use warifu_contract::services::{Audience, Offered};
use warifu_service::Problem;

use super::links::{Said, back_to, is_id, why};
use super::proxies::picks;
use super::services::{named_by, offers};
use crate::access::{PapersStaff, Resident, SignedIn};
use crate::form::{FieldProblem, Shape, Typed, errors, fields};
use crate::guardians::{self, APPLICATION, PAPERS, WARD, WHY};
use crate::look::{Look, show};
use crate::office::error::OfficeError;
use crate::proxies::CODE;
use crate::relay::RelayError;
use crate::shared::{App, Shared};
use crate::view::guardians::{GuardiansScreen, asked_for, views};
use crate::view::guardianships::GuardianshipView;
use crate::view::links::AskScreen;
use crate::view::proxies::{No, QuestionScreen};
use crate::view::site::{Menu, Site};
use crate::view::{Fact, Link, Tone};

/// The guardian's page.
const OWN: &str = "/proxies";
/// The staff's page.
pub(super) const STAFF: &str = "/staff/guardians";
const KEY_BYTES: usize = 16;

/// `GET /proxies/guardian`: the form.
pub async fn begin(
    State(app): State<App>,
    Resident(me): Resident,
    look: Look,
) -> Result<Response, Problem> {
    let typed = Typed::default().with("capacity", "parent");
    form(&app, &me, &look, &typed, &[]).await
}

/// `POST /proxies/guardian`: asks.
pub async fn apply(
    State(app): State<App>,
    Resident(me): Resident,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let look = look.standing_at("/proxies/guardian");
    let request = match guardians::application(&typed) {
        Ok(request) => request,
        Err(problems) => return form(&app, &me, &look, &typed, &problems).await,
    };
    let Ok(access) = me.access(app.surroundings.now()) else { return Ok(back_to(OWN, None)) };
    let asked = app.relay.apply_as_guardian(access, typed.at("key"), &request).await;
    Ok(back_to(OWN, Some(asked.map_or_else(|error| why(&error), |_| "applied"))))
}

async fn form(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    typed: &Typed,
    problems: &[FieldProblem],
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let focus = problems.first().map(|problem| problem.field);
    let sent = Some(typed.at("key").to_owned()).filter(|key| !key.is_empty());
    let offers = offers(app, me).await;
    // What is kept under the guardian's own name opens with the own card.
    let is_wards = |one: &Offered| one.declaration.level_for(Audience::Resident).is_some();
    show(&QuestionScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, OWN),
        up: Link { href: OWN.to_owned(), words: voice.say("proxies-title") },
        place: None,
        title: voice.say("guardian-title"),
        lead: voice.say("guardian-lead"),
        facts: Vec::new(),
        errors: errors(voice, problems),
        fields: fields(voice, &APPLICATION, typed, problems, focus),
        picks: picks(voice, &offers, typed, is_wards),
        hidden: vec![("key".into(), sent.unwrap_or_else(|| app.surroundings.hex(KEY_BYTES)))],
        action: "/proxies/guardian".to_owned(),
        yes: voice.say("guardian-do"),
        no: No::Back(voice.say("proxy-check-no")),
    })
}

/// `GET /staff/guardians`: the code to enter, and what waits for a second one.
pub async fn queue(
    State(app): State<App>,
    PapersStaff(me, may): PapersStaff,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    desk(&app, (&me, may), &look, &said, &Typed::default(), &[]).await
}

async fn desk(
    app: &Shared,
    (me, may): (&SignedIn, May),
    look: &Look,
    said: &Said,
    typed: &Typed,
    problems: &[FieldProblem],
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let focus = problems.first().map(|problem| problem.field);
    let screen = GuardiansScreen {
        page: look.page(app),
        site: site(app, me, look),
        said: said.said().and_then(answer),
        no_records: None,
        is_silent: false,
        errors: errors(voice, problems),
        fields: fields(voice, &CODE, typed, problems, focus),
        proposals: Vec::new(),
        stopped: Vec::new(),
        more: false,
    };
    let access = match me.access(app.surroundings.now()) {
        Ok(access) => access,
        Err(why) => return show(&GuardiansScreen { no_records: Some(why), ..screen }),
    };
    match app.relay.guardians(access).await {
        Ok(list) => {
            let decides = may == May::Do;
            let asked = list.proposals.iter().flat_map(|one| &one.application.request.declared);
            let named = named_by(app, me, &asked.copied().collect::<Vec<_>>()).await;
            let proposals = views(voice, &list, (&named, decides));
            let stopped = list.stopped.iter();
            let stopped = stopped.map(|one| GuardianshipView::new(voice, one, decides)).collect();
            show(&GuardiansScreen { proposals, stopped, more: list.more, ..screen })
        }
        Err(cause) => {
            tracing::warn!(%cause, "the guardians are missing");
            show(&GuardiansScreen { is_silent: true, ..screen })
        }
    }
}

/// `POST /staff/guardians`: what the code is for, and the form for the papers.
pub async fn find(
    State(app): State<App>,
    PapersStaff(me, may): PapersStaff,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let typed = Typed::default().with("code", typed.at("code")).with("end", "limit");
    papers(&app, (&me, may), &look.standing_at(STAFF), &typed).await
}

/// `POST /staff/guardians/propose`: the papers were seen.
pub async fn propose(
    State(app): State<App>,
    PapersStaff(me, _): PapersStaff,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let look = look.standing_at(STAFF);
    let Ok(access) = me.access(app.surroundings.now()) else { return Ok(back(None)) };
    let Ok(code) = InviteCode::parse(typed.at("code")) else { return Ok(back(None)) };
    let found = match app.relay.find_guardian(access, &code).await {
        Ok(found) => found,
        Err(error) => return Ok(back(Some(why_not(&error)))),
    };
    let request = match seen(&app, &me, &look, (&typed, code, found.request.capacity)).await {
        Ok(request) => request,
        Err(problems) => return ask(&app, &me, &look, &typed, &problems, &found).await,
    };
    match app.relay.propose_guardian(access, &request).await {
        Ok(_) => Ok(back(Some("proposed"))),
        Err(RelayError::Failed(StatusCode::UNPROCESSABLE_ENTITY)) => {
            let is_proved = request.holder.is_some();
            let key = if is_proved { "guardian-another" } else { "guardian-nobody" };
            let nobody = [FieldProblem { field: "number", key }];
            ask(&app, &me, &look, &typed, &nobody, &found).await
        }
        Err(error) => Ok(back(Some(why_not(&error)))),
    }
}

/// What staff have seen, with the office's word about whom the papers name, or what is wrong with it.
async fn seen(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    (typed, code, capacity): (&Typed, InviteCode, Capacity),
) -> Result<ProposalRequest, Vec<FieldProblem>> {
    let today = today_in_japan(app.surroundings.now());
    let (request, ward) =
        match (guardians::proposal(typed, code, capacity, today), guardians::ward(typed, today)) {
            (Ok(request), Ok(ward)) => (request, ward),
            (request, ward) => {
                let problems = request.err().into_iter().chain(ward.err());
                return Err(problems.flatten().collect());
            }
        };
    let holder = match ward {
        None => None,
        Some(items) => Some(
            proved(app, me, look, &items)
                .await
                .map_err(|key| vec![FieldProblem { field: "name", key }])?,
        ),
    };
    Ok(ProposalRequest { holder, ..request })
}

/// The office's word about whom the papers name, or the key of why it gives none.
async fn proved(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    items: &FourItems,
) -> Result<String, &'static str> {
    let office = app.card_office.as_ref().zip(me.office.as_ref());
    let (office, ticket) = office.ok_or("guardian-ward-closed")?;
    match office.counter(ticket, look.language).prove_ward(items).await {
        Ok(ward) => Ok(ward.holder),
        Err(cause) => {
            tracing::warn!(%cause, "the card office proved nobody");
            Err(match &cause {
                OfficeError::Ticket => "guardian-ward-closed",
                OfficeError::Refused(refusal) if refusal.status == StatusCode::FORBIDDEN => {
                    "guardian-ward-closed"
                }
                OfficeError::Refused(refusal) if refusal.status.is_client_error() => {
                    "guardian-ward-unproved"
                }
                _ => "guardian-ward-silent",
            })
        }
    }
}

/// The form for the papers of the application that the code is for.
async fn papers(
    app: &Shared,
    (me, may): (&SignedIn, May),
    look: &Look,
    typed: &Typed,
) -> Result<Response, Problem> {
    let wrong = |key| [FieldProblem { field: "code", key }];
    let Ok(code) = InviteCode::parse(typed.at("code")) else {
        return desk(app, (me, may), look, &Said::default(), typed, &wrong("proxy-code-wrong"))
            .await;
    };
    let Ok(access) = me.access(app.surroundings.now()) else { return Ok(back(None)) };
    match app.relay.find_guardian(access, &code).await {
        Ok(found) => ask(app, me, look, typed, &[], &found).await,
        Err(RelayError::Failed(StatusCode::NOT_FOUND)) => {
            desk(app, (me, may), look, &Said::default(), typed, &wrong("guardian-code-dead")).await
        }
        Err(error) => Ok(back(Some(why_not(&error)))),
    }
}

async fn ask(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    typed: &Typed,
    problems: &[FieldProblem],
    found: &Application,
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let focus = problems.first().map(|problem| problem.field);
    let named = named_by(app, me, &found.request.declared).await;
    let mut all = fields(voice, &PAPERS, typed, problems, focus);
    if found.request.is_beyond_insurers() {
        all.extend(fields(voice, &WARD, typed, problems, focus));
    }
    show(&QuestionScreen {
        page: look.page(app),
        site: site(app, me, look),
        up: Link { href: STAFF.to_owned(), words: voice.say("guardians-title") },
        place: None,
        title: voice.say("guardians-papers-title"),
        lead: voice.say("guardians-papers-lead"),
        facts: asked_for(voice, &found.request, &named),
        errors: errors(voice, problems),
        fields: all,
        picks: Vec::new(),
        hidden: vec![("code".into(), typed.at("code").to_owned())],
        action: format!("{STAFF}/propose"),
        yes: voice.say("guardians-propose"),
        no: No::Back(voice.say("proxy-check-no")),
    })
}

/// `POST /staff/guardians/{id}/approve`: the second one.
pub async fn approve(
    State(app): State<App>,
    PapersStaff(me, _): PapersStaff,
    Path(id): Path<String>,
) -> Response {
    let access = me.access(app.surroundings.now()).ok().filter(|_| is_id(&id));
    let Some(access) = access else { return back(None) };
    let done = app.relay.approve_guardian(access, &id).await;
    back(Some(done.map_or_else(|error| why_not(&error), |()| "approved")))
}

/// `GET /staff/guardians/{id}/refuse`: asks why.
pub async fn ask_why(
    State(app): State<App>,
    PapersStaff(me, _): PapersStaff,
    Path(id): Path<String>,
    look: Look,
) -> Result<Response, Problem> {
    once_more(&app, &me, &look, (&id, "refuse"), "guardians-ask-refuse", (&WHY, "papers"))
}

/// Asks once more before that `step`, and why where there are reasons, of which one is chosen
/// already.
pub(super) fn once_more(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    (id, step): (&str, &str),
    words: &'static str,
    (reasons, usual): (&[Shape], &str),
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let Some(short) = id.get(..8).filter(|_| is_id(id)) else { return Ok(back(None)) };
    show(&AskScreen {
        page: look.page(app),
        site: site(app, me, look),
        words,
        facts: vec![Fact { label: voice.say("doubts-which"), value: short.to_owned() }],
        fields: fields(voice, reasons, &Typed::default().with("reason", usual), &[], None),
        action: format!("{STAFF}/{id}/{step}"),
        back: STAFF,
        key: app.surroundings.hex(KEY_BYTES),
    })
}

/// `POST /staff/guardians/{id}/refuse`: no.
pub async fn refuse(
    State(app): State<App>,
    PapersStaff(me, _): PapersStaff,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Response {
    let access = me.access(app.surroundings.now()).ok().filter(|_| is_id(&id));
    let named = typed.at("reason");
    let reason = RefusalReason::ALL.into_iter().find(|reason| reason.as_str() == named);
    let Some((access, reason)) = access.zip(reason) else { return back(None) };
    let done = app.relay.refuse_guardian(access, &id, &RefusalRequest { reason }).await;
    back(Some(done.map_or_else(|error| why_not(&error), |()| "refused-it")))
}

pub(super) fn back(said: Option<&'static str>) -> Response {
    back_to(STAFF, said)
}

/// Why a step was not taken.
pub(super) fn why_not(error: &RelayError) -> &'static str {
    match error {
        RelayError::Forbidden => "eyes",
        RelayError::Away(_) => "insurer-silent",
        other => why(other),
    }
}

fn answer(said: &str) -> Option<(Tone, &'static str)> {
    Some(match said {
        "proposed" => (Tone::Ok, "guardians-said-proposed"),
        "approved" => (Tone::Ok, "guardians-said-approved"),
        "refused-it" => (Tone::Ok, "guardians-said-refused"),
        "stopped-it" => (Tone::Ok, "guardians-said-stopped"),
        "resumed" => (Tone::Ok, "guardians-said-resumed"),
        "ended-it" => (Tone::Ok, "guardians-said-ended"),
        "eyes" => (Tone::Warn, "guardians-said-eyes"),
        "changed" => (Tone::Warn, "guardians-said-changed"),
        "insurer-silent" => (Tone::Warn, "guardians-said-insurer-silent"),
        "refused" => (Tone::Warn, "proxies-said-refused"),
        "silent" => (Tone::Warn, "links-said-silent"),
        _ => return None,
    })
}

pub(super) fn site(app: &Shared, me: &SignedIn, look: &Look) -> Site {
    let menu = if me.in_office() { Menu::Office } else { Menu::Doubts };
    me.site(look.voice(app), menu, STAFF)
}
