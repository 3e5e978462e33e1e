//! The log's witnesses: other parties to whom each new head is shown (C2SP tlog-witness), and who
//! cosign it only if the log has done nothing but grow. Asked beside the appends, never in their
//! way.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Response, StatusCode};
use tokio_util::sync::CancellationToken;
use warifu_log::note::NoteError;
use warifu_log::{Checkpoint, Log, LogError, WitnessVerifier};
use warifu_service::tls::{self, TlsError};

use crate::config::{LogConfig, WitnessConfig};
use crate::relay::Relay;

/// Between two rounds.
const PACE: Duration = Duration::from_secs(1);
/// The longest that one witness is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// A head to which nothing was added is shown again after this time, so that it does not look old.
const REFRESH: SignedDuration = SignedDuration::from_mins(10);
/// Witnesses at most: a note carries 32 signatures, the log's own among them.
const MOST: usize = 16;
/// Bytes of an answer that are read.
const LONGEST: usize = 16 * 1024;

/// Why witnesses cannot be configured so.
#[derive(Debug, thiserror::Error)]
pub enum WitnessesError {
    /// Not a verifier key of a witness.
    #[error("log.witness-key: {0}")]
    Key(#[from] NoteError),
    /// Not an address under which a witness can be asked.
    #[error("log.witness-url: {0}: the address must begin with https://")]
    Url(String),
    /// The client certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// More must cosign than there are, or none, or one stands there twice.
    #[error("log.witnesses: between 1 and {0} different witnesses can be asked for")]
    Number(usize),
}

/// Why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("it cannot be reached: {0}")]
    Unreachable(#[from] reqwest::Error),
    #[error("it answers with {0}")]
    Status(StatusCode),
    /// It has cosigned another head of this size, or finds that the log has not only grown.
    #[error("it refuses the head as not grown from the one of size {0} that it cosigned")]
    Conflict(u64),
    #[error("it has seen a larger head, of size {0}")]
    Ahead(u64),
    #[error("its answer cannot be read")]
    Unreadable,
    #[error("its cosignature does not fit: {0}")]
    Cosignature(#[from] NoteError),
    #[error(transparent)]
    Log(#[from] LogError),
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Witnesses {
    all: Vec<Witness>,
    /// How many must cosign.
    need: usize,
}

#[derive(Debug)]
struct Witness {
    verifier: WitnessVerifier,
    http: reqwest::Client,
    url: String,
    /// The size that it last cosigned, as far as is known.
    known: AtomicU64,
}

impl Witnesses {
    pub fn of(config: &LogConfig) -> Result<Self, WitnessesError> {
        let all = config.witnesses.iter().map(Witness::new).collect::<Result<Vec<_>, _>>()?;
        let names: BTreeSet<_> = all.iter().map(|one| one.verifier.name()).collect();
        let need = config.cosignatures.unwrap_or(all.len());
        let sound = names.len() == all.len() && all.len() <= MOST && need <= all.len();
        if !sound || (need == 0 && !all.is_empty()) {
            return Err(WitnessesError::Number(all.len().min(MOST)));
        }
        Ok(Self { all, need })
    }

    /// Shows each new head to all, at most once a second, until `stop`.
    pub async fn keep(&self, relay: &Relay, stop: &CancellationToken) {
        if self.all.is_empty() {
            return;
        }
        while stop.run_until_cancelled(tokio::time::sleep(PACE)).await.is_some() {
            let now = relay.surroundings().now();
            let round = stop.run_until_cancelled(self.round(relay.log(), now)).await;
            if let Some(Err(error)) = round {
                tracing::warn!(%error, "no cosigned head could be made");
            }
        }
    }

    async fn round(&self, log: &Log, now: Timestamp) -> Result<(), LogError> {
        let head = log.checkpoint().await?;
        let kept = log.cosigned().await?;
        report(&head, kept.as_ref(), now);
        let current = |(kept, at): &(Checkpoint, Timestamp)| {
            kept.size == head.size && now.duration_since(*at) < REFRESH
        };
        if head.size == 0 || kept.as_ref().is_some_and(current) {
            return Ok(());
        }
        let lines = join_all(self.all.iter().map(|witness| witness.show(log, &head))).await;
        let lines: Vec<_> = lines.into_iter().flatten().collect();
        if lines.len() < self.need {
            return Ok(());
        }
        let cosigned = Checkpoint { note: head.note.clone() + &lines.concat(), ..head };
        let oldest = self.oldest_on(&cosigned.note)?.unwrap_or(now);
        log.keep_cosigned(&cosigned, oldest).await
    }

    fn oldest_on(&self, note: &str) -> Result<Option<Timestamp>, NoteError> {
        let seen = self.all.iter().map(|witness| witness.verifier.witnessed(note));
        let seen = seen.collect::<Result<Vec<_>, _>>()?;
        Ok(seen.into_iter().flatten().map(|seen| seen.at).min())
    }
}

/// For `/metrics`: how far the witnesses are behind.
fn report(head: &Checkpoint, kept: Option<&(Checkpoint, Timestamp)>, now: Timestamp) {
    #[expect(clippy::cast_precision_loss, reason = "metrics are floating-point numbers")]
    let number = |size: u64| size as f64;
    metrics::gauge!("warifu_log_size").set(number(head.size));
    if let Some((cosigned, at)) = kept {
        metrics::gauge!("warifu_log_cosigned_size").set(number(cosigned.size));
        let age = now.duration_since(*at).as_secs_f64();
        metrics::gauge!("warifu_log_cosigned_age_seconds").set(age);
    }
}

impl Witness {
    fn new(config: &WitnessConfig) -> Result<Self, WitnessesError> {
        if !config.url.starts_with("https://") || url::Url::parse(&config.url).is_err() {
            return Err(WitnessesError::Url(config.url.clone()));
        }
        Ok(Self {
            verifier: config.key.parse()?,
            http: tls::client(&config.client, PATIENCE)?,
            url: format!("{}/add-checkpoint", config.url.trim_end_matches('/')),
            known: AtomicU64::new(0),
        })
    }

    /// Its cosignature line; a refusal is counted and said.
    async fn show(&self, log: &Log, head: &Checkpoint) -> Option<String> {
        match self.ask(log, head).await {
            Ok(line) => Some(line),
            Err(refusal) => {
                let witness = self.verifier.name().to_owned();
                tracing::warn!(%refusal, witness, size = head.size, "a witness did not cosign");
                metrics::counter!("warifu_log_witness_refusals_total", "witness" => witness)
                    .increment(1);
                None
            }
        }
    }

    async fn ask(&self, log: &Log, head: &Checkpoint) -> Result<String, Refusal> {
        let known = self.known.load(Ordering::Relaxed).min(head.size);
        match self.post(log, head, known).await? {
            Answer::Cosigned(line) => Ok(line),
            Answer::Last(size) if size > head.size => Err(Refusal::Ahead(size)),
            Answer::Last(size) if size == known => Err(Refusal::Conflict(size)),
            // It knows better which head it saw last: the first time, and after another server of
            // the relay has asked.
            Answer::Last(size) => match self.post(log, head, size).await? {
                Answer::Cosigned(line) => Ok(line),
                Answer::Last(size) => Err(Refusal::Conflict(size)),
            },
        }
    }

    async fn post(&self, log: &Log, head: &Checkpoint, old: u64) -> Result<Answer, Refusal> {
        let proof = log.consistency_proof(head, old).await?;
        let response = self.http.post(&self.url).body(proof.to_string()).send().await?;
        match response.status() {
            StatusCode::OK => {
                let line = self.verifier.line_for(&head.note, &text(response).await?)?;
                self.known.store(head.size, Ordering::Relaxed);
                Ok(Answer::Cosigned(line))
            }
            StatusCode::CONFLICT => {
                let size = text(response).await?.trim_end().parse();
                Ok(Answer::Last(size.map_err(|_| Refusal::Unreadable)?))
            }
            StatusCode::UNPROCESSABLE_ENTITY => Err(Refusal::Conflict(old)),
            other => Err(Refusal::Status(other)),
        }
    }
}

/// What a witness says.
enum Answer {
    /// Its signature line.
    Cosigned(String),
    /// The size of the head that it last cosigned is another.
    Last(u64),
}

async fn text(mut response: Response) -> Result<String, Refusal> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST {
            return Err(Refusal::Unreadable);
        }
    }
    String::from_utf8(body).map_err(|_| Refusal::Unreadable)
}
