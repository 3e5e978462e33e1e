//! `POST /batches`: a file comes in, piece by piece, and becomes a job; the same file of the same
//! organisation for the same day becomes the same job.

use std::time::Duration;

use axum::Json;
use axum::body::BodyDataStream;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use futures::StreamExt as _;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;
use warifu_contract::batch::{BatchJob, BatchState};
use warifu_contract::calendar::today_in_japan;
use warifu_contract::consent::Refusal;
use warifu_log::Action;
use warifu_service::Problem;

use super::asker::Desk;
use super::job::{Job, Progress, Terms, hours_after};
use super::preview::look_over;
use super::routes::start_now;
use super::runner::Broken;
use super::store::Taken;
use crate::relay::Relay;
use crate::token::log_problem;
use crate::{consents, events};

/// Bytes of a piece. A file is cut in the same places whenever it comes.
const PIECE: usize = 256 * 1024;
/// Lines to a chunk: what is answered, kept and entered at once.
const CHUNK: usize = 1_000;
/// How long a sender may be silent.
const SILENCE: Duration = Duration::from_secs(30);
/// Hours for which a file is kept while it is not done.
const LIFE_HOURS: i64 = 7 * 24;
/// Hours after which an upload that broke off is dropped.
const BROKEN_OFF_HOURS: i64 = 2;
/// Jobs of an organisation that are not over.
const MOST_OPEN: usize = 20;
/// Characters of a file's name.
const LONGEST_NAME: usize = 120;

/// What is said of a file beside it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileQuery {
    /// What the sender calls the file, at most 120 characters.
    name: Option<String>,
    /// 対象年月日 of lines that name none; none means today in Japan.
    #[param(value_type = Option<String>, format = Date)]
    target_date: Option<Date>,
    /// Whether its lines are checked at once, which is the default. If not, the job is `ready`: it can
    /// be looked over, and waits until it is started.
    #[serde(default = "at_once")]
    #[param(required = false)]
    start: bool,
}

fn at_once() -> bool {
    true
}

/// Takes a file of checks: CSV or XML in CP932, UTF-8 or EUC-JP.
#[utoipa::path(
    post,
    path = "/batches",
    params(FileQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 202, description = "A new job", body = BatchJob),
        (status = 200, description = "The organisation's job of the same file and day", body = BatchJob),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn receive(
    State(relay): State<Relay>,
    desk: Desk,
    Query(query): Query<FileQuery>,
    request: Request,
) -> Result<(StatusCode, Json<BatchJob>), Problem> {
    let now = relay.surroundings().now();
    let name = query.name.map(|name| checked_name(&name)).transpose()?;
    let organization = relay.batches().organization(&desk.staff.organization.code);
    require_room(&relay, &organization).await?;
    let id = relay.batches().begin(&organization, hours_after(now, BROKEN_OFF_HOURS)).await?;
    let file = keep(&relay, &id, request.into_body().into_data_stream()).await?;
    let target = query.target_date.unwrap_or_else(|| today_in_japan(now));
    let terms = terms(&relay, &desk, (name, &id, target), &file)?;
    let fingerprint = fingerprint(&relay, &organization, target, &file.hash);
    let mut job = new_job(&relay, organization, id, terms);
    if !query.start && prepare(&relay, &job).await? {
        job.state = BatchState::Ready;
    }
    enter(&relay, &desk, &fingerprint, &job).await
}

/// Looks the file of `job` over. Whether it can be read: of one that cannot, the job says why.
async fn prepare(relay: &Relay, job: &Job) -> Result<bool, Problem> {
    let shown = relay.config().batches.sample(&job.terms.organization.code);
    let file = (job.terms.file.as_str(), job.terms.pieces);
    match look_over(relay, file, shown).await {
        Ok(preview) => {
            relay.batches().keep_preview(&job.organization, &job.id, &preview).await?;
            Ok(true)
        }
        Err(Broken::Refused(_)) => Ok(false),
        Err(broken) => Err(Problem::internal(&broken)),
    }
}

/// A new job, not yet begun.
pub(crate) fn new_job(relay: &Relay, organization: Vec<u8>, id: String, terms: Terms) -> Job {
    let at = relay.surroundings().now();
    Job {
        organization,
        id,
        state: BatchState::Received,
        at,
        expires: hours_after(at, LIFE_HOURS),
        terms,
        progress: Progress::default(),
    }
}

/// Makes `job` one, after its event, unless there is one of the same fingerprint.
pub(crate) async fn enter(
    relay: &Relay,
    desk: &Desk,
    fingerprint: &[u8],
    job: &Job,
) -> Result<(StatusCode, Json<BatchJob>), Problem> {
    let asked = if job.terms.recheck_of.is_some() { "recheck" } else { "file" };
    let ground = super::settle::ground(job);
    let event = events::batch(Action::BatchReceived, (&desk.party, &desk.staff), asked, ground);
    relay.log().append(event).await.map_err(|error| log_problem(&error))?;
    let now = relay.surroundings().now();
    let (status, job) = match relay.batches().take(job, fingerprint).await? {
        Taken::New => (StatusCode::ACCEPTED, job.shown(now)),
        Taken::Known(id) => {
            let known = relay.batches().of(&job.organization, &id).await?;
            let known = known.ok_or_else(|| Problem::new(StatusCode::GONE, "batch.gone"))?;
            let waits = known.state == BatchState::Ready && job.state != BatchState::Ready;
            let shown = if waits { start_now(relay, desk, &id).await? } else { known.shown(now) };
            (StatusCode::OK, shown)
        }
    };
    relay.work().notify_one();
    Ok((status, Json(job)))
}

/// What one organisation has under way is bounded.
pub(crate) async fn require_room(relay: &Relay, organization: &[u8]) -> Result<(), Problem> {
    let jobs = relay.batches().all_of(organization).await?;
    if jobs.iter().filter(|job| !job.state.is_over()).count() < MOST_OPEN {
        return Ok(());
    }
    Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "batch.too-many"))
}

/// A file that has come in.
struct File {
    bytes: u64,
    pieces: u64,
    /// Keyed hash of its pieces.
    hash: [u8; 32],
}

async fn keep(relay: &Relay, id: &str, mut body: BodyDataStream) -> Result<File, Problem> {
    let most = relay.config().batches.largest_bytes;
    let mut file = File { bytes: 0, pieces: 0, hash: [0; 32] };
    let mut rest = Vec::with_capacity(PIECE);
    while let Some(more) = next(&mut body).await? {
        file.bytes += u64::try_from(more.len()).unwrap_or(u64::MAX);
        if file.bytes > most {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "batch.too-large"));
        }
        rest.extend_from_slice(&more);
        while rest.len() >= PIECE {
            let after = rest.split_off(PIECE);
            keep_piece(relay, id, &mut file, &rest).await?;
            rest = after;
        }
    }
    if !rest.is_empty() {
        keep_piece(relay, id, &mut file, &rest).await?;
    }
    if file.bytes == 0 {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "batch.empty"));
    }
    Ok(file)
}

async fn next(body: &mut BodyDataStream) -> Result<Option<axum::body::Bytes>, Problem> {
    let cut = || Problem::new(StatusCode::BAD_REQUEST, "batch.cut");
    match tokio::time::timeout(SILENCE, body.next()).await {
        Ok(Some(Ok(bytes))) => Ok(Some(bytes)),
        Ok(None) => Ok(None),
        Ok(Some(Err(_))) | Err(_) => Err(cut()),
    }
}

async fn keep_piece(relay: &Relay, id: &str, file: &mut File, piece: &[u8]) -> Result<(), Problem> {
    relay.batches().keep_piece(id, file.pieces, piece).await?;
    file.pieces += 1;
    file.hash = relay.ring().lookup("relay_batch.piece", &[&file.hash, piece].concat());
    Ok(())
}

fn terms(
    relay: &Relay,
    desk: &Desk,
    (name, id, target): (Option<String>, &str, Date),
    file: &File,
) -> Result<Terms, Problem> {
    let ground = consents::treatment(&desk.staff, relay.surroundings().now())
        .map_err(Refusal::code)
        .map_err(|code| Problem::new(StatusCode::FORBIDDEN, code))?;
    let policy = relay.config().batches.policy(&desk.staff.organization.code);
    Ok(Terms {
        name,
        client: desk.party.clone(),
        member: desk.staff.member.clone(),
        organization: desk.staff.organization.clone(),
        ground: ground.text(),
        level: desk.level,
        target,
        target_for_all: false,
        bytes: file.bytes,
        file: id.to_owned(),
        pieces: file.pieces,
        chunk: CHUNK,
        once: policy.once,
        hours: policy.hours,
        recheck_of: None,
    })
}

fn fingerprint(relay: &Relay, organization: &[u8], target: Date, hash: &[u8; 32]) -> [u8; 32] {
    let day = target.to_string();
    let named = [organization, hash.as_slice(), day.as_bytes()].concat();
    relay.ring().lookup("relay_batch.file", &named)
}

/// A file's name without what is not for showing.
fn checked_name(name: &str) -> Result<String, Problem> {
    let shown = name.chars().take(LONGEST_NAME + 1).all(|c| !c.is_control());
    let bounded = name.chars().nth(LONGEST_NAME).is_none();
    if shown && bounded && !name.trim().is_empty() {
        return Ok(name.trim().to_owned());
    }
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "batch.name"))
}
