//! What came of a job, in the format and the encoding of its file: a chunk at a time, each time with
//! an event of its own.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use warifu_contract::batch::{BatchState, DisclosureLevel};
use warifu_files::{RESULTS, Shape, Writer};
use warifu_log::Action;
use warifu_service::Problem;

use super::asker::Desk;
use super::job::Job;
use super::routes::find;
use super::row::{self, Row};
use super::settle::ground;
use super::store::BatchStoreError;
use super::telling::{self, Tongue};
use crate::events;
use crate::relay::Relay;
use crate::token::log_problem;

/// Which lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Only {
    /// Every line.
    #[default]
    All,
    /// Those whose answer differs from that in the organisation's file before, and those that could
    /// not be read.
    Changes,
    /// Those that are not valid.
    Errors,
}

/// Which lines of the result.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResultQuery {
    /// `all` (the default), `changes` or `errors`.
    #[serde(default)]
    #[param(inline)]
    only: Only,
}

/// The answers of a job that is done, in the format and the encoding of its file.
#[utoipa::path(
    get,
    path = "/batches/{id}/result",
    params(ResultQuery),
    responses(
        (status = 200, description = "CSV or XML", body = Vec<u8>,
         content_type = "application/octet-stream"),
        (status = 410, description = "Not kept any more",
         body = warifu_service::problem::ProblemDocument),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn result(
    State(relay): State<Relay>,
    desk: Desk,
    Path(id): Path<String>,
    Query(query): Query<ResultQuery>,
) -> Result<Response, Problem> {
    hand_over(relay, desk, &id, query.only).await
}

/// The lines of a job that is done whose answer is not that they are valid.
#[utoipa::path(
    get,
    path = "/batches/{id}/errors",
    responses(
        (status = 200, description = "CSV or XML", body = Vec<u8>,
         content_type = "application/octet-stream"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn errors(
    State(relay): State<Relay>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    hand_over(relay, desk, &id, Only::Errors).await
}

async fn hand_over(relay: Relay, desk: Desk, id: &str, only: Only) -> Result<Response, Problem> {
    let job = find(&relay, &desk, id).await?;
    if job.state != BatchState::Done {
        return Err(Problem::new(StatusCode::CONFLICT, "batch.state"));
    }
    if !job.has_results(relay.surroundings().now()) {
        return Err(Problem::new(StatusCode::GONE, "batch.gone"));
    }
    let written = job.progress.written.as_ref().ok_or_else(|| {
        Problem::internal(&"a job that is done does not say how its file is written")
    })?;
    let shape = written.shape();
    let what = match only {
        Only::All => "result",
        Only::Changes => "changes",
        Only::Errors => "errors",
    };
    let caller = (desk.party.as_str(), &desk.staff);
    let event = events::batch(Action::BatchFetched, caller, what, ground(&job));
    relay.log().append(event).await.map_err(|error| log_problem(&error))?;
    let headers = [
        (header::CONTENT_TYPE, content_type(shape)),
        (header::CONTENT_DISPOSITION, disposition(&job, what, shape)),
    ];
    let body = Body::from_stream(pieces(relay, job, shape, (only, desk.level)));
    Ok((headers, body).into_response())
}

fn content_type(shape: Shape) -> String {
    let kind = if is_xml(shape) { "application/xml" } else { "text/csv" };
    format!("{kind}; charset={}", shape.encoding.name())
}

fn disposition(job: &Job, what: &str, shape: Shape) -> String {
    let end = if is_xml(shape) { "xml" } else { "csv" };
    let day = job.terms.target;
    let short = job.id.get(..8).unwrap_or_default();
    format!("attachment; filename=\"checks-{day}-{short}-{what}.{end}\"")
}

fn is_xml(shape: Shape) -> bool {
    shape.format == warifu_files::Format::Xml
}

/// The file, a chunk at a time. Where the policy says once, what was handed over whole is gone.
fn pieces(
    relay: Relay,
    job: Job,
    shape: Shape,
    (only, level): (Only, DisclosureLevel),
) -> impl Stream<Item = Result<Bytes, BatchStoreError>> + Send {
    async_stream::try_stream! {
        let tongue = Tongue::of(shape);
        let mut writer = Some(Writer::new(Vec::new(), &RESULTS, shape).map_err(unwritten)?);
        for number in 0..job.progress.chunks {
            let body = relay.batches().chunk(&job.id, number).await?;
            let body = body.ok_or(BatchStoreError::Corrupt("a chunk is gone"))?;
            let rows = row::read(&body)?;
            if let Some(writer) = &mut writer {
                for row in rows.iter().filter(|row| wanted(row, only)) {
                    telling::write(writer, row, level, tongue).map_err(unwritten)?;
                }
                yield Bytes::from(std::mem::take(writer.sink()));
            }
        }
        if let Some(writer) = writer.take() {
            yield Bytes::from(writer.finish().map_err(unwritten)?);
        }
        if job.terms.once && only == Only::All {
            forget(&relay, &job).await?;
        }
    }
}

fn wanted(row: &Row, only: Only) -> bool {
    match only {
        Only::All => true,
        Only::Changes => row.is_change(),
        Only::Errors => row.is_error(),
    }
}

fn unwritten(_: std::io::Error) -> BatchStoreError {
    BatchStoreError::Corrupt("a row cannot be written")
}

async fn forget(relay: &Relay, job: &Job) -> Result<(), BatchStoreError> {
    relay.batches().keep_fetched(job).await?;
    relay.batches().empty(job).await
}
