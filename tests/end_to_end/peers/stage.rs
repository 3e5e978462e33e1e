//! Both peers with their web servers, beside a running demonstration that knows them.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::rig::Rig;
use crate::walker::{IDP, Walker};

/// mod_auth_mellon as K-MIX.
pub const KMIX: &str = "http://kmix.localhost:18081";
/// Shibboleth SP as a personal health record.
pub const PHR: &str = "http://phr.localhost:18082";

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
        let registrations = ["kmix", "phr"].map(|name| registration(folder.path(), name));
        let stage = Self { rig: Rig::start_with(registrations.into()), folder };
        stage.give_metadata("start").await;
        stage
    }

    /// Gives both the identity provider's metadata of now.
    pub async fn refresh(&self) {
        self.give_metadata("refresh").await;
    }

    /// How the identity provider knows a peer.
    pub fn registration(&self, name: &str) -> PathBuf {
        registration(self.folder.path(), name)
    }

    async fn give_metadata(&self, command: &str) {
        let page = Walker::new(&self.rig.dir()).get(&format!("{IDP}/saml/metadata")).await;
        let metadata = self.folder.path().join("idp-metadata.xml");
        std::fs::write(&metadata, page.body).unwrap();
        let signer = self.rig.dir().join("idp/saml-p256.pem");
        script(self.folder.path(), command, [&metadata, &signer]);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", logs(self.folder.path()));
        }
        script::<&str>(self.folder.path(), "stop", []);
    }
}

fn registration(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).join("registration.toml")
}

fn script<A: AsRef<OsStr>>(
    folder: &Path,
    command: &str,
    arguments: impl IntoIterator<Item = A>,
) {
    let output = Command::new(SCRIPT).arg(command).arg(folder).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "peers.sh {command}: {said}\n{}", logs(folder));
}

/// What the peers wrote down, for whoever has to find out why.
fn logs(folder: &Path) -> String {
    let files = ["kmix/error.log", "phr/error.log", "phr/native.log", "phr/shibd.log"];
    let read = |name| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    files.map(read).join("\n")
}
