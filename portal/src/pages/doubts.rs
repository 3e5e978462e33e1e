//! `/staff/links`: doubtful links, which two people decide.

use axum::extract::{Form, Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use warifu_contract::linking::portal::{ApproveRequest, LinkStep, RefusalReason, RefuseRequest};
use warifu_service::Problem;

use super::links::{Said, back_to, is_id, why};
use crate::access::{Decider, SignedIn};
use crate::form::{Shape, Typed, fields};
use crate::look::{Look, show};
use crate::shared::{App, Shared};
use crate::view::comparison::{ComparisonScreen, compared};
use crate::view::doubts::{DoubtsScreen, views};
use crate::view::links::AskScreen;
use crate::view::site::Menu;
use crate::view::{Fact, Tone};

const KEY_BYTES: usize = 16;

/// One of the page's forms.
#[derive(Debug, Deserialize)]
pub struct Sent {
    key: String,
    candidate: Option<u32>,
    rival: Option<String>,
    reason: Option<String>,
    note: Option<String>,
}

/// What staff say when they close a doubt.
const WHY: [Shape; 2] = [
    Shape::one_of(
        "reason",
        "doubts-why",
        &[
            ("other-person", "doubts-why-other-person"),
            ("not-a-member", "doubts-why-not-a-member"),
            ("wrong-data", "doubts-why-wrong-data"),
            ("unclear", "doubts-why-unclear"),
        ],
    ),
    Shape { hint: Some("doubts-note-hint"), ..Shape::line("note", "doubts-note", 200) },
];

/// `GET /staff/links`.
pub async fn queue(
    State(app): State<App>,
    Decider(me): Decider,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    let now = app.surroundings.now();
    let mut screen = screen(&app, &look, &me, said.said().and_then(answer));
    let access = match me.access(now) {
        Ok(access) => access,
        Err(why) => return show(&DoubtsScreen { no_records: Some(why), ..screen }),
    };
    match app.relay.doubts(access).await {
        Ok(list) => {
            screen.doubts = views(look.voice(&app), now, &list);
            screen.more = list.more;
            show(&screen)
        }
        Err(cause) => {
            tracing::warn!(%cause, "the doubts are missing");
            show(&DoubtsScreen { is_silent: true, ..screen })
        }
    }
}

/// `POST /staff/links/{id}/approve`: this candidate is the person.
pub async fn approve(
    State(app): State<App>,
    Decider(me): Decider,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Response {
    let Ok(access) = me.access(app.surroundings.now()) else { return back(None) };
    let Some(candidate) = sent.candidate.filter(|_| is_id(&id)) else { return back(None) };
    let request = ApproveRequest { idempotency_key: sent.key, candidate };
    back(Some(match app.relay.approve_doubt(access, &id, &request).await {
        Ok(()) => "approve",
        Err(error) => why(&error),
    }))
}

/// `POST /staff/links/{id}/compare`: where a candidate and the person differ. Each look stands in
/// the person's log.
pub async fn compare(
    State(app): State<App>,
    Decider(me): Decider,
    Path(id): Path<String>,
    look: Look,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let look = look.standing_at("/staff/links");
    let Ok(access) = me.access(app.surroundings.now()) else { return Ok(back(None)) };
    let Some(candidate) = sent.candidate.filter(|_| is_id(&id)) else { return Ok(back(None)) };
    let request = ApproveRequest { idempotency_key: sent.key, candidate };
    match app.relay.compare_doubt(access, &id, &request).await {
        Ok(comparison) => show(&ComparisonScreen {
            page: look.page(&app),
            site: me.site(look.voice(&app), Menu::Doubts, "/staff/links"),
            items: compared(look.voice(&app), &comparison),
        }),
        Err(error) => Ok(back(Some(why(&error)))),
    }
}

/// `GET /staff/links/{id}/refuse`: asks once more.
pub async fn ask(
    State(app): State<App>,
    Decider(me): Decider,
    Path(id): Path<String>,
    look: Look,
) -> Result<Response, Problem> {
    let voice = look.voice(&app);
    let Some(short) = id.get(..8).filter(|_| is_id(&id)) else { return Ok(back(None)) };
    show(&AskScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Doubts, "/staff/links"),
        words: "doubts-ask-refuse",
        facts: vec![Fact { label: voice.say("doubts-which"), value: short.to_owned() }],
        fields: fields(voice, &WHY, &Typed::default().with("reason", "unclear"), &[], None),
        action: format!("/staff/links/{id}/refuse"),
        back: "/staff/links",
        key: app.surroundings.hex(KEY_BYTES),
    })
}

/// `POST /staff/links/{id}/refuse`: nobody there is the person.
pub async fn refuse(
    State(app): State<App>,
    Decider(me): Decider,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Response {
    let Ok(access) = me.access(app.surroundings.now()) else { return back(None) };
    let named = sent.reason.unwrap_or_default();
    let reason = RefusalReason::ALL.into_iter().find(|reason| reason.as_str() == named);
    let Some(reason) = reason.filter(|_| is_id(&id)) else { return back(None) };
    let note = sent.note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    let request = RefuseRequest { idempotency_key: sent.key, reason, note };
    if !request.is_sound() {
        return back(None);
    }
    back(Some(match app.relay.refuse_doubt(access, &id, &request).await {
        Ok(()) => "refuse",
        Err(error) => why(&error),
    }))
}

/// `POST /staff/links/{id}/stop`: the link of whoever stands on a candidate stops, or goes on.
pub async fn rivals(
    State(app): State<App>,
    Decider(me): Decider,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Response {
    let Ok(access) = me.access(app.surroundings.now()) else { return back(None) };
    let freeze = match sent.rival.as_deref() {
        Some("stop") => true,
        Some("go-on") => false,
        _ => return back(None),
    };
    if !is_id(&id) {
        return back(None);
    }
    let step = LinkStep { idempotency_key: sent.key };
    back(Some(match app.relay.stop_rivals(access, &id, freeze, &step).await {
        Ok(()) if freeze => "stop",
        Ok(()) => "go-on",
        Err(error) => why(&error),
    }))
}

fn back(said: Option<&'static str>) -> Response {
    back_to("/staff/links", said)
}

fn answer(said: &str) -> Option<(Tone, &'static str)> {
    Some(match said {
        "approve" => (Tone::Ok, "doubts-said-approve"),
        "refuse" => (Tone::Ok, "doubts-said-refuse"),
        "stop" => (Tone::Ok, "doubts-said-stop"),
        "go-on" => (Tone::Ok, "doubts-said-go-on"),
        "changed" => (Tone::Warn, "doubts-said-changed"),
        "refused" => (Tone::Warn, "doubts-said-refused"),
        "silent" => (Tone::Warn, "links-said-silent"),
        _ => return None,
    })
}

fn screen<'a>(
    app: &'a Shared,
    look: &Look,
    me: &SignedIn,
    said: Option<(Tone, &'static str)>,
) -> DoubtsScreen<'a> {
    DoubtsScreen {
        page: look.page(app),
        site: me.site(look.voice(app), Menu::Doubts, look.path()),
        said,
        no_records: None,
        is_silent: false,
        doubts: Vec::new(),
        more: false,
        key: app.surroundings.hex(KEY_BYTES),
    }
}
