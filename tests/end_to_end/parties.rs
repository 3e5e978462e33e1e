//! The parties of a demonstration as processes of their own, which can be killed and frozen.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use warifu_agent::{Agent, AgentConfig, PromptKind, TrustedIdp};
use warifu_card::PcscReaders;
use warifu_service::Surroundings;

use crate::rig::Rig;
use crate::walker::IDP;

/// A process of its own is there after this at the latest.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Every party by the name of its folder, with the port where it listens.
const PARTIES: [(&str, u16); 9] = [
    ("register", 8457),
    ("ca", 8446),
    ("connector-insurer", 8448),
    ("connector-checkup", 8449),
    ("connector-pension", 8450),
    ("connector-city", 8460),
    ("relay", 8445),
    ("idp", 8444),
    ("portal", 8443),
];

/// A demonstration whose keys and cards are there, and which does not run.
pub fn at_rest() -> Rig {
    let mut rig = Rig::start();
    rig.warifu(&["demo", "trust"]);
    rig.kill_demo();
    rig
}

/// The parties of a demonstration, each a process of its own.
pub struct Parties<'a> {
    rig: &'a Rig,
    running: BTreeMap<&'static str, Child>,
}

impl<'a> Parties<'a> {
    /// Of that demonstration, which is not running itself.
    pub fn of(rig: &'a Rig) -> Self {
        Self { rig, running: BTreeMap::new() }
    }

    /// All of them, and the card agent: whatever such a demonstration starts at once.
    pub async fn all_of(rig: &'a Rig) -> Self {
        let mut parties = Self::of(rig);
        for (name, _) in PARTIES {
            parties.start(name);
        }
        start_agent(&rig.dir()).await;
        parties
    }

    /// Starts the party in that folder and waits until it listens.
    pub fn start(&mut self, folder: &'static str) {
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
    pub fn kill(&mut self, folder: &str) {
        let mut child = self.running.remove(folder).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// It holds its connections and says nothing any more.
    pub fn freeze(&self, folder: &str) {
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
