//! Both peers with their web servers, beside a running demonstration that knows them.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use jiff::SignedDuration;
use tempfile::TempDir;
use warifu_saml::{
    DecryptionKey, Expectation, Login, MetadataPolicy, Policy, ServiceProvider, claimed,
    decode_post, metadata,
};
use warifu_service::Surroundings;

use crate::rig::Rig;
use crate::walker::{Answer, IDP};

use super::peer::{KMIX, PHR, Peer};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/peers.sh");

/// The peers, and the demonstration.
pub struct Stage {
    pub rig: Rig,
    folder: TempDir,
}

impl Stage {
    /// Makes the peers, registers them at a demonstration, and starts them with what they must know
    /// of it.
    pub fn start() -> Self {
        // Web servers run as a user of their own, who has to get in.
        let open = std::fs::Permissions::from_mode(0o755);
        let folder =
            tempfile::Builder::new().prefix("peers").permissions(open).tempdir_in("/tmp").unwrap();
        let stage = Self { rig: Rig::start(), folder };
        stage.script("make", [format!("{IDP}/saml/metadata")]);
        stage.script("register", [Path::new(env!("CARGO_BIN_EXE_warifu")), &stage.config()]);
        stage.tell_peers("start");
        stage
    }

    /// Gives both peers the identity provider's metadata as it is now.
    pub fn refresh(&self) {
        self.tell_peers("refresh");
    }

    /// Changes the terms of both, and waits until they count.
    pub async fn set(&self, terms: &[&str]) {
        let config = self.config();
        let config = ["--config", config.to_str().unwrap()];
        for peer in [KMIX, PHR] {
            let which = ["idp", "provider", "set", peer.entity_id];
            self.rig.warifu(&[&which, terms, &config].concat());
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
    }

    /// The identity provider's configuration file.
    pub fn config(&self) -> PathBuf {
        self.rig.dir().join("idp/config.toml")
    }

    /// The identity provider's metadata, as its configuration file says now.
    pub fn metadata(&self) -> String {
        self.rig.warifu(&["idp", "metadata", "--config", self.config().to_str().unwrap()])
    }

    /// Reads an answer as the peer does, with its key.
    pub fn read_as(&self, peer: Peer, answer: &Answer) -> Login {
        let now = Surroundings::system().now();
        let xml = decode_post(&answer.response).unwrap();
        let folder = self.folder.path();
        let policy = MetadataPolicy {
            trusted: &[],
            require_valid_until: true,
            longest_validity: SignedDuration::from_hours(24 * 28),
        };
        let metadata = std::fs::read(folder.join("idp/metadata.xml")).unwrap();
        let issuer = metadata::parse(&metadata, &policy, now).unwrap().remove(0);
        let key = std::fs::read(folder.join(peer.name).join("key.pem")).unwrap();
        let peer = ServiceProvider {
            entity_id: peer.entity_id.to_owned(),
            acs_url: answer.acs.clone(),
            decryption_keys: vec![DecryptionKey::from_pem(&key).unwrap()],
            policy: Policy::default(),
        };
        let expected = Expectation {
            issuer: &issuer.entity_id,
            identity_provider: issuer.idp.as_ref().unwrap(),
            request_id: &claimed(&xml).unwrap().in_response_to.unwrap(),
            context_classes: &[],
            authenticated_after: None,
        };
        peer.consume(&xml, &expected, now).unwrap()
    }

    /// What the peers have written down.
    pub fn logs(&self) -> String {
        let files = ["kmix/error.log", "phr/error.log", "phr/native.log", "phr/shibd.log"];
        let read = |name| std::fs::read_to_string(self.folder.path().join(name));
        files.map(|name| read(name).unwrap_or_default()).join("\n")
    }

    fn tell_peers(&self, command: &str) {
        let metadata = self.folder.path().join("idp-metadata.xml");
        std::fs::write(&metadata, self.metadata()).unwrap();
        self.script(command, [metadata, self.rig.dir().join("idp/saml-metadata.pem")]);
    }

    /// Has the script do something that must succeed.
    fn script<A: AsRef<OsStr>>(&self, command: &str, arguments: impl IntoIterator<Item = A>) {
        let mut script = Command::new(SCRIPT);
        let output = script.arg(command).arg(self.folder.path()).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "peers.sh {command}: {said}\n{}", self.logs());
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.logs());
        }
        let _ = Command::new(SCRIPT).arg("stop").arg(self.folder.path()).status();
    }
}
