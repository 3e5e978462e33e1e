//! A thousand cards, and a process that dies in the middle.
//!
//! The test starts itself again as a child that runs the batch and says so after every card, kills
//! it (SIGKILL) more than once, and goes on with what is left.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt as _;
use warifu_ca::Ca;
use warifu_card::piv::{Piv, Slot};
use warifu_card::virtual_card::VirtualPiv;
use warifu_service::clock::{Entropy, SystemEntropy};
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Surroundings, fetch_all};

use super::*;
use crate::FolderFeeder;
use crate::testing::{Bench, ca_config, clerk, settings_in};

const FOLDER: &str = "WARIFU_OFFICE_BATCH_FOLDER";
const BATCH: &str = "WARIFU_OFFICE_BATCH";
const CARDS: u32 = 1_000;
/// After how many cards the child dies, each time.
const DEATHS: [u32; 2] = [333, 411];

async fn office_in(folder: &Path) -> CardOffice {
    let database = DatabaseConfig::sqlite(&folder.join("office.db"));
    let surroundings = Surroundings::system();
    let ca = Ca::open(ca_config(folder, database), surroundings.clone()).await.unwrap();
    CardOffice::open(&settings_in(folder, None), ca, surroundings).await.unwrap()
}

async fn run(folder: &Path, batch: &str, progress: impl FnMut(&Batch)) -> Batch {
    let office = office_in(folder).await;
    let feeder = FolderFeeder::new(&folder.join("cards"), Arc::new(SystemEntropy)).unwrap();
    office.batch_run(&clerk(), batch, feeder, progress).await.unwrap()
}

/// The child.
#[tokio::test]
#[ignore = "only the test below starts it"]
async fn child_runs_the_batch() {
    let (Ok(folder), Ok(batch)) = (std::env::var(FOLDER), std::env::var(BATCH)) else { return };
    run(&PathBuf::from(folder), &batch, |batch| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "done {}", batch.done).unwrap();
        out.flush().unwrap();
    })
    .await;
}

/// Kills the child after so many more cards.
fn run_and_kill(folder: &Path, batch: &str, cards: u32) -> u32 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "batch::tests::child_runs_the_batch", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(BATCH, batch)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut last = None;
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        let Some(done) = line.rsplit_once("done ").and_then(|(_, n)| n.parse::<u32>().ok()) else {
            continue;
        };
        let first = *last.get_or_insert(done);
        if done >= first + cards {
            child.kill().unwrap();
        }
        last = Some(first);
    }
    child.wait().unwrap();
    last.unwrap()
}

fn write_blanks(folder: &Path, count: u32) {
    std::fs::create_dir_all(folder).unwrap();
    for number in 0..count {
        let random = Box::new(|bytes: &mut [u8]| SystemEntropy.fill(bytes));
        let file = folder.join(format!("card-{number:04}.json"));
        VirtualPiv::blank(number).finish_in(&file, random).unwrap();
    }
}

/// Whom the certificates on the cards in the files are for.
async fn holders_on_cards(folder: &Path) -> Vec<String> {
    let mut feeder = FolderFeeder::new(folder, Arc::new(SystemEntropy)).unwrap();
    let mut holders = Vec::new();
    while let Some(Fed { readers, reader }) = feeder.next().await.unwrap() {
        let mut transaction = readers.begin(&reader).unwrap();
        let mut card = Piv::select(transaction.as_mut()).unwrap();
        if let Ok(der) = card.certificate(Slot::Authentication) {
            let certificate = warifu_pki::Certificate::from_der(&der).unwrap();
            holders.push(certificate.subject_cn().unwrap().to_owned());
        }
    }
    holders
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_cards_none_is_lost_and_none_is_made_twice() {
    let bench = Bench::in_folder().await;
    let path = bench.path().to_owned();
    let orders = (0..CARDS).map(|number| bench.ordered(number));
    futures::stream::iter(orders).buffer_unordered(8).collect::<Vec<_>>().await;
    // A few more blanks than cards: nobody is to need them.
    write_blanks(&path.join("cards"), CARDS + 5);
    let batch = bench.office.batch_make(&clerk()).await.unwrap();
    assert_eq!((batch.total, batch.done), (CARDS, 0));
    assert_eq!(bench.office.batch_make(&clerk()).await.unwrap().total, 0);

    let started = Instant::now();
    let mut before = 0;
    for cards in DEATHS {
        let (path, id) = (path.clone(), batch.id.clone());
        let begun_at =
            tokio::task::spawn_blocking(move || run_and_kill(&path, &id, cards)).await.unwrap();
        assert!(begun_at >= before, "what was done was not counted");
        before = begun_at + cards;
        let done = bench.office.batch(&batch.id).await.unwrap().done;
        assert!((before..CARDS).contains(&done), "{done} done");
    }
    let batch = run(&path, &batch.id, |_| {}).await;
    assert_eq!((batch.total, batch.done, batch.failed), (CARDS, CARDS, 0));
    eprintln!("{CARDS} cards with two deaths in {:.1?}", started.elapsed());

    let holders = holders_on_cards(&path.join("cards")).await;
    let distinct: BTreeSet<&String> = holders.iter().collect();
    assert_eq!((holders.len(), distinct.len()), (CARDS as usize, CARDS as usize));
    let sql = "SELECT state FROM office_personalisations";
    let attempts = fetch_all!(bench.office.database().read(), (String,), sql).unwrap();
    let finished = attempts.iter().filter(|(state,)| state == "finished").count();
    assert_eq!(finished, CARDS as usize);
    let office = office_in(&path).await;
    assert_eq!(office.audit().await.unwrap(), []);
}

#[tokio::test]
async fn a_batch_stops_when_the_feeder_is_empty_and_passes_over_other_cards() {
    let bench = Bench::in_folder().await;
    let folder = bench.path().join("cards");
    for number in 0..3 {
        bench.ordered(number).await;
    }
    let withdrawn = bench.ordered(3).await;
    write_blanks(&folder, 2);
    let batch = bench.office.batch_make(&clerk()).await.unwrap();
    let withdraw = warifu_contract::card_office::Action::Withdraw;
    bench.act(&crate::testing::clerk(), &withdrawn, withdraw).await.unwrap();
    let feeder = || FolderFeeder::new(&folder, Arc::new(SystemEntropy)).unwrap();
    let clerk = clerk();
    let run = |feeder| bench.office.batch_run(&clerk, &batch.id, feeder, |_| {});
    assert_eq!(run(feeder()).await.unwrap().done, 2);
    write_blanks(&folder.join("more"), 1);
    std::fs::rename(folder.join("more/card-0000.json"), folder.join("card-0002.json")).unwrap();
    let done = run(feeder()).await.unwrap();
    assert_eq!((done.total, done.done, done.failed), (4, 3, 1));
    bench.require_agreement().await;
}
