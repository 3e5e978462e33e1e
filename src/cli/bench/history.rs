//! One resident's whole history, read out of a large log.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use futures::TryStreamExt as _;
use warifu_log::filling::{Filling, fill};
use warifu_log::{Log, NoteKey, Pace, Series};
use warifu_service::seal::KeyRing;
use warifu_service::storage::{Database, DatabaseConfig};

use super::load::{self, Load, Worker};
use super::log::event;
use super::report::Figure;
use super::say;
use super::stage::Stage;

/// Events of the resident whose history is read.
const OF_ONE: u64 = 10_000;

/// A history out of `events`, beside the same one in a log of its own.
pub async fn measure(stage: &Stage, lasting: Duration, events: u64) -> anyhow::Result<Vec<Figure>> {
    let (alone, _) = read(stage, lasting, OF_ONE).await?;
    let (among, proofs) = read(stage, lasting, events.max(OF_ONE)).await?;
    let what = format!("history of {OF_ONE} events out of {events}");
    Ok(vec![
        Figure::loaded(what, &among).beside("out of a log of its own", alone.per_second()),
        Figure::loaded(format!("inclusion proof out of {events} events"), &proofs),
    ])
}

/// Whole histories, and proofs.
async fn read(stage: &Stage, lasting: Duration, events: u64) -> anyhow::Result<(Load, Load)> {
    let entropy = stage.surroundings.entropy.as_ref();
    let ring = Arc::new(KeyRing::generate("bench", entropy)?);
    let key = Arc::new(NoteKey::generate("bench.localhost/log", entropy)?);
    let config = DatabaseConfig::sqlite(&stage.dir().join(format!("history-{events}.db")));
    let database = Database::connect(&config).await?;
    let filling = Filling { events, of_one: OF_ONE, event: event(0) };
    let subject = filling.event.subject.clone().unwrap_or_default();
    let watch = |there: u64| {
        if there.is_multiple_of(1_000_000) {
            say(&format!("{there} of {events} events are there"));
        }
    };
    fill(&database, &ring, key.as_ref(), &stage.surroundings, &filling, watch).await?;
    say(&format!("reading a history out of {events} events"));
    let log = Log::open(database, ring, key, stage.surroundings.clone(), Pace::default()).await?;
    let reader = Reader { log: log.clone(), subject };
    let histories = load::run(vec![reader], lasting).await?;
    let proofs = load::run(vec![Prover { log: log.clone(), events, next: 0 }], lasting).await?;
    log.close().await;
    log.database().close().await;
    Ok((histories, proofs))
}

/// Steps through the log so that no proof shares its tiles with the one before.
const STRIDE: u64 = 104_729;

struct Prover {
    log: Log,
    events: u64,
    next: u64,
}

impl Worker for Prover {
    async fn once(&mut self) -> anyhow::Result<()> {
        self.next = (self.next + STRIDE) % self.events;
        self.log.inclusion_proof(self.next).await?;
        Ok(())
    }
}

struct Reader {
    log: Log,
    subject: String,
}

impl Worker for Reader {
    async fn once(&mut self) -> anyhow::Result<()> {
        let events = self.log.series(&self.subject, Series::Disclosure);
        let read =
            events.try_fold(0, async |count, one| Ok(count + u64::from(one.entry.is_some())));
        ensure!(read.await? == OF_ONE, "not the whole history");
        Ok(())
    }
}
