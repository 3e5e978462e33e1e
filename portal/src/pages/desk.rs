//! The clinic's desk: is this person's insurance valid today?

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::eligibility::{EligibilityAnswer, EligibilityRequest, Subject, Verdict};
use warifu_contract::slip;
use warifu_service::Problem;
use warifu_service::words::Voice;

use super::stream;
use crate::access::{Clerk, SignedIn};
use crate::desk::form::FormView;
use crate::desk::input::{self, Check, RawCheck};
use crate::desk::ladder;
use crate::form::FieldProblem;
use crate::look::{Look, show};
use crate::relay::{Access, RelayError};
use crate::shared::{App, Shared};
use crate::sso::arrivals::Arrival;
use crate::sso::begin::{self, Cards, Question, unknown_provider};
use crate::sso::finish::{Handle, arrive};
use crate::sso::requests::Purpose;
use crate::view::answer::{AnswerView, NoAnswer};
use crate::view::desk::{ActsView, DeskScreen};
use crate::view::site::Menu;

/// What became of a check.
enum Outcome {
    /// Nothing asked yet.
    Nothing,
    /// An answer, and the key that it was asked for with.
    Answer(Box<EligibilityAnswer>, String),
    /// None, with the key of why.
    Failed(&'static str),
}

/// How one came back to the desk.
#[derive(Debug, Default, Deserialize)]
pub struct Back {
    /// `stopped`: the identity provider saw no card. `gone`: an answer is not kept any more.
    tap: Option<String>,
}

/// Whether the last tap of this session was stopped.
const STOPPED: &str = "tap-stopped";

/// `GET /desk`.
pub async fn desk(
    State(app): State<App>,
    Clerk(me): Clerk,
    Query(back): Query<Back>,
    session: Session,
    look: Look,
) -> Result<Response, Problem> {
    let outcome = match back.tap.as_deref() {
        Some("stopped") if note_stopped(&session).await? => Outcome::Failed("failed-tap-again"),
        Some("stopped") => Outcome::Failed("failed-tap"),
        Some("gone") => Outcome::Failed("failed-answer"),
        _ => Outcome::Nothing,
    };
    show_desk(&app, &look, &me, &fresh(&app), &[], outcome)
}

/// Notes that a tap was stopped. Whether the one before it was, too.
async fn note_stopped(session: &Session) -> Result<bool, Problem> {
    let before = session.get::<bool>(STOPPED).await.map_err(|cause| Problem::internal(&cause))?;
    session.insert(STOPPED, true).await.map_err(|cause| Problem::internal(&cause))?;
    Ok(before.unwrap_or(false))
}

/// Back at the desk, an answer that was to be printed or used is not kept any more.
pub fn answer_gone() -> Response {
    Redirect::to("/desk?tap=gone").into_response()
}

/// `POST /desk/check`: by the numbers on the insurance card.
pub async fn check(
    State(app): State<App>,
    Clerk(me): Clerk,
    session: Session,
    look: Look,
    Form(raw): Form<RawCheck>,
) -> Result<Response, Problem> {
    let look = look.standing_at("/desk");
    let check = match input::read(&raw, today_in_japan(app.surroundings.now())) {
        Ok(check) => check,
        Err(problems) => return show_desk(&app, &look, &me, &raw, &problems, Outcome::Nothing),
    };
    let Ok(access) = me.access(app.surroundings.now()) else {
        return show_desk(&app, &look, &me, &raw, &[], Outcome::Failed("failed-ended"));
    };
    let request = EligibilityRequest {
        idempotency_key: once(&app, &session, &raw.key, &check),
        subject: Subject::Number(check.card),
        target_date: Some(check.target),
    };
    let outcome = ask(&app, access, request, "failed-ended").await;
    // A valid answer clears the row for the next patient; any other leaves it to be mended.
    let done = matches!(&outcome, Outcome::Answer(answer, _) if is_valid(answer));
    let row = if done { fresh(&app) } else { RawCheck { key: key(&app), ..raw } };
    show_desk(&app, &look, &me, &row, &[], outcome)
}

/// What a scanner typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Scanned {
    slip: String,
    key: String,
}

/// `POST /desk/scan`: by the code of a slip.
pub async fn scan(
    State(app): State<App>,
    Clerk(me): Clerk,
    session: Session,
    look: Look,
    Form(scanned): Form<Scanned>,
) -> Result<Response, Problem> {
    let look = look.standing_at("/desk");
    let show = |outcome| show_desk(&app, &look, &me, &fresh(&app), &[], outcome);
    if app.desk.scans_stopped {
        return show(Outcome::Failed("failed-slip-stopped"));
    }
    let text = scanned.slip.trim().to_owned();
    if text.is_empty() || text.len() > slip::LONGEST {
        return show(Outcome::Failed("failed-slip"));
    }
    let Ok(access) = me.access(app.surroundings.now()) else {
        return show(Outcome::Failed("failed-ended"));
    };
    let id = session.id().map(|id| id.0).unwrap_or_default();
    let request = EligibilityRequest {
        idempotency_key: digest(&app, "scan", &format!("{id}/{}/{text}", scanned.key)),
        subject: Subject::Slip { text },
        target_date: None,
    };
    show(ask(&app, access, request, "failed-ended").await)
}

/// Which dependant of which answer.
#[derive(Debug, Deserialize)]
pub struct Chosen {
    answer: String,
    place: usize,
}

/// `POST /desk/dependant`: the row for a dependant whom an answer named; the birth date is asked.
pub async fn dependant(
    State(app): State<App>,
    Clerk(me): Clerk,
    look: Look,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Problem> {
    let look = look.standing_at("/desk");
    let now = app.surroundings.now();
    let Ok(access) = me.access(now) else {
        return show_desk(&app, &look, &me, &fresh(&app), &[], Outcome::Failed("failed-ended"));
    };
    let given = app.relay.given_answer(access, &chosen.answer).await;
    let given = given.inspect_err(|cause| tracing::warn!(%cause, "an answer was not had again"));
    let coverage = given.ok().flatten().and_then(|answer| answer.decision.coverage);
    let Some(coverage) = coverage else { return Ok(answer_gone()) };
    let Some(dependant) = coverage.dependants.get(chosen.place) else { return Ok(answer_gone()) };
    let raw = RawCheck {
        insurer: coverage.insurer.number,
        symbol: coverage.symbol,
        number: coverage.number,
        branch: dependant.branch.clone().unwrap_or_default(),
        ..fresh(&app)
    };
    let ask_birth = [FieldProblem { field: "birth", key: "desk-dependant-birth" }];
    show_desk(&app, &look, &me, &raw, &ask_birth, Outcome::Nothing)
}

/// What the card button carries along.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TapForm {
    /// 対象年月日.
    target: String,
}

/// `POST /desk/tap`: asks the identity provider of this desk who is at the reader.
pub async fn tap(
    State(app): State<App>,
    Clerk(me): Clerk,
    headers: HeaderMap,
    look: Look,
    Form(form): Form<TapForm>,
) -> Result<Response, Problem> {
    let now = app.surroundings.now();
    match input::target_date(&form.target, today_in_japan(now)) {
        Err(problem) => {
            let raw = RawCheck { target: form.target, ..fresh(&app) };
            let look = look.standing_at("/desk");
            show_desk(&app, &look, &me, &raw, &[problem], Outcome::Nothing)
        }
        Ok(target) => {
            let provider = app.saml.providers.find(&me.issuer, now).ok_or_else(unknown_provider)?;
            let question = Question {
                purpose: Purpose::Presence,
                cards: Cards::default(),
                onward: &target.to_string(),
            };
            begin::send(&app, &headers, &provider, &question).await
        }
    }
}

/// `GET /desk/tap/finish`: the patient's card was there.
pub async fn tap_finish(
    State(app): State<App>,
    Clerk(me): Clerk,
    Query(handle): Query<Handle>,
    session: Session,
    headers: HeaderMap,
    look: Look,
) -> Result<Response, Problem> {
    let look = look.standing_at("/desk");
    session.remove::<bool>(STOPPED).await.map_err(|cause| Problem::internal(&cause))?;
    let Arrival::Tap { ticket, target } = arrive(&app, &handle, &headers).await? else {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "login.handle"));
    };
    let outcome = match app.relay.exchange(&ticket, app.surroundings.now()).await {
        Err(cause) => failed(&cause, "failed-ticket"),
        Ok(access) => {
            let request = EligibilityRequest {
                subject: Subject::Card,
                target_date: target.parse().ok(),
                idempotency_key: digest(&app, "tap", &handle.h),
            };
            ask(&app, &access, request, "failed-ticket").await
        }
    };
    show_desk(&app, &look, &me, &RawCheck { target, ..fresh(&app) }, &[], outcome)
}

async fn ask(
    app: &Shared,
    access: &Access,
    request: EligibilityRequest,
    refused: &'static str,
) -> Outcome {
    match app.relay.eligibility(access, &request).await {
        Ok(answer) => Outcome::Answer(Box::new(answer), request.idempotency_key),
        Err(cause) => failed(&cause, refused),
    }
}

fn failed(cause: &RelayError, refused: &'static str) -> Outcome {
    tracing::warn!(%cause, "a check brought no answer");
    Outcome::Failed(match cause {
        RelayError::Refused => refused,
        RelayError::Forbidden => "failed-forbidden",
        RelayError::Failed(StatusCode::LOCKED) => "failed-slip-stopped",
        RelayError::Failed(StatusCode::GONE) => "failed-slip-over",
        RelayError::Failed(StatusCode::UNPROCESSABLE_ENTITY) => "failed-slip",
        _ => "failed-relay",
    })
}

fn is_valid(answer: &EligibilityAnswer) -> bool {
    answer.decision.verdict == Verdict::Valid
}

/// An empty row for today.
fn fresh(app: &Shared) -> RawCheck {
    let today = today_in_japan(app.surroundings.now());
    RawCheck { target: today.to_string(), key: key(app), ..RawCheck::default() }
}

fn key(app: &Shared) -> String {
    app.surroundings.hex(16)
}

/// The same form sent twice, unchanged, from the same session is one check; nobody else's is.
fn once(app: &Shared, session: &Session, form_key: &str, check: &Check) -> String {
    let id = session.id().map(|id| id.0).unwrap_or_default();
    digest(app, "check", &format!("{id}/{form_key}/{check:?}"))
}

fn digest(app: &Shared, context: &str, value: &str) -> String {
    let hash = app.keys.lookup(&format!("idempotency.{context}"), value.as_bytes());
    data_encoding::BASE64URL_NOPAD.encode(&hash)
}

fn show_desk(
    app: &Shared,
    look: &Look,
    me: &SignedIn,
    raw: &RawCheck,
    problems: &[FieldProblem],
    outcome: Outcome,
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let scans = !app.desk.scans_stopped;
    let code = match &outcome {
        Outcome::Nothing => "cov.valid",
        Outcome::Failed(key) => key,
        Outcome::Answer(answer, _) => answer.decision.verdict.code(),
    };
    let ladder = ladder::steps(voice, code, scans);
    let acts = match &outcome {
        Outcome::Answer(answer, key) => Some(ActsView::new(voice, answer, key)),
        _ => None,
    };
    let (state, result) = result(voice, problems, outcome);
    show(&DeskScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Desk, "/desk"),
        state,
        form: FormView::new(voice, raw, problems),
        scans,
        result,
        acts,
        ladder,
    })
}

/// The word for the title, and the result's part.
fn result(
    voice: Voice<'_>,
    problems: &[FieldProblem],
    outcome: Outcome,
) -> (Option<String>, Option<String>) {
    match outcome {
        Outcome::Nothing => ((!problems.is_empty()).then(|| voice.say("desk-problem")), None),
        Outcome::Failed(key) => {
            (Some(voice.say(key)), Some(stream::part(&NoAnswer::new(voice, key))))
        }
        Outcome::Answer(answer, _) => {
            let word = voice.say(&answer.decision.verdict.code().replace('.', "-"));
            (Some(word), Some(stream::part(&AnswerView::new(voice, &answer))))
        }
    }
}
