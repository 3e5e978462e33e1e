//! Works on jobs: takes one up, reads its file, has its lines answered, keeps and enters what was
//! answered, a chunk at a time. Four stages work side by side, with a chunk or two between them, so
//! that memory does not grow with the file; chunks are answered on tasks of their own, because that
//! is most of the work.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{Stream, StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use warifu_contract::batch::BatchState;
use warifu_log::LogError;

use super::decide::{Decided, decide};
use super::feed::{Feed, Opener, feed};
use super::job::{Job, Progress, hours_after};
use super::lines::{self, Unreadable, Written};
use super::marks::{self, Earlier};
use super::row::{self, Fault, Line, RowsError};
use super::settle::{Kept, enter, settled};
use super::store::BatchStoreError;
use crate::relay::Relay;

/// How often is looked for work when nobody says that there is some: another server may have died.
const LOOK: Duration = Duration::from_secs(2);
/// How often a job's server says that it lives; well within the lease.
const BEAT: Duration = Duration::from_secs(5);
/// How long a job rests when storage or log gave no answer.
const REST: Duration = Duration::from_secs(3);
/// Chunks between two stages.
const BETWEEN: usize = 1;
/// Chunks that are being answered.
const ANSWERING: usize = 2;
/// Chunks that are being entered.
const ENTERING: usize = 2;

/// Why a job does not go on for now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// The database gives no answer.
    #[error("batch.storage: {0}")]
    Storage(String),
    /// Somebody paused or cancelled it, or another server has it.
    #[error("batch.steered")]
    Steered,
    /// Its file cannot be read, or is gone.
    #[error("{0}")]
    Refused(&'static str),
}

impl From<BatchStoreError> for Broken {
    fn from(cause: BatchStoreError) -> Self {
        Self::Storage(cause.to_string())
    }
}

impl From<LogError> for Broken {
    fn from(cause: LogError) -> Self {
        Self::Storage(cause.to_string())
    }
}

impl From<RowsError> for Broken {
    fn from(cause: RowsError) -> Self {
        Self::Storage(cause.to_string())
    }
}

/// A chunk of lines.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub number: u64,
    pub lines: Vec<Line>,
    /// Bytes of the file up to its end.
    pub bytes: u64,
}

/// A chunk that is answered.
struct AnsweredChunk {
    kept: Kept,
    /// Its rows and marks, as they are kept.
    body: Vec<u8>,
    marks: Vec<u8>,
}

/// Works on jobs until `stop`.
pub(crate) async fn work(relay: &Relay, stop: &CancellationToken) {
    if let Err(error) = relay.batches().let_go_of_all().await {
        tracing::warn!(%error, "jobs of the last run are taken up when their time is over");
    }
    let workers = (0..relay.config().batches.at_once).map(|_| one_after_another(relay, stop));
    futures::future::join_all(workers).await;
}

async fn one_after_another(relay: &Relay, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match relay.batches().claim().await {
            Ok(Some(job)) => Box::pin(run(relay, job, stop)).await,
            Ok(None) => wait(relay, stop).await,
            Err(error) => {
                tracing::warn!(%error, "jobs cannot be looked for");
                rest(stop).await;
            }
        }
    }
}

async fn wait(relay: &Relay, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = relay.work().notified() => {}
        () = tokio::time::sleep(LOOK) => {}
    }
}

async fn rest(stop: &CancellationToken) {
    stop.run_until_cancelled(tokio::time::sleep(REST)).await;
}

/// Works on `job` until it is over, somebody stops it, or the server stops.
async fn run(relay: &Relay, job: Job, stop: &CancellationToken) {
    let job = Arc::new(job);
    let mut progress = job.progress.clone();
    let ended = tokio::select! {
        ended = all(relay, &job, &mut progress) => Some(ended),
        () = beat(relay, &job) => None,
        () = stop.cancelled() => None,
    };
    let id = job.id.as_str();
    let wrote = match ended {
        Some(Ok(())) => end(relay, &job, BatchState::Done, progress).await,
        Some(Err(Broken::Refused(code))) => {
            progress.refusal = Some(code.to_owned());
            end(relay, &job, BatchState::Refused, progress).await
        }
        Some(Err(Broken::Steered)) => let_go(relay, &job, &progress).await,
        // Broken off in the middle: what was written with the last chunk stands.
        None => relay.batches().let_go(&job).await,
        Some(Err(Broken::Storage(cause))) => {
            tracing::warn!(id, cause, "a job rests a moment");
            rest(stop).await;
            let_go(relay, &job, &progress).await
        }
    };
    if let Err(error) = wrote {
        tracing::warn!(%error, id, "how far a job has come is found out again");
    }
}

async fn let_go(relay: &Relay, job: &Job, progress: &Progress) -> Result<(), BatchStoreError> {
    relay.batches().keep_progress(job, progress).await?;
    relay.batches().let_go(job).await
}

async fn end(
    relay: &Relay,
    job: &Job,
    state: BatchState,
    mut progress: Progress,
) -> Result<(), BatchStoreError> {
    let now = relay.surroundings().now();
    progress.ended = Some(now);
    let expires = hours_after(now, job.terms.hours);
    relay.batches().finish(job, state, &progress, expires).await?;
    metrics::counter!("warifu_batches_total", "state" => state.as_str()).increment(1);
    if state == BatchState::Refused {
        relay.batches().empty(job).await?;
    }
    Ok(())
}

/// Returns when the job is no longer this server's.
async fn beat(relay: &Relay, job: &Job) {
    loop {
        tokio::time::sleep(BEAT).await;
        match relay.batches().beat(job).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "a job's server cannot say that it lives"),
        }
    }
}

/// The whole of `job`, from where it is.
async fn all(relay: &Relay, job: &Arc<Job>, progress: &mut Progress) -> Result<(), Broken> {
    let written = begin(relay, job, progress).await?;
    let earlier = Arc::new(match &progress.compared_with {
        Some(id) => Earlier::of(relay.batches(), id).await?,
        None => Earlier::default(),
    });
    catch_up(relay, job, progress).await?;
    let from = progress.chunks;
    let shared = Arc::new(Mutex::new(progress.clone()));
    let (opener, feed, taken) = feed();
    let (read, to_answer) = mpsc::channel(BETWEEN);
    let (answered, to_keep) = mpsc::channel(BETWEEN);
    let (kept, to_enter) = mpsc::channel(BETWEEN);
    let stages = async {
        tokio::try_join!(
            open(relay, job, opener),
            parse(relay, (job, &written, &shared), (feed, taken), from, read),
            answer_all(relay, job, &earlier, (to_answer, answered)),
            keep_all(relay, job, &shared, (to_keep, kept)),
            enter_all(relay, job, &shared, to_enter),
        )
    };
    let done = stages.await;
    *progress = lock(&shared).clone();
    done.map(drop)
}

/// Finds out how the file is written, and with which job the answers are compared: once.
async fn begin(relay: &Relay, job: &Job, progress: &mut Progress) -> Result<Written, Broken> {
    if let Some(written) = &progress.written {
        return Ok(written.clone());
    }
    let (opener, feed, _) = feed();
    let sniffing = tokio::task::spawn_blocking(move || lines::written(feed));
    let (read, found) = tokio::join!(open(relay, job, opener), sniffing);
    read?;
    let written = found.unwrap_or(Err(Unreadable::Storage))?;
    progress.compared_with = match &job.terms.recheck_of {
        Some(id) => Some(id.clone()),
        None => relay.batches().before(&job.organization, job.at).await?,
    };
    progress.written = Some(written.clone());
    relay.batches().keep_progress(job, progress).await?;
    Ok(written)
}

/// Enters what was kept and, as far as is known, not entered.
async fn catch_up(relay: &Relay, job: &Job, progress: &mut Progress) -> Result<(), Broken> {
    while let Some(body) = relay.batches().chunk(&job.id, progress.chunks).await? {
        let kept = Kept { number: progress.chunks, rows: row::read(&body)?, bytes: progress.bytes };
        let entered = enter(relay, job, kept).await?;
        settled(progress, &entered);
    }
    Ok(())
}

async fn open(relay: &Relay, job: &Job, opener: Opener) -> Result<(), Broken> {
    let (file, pieces) = (&job.terms.file, job.terms.pieces);
    let there = opener.open(relay.batches(), file, pieces).await?;
    if there { Ok(()) } else { Err(Broken::Refused("batch.gone")) }
}

/// Reads the file on a thread that may wait, from the chunk `from` on.
async fn parse(
    relay: &Relay,
    (job, written, progress): (&Job, &Written, &Arc<Mutex<Progress>>),
    (feed, taken): (Feed, Arc<AtomicU64>),
    from: u64,
    chunks: mpsc::Sender<Chunk>,
) -> Result<(), Broken> {
    let (size, most) = (job.terms.chunk, relay.config().batches.largest_lines);
    let (written, progress) = (written.clone(), Arc::clone(progress));
    let reading = move || {
        let lines = Vec::with_capacity(size);
        let mut cutter = Cutter { size, most, from, number: 0, count: 0, lines, taken, chunks };
        let told = |written| lock(&progress).written = Some(written);
        match lines::read(feed, &written, told, |line| cutter.take(line)) {
            Ok(()) | Err(Unreadable::Enough) => cutter.last(),
            Err(why) => Err(why),
        }
    };
    let read = tokio::task::spawn_blocking(reading).await;
    match read.unwrap_or(Err(Unreadable::Storage)) {
        // Nobody wants more of it: the other stages say why.
        Ok(()) | Err(Unreadable::Unwanted) => Ok(()),
        Err(why) => Err(why.into()),
    }
}

impl From<Unreadable> for Broken {
    fn from(why: Unreadable) -> Self {
        match why {
            Unreadable::File(code) => Self::Refused(code),
            Unreadable::Unwanted | Unreadable::Enough => Self::Steered,
            Unreadable::Storage => Self::Storage("the file cannot be read".to_owned()),
        }
    }
}

/// Makes chunks of lines.
struct Cutter {
    size: usize,
    most: u64,
    from: u64,
    number: u64,
    count: u64,
    lines: Vec<Line>,
    taken: Arc<AtomicU64>,
    chunks: mpsc::Sender<Chunk>,
}

impl Cutter {
    fn take(&mut self, line: Line) -> Result<(), Unreadable> {
        self.count += 1;
        if self.count > self.most {
            // Said in its place; what is before it has its answers.
            let fault = Fault { code: "batch.too-many-lines".to_owned(), column: None };
            self.lines.push(Line { asks: Err(vec![fault]), ..line });
            return Err(Unreadable::Enough);
        }
        self.lines.push(line);
        if self.lines.len() < self.size {
            return Ok(());
        }
        self.cut()
    }

    fn cut(&mut self) -> Result<(), Unreadable> {
        let lines = std::mem::replace(&mut self.lines, Vec::with_capacity(self.size));
        let number = self.number;
        self.number += 1;
        if number < self.from {
            return Ok(());
        }
        let chunk = Chunk { number, lines, bytes: self.taken.load(Ordering::Relaxed) };
        self.chunks.blocking_send(chunk).map_err(|_| Unreadable::Unwanted)
    }

    fn last(&mut self) -> Result<(), Unreadable> {
        if self.count == 0 {
            return Err(Unreadable::File("file.empty"));
        }
        if self.lines.is_empty() { Ok(()) } else { self.cut() }
    }
}

/// Answers chunks, some at the same time, and hands them on in their order.
async fn answer_all(
    relay: &Relay,
    job: &Arc<Job>,
    earlier: &Arc<Earlier>,
    (chunks, answered): (mpsc::Receiver<Chunk>, mpsc::Sender<AnsweredChunk>),
) -> Result<(), Broken> {
    let answering = each_of(chunks).map(|chunk| {
        let (relay, job, earlier) = (relay.clone(), Arc::clone(job), Arc::clone(earlier));
        let task = async move { answer(&relay, &job, &earlier, chunk).await };
        AbortOnDropHandle::new(tokio::spawn(task))
    });
    let mut answering = pin!(answering.buffered(ANSWERING));
    while let Some(one) = answering.next().await {
        let one = one.map_err(|_| Broken::Storage("a chunk could not be answered".to_owned()))?;
        if answered.send(one?).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn answer(
    relay: &Relay,
    job: &Job,
    earlier: &Earlier,
    Chunk { number, lines, bytes }: Chunk,
) -> Result<AnsweredChunk, Broken> {
    let Decided { rows, marks } = decide(relay, job, earlier, lines).await?;
    let (body, marks) = (row::write(&rows)?, marks::write(&marks));
    Ok(AnsweredChunk { kept: Kept { number, rows, bytes }, body, marks })
}

/// Keeps what was answered.
async fn keep_all(
    relay: &Relay,
    job: &Job,
    progress: &Mutex<Progress>,
    (mut answered, entering): (mpsc::Receiver<AnsweredChunk>, mpsc::Sender<Kept>),
) -> Result<(), Broken> {
    while let Some(AnsweredChunk { kept, body, marks }) = answered.recv().await {
        let so_far = lock(progress).clone();
        if !relay.batches().keep_chunk(job, kept.number, (&body, &marks), &so_far).await? {
            return Err(Broken::Steered);
        }
        if entering.send(kept).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// What comes out of a channel.
fn each_of<T>(channel: mpsc::Receiver<T>) -> impl Stream<Item = T> {
    stream::unfold(channel, async |mut channel| Some((channel.recv().await?, channel)))
}

/// Enters what is kept: while one chunk is on its way into the log, the next is made ready. They get
/// there in their order, and are counted in it.
async fn enter_all(
    relay: &Relay,
    job: &Job,
    progress: &Mutex<Progress>,
    kept: mpsc::Receiver<Kept>,
) -> Result<(), Broken> {
    let mut entered = pin!(each_of(kept).map(|one| enter(relay, job, one)).buffered(ENTERING));
    while let Some(one) = entered.next().await {
        settled(&mut lock(progress), &one?);
    }
    Ok(())
}

/// Nothing in here can be left half done by a panic.
fn lock(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}
