//! A relay in a process of its own, killed with SIGKILL in the middle of a file, three times: no
//! line is lost, none is answered twice, and the log has each check once.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use warifu_contract::batch::{BatchJob, BatchState};
use warifu_log::{Action, Logged};
use warifu_relay::batch::config::SystemConfig;
use warifu_relay::{Relay, RelayConfig};
use warifu_service::http::Server;
use warifu_service::{Surroundings, tls};

use crate::bed::{Bed, Engine, INSURER_NUMBER, clinic, engines};

/// Where the process finds its configuration; without it this is no such process.
const SERVED: &str = "WARIFU_TEST_SERVED_RELAY";
const LINES: usize = 12_000;

/// Not a test by itself: the process that is killed.
#[tokio::test]
async fn a_relay_that_somebody_will_kill() {
    let Ok(path) = std::env::var(SERVED) else { return };
    let config: RelayConfig = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let listen = config.listen.clone();
    let relay = Relay::open(config, Surroundings::system()).await.unwrap();
    let server = Server::bind(&listen).await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    tokio::spawn(relay.clone().run(stop.clone()));
    server.serve(relay.router(), stop).await.unwrap();
}

fn start(config: &std::path::Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["killed::a_relay_that_somebody_will_kill", "--exact", "--nocapture"])
        .env(SERVED, config)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn file() -> String {
    let mut file = "患者番号,保険者番号,記号,番号,枝番,生年月日\n".to_owned();
    for n in 0..LINES {
        // Insurers that nobody answers for are answered at once; some lines cannot be read.
        match n % 10 {
            9 => writeln!(file, "P-{n},06130488,東京,{n},00,1955-13-05").unwrap(),
            0 if n % 1_000 == 0 => {
                writeln!(file, "P-{n},{INSURER_NUMBER},東京,{n},00,19550505").unwrap();
            }
            _ => writeln!(file, "P-{n},06130488,東京,{n},00,19550505").unwrap(),
        }
    }
    file
}

/// What one waits for.
struct Site {
    http: reqwest::Client,
    base: String,
}

impl Site {
    async fn job(&self, id: &str) -> Option<BatchJob> {
        let answer = self.http.get(format!("{}/batches/{id}", self.base)).send().await.ok()?;
        answer.json().await.ok()
    }

    /// Waits until so many lines are counted, or the job is done.
    async fn until(&self, id: &str, lines: u64) -> BatchJob {
        for _ in 0..2_000 {
            if let Some(job) = self.job(id).await
                && (job.counts.lines >= lines || job.state == BatchState::Done)
            {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the job does not come so far: {:?}", self.job(id).await);
    }

    async fn send(&self, file: &str) -> BatchJob {
        for _ in 0..500 {
            let sent = self.http.post(format!("{}/batches", self.base)).body(file.to_owned());
            if let Ok(answer) = sent.send().await {
                return answer.json().await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the relay does not start");
    }
}

#[tokio::test]
async fn killed_three_times_no_line_is_lost_or_doubled() {
    for engine in engines() {
        killed_on(engine).await;
    }
}

async fn killed_on(engine: Engine) {
    let mut bed = Bed::on(engine).await;
    bed.federation.party("his");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    bed.config.listen.address = ([127, 0, 0, 1], port).into();
    bed.config.systems.push(SystemConfig {
        party: "his".into(),
        certificate: None,
        organization: clinic().code,
        name: clinic().name,
        disclosure: warifu_contract::batch::DisclosureLevel::Full,
    });
    bed.relay.close().await;
    let path = bed.federation.path("relay.toml");
    std::fs::write(&path, toml::to_string(&bed.config).unwrap()).unwrap();
    let http = tls::client(&bed.federation.client_tls("his"), Duration::from_secs(30)).unwrap();
    let site = Site { http, base: format!("https://localhost:{port}") };

    let mut process = start(&path);
    let sent = site.send(&file()).await;
    for part in 1..=3 {
        let lines = u64::try_from(LINES / 5 * part).unwrap();
        let before = site.until(&sent.id, lines).await;
        assert_ne!(before.state, BatchState::Done, "too fast to be killed");
        process.kill().unwrap();
        process.wait().unwrap();
        process = start(&path);
    }
    let done = site.until(&sent.id, u64::MAX).await;
    assert_eq!(done.counts.lines, u64::try_from(LINES).unwrap());
    let result = format!("{}/batches/{}/result", site.base, sent.id);
    let result = site.http.get(result).send().await.unwrap().text().await.unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    each_once(&mut bed, &result).await;
}

/// Every line once in the result, every check once in the log, under the same number.
async fn each_once(bed: &mut Bed, result: &str) {
    let lines: Vec<Vec<&str>> =
        result.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let references: Vec<_> = lines.iter().map(|line| line[7].to_owned()).collect();
    let expected: Vec<_> = (0..LINES).map(|n| format!("P-{n}")).collect();
    assert_eq!(references, expected);
    let numbers = lines.iter().map(|line| line[8].to_owned()).filter(|number| !number.is_empty());
    let numbers: Vec<String> = numbers.collect();
    assert_eq!(numbers.len(), LINES / 10 * 9, "the readable ones");
    bed.restart().await;
    let log = bed.relay.log();
    let size = log.checkpoint().await.unwrap().size;
    let all: Vec<Logged> = futures::TryStreamExt::try_collect(log.all(size)).await.unwrap();
    let entries = all.iter().filter_map(|one| one.entry.as_ref());
    let checks = entries.filter(|entry| entry.action == Action::EligibilityChecked);
    let logged: Vec<_> = checks.filter_map(|entry| entry.check_number.clone()).collect();
    assert_eq!(logged.len(), numbers.len());
    assert_eq!(logged.into_iter().collect::<BTreeSet<_>>(), numbers.into_iter().collect());
}
