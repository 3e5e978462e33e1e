//! `/desk/batch`: files of checks, sent from the browser, looked over, started, stopped, and their
//! results taken home. Works without script: while a file is under way its page asks to be fetched again.

use axum::Router;
use axum::body::Body;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use jiff::civil::Date;
use serde::Deserialize;
use warifu_contract::batch::{BatchJob, BatchPreview, BatchState};
use warifu_contract::calendar::today_in_japan;
use warifu_service::Problem;

use super::links::{Said, back_to, is_id};
use super::sent_file;
use crate::access::{Clerk, SignedIn};
use crate::desk::input::target_date;
use crate::look::{Look, show};
use crate::relay::{Access, RelayError, Steer};
use crate::shared::{App, Shared};
use crate::view::Tone;
use crate::view::batches::{BatchScreen, BatchesScreen, CancelScreen, JobView, PATH, PreviewView};
use crate::view::site::Menu;

/// Seconds after which the page of a file under way is fetched again.
const AGAIN: &str = "3";
/// Characters of a file's name.
const LONGEST_NAME: usize = 120;
/// Bytes of the day in the form.
const LONGEST_DAY: usize = 40;

/// The routes; what a file is bounded by, the relay says.
pub fn routes() -> Router<App> {
    Router::new()
        .route(PATH, get(list).post(send).layer(DefaultBodyLimit::disable()))
        .route("/desk/batch/{id}", get(one))
        .route("/desk/batch/{id}/result", get(result))
        .route("/desk/batch/{id}/cancel", get(ask).post(cancel))
        .route("/desk/batch/{id}/{step}", post(steer))
}

/// `POST /desk/batch/{id}/cancel`, once it was asked.
async fn cancel(app: State<App>, me: Clerk, Path(id): Path<String>) -> Response {
    steer(app, me, Path((id, Steer::Cancel.name().to_owned()))).await
}

/// `GET /desk/batch`.
async fn list(
    State(app): State<App>,
    Clerk(me): Clerk,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    let voice = look.voice(&app);
    let now = app.surroundings.now();
    let mut screen = BatchesScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Desk, PATH),
        said: said.said().and_then(words),
        no_records: None,
        is_silent: false,
        jobs: Vec::new(),
        today: today_in_japan(now).to_string(),
    };
    match me.access(now) {
        Err(why) => screen.no_records = Some(why),
        Ok(access) => match app.relay.batches(access).await {
            Ok(list) => {
                screen.jobs = list.jobs.iter().map(|job| JobView::new(voice, job)).collect();
            }
            Err(cause) => {
                tracing::warn!(%cause, "the files of checks are missing");
                screen.is_silent = true;
            }
        },
    }
    show(&screen)
}

/// `POST /desk/batch`: the file, as it comes.
async fn send(State(app): State<App>, Clerk(me): Clerk, mut form: Multipart) -> Response {
    let Ok(access) = me.access(app.surroundings.now()) else { return to_list("ended") };
    match take(&app, access, &mut form).await {
        Ok(job) => Redirect::to(&format!("{PATH}/{}", job.id)).into_response(),
        Err(why) => to_list(why),
    }
}

/// The form's parts in their order: the day, then the file.
async fn take(
    app: &Shared,
    access: &Access,
    form: &mut Multipart,
) -> Result<BatchJob, &'static str> {
    let mut day = None;
    while let Some(mut field) = form.next_field().await.map_err(cut)? {
        match field.name() {
            Some("target") => day = read_day(app, &mut field).await?,
            Some("file") => return pass_on(app, access, day, field).await,
            _ => {}
        }
    }
    Err("nothing")
}

fn cut(_: MultipartError) -> &'static str {
    "cut"
}

async fn read_day(app: &Shared, field: &mut Field<'_>) -> Result<Option<Date>, &'static str> {
    let mut text = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(cut)? {
        text.extend_from_slice(&piece);
        if text.len() > LONGEST_DAY {
            return Err("day");
        }
    }
    let text = String::from_utf8(text).map_err(|_| "day")?;
    let today = today_in_japan(app.surroundings.now());
    target_date(&text, today).map(Some).map_err(|_| "day")
}

/// Passes the file on to the relay, a few pieces at a time.
async fn pass_on(
    app: &Shared,
    access: &Access,
    day: Option<Date>,
    field: Field<'_>,
) -> Result<BatchJob, &'static str> {
    let name: String =
        field.file_name().unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    let name: String = name.trim().chars().take(LONGEST_NAME).collect();
    if name.is_empty() {
        return Err("nothing");
    }
    let sent =
        sent_file::handed_on(field, |file| app.relay.send_batch(access, (&name, day), file)).await;
    sent.map_err(|cause| why(&cause))
}

/// `GET /desk/batch/{id}`.
async fn one(
    State(app): State<App>,
    Clerk(me): Clerk,
    Path(id): Path<String>,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    let job = match find(&app, &me, &id).await {
        Ok(job) => job,
        Err(why) => return Ok(to_list(why)),
    };
    let voice = look.voice(&app);
    let page = show(&BatchScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Desk, PATH),
        said: said.said().and_then(words),
        job: JobView::new(voice, &job),
        preview: preview(&app, &me, &job).await.map(|preview| PreviewView::new(voice, &preview)),
    })?;
    let moves = matches!(job.state, BatchState::Received | BatchState::Running);
    let refresh = [(HeaderName::from_static("refresh"), AGAIN)];
    Ok(if moves { (refresh, page).into_response() } else { page })
}

/// What the file looks like, while it waits to be started.
async fn preview(app: &Shared, me: &SignedIn, job: &BatchJob) -> Option<BatchPreview> {
    if job.state != BatchState::Ready {
        return None;
    }
    let access = me.access(app.surroundings.now()).ok()?;
    let found = app.relay.batch_preview(access, &job.id).await;
    found.inspect_err(|cause| tracing::warn!(%cause, "what a file looks like is missing")).ok()
}

/// `GET /desk/batch/{id}/cancel`: asks once more.
async fn ask(
    State(app): State<App>,
    Clerk(me): Clerk,
    Path(id): Path<String>,
    look: Look,
) -> Result<Response, Problem> {
    let job = match find(&app, &me, &id).await {
        Ok(job) => job,
        Err(why) => return Ok(to_list(why)),
    };
    let voice = look.voice(&app);
    let site = me.site(voice, Menu::Desk, PATH);
    show(&CancelScreen { page: look.page(&app), site, job: JobView::new(voice, &job) })
}

/// `POST /desk/batch/{id}/{step}`.
async fn steer(
    State(app): State<App>,
    Clerk(me): Clerk,
    Path((id, step)): Path<(String, String)>,
) -> Response {
    let Some(step) = Steer::named(&step).filter(|_| is_id(&id)) else { return to_list("unknown") };
    let Ok(access) = me.access(app.surroundings.now()) else { return to_list("ended") };
    match app.relay.steer_batch(access, (&id, step)).await {
        Ok(job) => Redirect::to(&format!("{PATH}/{}", job.id)).into_response(),
        Err(cause) => back_to(&format!("{PATH}/{id}"), Some(why(&cause))),
    }
}

/// Which lines.
#[derive(Debug, Deserialize)]
struct Which {
    only: Option<String>,
}

/// `GET /desk/batch/{id}/result`: the file with the answers, as it comes.
async fn result(
    State(app): State<App>,
    Clerk(me): Clerk,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Response {
    if !is_id(&id) {
        return to_list("unknown");
    }
    let Ok(access) = me.access(app.surroundings.now()) else { return to_list("ended") };
    let only = match which.only.as_deref() {
        Some("changes") => "changes",
        Some("errors") => "errors",
        _ => "all",
    };
    match app.relay.batch_result(access, (&id, only)).await {
        Ok(answer) => download(answer),
        Err(cause) => back_to(&format!("{PATH}/{id}"), Some(why(&cause))),
    }
}

fn download(answer: reqwest::Response) -> Response {
    let kept = [header::CONTENT_TYPE, header::CONTENT_DISPOSITION];
    let headers = kept.map(|name| (name.clone(), answer.headers().get(name).cloned()));
    let mut response = Body::from_stream(answer.bytes_stream()).into_response();
    for (name, value) in headers {
        if let Some(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn find(app: &Shared, me: &SignedIn, id: &str) -> Result<BatchJob, &'static str> {
    if !is_id(id) {
        return Err("unknown");
    }
    let access = me.access(app.surroundings.now()).map_err(|_| "ended")?;
    app.relay.batch(access, id).await.map_err(|cause| why(&cause))
}

fn to_list(said: &'static str) -> Response {
    back_to(PATH, Some(said))
}

/// The word in the address for what went wrong.
fn why(cause: &RelayError) -> &'static str {
    tracing::warn!(%cause, "a file of checks");
    match cause {
        RelayError::Refused | RelayError::Forbidden => "ended",
        RelayError::Failed(StatusCode::NOT_FOUND) => "unknown",
        RelayError::Failed(StatusCode::GONE) => "gone",
        RelayError::Failed(StatusCode::CONFLICT) => "state",
        RelayError::Failed(StatusCode::PAYLOAD_TOO_LARGE) => "large",
        RelayError::Failed(StatusCode::TOO_MANY_REQUESTS) => "many",
        RelayError::Failed(StatusCode::UNPROCESSABLE_ENTITY) => "nothing",
        _ => "relay",
    }
}

/// What the page says about that word.
fn words(said: &str) -> Option<(Tone, &'static str)> {
    let key = match said {
        "ended" => "bulk-said-ended",
        "unknown" => "bulk-said-unknown",
        "gone" => "bulk-said-gone",
        "state" => "bulk-said-state",
        "large" => "bulk-said-large",
        "many" => "bulk-said-many",
        "nothing" => "bulk-said-nothing",
        "cut" => "bulk-said-cut",
        "day" => "bulk-said-day",
        "relay" => "bulk-said-relay",
        _ => return None,
    };
    Some((Tone::Warn, key))
}
