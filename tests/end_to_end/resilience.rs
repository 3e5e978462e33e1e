//! What breaks stays where it broke: a connector costs its own panel, a killed relay loses no
//! answer, a revoked card opens nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use reqwest::Client;
use serde_json::{Value, json};
use warifu_agent::{Agent, AgentConfig, PromptKind, TrustedIdp};
use warifu_card::PcscReaders;
use warifu_card::piv::Slot;
use warifu_contract::eligibility::EligibilityAnswer;
use warifu_log::{Action, Checkpoint, Log, NoteKey, Outcome, Pace, verify};
use warifu_pki::{
    Certificate, Confirmation, FileKey, Organization, PublicKey, Purpose, RelayTicket, TicketIssuer,
};
use warifu_relay::RelayConfig;
use warifu_service::seal::KeyRing;
use warifu_service::tls::{self, ClientConfig};
use warifu_service::{Database, Surroundings, config};

use crate::private_stack::isolated;
use crate::rig::{FRONT, PORTAL, Rig};
use crate::walker::{IDP, Walker};

const RELAY: &str = "https://localhost:8445";
/// How long the relay of the demonstration waits for a connector.
const DEADLINE: Duration = Duration::from_secs(3);
/// What a page may take beside the slowest source, on a machine busy with other tests.
const PAGE: Duration = Duration::from_secs(2);
/// A process of its own is there after this at the latest.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Every party by the name of its folder, with the port where it listens.
const PARTIES: [(&str, u16); 7] = [
    ("ca", 8446),
    ("connector-insurer", 8448),
    ("connector-checkup", 8449),
    ("connector-pension", 8450),
    ("relay", 8445),
    ("idp", 8444),
    ("portal", 8443),
];

/// The parties of a demonstration, each a process of its own.
struct Parties<'a> {
    rig: &'a Rig,
    running: BTreeMap<&'static str, Child>,
}

impl<'a> Parties<'a> {
    fn of(rig: &'a Rig) -> Self {
        Self { rig, running: BTreeMap::new() }
    }

    fn start_all(&mut self) {
        for (name, _) in PARTIES {
            self.start(name);
        }
    }

    /// Starts the party in that folder and waits until it listens.
    fn start(&mut self, folder: &'static str) {
        let kind = if folder.starts_with("connector") { "connector" } else { folder };
        let file = self.rig.dir().join(folder).join("config.toml");
        let arguments = ["serve", kind, "--config", file.to_str().unwrap()];
        let child = self.rig.command(&arguments).stdout(Stdio::null()).spawn().unwrap();
        self.running.insert(folder, child);
        let (_, port) = PARTIES.into_iter().find(|(name, _)| *name == folder).unwrap();
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < START_LIMIT, "{folder} does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// As a power cut would.
    fn kill(&mut self, folder: &str) {
        let mut child = self.running.remove(folder).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// It holds its connections and says nothing any more.
    fn freeze(&self, folder: &str) {
        let id = self.running[folder].id().to_string();
        assert!(Command::new("kill").args(["-STOP", &id]).status().unwrap().success());
    }
}

impl Drop for Parties<'_> {
    fn drop(&mut self) {
        for child in self.running.values_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The card agent on the test's own readers; it ends with the test.
async fn start_agent(dir: &Path) {
    let key = std::fs::read_to_string(dir.join("idp/agent-request.pub")).unwrap();
    let mut config =
        AgentConfig::serving(vec![TrustedIdp { origin: IDP.to_owned(), request_key_pem: key }]);
    config.listen = vec!["127.0.0.1:8447".parse().unwrap()];
    config.ca = Some(dir.join("ca.pem"));
    config.prompt = PromptKind::Page;
    let (clock, entropy) = (Surroundings::system().clock, Surroundings::system().entropy);
    let own =
        warifu_agent::Surroundings::new(move || clock.now(), move |bytes| entropy.fill(bytes));
    let agent = Agent::bind(config, Arc::new(PcscReaders::new()), own).await.unwrap();
    tokio::spawn(agent.serve(std::future::pending()));
}

/// A resident's home as it came in.
struct Home {
    body: String,
    /// When the tile of each service was there, from the first byte asked for.
    arrived: BTreeMap<&'static str, Duration>,
}

const SERVICES: [&str; 3] = ["insurance", "checkup", "pension"];

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
            let mut parties = Parties::of(&rig);
            parties.start_all();
            start_agent(&rig.dir()).await;
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

/// A clinic's system at the relay: the portal's certificate, a receptionist's access token.
#[derive(Clone)]
struct Desk {
    http: Client,
    token: String,
}

impl Desk {
    async fn open(dir: &Path) -> Self {
        let config = ClientConfig {
            ca: dir.join("ca.pem"),
            certificate: Some(dir.join("portal/tls.pem")),
            key: Some(dir.join("portal/tls.key")),
        };
        let http = tls::client(&config, Duration::from_secs(20)).unwrap();
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", &ticket(dir)),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ];
        let answer = http.post(format!("{RELAY}/token")).form(&form).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        Self { http, token: answer["access_token"].as_str().unwrap().to_owned() }
    }

    /// The newest signed head of the log.
    async fn head(&self) -> String {
        let call = self.http.get(format!("{RELAY}/checkpoint"));
        call.send().await.unwrap().text().await.unwrap()
    }

    /// A check under that key; none when no answer came.
    async fn check(&self, key: usize) -> Option<EligibilityAnswer> {
        let number = if key.is_multiple_of(5) { "999" } else { "001" };
        let body = json!({
            "subject": {
                "by": "number", "insurer_number": "00000001", "symbol": "東京",
                "number": number, "branch": null, "birth_date": "1955-05-05",
            },
            "target_date": null,
            "idempotency_key": format!("resilience-{key:08}"),
        });
        let call = self.http.post(format!("{RELAY}/eligibility")).bearer_auth(&self.token);
        let answer = call.json(&body).send().await.ok()?;
        assert_eq!(answer.status(), 200, "the relay answers or is gone");
        answer.json().await.ok()
    }
}

/// A receptionist's ticket, as the identity provider gives it to the portal.
fn ticket(dir: &Path) -> String {
    let surroundings = Surroundings::system();
    let read = |name: &str| std::fs::read(dir.join(name)).unwrap();
    let relay = PublicKey::from_pem(&read("relay/ticket.pub")).unwrap();
    let portal = Certificate::from_pem(&read("portal/tls.pem")).unwrap();
    let key = FileKey::load(&dir.join("idp/ticket.key")).unwrap();
    let now = surroundings.now().as_second();
    let ticket = RelayTicket {
        iss: IDP.to_owned(),
        aud: "urn:warifu:relay".to_owned(),
        sub: "a-receptionist".to_owned(),
        jti: surroundings.hex(16),
        iat: now,
        exp: now + 300,
        acr: "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI".to_owned(),
        auth_time: now,
        cnf: Confirmation { x5t_s256: portal.thumbprint() },
        purpose: Purpose::Records,
        roles: vec!["urn:warifu:role:clinic-desk".to_owned()],
        organization: Some(Organization {
            code: "3719999999".to_owned(),
            name: "見本医院".to_owned(),
        }),
        act: None,
    };
    TicketIssuer::new(Arc::new(key), &relay).unwrap().issue(&ticket).unwrap()
}

/// Checks in all, checks at the same time, and the answer at which the relay is killed.
const CHECKS: usize = 500;
const AT_ONCE: usize = 16;
const KILL_AT: usize = 200;

/// The answers that came for those keys; `answered` counts them as they come.
async fn check_all(
    desk: &Desk,
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
            let desk = Desk::open(&rig.dir()).await;
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
        let verdict = serde_json::to_value(answer.decision.verdict).unwrap();
        assert_eq!(entry.action, Action::EligibilityChecked);
        assert_eq!(entry.outcome, Outcome::Answered(verdict.as_str().unwrap().to_owned()));
    }
    let before = Checkpoint::open(before, log.verifier()).unwrap();
    let report = verify::verify(log.database(), &ring, log.verifier(), Some(&before)).await;
    let checks = u64::try_from(answers.len()).unwrap();
    assert_eq!(report.unwrap().events, before.size + checks, "each check is one event");
}

/// So long a revoked card may still open something.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);
/// The pause between two tries with it.
const LOOK_AGAIN: Duration = Duration::from_millis(400);

#[test]
fn a_revoked_card_is_refused_within_five_seconds() {
    isolated("resilience::a_revoked_card_is_refused_within_five_seconds", || {
        crate::run(async {
            let rig = Rig::start();
            let serial = rig.certificate("ueno-ichiko", Slot::Authentication).serial_hex();
            let _card = rig.insert("ueno-ichiko", FRONT);
            let before = Walker::new(&rig.dir()).try_card().await;
            assert!(before.is_ok(), "good before it is revoked");

            let office = rig.dir().join("ca/config.toml");
            let office = ["--config", office.to_str().unwrap(), "--reason", "key-compromise"];
            rig.warifu(&[&["card", "revoke", &serial], office.as_slice()].concat());
            let revoked = Instant::now();
            loop {
                let begun = revoked.elapsed();
                match Walker::new(&rig.dir()).try_card().await {
                    Err(code) => break assert_eq!(code, "card.revoked"),
                    Ok(_) => assert!(begun < REVOKED_WITHIN, "opened after {begun:?}"),
                }
                // The agent takes so many sign-ins at once and no more.
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            println!("refused {:?} after it was revoked", revoked.elapsed());
        });
    });
}
