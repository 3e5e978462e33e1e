//! A PC/SC stack that belongs to one test: its own mount, network and process namespace, in it
//! its own pcscd with the two virtual readers of vpcd.
//!
//! pcscd has one fixed socket and vpcd one fixed pair of ports, open to the whole network. Inside
//! the namespaces they disturb nobody, tests run side by side, and no real card is touched.

use std::{
    env,
    ffi::OsStr,
    fs,
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use warifu_card::{
    PcscReaders, ReaderState, Readers,
    virtual_card::SharedCard,
    vpcd::{self, FIRST_PORT},
};

/// Set for the process inside.
const INSIDE: &str = "WARIFU_CARD_TEST_INSIDE";
/// Makes a bare namespace usable: loopback, a `/run` of its own for
/// pcscd's socket. Then runs its arguments.
const SETUP: &str =
    "ip link set lo up && mount -t tmpfs none /run && mkdir /run/pcscd && exec \"$@\"";
/// As root, as a user who may make user namespaces, as a user who may become root.
const WAYS_IN: [&[&str]; 3] = [
    &["unshare", "-mnpf", "--kill-child"],
    &["unshare", "-Urmnpf", "--kill-child"],
    &["sudo", "-n", "unshare", "-mnpf", "--kill-child"],
];
/// No test takes longer.
const TEST_LIMIT: &str = "180";
/// No single program in a test takes longer.
const PROGRAM_LIMIT: &str = "60";

/// Runs `body` in namespaces of its own. `name` is the path of the test that calls.
pub fn isolated(name: &str, body: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        return body();
    }
    let test = env::current_exe().unwrap();
    let mut command = Command::new("timeout");
    command.args(["-s", "KILL", TEST_LIMIT]).args(way_in());
    command.args(["env", &format!("{INSIDE}=1")]).arg(test);
    let output = command.args(["--exact", name, "--nocapture"]).output().unwrap();
    assert!(output.status.success(), "{name}, inside:\n{}", text(&output));
    assert!(text(&output).contains("1 passed"), "there is no test {name}:\n{}", text(&output));
    print!("{}", text(&output));
}

/// The command that runs what follows it inside; fails loudly where there is no way.
fn way_in() -> Vec<&'static str> {
    let mut complaints = Vec::new();
    for way in WAYS_IN {
        let whole = [way, &["sh", "-c", SETUP, "sh"]].concat();
        let tried = Command::new(whole[0]).args(&whole[1..]).arg("true").output();
        match tried {
            Ok(output) if output.status.success() => return whole,
            Ok(output) => complaints.push(format!("{way:?}: {}", text(&output))),
            Err(error) => complaints.push(format!("{way:?}: {error}")),
        }
    }
    panic!(
        "this test needs a private namespace for its own pcscd and could not make one. Run the \
         tests as root, or allow user namespaces (on Ubuntu: sysctl -w \
         kernel.apparmor_restrict_unprivileged_userns=0), with iproute2 and util-linux installed. \
         What was tried:\n{}",
        complaints.join("\n")
    );
}

/// A running pcscd, and a home where other programs may leave their caches.
pub struct Stack {
    pcscd: Child,
    home: TempDir,
}

impl Stack {
    /// Starts pcscd and waits until it knows its readers.
    pub fn start() -> Self {
        let pcscd = start_pcscd();
        let stack = Self { pcscd, home: tempfile::tempdir().unwrap() };
        wait_until("pcscd has two readers", |readers| readers.len() == 2);
        stack
    }

    /// Kills pcscd, as a crash would.
    pub fn kill_pcscd(&mut self) {
        self.pcscd.kill().unwrap();
        self.pcscd.wait().unwrap();
        let _ = fs::remove_file("/run/pcscd/pcscd.pid");
        let _ = fs::remove_file("/run/pcscd/pcscd.comm");
    }

    pub fn start_pcscd_again(&mut self) {
        self.pcscd = start_pcscd();
    }

    /// Runs another program to its end; its exit code and all it said.
    pub fn run<A: AsRef<OsStr>>(&self, program: &str, arguments: &[A]) -> (bool, String) {
        let output = Command::new("timeout")
            .args([PROGRAM_LIMIT, program])
            .args(arguments)
            .env("HOME", self.home.path())
            .env("XDG_CACHE_HOME", self.home.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_ne!(output.status.code(), Some(127), "{program} is not installed");
        (output.status.success(), text(&output))
    }

    /// Runs another program that must succeed; all it said.
    pub fn must(&self, program: &str, arguments: &[&str]) -> String {
        let (well, said) = self.run(program, arguments);
        assert!(well, "{program} {arguments:?}:\n{said}");
        said
    }

    /// A file that goes away with the stack.
    pub fn file(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = self.pcscd.kill();
        let _ = self.pcscd.wait();
    }
}

fn start_pcscd() -> Child {
    Command::new("/usr/sbin/pcscd")
        .args(["--foreground", "--error"])
        .stdout(Stdio::null())
        .spawn()
        .expect("pcscd and vsmartcard-vpcd must be installed")
}

/// Where the card for the first (0) or second (1) reader connects.
pub fn port(reader: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, FIRST_PORT + reader).into()
}

/// Puts the card into the first (0) or second (1) reader and waits until it is seen there.
pub fn insert(card: SharedCard, slot: u16) -> vpcd::Inserted {
    let inserted = vpcd::insert(card, port(slot)).unwrap();
    wait_until("the card is seen", |readers| {
        readers.get(usize::from(slot)).is_some_and(|reader| reader.card_present)
    });
    inserted
}

/// The name of the first (0) or second (1) reader.
pub fn reader(number: u16) -> String {
    format!("Virtual PCD 00 0{number}")
}

/// Waits until the readers are as wanted, with our own `wait_for_change`.
pub fn wait_until(what: &str, wanted: impl Fn(&[ReaderState]) -> bool) -> Vec<ReaderState> {
    let (readers, started) = (PcscReaders::new(), Instant::now());
    let mut known = Vec::new();
    while started.elapsed() < Duration::from_secs(20) {
        match readers.wait_for_change(&known, Duration::from_secs(1)) {
            Ok(_) => known = readers.list().unwrap_or_default(),
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
        if wanted(&known) {
            return known;
        }
    }
    panic!("waited in vain until {what}: {known:?}");
}

fn text(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}
