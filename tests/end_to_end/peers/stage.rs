//! Both peers with their web servers, beside a running demonstration that knows them.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use jiff::SignedDuration;
use tempfile::TempDir;
use warifu_saml::{
    DecryptionKey, Expectation, Login, MetadataPolicy, Policy, ServiceProvider, claimed,
    decode_post, metadata,
};
use warifu_service::Surroundings;

use crate::rig::Rig;
use crate::walker::{Answer, IDP, Walker};

use super::peer::{KMIX, PHR, Peer};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/peers.sh");

/// The peers, and the demonstration.
pub struct Stage {
    pub rig: Rig,
    folder: TempDir,
}

impl Stage {
    /// Makes the peers, starts a demonstration that knows them, and then the peers with what they
    /// must know of it.
    pub async fn start() -> Self {
        // Web servers run as a user of their own, who has to get in.
        let open = std::fs::Permissions::from_mode(0o755);
        let folder =
            tempfile::Builder::new().prefix("peers").permissions(open).tempdir_in("/tmp").unwrap();
        script(folder.path(), "make", [format!("{IDP}/saml/metadata")]);
        let registrations =
            [KMIX, PHR].map(|peer| folder.path().join(peer.name).join("registration.toml"));
        let stage = Self { rig: Rig::start_with(registrations.into()), folder };
        stage.start_peers().await;
        stage
    }

    /// Registers both on one more term, and starts the demonstration again.
    pub fn register_with(&mut self, term: &str) {
        self.rig.kill_demo();
        for peer in [KMIX, PHR] {
            let file = self.folder.path().join(peer.name).join("registration.toml");
            let terms = std::fs::read_to_string(&file).unwrap();
            std::fs::write(&file, format!("{terms}{term}\n")).unwrap();
        }
        self.rig.start_demo();
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
        logs(self.folder.path())
    }

    /// Gives both the metadata of the identity provider, and starts them.
    async fn start_peers(&self) {
        let page = Walker::new(&self.rig.dir()).get(&format!("{IDP}/saml/metadata")).await;
        let metadata = self.folder.path().join("idp-metadata.xml");
        std::fs::write(&metadata, page.body).unwrap();
        let signer = self.rig.dir().join("idp/saml-p256.pem");
        script(self.folder.path(), "start", [&metadata, &signer]);
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

/// Has the script do something that must succeed.
fn script<A: AsRef<OsStr>>(folder: &Path, command: &str, arguments: impl IntoIterator<Item = A>) {
    let output = Command::new(SCRIPT).arg(command).arg(folder).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "peers.sh {command}: {said}\n{}", logs(folder));
}

fn logs(folder: &Path) -> String {
    let files = ["kmix/error.log", "phr/error.log", "phr/native.log", "phr/shibd.log"];
    let read = |name| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    files.map(read).join("\n")
}
