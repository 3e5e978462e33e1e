//! A chunk is kept, and then entered in the access log.
//!
//! Kept first: its answers with their 認証番号 are settled from then on, whatever happens. Entered
//! next, all of its checks in one commit, or none: the log takes each 認証番号 once, so a chunk that
//! is entered again after a crash is found to be there. Only what is entered is counted, and only
//! what is counted is told.

use warifu_log::LogError;
use warifu_service::storage::micros;

use super::job::{Job, Progress};
use super::row::{self, Answered, Row, count};
use super::runner::Broken;
use crate::relay::Relay;

/// Tries to find numbers that are not taken. One is enough unless the clock went back.
const NUMBERS: usize = 4;

/// A chunk that is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub number: u64,
    pub rows: Vec<Row>,
    /// Bytes of the file up to its end.
    pub bytes: u64,
}

/// Enters `kept`, unless it is there, and gives it back as it is entered.
pub(crate) async fn enter(relay: &Relay, job: &Job, mut kept: Kept) -> Result<Kept, Broken> {
    for _ in 0..NUMBERS {
        match relay.log().append_all(events(job, &kept.rows)).await {
            Ok(_) => return Ok(kept),
            Err(LogError::Repeated) => {
                if is_there(relay, job, &kept.rows).await? {
                    return Ok(kept);
                }
                renumber(relay, &mut kept.rows);
                let body = row::write(&kept.rows)?;
                relay.batches().replace_chunk(job, kept.number, &body).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Broken::Storage("no free check numbers were found".to_owned()))
}

fn events(job: &Job, rows: &[Row]) -> Vec<warifu_log::Event> {
    let desk = job.terms.desk();
    let ground = ground(job);
    rows.iter().filter_map(Row::answered).map(|one| one.event(&desk, &ground)).collect()
}

/// Why it is allowed, and which job it is part of.
pub(crate) fn ground(job: &Job) -> String {
    format!("{} batch:{}", job.terms.ground, job.id)
}

/// Counts what is entered.
pub(crate) fn settled(progress: &mut Progress, kept: &Kept) {
    for row in &kept.rows {
        count(&mut progress.counts, row);
    }
    progress.chunks = kept.number + 1;
    progress.bytes = kept.bytes;
}

/// Whether the log has these checks: they are entered together, so the first tells of all.
async fn is_there(relay: &Relay, job: &Job, rows: &[Row]) -> Result<bool, Broken> {
    let Some(first) = rows.iter().find_map(Row::answered) else { return Ok(true) };
    let found = relay.log().by_check_number(&first.number).await?;
    let entry = found.and_then(|logged| logged.entry);
    Ok(entry.is_some_and(|entry| entry.ground.as_deref() == Some(ground(job).as_str())))
}

/// Gives every check a new number.
fn renumber(relay: &Relay, rows: &mut [Row]) {
    let now = relay.surroundings().now();
    tracing::warn!(at = micros(now), "a check number was taken: did the clock go back?");
    for row in rows {
        if let row::Came::Answered(answered) = &mut row.came {
            let answered: &mut Answered = answered;
            answered.number = relay.numbers().next(now).to_string();
        }
    }
}
