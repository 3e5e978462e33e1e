//! `GET /deposits/{insurer}/{number}/faults`: the wrong records, in the file's own encoding and with
//! what is wrong in front, as they are read: to be corrected and sent again.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::mpsc::{Sender as Handing, channel};
use warifu_deposit::Status;
use warifu_log::Action;
use warifu_service::Problem;

use super::problem;
use super::sender::{Sender, deposits};
use crate::relay::Relay;

/// Bytes that are handed over at a time, and such pieces between reader and network.
const PIECE: usize = 64 * 1024;
const BETWEEN: usize = 4;

/// The wrong records of a deposit as a CSV, as long as its file is kept.
#[utoipa::path(
    get,
    path = "/deposits/{insurer}/{number}/faults",
    params(
        ("insurer" = String, Path, description = "The insurer's id within the federation"),
        ("number" = i64, Path, description = "The deposit"),
    ),
    responses(
        (status = 200, description = "CSV in the encoding of the file", body = Vec<u8>,
         content_type = "text/csv"),
        (status = 410, description = "The file is not kept any more",
         body = warifu_service::problem::ProblemDocument),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn faults(
    State(relay): State<Relay>,
    sender: Sender,
    Path((insurer, number)): Path<(String, i64)>,
) -> Result<Response, Problem> {
    let (key, deposits) = (sender.insurer(&insurer)?, deposits(&relay)?.clone());
    let status = deposits.status(&key, number).await.map_err(|error| problem(&error))?;
    if !deposits.keeps_file(&status) {
        return Err(Problem::new(StatusCode::GONE, "deposit.file-gone"));
    }
    sender.enter(&relay, (Action::DepositSteered, "faults"), &insurer, &status).await?;
    let (handing, mut pieces) = channel(BETWEEN);
    let sink = Sink { handing: handing.clone(), rest: Vec::with_capacity(PIECE) };
    tokio::spawn(async move {
        if let Err(error) = deposits.write_faults(&key, number, sink).await {
            tracing::warn!(%error, "the faults of a deposit were not handed over");
            // The reader sees that the file is not whole.
            let _ = handing.send(Err(io::ErrorKind::BrokenPipe.into())).await;
        }
    });
    let body = async_stream::stream! {
        while let Some(piece) = pieces.recv().await {
            yield piece;
        }
    };
    let name = format!("attachment; filename=\"deposit-{number}.faults.csv\"");
    let headers =
        [(header::CONTENT_TYPE, content_type(&status)), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(body)).into_response())
}

fn content_type(status: &Status) -> String {
    let charset = status.written_as.split_once(' ').map_or("UTF-8", |(_, encoding)| encoding);
    format!("text/csv; charset={charset}")
}

/// Hands over what is written on a thread of its own.
struct Sink {
    handing: Handing<io::Result<Bytes>>,
    rest: Vec<u8>,
}

impl Sink {
    fn hand_over(&mut self) -> io::Result<()> {
        let piece = Bytes::from(std::mem::take(&mut self.rest));
        self.handing.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        if self.rest.len() >= PIECE {
            self.hand_over()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.rest.is_empty() { Ok(()) } else { self.hand_over() }
    }
}
