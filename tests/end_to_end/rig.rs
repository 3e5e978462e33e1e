//! A running demonstration with real readers, and hands that put cards in and take them out.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;
use warifu_card::Readers as _;
use warifu_card::drawer::VirtualReaders;
use warifu_card::piv::{Piv, Slot};
use warifu_card::virtual_card::{SharedCard, VirtualPiv};
use warifu_card::vpcd::Inserted;
use warifu_pki::Certificate;

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

/// How long the demonstration may take to make its keys and start.
const START_LIMIT: Duration = Duration::from_secs(90);

/// The demonstration, its readers, its folder.
pub struct Rig {
    _stack: Stack,
    demo: Option<Child>,
    home: TempDir,
}

impl Rig {
    /// Starts pcscd and the demonstration, and waits until it is ready.
    pub fn start() -> Self {
        let stack = Stack::start();
        let mut rig = Self { _stack: stack, demo: None, home: tempfile::tempdir().unwrap() };
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

    /// The demonstration's folder.
    pub fn dir(&self) -> PathBuf {
        self.home.path().join("demo")
    }

    /// A browser of a person who trusts the demonstration's CA.
    pub async fn browser(&self) -> Browser {
        self.warifu(&["demo", "trust"]);
        Browser::start(self.home.path(), 9515).await
    }

    /// A second person's browser.
    pub async fn another_browser(&self) -> Browser {
        Browser::start(self.home.path(), 9516).await
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
            .stdin(Stdio::null());
        command
    }

    /// The virtual card of that name, as the demonstration made it.
    pub fn card(&self, name: &str) -> SharedCard {
        let file = self.dir().join("cards").join(format!("{name}.json"));
        let card = VirtualPiv::load(&file, Box::new(random)).expect("the demonstration made it");
        SharedCard::new(card)
    }

    /// The certificate in a slot of the card of that name.
    pub fn certificate(&self, name: &str, slot: Slot) -> Certificate {
        let readers = VirtualReaders::new(["beside"]);
        readers.insert("beside", self.card(name)).unwrap();
        let mut transaction = readers.begin("beside").unwrap();
        let der = Piv::select(transaction.as_mut()).unwrap().certificate(slot).unwrap();
        Certificate::from_der(&der).unwrap()
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
