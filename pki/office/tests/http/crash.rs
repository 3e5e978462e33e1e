//! kill -9 in the middle of telling: no event is lost, and each subject's come in order.
//!
//! The test starts itself again as a child that tells without pause, kills it, and looks at what
//! came; again and again, until all came.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;
use warifu_ca::Ca;
use warifu_contract::card_office::{Action, StopReason};
use warifu_office::{Actor, CardKey, CardOffice, OfficeApi, OfficeConfig};
use warifu_service::Surroundings;
use warifu_service::storage::DatabaseConfig;

use crate::bed::Bed;
use crate::federation::Engine;

const CONFIG: &str = "WARIFU_OFFICE_CRASH_CONFIG";
const CARDS: usize = 12;

/// The child: never ends by itself.
#[tokio::test]
#[ignore = "only the test below starts it"]
async fn child_tells_until_killed() {
    let Ok(file) = std::env::var(CONFIG) else {
        return;
    };
    let config: OfficeConfig = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let surroundings = Surroundings::system();
    let ca = Ca::open(config.authority.clone(), surroundings.clone()).await.unwrap();
    let office = CardOffice::open(&config.office, ca, surroundings).await.unwrap();
    let api = Arc::new(OfficeApi::open(&config, office).unwrap());
    api.outbox().run(CancellationToken::new()).await;
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // SIGKILL.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn start(config: &PathBuf) -> Killed {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_tells_until_killed", "--ignored", "--nocapture"])
        .env(CONFIG, config)
        .stdout(Stdio::null())
        .spawn();
    Killed(child.unwrap())
}

#[tokio::test]
async fn killed_again_and_again_it_tells_everything_in_order() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let clerk = Actor::machine("clerk");
    for _ in 0..CARDS {
        // One person after the other has a card, loses it, and is given a new one.
        let id: CardKey = bed.made("上野 太郎").await.id.parse().unwrap();
        let act = async |action| {
            bed.pass(SignedDuration::from_millis(1));
            bed.office.act(&clerk, &id, None, action).await.unwrap()
        };
        act(Action::Deliver).await;
        act(Action::Suspend { reason: StopReason::Lost }).await;
        act(Action::Revoke { reason: StopReason::Lost }).await;
    }
    let mut config = bed.config.clone();
    config.authority.database = DatabaseConfig::sqlite(&bed.federation.path("office.db"));
    let file = bed.federation.path("config.json");
    std::fs::write(&file, serde_json::to_vec(&config).unwrap()).unwrap();

    let mut kills = 0;
    for enough in [2, 9, 20] {
        let child = start(&file);
        while bed.idp.taken().len() < enough {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(child);
        kills += 1;
    }
    let _last = start(&file);
    let distinct =
        || bed.idp.taken().iter().map(|event| event.jti.clone()).collect::<BTreeSet<_>>();
    for _ in 0..3_000 {
        if distinct().len() == 3 * CARDS {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let taken = bed.idp.taken();
    assert_eq!(distinct().len(), 3 * CARDS);
    assert!(taken.len() <= 3 * CARDS + kills, "each kill repeats at most one: {}", taken.len());
    let mut of_subject: HashMap<&str, Vec<&str>> = HashMap::new();
    for event in &taken {
        let jtis = of_subject.entry(&event.subject).or_default();
        if jtis.last() != Some(&event.jti.as_str()) {
            jtis.push(&event.jti);
        }
    }
    for jtis in of_subject.values() {
        assert!(jtis.is_sorted(), "{jtis:?}");
        assert_eq!(jtis.len(), 3);
    }
}
