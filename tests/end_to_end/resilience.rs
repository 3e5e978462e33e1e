//! What breaks stays where it broke: a connector costs its own panel, a killed relay loses no
//! answer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use warifu_contract::eligibility::EligibilityAnswer;
use warifu_log::{Action, Checkpoint, Log, NoteKey, Outcome, Pace, verify};
use warifu_relay::RelayConfig;
use warifu_service::seal::KeyRing;
use warifu_service::{Database, Surroundings, config};

use crate::parties::Parties;
use crate::private_stack::isolated;
use crate::relay::Access;
use crate::rig::{FRONT, PORTAL, Rig};
use crate::walker::Walker;

/// How long the relay of the demonstration waits for a connector.
const DEADLINE: Duration = Duration::from_secs(3);
/// What a page may take beside the slowest source, on a machine busy with other tests.
const PAGE: Duration = Duration::from_secs(2);
/// A resident's home as it came in.
struct Home {
    body: String,
    /// When the tile of each service was there, from the first byte asked for.
    arrived: BTreeMap<&'static str, Duration>,
}

const SERVICES: [&str; 4] = ["insurance", "expenses", "checkup", "pension"];

async fn home(walker: &mut Walker) -> Home {
    let started = Instant::now();
    let mut stream = walker.open_stream(&format!("{PORTAL}/home")).await;
    assert_eq!(stream.status(), 200);
    let (mut bytes, mut arrived) = (Vec::new(), BTreeMap::new());
    while let Some(chunk) = stream.chunk().await.unwrap() {
        bytes.extend_from_slice(&chunk);
        let body = String::from_utf8_lossy(&bytes);
        for service in SERVICES {
            if !arrived.contains_key(service) && body.contains(&format!("slot=\"{service}\">")) {
                arrived.insert(service, started.elapsed());
            }
        }
    }
    Home { body: String::from_utf8(bytes).unwrap(), arrived }
}

impl Home {
    fn tile(&self, service: &str) -> &str {
        let (_, tile) = self.body.split_once(&format!("slot=\"{service}\">")).unwrap();
        tile.split_once("</section>").unwrap().0
    }

    /// Sees that every tile but `broken` shows its value within the deadline, and that `broken`
    /// says which way it broke.
    fn lacks_only(&self, broken: &str, code: &str) {
        println!("{broken} is {code}: tiles after {:?}", self.arrived);
        for service in SERVICES.into_iter().filter(|service| *service != broken) {
            assert!(self.tile(service).contains("class=\"value\""), "{}", self.tile(service));
            assert!(self.arrived[service] < DEADLINE, "{service}: {:?}", self.arrived);
        }
        let tile = self.tile(broken);
        assert!(tile.contains(code) && !tile.contains("class=\"value\""), "{tile}");
        assert!(self.arrived[broken] < DEADLINE + PAGE, "{:?}", self.arrived);
    }
}

#[test]
fn a_silent_connector_costs_its_own_panel_alone() {
    isolated("resilience::a_silent_connector_costs_its_own_panel_alone", || {
        crate::run(async {
            let mut rig = Rig::start();
            rig.kill_demo();
            let mut parties = Parties::all_of(&rig).await;
            let _card = rig.insert("ueno-taro", FRONT);
            let mut taro = Walker::new(&rig.dir());
            taro.sign_in().await;
            let whole = home(&mut taro).await;
            assert!(SERVICES.iter().all(|name| whole.tile(name).contains("class=\"value\"")));

            parties.kill("connector-pension");
            home(&mut taro).await.lacks_only("pension", "source.down");
            let page = taro.get(&format!("{PORTAL}/pension")).await;
            assert!(page.body.contains("source.down"), "{}", page.body);
            assert!(page.body.contains("見本年金センターに、いまはつながりません"));

            parties.start("connector-pension");
            parties.freeze("connector-checkup");
            home(&mut taro).await.lacks_only("checkup", "source.slow");
        });
    });
}

/// Checks in all, checks at the same time, and the answer at which the relay is killed.
const CHECKS: usize = 500;
const AT_ONCE: usize = 16;
const KILL_AT: usize = 200;

/// The answers that came for those keys; `answered` counts them as they come.
async fn check_all(
    desk: &Access,
    keys: impl Iterator<Item = usize>,
    answered: &AtomicUsize,
) -> BTreeMap<usize, EligibilityAnswer> {
    let calls = futures::stream::iter(keys).map(|key| async move {
        let answer = desk.check(key).await?;
        answered.fetch_add(1, Ordering::SeqCst);
        Some((key, answer))
    });
    calls.buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await
}

#[test]
fn a_relay_killed_in_the_middle_loses_no_answer() {
    isolated("resilience::a_relay_killed_in_the_middle_loses_no_answer", || {
        crate::run(async {
            let mut rig = Rig::start();
            rig.kill_demo();
            let mut parties = Parties::of(&rig);
            parties.start("connector-insurer");
            parties.start("relay");
            let desk = Access::of_desk(&rig.dir()).await;
            let before = desk.head().await;

            let answered = AtomicUsize::new(0);
            let killing = async {
                while answered.load(Ordering::SeqCst) < KILL_AT {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                parties.kill("relay");
            };
            let (first, ()) = tokio::join!(check_all(&desk, 0..CHECKS, &answered), killing);
            assert!((KILL_AT..CHECKS).contains(&first.len()), "killed at {}", first.len());

            parties.start("relay");
            let open = (0..CHECKS).filter(|key| !first.contains_key(key));
            let second = check_all(&desk, open, &answered).await;
            assert_eq!(first.len() + second.len(), CHECKS, "asked again, all are answered");
            for (key, answer) in first.iter().step_by(10) {
                assert_eq!(desk.check(*key).await.as_ref(), Some(answer), "the same again");
            }
            parties.kill("relay");
            println!("answered before the kill: {}, after: {}", first.len(), second.len());
            let all: Vec<_> = first.into_values().chain(second.into_values()).collect();
            every_answer_is_in_the_log(&rig.dir(), &all, &before).await;
        });
    });
}

/// Reads the log as an auditor does, with the head that was kept before the checks.
async fn every_answer_is_in_the_log(dir: &Path, answers: &[EligibilityAnswer], before: &str) {
    let numbers: BTreeSet<_> = answers.iter().map(|answer| &answer.check_number).collect();
    assert_eq!(numbers.len(), answers.len(), "no 認証番号 twice");

    let relay: RelayConfig = config::load(&dir.join("relay/config.toml")).unwrap();
    let ring = Arc::new(KeyRing::load(&relay.column_keys).unwrap());
    let key = NoteKey::load(&relay.log.origin, &relay.log.key).unwrap();
    let database = Database::connect(&relay.log.database).await.unwrap();
    let surroundings = Surroundings::system();
    let log = Log::open(database, ring.clone(), Arc::new(key), surroundings, Pace::default());
    let log = log.await.unwrap();
    for answer in answers {
        let found = log.by_check_number(answer.check_number.as_str()).await.unwrap();
        let entry = found.unwrap_or_else(|| panic!("not in the log: {answer:?}")).entry;
        let entry = entry.expect("nothing is erased");
        let verdict = serde_json::to_value(answer.decision.verdict).unwrap();
        assert_eq!(entry.action, Action::EligibilityChecked);
        assert_eq!(entry.outcome, Outcome::Answered(verdict.as_str().unwrap().to_owned()));
    }
    let before = Checkpoint::open(before, log.verifier()).unwrap();
    let report = verify::verify(log.database(), &ring, log.verifier(), Some(&before)).await;
    let checks = u64::try_from(answers.len()).unwrap();
    assert_eq!(report.unwrap().events, before.size + checks, "each check is one event");
}
