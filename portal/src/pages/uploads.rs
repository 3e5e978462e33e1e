//! `/insurer/upload` (データ登録): a file of coverage is sent, checked, approved by a second person,
//! and live. Works without script: while a file is under way its page asks to be fetched again. With
//! it a file goes in pieces, and on where it broke off.

mod pieces;

use axum::Router;
use axum::body::Body;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, Form, Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use warifu_contract::deposits::{Deposit, DepositDetail, DepositKind, DepositRequest};
use warifu_service::Problem;

use super::links::{Said, back_to};
use super::sent_file;
use crate::access::{Depositor, SignedIn};
use crate::look::{Look, show};
use crate::relay::{Access, FilePlace, RelayError};
use crate::shared::{App, Shared};
use crate::view::Tone;
use crate::view::site::Menu;
use crate::view::uploads::{
    AbandonScreen, ApproveScreen, DepositView, InsurerView, PATH, UploadScreen, UploadsScreen,
};

/// Seconds after which the page of a file under way is fetched again.
const AGAIN: &str = "3";
/// Characters of a file's name.
const LONGEST_NAME: usize = 120;
/// Bytes of a field beside the file.
const LONGEST_FIELD: usize = 100;

/// The routes; what a file is bounded by, the relay says.
pub fn routes() -> Router<App> {
    Router::new()
        .route(PATH, get(list).post(send).layer(DefaultBodyLimit::disable()))
        .merge(pieces::routes())
        .route("/insurer/upload/{insurer}/{number}", get(one))
        .route("/insurer/upload/{insurer}/{number}/faults", get(faults))
        .route("/insurer/upload/{insurer}/{number}/approve", get(ask_approve).post(approve))
        .route("/insurer/upload/{insurer}/{number}/abandon", get(ask_abandon).post(abandon))
}

/// A deposit's place in addresses.
type Place = Path<(String, u64)>;

/// `GET /insurer/upload`.
async fn list(
    State(app): State<App>,
    Depositor(me): Depositor,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    let voice = look.voice(&app);
    let mut screen = UploadsScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Insurer, PATH),
        said: said.said().and_then(words),
        no_records: None,
        is_silent: false,
        insurers: Vec::new(),
    };
    match me.access(app.surroundings.now()) {
        Err(why) => screen.no_records = Some(why),
        Ok(access) => match app.relay.deposits(access).await {
            Ok(list) => {
                let view = |one| InsurerView::new(voice, one);
                screen.insurers = list.insurers.iter().map(view).collect();
            }
            // Nobody deposits for this organisation.
            Err(RelayError::Forbidden | RelayError::Failed(StatusCode::NOT_FOUND)) => {}
            Err(cause) => {
                tracing::warn!(%cause, "the deposits are missing");
                screen.is_silent = true;
            }
        },
    }
    show(&screen)
}

/// `POST /insurer/upload`: the file, as it comes.
async fn send(State(app): State<App>, Depositor(me): Depositor, mut form: Multipart) -> Response {
    let Ok(access) = me.access(app.surroundings.now()) else { return to_list("ended") };
    match take(&app, access, &mut form).await {
        Ok(deposit) => Redirect::to(&address(&deposit.insurer, deposit.number)).into_response(),
        Err(why) => to_list(why),
    }
}

/// The form's parts in their order: for whom and what, then the file.
async fn take(
    app: &Shared,
    access: &Access,
    form: &mut Multipart,
) -> Result<Deposit, &'static str> {
    let (mut insurer, mut kind) = (String::new(), None);
    while let Some(mut field) = form.next_field().await.map_err(cut)? {
        match field.name() {
            Some("insurer") => insurer = read_field(&mut field).await?,
            Some("kind") => {
                kind = serde_json::from_value(read_field(&mut field).await?.into()).ok();
            }
            Some("file") => return pass_on(app, access, (&insurer, kind), field).await,
            _ => {}
        }
    }
    Err("nothing")
}

fn cut(_: MultipartError) -> &'static str {
    "cut"
}

async fn read_field(field: &mut Field<'_>) -> Result<String, &'static str> {
    let mut text = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(cut)? {
        text.extend_from_slice(&piece);
        if text.len() > LONGEST_FIELD {
            return Err("nothing");
        }
    }
    String::from_utf8(text).map_err(|_| "nothing")
}

/// Begins a deposit and passes its file on to the relay, a few pieces at a time. One whose file
/// breaks off is given up: a browser cannot go on in the middle.
async fn pass_on(
    app: &Shared,
    access: &Access,
    (insurer, kind): (&str, Option<DepositKind>),
    field: Field<'_>,
) -> Result<Deposit, &'static str> {
    let begun = begin(app, access, insurer, kind, field.file_name().unwrap_or_default()).await?;
    let sent = stream(app, access, &begun, field).await;
    if sent.is_err() {
        let given_up = app.relay.abandon_deposit(access, (insurer, begun.number)).await;
        if let Err(cause) = given_up {
            tracing::warn!(%cause, "a deposit that broke off was not given up");
        }
    }
    sent.map_err(|cause| why(&cause))
}

/// Begins a deposit whose file is called so.
async fn begin(
    app: &Shared,
    access: &Access,
    insurer: &str,
    kind: Option<DepositKind>,
    file: &str,
) -> Result<Deposit, &'static str> {
    let shown = file.chars().filter(|c| !c.is_control());
    let name: String = shown.take(LONGEST_NAME).collect();
    let kind = kind.ok_or("kind")?;
    if name.trim().is_empty() {
        return Err("nothing");
    }
    if !is_insurer(insurer) {
        return Err("unknown");
    }
    let request = DepositRequest { kind, name };
    let begun = app.relay.begin_deposit(access, insurer, &request).await;
    begun.map_err(|cause| match cause {
        RelayError::Failed(StatusCode::CONFLICT) => "busy",
        cause => why(&cause),
    })
}

async fn stream(
    app: &Shared,
    access: &Access,
    begun: &Deposit,
    field: Field<'_>,
) -> Result<Deposit, RelayError> {
    sent_file::handed_on(field, |file| {
        app.relay.send_deposit(access, (&begun.insurer, begun.number), FilePlace::ALL, file)
    })
    .await
}

/// `GET /insurer/upload/{insurer}/{number}`.
async fn one(
    State(app): State<App>,
    Depositor(me): Depositor,
    Path((insurer, number)): Place,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    let detail = match find(&app, &me, &insurer, number).await {
        Ok(detail) => detail,
        Err(why) => return Ok(to_list(why)),
    };
    let voice = look.voice(&app);
    let page = show(&UploadScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Insurer, PATH),
        said: said.said().and_then(words),
        deposit: DepositView::in_detail(voice, &detail),
        faults: DepositView::faults(voice, &detail),
        warnings: DepositView::warnings(voice, &detail),
    })?;
    let refresh = [(HeaderName::from_static("refresh"), AGAIN)];
    let moves = detail.deposit.state.moves();
    Ok(if moves { (refresh, page).into_response() } else { page })
}

/// `GET /insurer/upload/{insurer}/{number}/faults`: the wrong records, as they come.
async fn faults(
    State(app): State<App>,
    Depositor(me): Depositor,
    Path((insurer, number)): Place,
) -> Response {
    if !is_insurer(&insurer) {
        return to_list("unknown");
    }
    let Ok(access) = me.access(app.surroundings.now()) else { return to_list("ended") };
    match app.relay.deposit_faults(access, (&insurer, number)).await {
        Ok(answer) => download(answer),
        Err(cause) => back_to(&address(&insurer, number), Some(why(&cause))),
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

/// `GET …/approve`: what it would change, once more.
async fn ask_approve(
    State(app): State<App>,
    Depositor(me): Depositor,
    Path((insurer, number)): Place,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    let detail = match find(&app, &me, &insurer, number).await {
        Ok(detail) if detail.deposit.approval_bar.is_none() => detail,
        Ok(_) => return Ok(back_to(&address(&insurer, number), Some("state"))),
        Err(why) => return Ok(to_list(why)),
    };
    let voice = look.voice(&app);
    show(&ApproveScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Insurer, PATH),
        said: said.said().and_then(words),
        deposit: DepositView::new(voice, &detail.deposit),
    })
}

/// What the form of an approval says.
#[derive(Debug, Deserialize)]
struct Approval {
    confirm: Option<String>,
}

/// `POST …/approve`.
async fn approve(
    State(app): State<App>,
    Depositor(me): Depositor,
    Path((insurer, number)): Place,
    Form(approval): Form<Approval>,
) -> Response {
    if !is_insurer(&insurer) {
        return to_list("unknown");
    }
    let Ok(access) = me.access(app.surroundings.now()) else { return to_list("ended") };
    let (at, confirmed) = (address(&insurer, number), approval.confirm.is_some());
    match app.relay.approve_deposit(access, (&insurer, number), confirmed).await {
        Ok(_) => back_to(&at, Some("live")),
        Err(RelayError::Failed(StatusCode::CONFLICT)) if !confirmed => {
            back_to(&format!("{at}/approve"), Some("confirm"))
        }
        Err(RelayError::Forbidden) => back_to(&at, Some("eyes")),
        Err(cause) => back_to(&at, Some(why(&cause))),
    }
}

/// `GET …/abandon`: asks once more.
async fn ask_abandon(
    State(app): State<App>,
    Depositor(me): Depositor,
    Path((insurer, number)): Place,
    look: Look,
) -> Result<Response, Problem> {
    let detail = match find(&app, &me, &insurer, number).await {
        Ok(detail) => detail,
        Err(why) => return Ok(to_list(why)),
    };
    let voice = look.voice(&app);
    let site = me.site(voice, Menu::Insurer, PATH);
    let deposit = DepositView::new(voice, &detail.deposit);
    show(&AbandonScreen { page: look.page(&app), site, deposit })
}

/// `POST …/abandon`.
async fn abandon(
    State(app): State<App>,
    Depositor(me): Depositor,
    Path((insurer, number)): Place,
) -> Response {
    if !is_insurer(&insurer) {
        return to_list("unknown");
    }
    let Ok(access) = me.access(app.surroundings.now()) else { return to_list("ended") };
    match app.relay.abandon_deposit(access, (&insurer, number)).await {
        Ok(_) => to_list("abandoned"),
        Err(cause) => back_to(&address(&insurer, number), Some(why(&cause))),
    }
}

async fn find(
    app: &Shared,
    me: &SignedIn,
    insurer: &str,
    number: u64,
) -> Result<DepositDetail, &'static str> {
    if !is_insurer(insurer) {
        return Err("unknown");
    }
    let access = me.access(app.surroundings.now()).map_err(|_| "ended")?;
    app.relay.deposit(access, (insurer, number)).await.map_err(|cause| why(&cause))
}

/// Whether it can be an insurer's id, and is safe in an address.
fn is_insurer(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LONGEST_FIELD).contains(&id.len()) && id.bytes().all(plain)
}

fn address(insurer: &str, number: u64) -> String {
    format!("{PATH}/{insurer}/{number}")
}

fn to_list(said: &'static str) -> Response {
    back_to(PATH, Some(said))
}

/// The word in the address for what went wrong.
fn why(cause: &RelayError) -> &'static str {
    tracing::warn!(%cause, "a deposit");
    match cause {
        RelayError::Refused | RelayError::Forbidden => "ended",
        RelayError::Failed(StatusCode::NOT_FOUND) => "unknown",
        RelayError::Failed(StatusCode::GONE) => "gone",
        RelayError::Failed(StatusCode::CONFLICT) => "state",
        RelayError::Failed(StatusCode::PAYLOAD_TOO_LARGE) => "large",
        RelayError::Failed(StatusCode::UNPROCESSABLE_ENTITY) => "nothing",
        _ => "relay",
    }
}

/// What the page says about that word.
fn words(said: &str) -> Option<(Tone, &'static str)> {
    let (tone, key) = match said {
        "live" => (Tone::Ok, "upload-said-live"),
        "abandoned" => (Tone::Ok, "upload-said-abandoned"),
        "busy" => (Tone::Warn, "upload-said-busy"),
        "confirm" => (Tone::Warn, "upload-said-confirm"),
        "eyes" => (Tone::Warn, "upload-said-eyes"),
        "kind" => (Tone::Warn, "upload-said-kind"),
        "ended" => (Tone::Warn, "bulk-said-ended"),
        "unknown" => (Tone::Warn, "upload-said-unknown"),
        "gone" => (Tone::Warn, "upload-said-gone"),
        "state" => (Tone::Warn, "upload-said-state"),
        "large" => (Tone::Warn, "upload-said-large"),
        "nothing" => (Tone::Warn, "bulk-said-nothing"),
        "cut" => (Tone::Warn, "bulk-said-cut"),
        "relay" => (Tone::Warn, "bulk-said-relay"),
        _ => return None,
    };
    Some((tone, key))
}
