//! A running demonstration with real readers, and hands that put cards in and take them out.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use warifu_card::Readers as _;
use warifu_card::drawer::VirtualReaders;
use warifu_card::piv::{Piv, Slot};
use warifu_card::virtual_card::{SharedCard, VirtualJpki, VirtualLiteS, VirtualPiv};
use warifu_card::vpcd::Inserted;
use warifu_connectors::{ResidentRegister, ResidentsConfig};
use warifu_contract::identity::Resident;
use warifu_pki::Certificate;
use warifu_service::{Surroundings, config};

use crate::browser::Browser;
use crate::private_stack::{self, Stack};

/// The reader for whoever sits before the screen, or for the patient at a desk.
pub const FRONT: u16 = 0;
/// The receptionist's own reader.
pub const RECEPTION: u16 = 1;

/// The portal's address.
pub const PORTAL: &str = "https://portal.localhost:8443";

/// The PIN of every virtual card.
pub const PIN: &str = "123456";

/// The port of the first browser's driver.
const FIRST_DRIVER: u16 = 9515;
/// How long the demonstration may take to make its keys and start.
const START_LIMIT: Duration = Duration::from_secs(90);

/// The demonstration, its readers, its folder.
pub struct Rig {
    _stack: Stack,
    demo: Option<Child>,
    home: TempDir,
    environment: Vec<(&'static str, OsString)>,
    browsers: Cell<u16>,
}

impl Rig {
    /// Starts pcscd and the demonstration, and waits until it is ready.
    pub fn start() -> Self {
        let stack = Stack::start();
        let home = tempfile::tempdir().unwrap();
        let mut rig = Self {
            _stack: stack,
            demo: None,
            home,
            environment: Vec::new(),
            browsers: Cell::default(),
        };
        rig.start_demo();
        rig
    }

    /// Starts the demonstration (again).
    pub fn start_demo(&mut self) {
        let mut demo = self
            .command(&["demo", "--reader", "pcsc"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let lines = BufReader::new(demo.stdout.take().unwrap()).lines();
        self.demo = Some(demo);
        let (ready, wait) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = ready.send(line);
            }
        });
        loop {
            let line = wait.recv_timeout(START_LIMIT).expect("the demonstration becomes ready");
            if line.contains(PORTAL) {
                return;
            }
        }
    }

    /// Kills the demonstration as a power cut would.
    pub fn kill_demo(&mut self) {
        if let Some(mut demo) = self.demo.take() {
            demo.kill().unwrap();
            demo.wait().unwrap();
        }
    }

    /// Sets a variable for the commands that are started from now on.
    pub fn set(&mut self, variable: &'static str, value: impl Into<OsString>) {
        self.environment.push((variable, value.into()));
    }

    /// The demonstration's folder.
    pub fn dir(&self) -> PathBuf {
        self.home.path().join("demo")
    }

    /// A browser of a person who trusts the demonstration's CA.
    pub async fn browser(&self) -> Browser {
        self.warifu(&["demo", "trust"]);
        self.another_browser().await
    }

    /// Somebody's browser, signed in with the card of that name, which stays in that reader.
    pub async fn signed_in(&self, card: &str, reader: u16) -> (Browser, Inserted) {
        let card = self.insert(card, reader);
        let browser = self.another_browser().await;
        browser.open(PORTAL).await;
        browser.sign_in(PIN).await;
        (browser, card)
    }

    /// Another person's browser.
    pub async fn another_browser(&self) -> Browser {
        let place = self.browsers.get();
        self.browsers.set(place + 1);
        Browser::start(self.home.path(), FIRST_DRIVER + place).await
    }

    /// Waits for a file that a browser is to have saved.
    pub async fn saved(&self, name: &str) -> PathBuf {
        let file = self.home.path().join(name);
        for _ in 0..100 {
            if file.is_file() {
                return file;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let there: Vec<_> = std::fs::read_dir(self.home.path()).unwrap().collect();
        panic!("{name} was not saved: {there:?}");
    }

    /// Runs another `warifu` command to its end; it must succeed.
    pub fn warifu(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "warifu {arguments:?}: {said}{complained}");
        said
    }

    /// A `warifu` command in this person's home.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warifu"));
        command
            .args(arguments)
            .env("HOME", self.home.path())
            .env("WARIFU_DEMO_DIR", self.dir())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// The virtual card of that name, as the demonstration made it.
    pub fn card(&self, name: &str) -> SharedCard {
        let file = self.card_file(name);
        let drawer = self.drawer();
        match drawer.iter().find(|card| card["id"] == name).map(|card| &card["kind"]) {
            Some(kind) if kind == "felica" => SharedCard::new(self.felica_card(name)),
            Some(kind) if kind == "jpki" => SharedCard::new(VirtualJpki::load(&file).unwrap()),
            _ => SharedCard::new(VirtualPiv::load(&file, Box::new(random)).unwrap()),
        }
    }

    /// The FeliCa card of that name.
    pub fn felica_card(&self, name: &str) -> VirtualLiteS {
        VirtualLiteS::load(&self.card_file(name)).unwrap()
    }

    /// The names of the cards that the card office issued, or that look as if it had.
    pub fn card_names(&self) -> Vec<String> {
        let drawer = self.drawer();
        let others = |card: &&Value| card["kind"] != "felica" && card["kind"] != "jpki";
        let names = drawer.iter().filter(others).map(|card| card["id"].as_str().unwrap());
        names.map(str::to_owned).collect()
    }

    /// What the drawer holds.
    fn drawer(&self) -> Vec<Value> {
        let list = std::fs::read(self.dir().join("cards/list.json")).unwrap();
        serde_json::from_slice(&list).unwrap()
    }

    fn card_file(&self, name: &str) -> PathBuf {
        self.dir().join("cards").join(format!("{name}.json"))
    }

    /// The certificate in a slot of the card of that name.
    pub fn certificate(&self, name: &str, slot: Slot) -> Certificate {
        self.certificate_in(name, slot).expect("there is one")
    }

    /// The same, if there is one.
    pub fn certificate_in(&self, name: &str, slot: Slot) -> Option<Certificate> {
        let readers = VirtualReaders::new(["beside"]);
        readers.insert("beside", self.card(name)).unwrap();
        let mut transaction = readers.begin("beside").unwrap();
        let der = Piv::select(transaction.as_mut()).unwrap().certificate(slot).ok()?;
        Some(Certificate::from_der(&der).unwrap())
    }

    /// Does something at the card office's own machine; what the command says.
    pub fn office(&self, arguments: &[&str]) -> Value {
        self.office_as("clerk", arguments)
    }

    /// The same under another name.
    pub fn office_as(&self, operator: &str, arguments: &[&str]) -> Value {
        let config = self.dir().join("ca/config.toml");
        let who = ["card", "--config", config.to_str().unwrap(), "--operator", operator, "--json"];
        let said = self.warifu(&[who.as_slice(), arguments].concat());
        serde_json::from_str(&said).unwrap_or_else(|_| panic!("not JSON: {said}"))
    }

    /// The card of that name, as the card office sees it.
    pub fn office_card(&self, name: &str) -> Value {
        let serial = self.certificate(name, Slot::Authentication).serial_hex();
        self.office(&["show", &serial])
    }

    /// Enters somebody into the resident register.
    pub async fn register(&self, resident: &Resident) {
        let file = self.dir().join("register/config.toml");
        let config: ResidentsConfig = config::load(&file).unwrap();
        let surroundings = Surroundings::system();
        let register = ResidentRegister::open(config, surroundings.clone()).await.unwrap();
        let mut update = register.store().update().await.unwrap();
        update.put(&resident.reference, resident, surroundings.now()).await.unwrap();
        update.commit().await.unwrap();
    }

    /// Lays a blank card of that name into the drawer.
    pub fn lay_blank(&self, name: &str) {
        VirtualPiv::blank(1).finish_in(&self.card_file(name), Box::new(random)).unwrap();
    }

    /// Puts a card into a reader and waits until pcscd sees it there.
    pub fn insert(&self, name: &str, reader: u16) -> Inserted {
        private_stack::insert(self.card(name), reader)
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.kill_demo();
    }
}

fn random(bytes: &mut [u8]) {
    openssl::rand::rand_bytes(bytes).unwrap();
}
