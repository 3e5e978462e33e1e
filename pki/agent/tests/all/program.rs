//! The program itself: a whole sign-in, and what its log and the log's export tell of it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use warifu_card::virtual_card::SharedCard;

use crate::idp::{Idp, ORIGIN, nonce};
use crate::kinds::{IDM, felica_card};
use crate::maker::{Maker, PIN};
use crate::private_stack::{Stack, insert, isolated};
use crate::wire::{Page, Wire};

const PROGRAM: &str = env!("CARGO_BIN_EXE_warifu-agent");
/// Nobody else is in the test's own network.
const ADDRESS: &str = "127.0.0.1:8447";
const WATCH: &str = "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww00";

/// A user with a home and a configuration.
struct User {
    home: TempDir,
    idp: Idp,
}

impl User {
    fn new() -> Self {
        let (home, idp) = (tempfile::tempdir().unwrap(), Idp::at(ORIGIN));
        let key = idp.trusted().request_key_pem;
        let provider = format!("origin = \"{ORIGIN}\"\nrequest_key_pem = \"\"\"\n{key}\"\"\"\n");
        let text = format!(
            "listen = [\"{ADDRESS}\"]\nprompt = \"page\"\n[[identity_providers]]\n{provider}"
        );
        fs::write(home.path().join("agent.toml"), text).unwrap();
        Self { home, idp }
    }

    fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(words).args(["--config", &self.path("agent.toml")]);
        command.env("HOME", self.home.path()).env("RUST_LOG", "trace").env("LANG", "en");
        command.env_remove("XDG_STATE_HOME").env_remove("XDG_CONFIG_HOME");
        command
    }

    fn run(&self, words: &[&str]) -> (bool, String) {
        let Output { status, stdout, stderr } = self.command(words).output().unwrap();
        let said = [stdout, stderr].concat();
        (status.success(), String::from_utf8(said).unwrap())
    }
}

/// The agent while it runs.
struct Running(Child);

impl Running {
    fn start(user: &User) -> Self {
        let running = Self(user.command(&["run"]).spawn().unwrap());
        for _ in 0..200 {
            if std::net::TcpStream::connect(ADDRESS).is_ok() {
                return running;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the agent did not start");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn address() -> SocketAddr {
    ADDRESS.parse().unwrap()
}

async fn ask(idp: &Idp, methods: &[&str]) -> Page {
    #[expect(clippy::disallowed_methods, reason = "the program has the real time")]
    let now = jiff::Timestamp::now().as_second();
    let times = json!({"iat": now, "exp": now + 120, "methods": methods, "watch": WATCH});
    Wire::new(address(), "POST", "/v1/authenticate")
        .with("origin", ORIGIN)
        .with("content-type", "application/json")
        .body(idp.request_with(&times))
        .listen()
        .await
}

/// The name of the question that the agent's own page asks next.
async fn question() -> String {
    for _ in 0..200 {
        let page = Wire::new(address(), "GET", "/pin").send().await.body;
        if let Some((_, after)) = page.split_once("name=\"question\" value=\"") {
            return after.split('"').next().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing was asked");
}

async fn type_pin(pin: &str) {
    let id = question().await;
    let answer = Wire::new(address(), "POST", "/pin")
        .with("origin", &format!("http://{ADDRESS}"))
        .with("content-type", "application/x-www-form-urlencoded")
        .body(format!("question={id}&answer=pin&pin={pin}"));
    assert_eq!(answer.send().await.status, 303);
}

/// Signs in with a wrong PIN first; the token.
async fn sign_in(idp: &Idp) -> Value {
    let mut page = ask(idp, &["piv-pin"]).await;
    assert_eq!(page.event().await.unwrap()["state"], "pin");
    type_pin("314159").await;
    assert_eq!(page.event().await, Some(json!({"state": "pin-wrong", "tries": 2})));
    type_pin(PIN).await;
    page.events().await.last().unwrap()["token"].clone()
}

#[test]
fn no_secret_of_a_sign_in_is_in_the_log_or_its_export() {
    isolated("program::no_secret_of_a_sign_in_is_in_the_log_or_its_export", || {
        let (_stack, user) = (Stack::start(), User::new());
        let running = Running::start(&user);
        let card = Maker::new(1);
        let inserted = insert(card.shared(), 0);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let token = runtime.block_on(sign_in(&user.idp));
        inserted.remove();
        let _felica = insert(SharedCard::new(felica_card()), 1);
        let answer = runtime.block_on(async { ask(&user.idp, &["felica"]).await.events().await });
        let felica = answer.last().unwrap()["felica"].clone();
        drop(running);
        let file = user.path("export.txt");
        let (well, said) = user.run(&["log", "export", &file, "--yes"]);
        assert!(well, "{said}");
        let export = fs::read_to_string(&file).unwrap();
        assert!(said.contains(&export), "what is written was shown before");
        assert!(
            export.contains("conversation ended") && export.contains("[service.ok]"),
            "{export}"
        );
        let log = fs::read_to_string(user.path(".local/state/warifu/agent.log")).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let hex = data_encoding::HEXLOWER.encode(&IDM);
        let secrets = [
            PIN.to_owned(),
            "314159".to_owned(),
            nonce(),
            WATCH.to_owned(),
            card.holder(),
            text(&token["unverifiedCertificate"]),
            text(&token["signature"]),
            text(&felica["idBlock"]),
            text(&felica["mac"]),
            "割符ポータル".to_owned(),
            hex.to_uppercase(),
            hex,
        ];
        for secret in &secrets {
            assert!(!export.contains(secret) && !log.contains(secret), "{secret} is in\n{export}");
        }
    });
}

#[test]
fn an_export_is_not_written_unasked_nor_over_another_file() {
    let user = User::new();
    let file = user.path("export.txt");
    let (well, said) = user.run(&["log", "export", &file]);
    assert!(well && said.contains("Nothing was written"), "{said}");
    assert!(!Path::new(&file).exists());
    fs::write(&file, "mine").unwrap();
    assert!(!user.run(&["log", "export", &file, "--yes"]).0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[cfg(target_os = "linux")]
#[test]
fn autostart_is_switched_by_command() {
    let user = User::new();
    let entry = user.path(".config/autostart/warifu-agent.desktop");
    let (well, said) = user.run(&["autostart", "status"]);
    assert!(well && said.contains("does not start by itself"), "{said}");
    let (well, said) = user.run(&["autostart", "on"]);
    assert!(well && said.contains(&entry), "{said}");
    let text = fs::read_to_string(&entry).unwrap();
    let program = fs::canonicalize(PROGRAM).unwrap();
    let line = format!("\"{}\" run --config \"{}\"", program.display(), user.path("agent.toml"));
    assert!(text.contains(&line), "{line}: {text}");
    assert!(user.run(&["autostart", "status"]).1.contains("starts by itself"));
    assert!(user.run(&["autostart", "off"]).0 && !Path::new(&entry).exists());
}
