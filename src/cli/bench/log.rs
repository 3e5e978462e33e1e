//! Appends to the access log, each answered when it is durable.

use std::sync::Arc;
use std::time::Duration;

use warifu_log::{Action, Actor, Event, Log, NoteKey, Outcome, Pace};
use warifu_service::seal::KeyRing;
use warifu_service::storage::{Database, DatabaseConfig};

use super::limits;
use super::load::{self, Worker};
use super::report::Figure;
use super::say;
use super::stage::Stage;

/// Writers that wait for their entry at the same time.
const WRITERS: [usize; 2] = [1, 1024];

/// Appends by the number of writers.
pub async fn measure(stage: &Stage, lasting: Duration) -> anyhow::Result<Vec<Figure>> {
    let fsync = limits::fsync(stage.dir(), lasting / 2).await?;
    let entropy = stage.surroundings.entropy.as_ref();
    let ring = Arc::new(KeyRing::generate("bench", entropy)?);
    let key = Arc::new(NoteKey::generate("bench.localhost/log", entropy)?);
    let database = DatabaseConfig::sqlite(&stage.dir().join("log.db"));
    let database = Database::connect(&database).await?;
    let log = Log::open(database, ring, key, stage.surroundings.clone(), Pace::default()).await?;
    let mut figures = Vec::new();
    for writers in WRITERS {
        say(&format!("appends to the access log, {writers} at once"));
        let workers = (0..writers).map(|n| Writer { log: log.clone(), event: event(n) }).collect();
        let appends = load::run(workers, lasting).await?;
        let what = format!("access-log append, durable, {writers} at once");
        figures.push(Figure::loaded(what, &appends).beside("bare fsync", fsync));
    }
    log.close().await;
    Ok(figures)
}

struct Writer {
    log: Log,
    event: Event,
}

impl Worker for Writer {
    async fn once(&mut self) -> anyhow::Result<()> {
        self.log.append(self.event.clone()).await?;
        Ok(())
    }
}

/// A resident's look at a record, as the relay enters it.
pub fn event(writer: usize) -> Event {
    Event {
        action: Action::RecordRead,
        actor: Actor::Oneself,
        asked: vec!["insurance".to_owned()],
        check_number: None,
        client: "portal".to_owned(),
        ground: None,
        outcome: Outcome::Shown,
        purpose: Some("own-look".to_owned()),
        source: Some("insurer".to_owned()),
        subject: Some(format!("the subject of writer {writer}")),
    }
}
