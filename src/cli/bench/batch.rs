//! A file of checks (一括認証) about people whose insurer deposits: sent, answered, kept, entered in
//! the access log and handed back, beside what the bare log takes.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use futures::{Stream, stream};
use jiff::Timestamp;
use reqwest::Body;
use warifu_contract::CheckNumber;
use warifu_contract::batch::{BatchJob, BatchState};
use warifu_log::{Event, Log, NoteKey, Pace};
use warifu_service::seal::KeyRing;
use warifu_service::storage::{Database, DatabaseConfig};
use warifu_service::tls::client;

use super::checks::token;
use super::report::Figure;
use super::stage::Stage;
use super::{deposit, log, say};
use crate::cli::demo::folder::Member;

/// The longest that a file may take.
const PATIENCE: Duration = Duration::from_hours(2);
/// How often is asked how far it has come.
const LOOK: Duration = Duration::from_millis(100);
/// Events in a commit of the bare log, as in a chunk of a file.
const TOGETHER: u64 = 1_000;
/// Lines of the file that are sent at a time.
const PIECE: usize = 5_000;
/// Cards of the stage's depositing insurer that the lines are about, in turn.
const CARDS: u64 = 1_000;

/// How large a file.
#[derive(Debug, clap::Args)]
#[group(id = "bench-batch")]
pub struct Plan {
    /// Lines of the file of checks.
    #[arg(long = "batch-lines", default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1_000..=10_000_000))]
    lines: u64,
}

/// Lines a second from the first byte sent to the last answered, and the memory that it took.
pub async fn measure(stage: &Stage, plan: &Plan) -> anyhow::Result<Vec<Figure>> {
    deposit::first(stage).await?;
    say(&format!("a file of {} checks", plan.lines));
    let before = forget_peak();
    let started = Instant::now();
    let job = answered(stage, plan.lines).await?;
    let (took, memory) = (started.elapsed(), peak().zip(before));
    say(&format!("{} events in the bare log, {TOGETHER} at a time", plan.lines));
    let bare = bare_log(stage, plan.lines).await?;
    ensure!(job.counts.lines == plan.lines, "{} lines were answered", job.counts.lines);
    ensure!(job.counts.valid == plan.lines, "{} lines are valid", job.counts.valid);
    let what = format!("file of {} checks, deposited, each with its event", plan.lines);
    let figure = Figure::rate(what, rate(plan.lines, took)).beside("bare log append", bare);
    let memory = memory.map(|(peak, before)| {
        format!("memory: {} MB at most, {} MB before", peak / 1_024, before / 1_024)
    });
    Ok(vec![memory.into_iter().fold(figure, Figure::noting)])
}

/// A file about the stage's depositing insurer, written while it is sent.
fn file(lines: u64) -> impl Stream<Item = Result<String, std::fmt::Error>> {
    let head = "患者番号,保険者番号,記号,番号,枝番,生年月日\n".to_owned();
    let starts = (0..lines).step_by(PIECE);
    let pieces = starts.map(move |first| piece(first, lines.min(first + PIECE as u64)));
    stream::iter(std::iter::once(Ok(head)).chain(pieces))
}

/// The lines from `first` on, up to `end`.
fn piece(first: u64, end: u64) -> Result<String, std::fmt::Error> {
    let mut piece = String::new();
    for line in first..end {
        let card = line % CARDS;
        let (number, insurer) = (card + 1, deposit::INSURER);
        let birth_date = deposit::birth_date(card);
        writeln!(piece, "P-{line},{insurer},東京,{number:03},00,{birth_date}")?;
    }
    Ok(piece)
}

/// Sends the file as a desk, and waits for the last answer.
async fn answered(stage: &Stage, lines: u64) -> anyhow::Result<BatchJob> {
    let relay = stage.folder.address(Member::Relay);
    let token = token(stage, &relay).await?;
    let http = client(&stage.portal(), PATIENCE)?;
    let file = Body::wrap_stream(file(lines));
    let sent = http.post(format!("{relay}/batches")).bearer_auth(&token).body(file);
    let sent: BatchJob = sent.send().await?.error_for_status()?.json().await?;
    loop {
        let look = http.get(format!("{relay}/batches/{}", sent.id)).bearer_auth(&token);
        let job: BatchJob = look.send().await?.error_for_status()?.json().await?;
        match job.state {
            BatchState::Done => return Ok(job),
            over if over.is_over() => bail!("the file is {}: {:?}", over.as_str(), job.refusal),
            _ => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Events a second into a log of its own, each found by its check number.
async fn bare_log(stage: &Stage, events: u64) -> anyhow::Result<f64> {
    let entropy = stage.surroundings.entropy.as_ref();
    let ring = Arc::new(KeyRing::generate("bench", entropy)?);
    let key = Arc::new(NoteKey::generate("bench.localhost/batch", entropy)?);
    let database = DatabaseConfig::sqlite(&stage.dir().join("batch-log.db"));
    let database = Database::connect(&database).await?;
    let log = Log::open(database, ring, key, stage.surroundings.clone(), Pace::default()).await?;
    let started = Instant::now();
    let mut written = 0;
    while written < events {
        let count = TOGETHER.min(events - written);
        let now = stage.surroundings.now();
        let group: Vec<_> = (written..written + count).map(|number| event(now, number)).collect();
        log.append_all(group).await?;
        written += count;
    }
    let per_second = rate(events, started.elapsed());
    log.close().await;
    Ok(per_second)
}

fn event(now: Timestamp, number: u64) -> Event {
    let count = u32::try_from(number).unwrap_or(u32::MAX);
    let number = CheckNumber::new(now, 0, count).to_string();
    Event { check_number: Some(number), subject: None, ..log::event(0) }
}

/// Memory in use now, in kB; what is measured from here on is the peak after it.
fn forget_peak() -> Option<u64> {
    // Only a kernel that does not offer it leaves the peak of before.
    fs::write("/proc/self/clear_refs", "5").ok()?;
    status("VmRSS:")
}

fn peak() -> Option<u64> {
    status("VmHWM:")
}

fn status(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn rate(lines: u64, took: Duration) -> f64 {
    lines as f64 / took.as_secs_f64()
}
