//! Certificates and keys of a small federation, in a folder of its own.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use tempfile::TempDir;
use warifu_pki::{Authority, FileKey, KeyAlgorithm, Profile, Publication, Subject, Validity};
use warifu_service::clock::{Clock as _, FrozenClock, SystemClock, SystemEntropy};
use warifu_service::tls::{ClientConfig, TlsConfig};

/// The services CA and what it issued.
pub struct Federation {
    pub folder: TempDir,
    pub clock: Arc<FrozenClock>,
    authority: Authority,
}

impl Federation {
    pub fn new() -> Self {
        // Certificates are checked against the machine's clock.
        let now = SystemClock.now();
        let validity = |days: i64| {
            let from = now.checked_sub(SignedDuration::from_hours(1)).unwrap();
            Validity::lasting(from, SignedDuration::from_hours(24 * days))
        };
        let key = || Arc::new(FileKey::generate(KeyAlgorithm::P256).unwrap());
        let root = Authority::self_signed_root("Root", key(), validity(9), &SystemEntropy).unwrap();
        let nowhere = Publication::default();
        let profile = &Profile::SERVICES_AUTHORITY;
        let authority =
            root.issue_ca(profile, "Services", key(), nowhere, validity(8), &SystemEntropy);
        let authority = authority.unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority.certificate().pem()).unwrap();
        Self { folder, clock: Arc::new(FrozenClock::at(now)), authority }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new P-256 key in NAME.key.
    pub fn key(&self, name: &str) -> FileKey {
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        key.save(&self.path(&format!("{name}.key"))).unwrap();
        std::fs::write(self.path(&format!("{name}.pub")), key.public_key().pem()).unwrap();
        key
    }

    /// A party's certificate and key in NAME.pem and NAME.key; gives the thumbprint.
    pub fn party(&self, name: &str) -> String {
        let key = self.key(name);
        let subject = Subject::party(name, &["localhost"]).unwrap();
        let from = self.clock.now().checked_sub(SignedDuration::from_mins(30)).unwrap();
        let validity = Validity::lasting(from, SignedDuration::from_hours(48));
        let issued = self.authority.issue(
            &Profile::PARTY,
            &subject,
            key.public_key(),
            validity,
            &SystemEntropy,
        );
        let certificate = issued.unwrap();
        std::fs::write(self.path(&format!("{name}.pem")), certificate.pem()).unwrap();
        certificate.thumbprint()
    }

    pub fn server_tls(&self, name: &str) -> TlsConfig {
        TlsConfig {
            certificate: self.path(&format!("{name}.pem")),
            key: self.path(&format!("{name}.key")),
            client_ca: Some(self.path("ca.pem")),
        }
    }

    pub fn client_tls(&self, name: &str) -> ClientConfig {
        ClientConfig {
            ca: self.path("ca.pem"),
            certificate: Some(self.path(&format!("{name}.pem"))),
            key: Some(self.path(&format!("{name}.key"))),
        }
    }
}
