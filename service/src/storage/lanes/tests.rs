use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::join_all;
use proptest::prelude::*;

use super::super::tests::{Row, databases};
use super::*;
use crate::storage::{DatabaseConfig, StorageError};
use crate::{execute, fetch_all};

/// How a write goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Not at all.
    None,
    /// The engine refuses it.
    Refused,
    /// It panics when it has written.
    Panic,
}

/// Counts one up under a name; a write that is done twice shows.
#[derive(Debug, Clone)]
struct Count {
    id: String,
    fault: Fault,
    largest: Arc<AtomicUsize>,
}

#[derive(Debug, thiserror::Error)]
enum CountError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Undone(#[from] Undone),
}

impl Count {
    fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), fault: Fault::None, largest: Arc::default() }
    }

    fn with(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }
}

impl Write for Count {
    type Answer = String;
    type Error = CountError;

    fn subject(&self) -> &[u8] {
        self.id.as_bytes()
    }

    async fn write(these: &[Self], tx: &mut Transaction) -> Result<Vec<String>, CountError> {
        for one in these {
            one.largest.fetch_max(these.len(), Ordering::SeqCst);
            let sql = "INSERT INTO service_sample (id, amount) VALUES ($1, 1) \
                       ON CONFLICT (id) DO UPDATE SET amount = service_sample.amount + 1";
            execute!(tx.on(), sql, one.id.as_str())?;
            match one.fault {
                Fault::None => {}
                Fault::Refused => {
                    execute!(tx.on(), "INSERT INTO service_sample (id) VALUES ('no amount')")?;
                }
                Fault::Panic => panic!("as it shall"),
            }
        }
        Ok(these.iter().map(|one| one.id.clone()).collect())
    }
}

fn entrance(database: &Database, pace: Pace) -> Entrance<Count> {
    let mut lanes = Lanes::new(database, pace);
    let entrance = lanes.entrance();
    lanes.start();
    entrance
}

async fn counted(database: &Database) -> HashMap<String, i64> {
    let rows = fetch_all!(database.read(), Row, "SELECT * FROM service_sample").unwrap();
    rows.into_iter().map(|row| (row.id, row.amount)).collect()
}

#[tokio::test]
async fn what_waits_is_written_together() {
    for (_dir, database) in databases("lanes_what_waits_is_written_together").await {
        let entrance = entrance(&database, Pace { lanes: 1, ..Pace::of(&database) });
        let largest = Arc::<AtomicUsize>::default();
        let count = |n: usize| Count { largest: largest.clone(), ..Count::new(n.to_string()) };
        let answers = join_all((0..100).map(|n| entrance.write(count(n)))).await;
        for (n, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer.unwrap(), n.to_string(), "another's answer");
        }
        assert_eq!(largest.load(Ordering::SeqCst), 64);
        assert!(counted(&database).await.values().all(|amount| *amount == 1));
    }
}

#[tokio::test]
async fn one_that_fails_leaves_the_others_whole() {
    for (_dir, database) in databases("lanes_one_that_fails_leaves_the_others_whole").await {
        let entrance = entrance(&database, Pace { lanes: 1, ..Pace::of(&database) });
        let writes = [
            Count::new("a"),
            Count::new("b").with(Fault::Refused),
            Count::new("c"),
            Count::new("d").with(Fault::Panic),
            Count::new("e"),
        ];
        let answers = join_all(writes.map(|write| entrance.write(write))).await;
        let [first, refused, second, panicked, third] = answers.try_into().unwrap();
        assert_eq!([first, second, third].map(Result::unwrap), ["a", "c", "e"]);
        assert!(matches!(refused, Err(CountError::Database(_))), "{refused:?}");
        assert!(matches!(panicked, Err(CountError::Undone(Undone::Broken))), "{panicked:?}");
        let expected = ["a", "c", "e"].map(|id| (id.to_owned(), 1));
        assert_eq!(counted(&database).await, HashMap::from(expected));
        assert!(entrance.write(Count::new("f")).await.is_ok(), "the lane has ended");
    }
}

#[tokio::test]
async fn who_stops_waiting_in_the_queue_has_asked_for_nothing() {
    for (_dir, database) in databases("lanes_who_stops_waiting_has_asked_for_nothing").await {
        let entrance = entrance(&database, Pace { lanes: 1, ..Pace::of(&database) });
        // Polled once: it is queued, and on this one thread no lane has seen it yet.
        assert!(entrance.write(Count::new("given up")).now_or_never().is_none());
        entrance.write(Count::new("kept")).await.unwrap();
        assert_eq!(counted(&database).await, HashMap::from([("kept".to_owned(), 1)]));
    }
}

#[tokio::test]
async fn a_full_queue_makes_wait_and_nobody_is_lost() {
    for (_dir, database) in databases("lanes_a_full_queue_makes_wait").await {
        let entrance = entrance(&database, Pace { lanes: 2, group: 2, queue: 1 });
        let answers = join_all((0..50).map(|n| entrance.write(Count::new(n.to_string())))).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(counted(&database).await.len(), 50);
    }
}

#[tokio::test]
async fn what_was_queued_is_written_when_the_last_entrance_is_gone() {
    for (_dir, database) in databases("lanes_what_was_queued_is_written").await {
        let entrance = entrance(&database, Pace::of(&database));
        let task = tokio::spawn(async move { entrance.write(Count::new("last")).await });
        assert_eq!(task.await.unwrap().unwrap(), "last");
    }
}

#[tokio::test]
async fn a_database_that_is_gone_is_told_to_everybody() {
    for (_dir, database) in databases("lanes_a_database_that_is_gone").await {
        let entrance = entrance(&database, Pace::of(&database));
        database.close().await;
        let answers = join_all(["a", "b"].map(|id| entrance.write(Count::new(id)))).await;
        for answer in answers {
            assert!(matches!(answer, Err(CountError::Undone(Undone::Commit(_)))), "{answer:?}");
        }
    }
}

/// A write, and after how many steps whoever asked stops waiting.
fn any_write() -> impl Strategy<Value = (u8, Fault, Option<u8>)> {
    let fault = prop_oneof![
        8 => Just(Fault::None),
        1 => Just(Fault::Refused),
        1 => Just(Fault::Panic),
    ];
    (0..6_u8, fault, prop::option::weighted(0.2, 0..4_u8))
}

/// The answer, unless that many steps were too few for it.
async fn within(steps: Option<u8>, write: impl Future<Output = Outcome<Count>>) -> Option<bool> {
    let Some(steps) = steps else { return Some(write.await.is_ok()) };
    let mut write = std::pin::pin!(write);
    for _ in 0..steps {
        if let Some(outcome) = write.as_mut().now_or_never() {
            return Some(outcome.is_ok());
        }
        tokio::time::sleep(Duration::from_micros(300)).await;
    }
    None
}

async fn every_answer_is_true(name: &str, writes: &[(u8, Fault, Option<u8>)], group: usize) {
    for (_dir, database) in databases(name).await {
        let entrance = entrance(&database, Pace { lanes: 3, group, queue: 4 });
        let tries = writes.iter().map(|(id, fault, steps)| {
            let write = Count::new(id.to_string()).with(*fault);
            within(*steps, entrance.write(write))
        });
        let outcomes = join_all(tries).await;
        // Whatever was given up came before these, in the same lanes.
        let last = (0..6_u8).map(|id| entrance.write(Count::new(id.to_string())));
        assert!(join_all(last).await.iter().all(Result::is_ok));
        let counted = counted(&database).await;
        for id in 0..6_u8 {
            let of = |said| {
                let all = writes.iter().zip(&outcomes);
                all.filter(|((one, fault, _), outcome)| {
                    *one == id && **outcome == said && (said.is_some() || *fault == Fault::None)
                })
                .count()
            };
            let (sure, perhaps) = (of(Some(true)) + 1, of(None));
            let amount = counted.get(&id.to_string()).copied().unwrap_or(0);
            let amount = usize::try_from(amount).unwrap();
            assert!(amount >= sure && amount <= sure + perhaps, "{id}: {amount}, {sure}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever fails, panics or is given up: what was answered is there, once, and what was refused
    /// is not.
    #[test]
    fn every_answered_write_is_there_once(
        writes in prop::collection::vec(any_write(), 1..40),
        group in 1..8_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(every_answer_is_true("lanes_every_answer", &writes, group));
    }
}

const FOLDER: &str = "WARIFU_TEST_LANES_FOLDER";
const NAME: &str = "storage::lanes::tests::what_was_answered_survives_a_killed_process";

/// A process of its own writes and says what was answered, until it is killed in the middle.
#[test]
fn what_was_answered_survives_a_killed_process() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Some(folder) = std::env::var_os(FOLDER) {
        return runtime.block_on(write_for_ever(std::path::Path::new(&folder)));
    }
    for after in [1, 70, 400] {
        let folder = tempfile::tempdir().unwrap();
        let answered = killed_after(after, folder.path());
        let counted =
            runtime.block_on(async { counted(&open(folder.path()).await.unwrap()).await });
        assert!(counted.values().all(|amount| *amount == 1), "written twice");
        let lost: Vec<_> = answered.iter().filter(|id| !counted.contains_key(*id)).collect();
        assert!(answered.len() >= after && lost.is_empty(), "{lost:?}");
    }
}

async fn open(folder: &std::path::Path) -> Result<Database, StorageError> {
    Database::connect(&DatabaseConfig::sqlite(&folder.join("test.db"))).await
}

/// The names that the process said before it was killed.
fn killed_after(lines: usize, folder: &std::path::Path) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut said = said.filter_map(|line| line.strip_prefix("answered ").map(str::to_owned));
    let mut answered: Vec<_> = said.by_ref().take(lines).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    answered.extend(said);
    answered
}

async fn write_for_ever(folder: &std::path::Path) {
    let database = open(folder).await.unwrap();
    let sql =
        "CREATE TABLE service_sample (id TEXT PRIMARY KEY, amount BIGINT NOT NULL, note TEXT)";
    execute!(database.write(), sql).unwrap();
    let entrance = entrance(&database, Pace::of(&database));
    let writers = (0..16).map(|writer| {
        let entrance = entrance.clone();
        tokio::spawn(async move {
            for n in 0.. {
                let id = entrance.write(Count::new(format!("{writer}.{n}"))).await.unwrap();
                // In one piece: several threads speak.
                std::io::stdout().write_all(format!("answered {id}\n").as_bytes()).unwrap();
            }
        })
    });
    join_all(writers).await;
}
