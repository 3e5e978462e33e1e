//! A small world of authorities and cards for the tests, and OpenSSL's opinion of it.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use tempfile::TempDir;
use warifu_service::clock::SeededEntropy;

use crate::{
    Authority, CardTrust, Certificate, FileKey, KeyAlgorithm, Lists, Profile, Publication, Subject,
    Validity,
};

pub(crate) const HOLDER: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const CRL_URL: &str = "http://localhost:8446/crl/cards.crl";
pub(crate) const ROOT_CRL_URL: &str = "http://localhost:8446/crl/root.crl";
pub(crate) const CARDS_CERTIFICATE_URL: &str = "http://localhost:8446/cards-ca.cer";

pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) entropy: SeededEntropy,
    pub(crate) root: Authority,
    pub(crate) cards: Authority,
    pub(crate) services: Authority,
    pub(crate) staff: Authority,
}

pub(crate) fn now() -> Timestamp {
    "2026-11-20T00:15:00Z".parse().unwrap()
}

pub(crate) fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

fn nowhere() -> Publication {
    Publication::default()
}

pub(crate) fn key_256() -> &'static FileKey {
    static KEY: OnceLock<FileKey> = OnceLock::new();
    KEY.get_or_init(|| FileKey::generate(KeyAlgorithm::P256).unwrap())
}

pub(crate) fn key_rsa() -> &'static FileKey {
    static KEY: OnceLock<FileKey> = OnceLock::new();
    KEY.get_or_init(|| FileKey::generate(KeyAlgorithm::Rsa2048).unwrap())
}

/// One world for many property tests.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::new)
}

impl World {
    pub(crate) fn new() -> Self {
        let entropy = SeededEntropy::new(1);
        let long = Validity::lasting(now() - days(30), days(3000));
        let signer = |algorithm| Arc::new(FileKey::generate(algorithm).unwrap());
        let key = signer(KeyAlgorithm::P384);
        let root = Authority::self_signed_root("Warifu test root", key.clone(), long, &entropy);
        let of_root = Publication { lists: Lists::One(ROOT_CRL_URL.into()), ..nowhere() };
        let root = Authority::new(root.unwrap().certificate().clone(), key, of_root).unwrap();
        let issue = |profile: &Profile, name: &str, publication| {
            let signer = signer(KeyAlgorithm::P256);
            root.issue_ca(profile, name, signer, publication, long, &entropy).unwrap()
        };
        let of_cards = Publication {
            lists: Lists::One(CRL_URL.into()),
            certificate_url: Some(CARDS_CERTIFICATE_URL.into()),
            ..nowhere()
        };
        let cards = issue(&Profile::CARDS_AUTHORITY, "Warifu test cards 1", of_cards);
        let services = issue(&Profile::SERVICES_AUTHORITY, "Warifu test services 1", nowhere());
        let staff = issue(&Profile::STAFF_AUTHORITY, "Warifu test staff 1", nowhere());
        Self { now: now(), cards, services, staff, root, entropy }
    }

    pub(crate) fn trust(&self) -> CardTrust {
        let issuers = vec![self.cards.certificate().clone()];
        CardTrust::new(self.root.certificate().clone(), issuers).unwrap()
    }

    pub(crate) fn authentication_card(&self) -> Certificate {
        self.card(&Profile::CARD_AUTHENTICATION, key_256())
    }

    pub(crate) fn presence_card(&self) -> Certificate {
        self.card(&Profile::CARD_PRESENCE, key_256())
    }

    pub(crate) fn card(&self, profile: &Profile, key: &FileKey) -> Certificate {
        let validity = Validity::lasting(self.now, days(365));
        self.issued_by(&self.cards, profile, &Subject::named(HOLDER), key, validity)
    }

    pub(crate) fn party(&self, name: &str, hosts: &[&str]) -> Certificate {
        let validity = Validity::lasting(self.now, days(30));
        let subject = Subject::party(name, hosts).unwrap();
        self.issued_by(&self.services, &Profile::PARTY, &subject, key_256(), validity)
    }

    pub(crate) fn issued_by(
        &self,
        authority: &Authority,
        profile: &Profile,
        subject: &Subject,
        key: &FileKey,
        validity: Validity,
    ) -> Certificate {
        authority.issue(profile, subject, key.public_key(), validity, &self.entropy).unwrap()
    }

    /// `openssl verify` in strict mode, with the issuer's list.
    pub(crate) fn openssl_verify_with_list(
        &self,
        leaf: &Certificate,
        list: &[u8],
    ) -> Result<(), String> {
        let folder = self.files(&self.cards, leaf);
        let path = folder.path().join("list.pem");
        std::fs::write(&path, crate::certificate::to_pem("X509 CRL", list)).unwrap();
        self.verify(&folder, &["-crl_check", "-CRLfile", path.to_str().unwrap()])
    }

    /// `openssl verify` in strict mode, with more arguments.
    pub(crate) fn openssl_verify(
        &self,
        issuer: &Authority,
        leaf: &Certificate,
        arguments: &[&str],
    ) -> Result<(), String> {
        self.verify(&self.files(issuer, leaf), arguments)
    }

    /// `openssl crl` with verification, its text and its verdict.
    pub(crate) fn openssl_crl_text(&self, list: &[u8]) -> String {
        let folder = self.files(&self.cards, self.cards.certificate());
        let authorities = self.root.certificate().pem() + &self.cards.certificate().pem();
        std::fs::write(folder.path().join("list.der"), list).unwrap();
        std::fs::write(folder.path().join("authorities.pem"), authorities).unwrap();
        let arguments = "crl -inform DER -in list.der -noout -text -verify -CAfile authorities.pem";
        let (_, output) = openssl(folder.path(), &arguments.split(' ').collect::<Vec<_>>());
        output
    }

    fn files(&self, issuer: &Authority, leaf: &Certificate) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            ("root.pem", self.root.certificate()),
            ("issuer.pem", issuer.certificate()),
            ("leaf.pem", leaf),
        ];
        for (name, certificate) in files {
            std::fs::write(folder.path().join(name), certificate.pem()).unwrap();
        }
        folder
    }

    fn verify(&self, folder: &TempDir, arguments: &[&str]) -> Result<(), String> {
        let at = (self.now.as_second() + 60).to_string();
        let fixed = "verify -x509_strict -CAfile root.pem -untrusted issuer.pem -attime";
        let mut all: Vec<&str> = fixed.split(' ').collect();
        all.push(&at);
        all.extend(arguments);
        all.push("leaf.pem");
        let (succeeded, output) = openssl(folder.path(), &all);
        if succeeded { Ok(()) } else { Err(output) }
    }
}

/// `openssl x509 -text`.
pub(crate) fn openssl_text(certificate: &Certificate) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.pem"), certificate.pem()).unwrap();
    openssl(folder.path(), &["x509", "-in", "c.pem", "-noout", "-text"]).1
}

fn openssl(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("openssl").current_dir(folder).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// A few bytes to change, anywhere.
pub(crate) fn changes() -> impl Strategy<Value = Vec<(usize, u8)>> {
    proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6)
}

pub(crate) fn changed(bytes: &[u8], changes: &[(usize, u8)]) -> Vec<u8> {
    let mut copy = bytes.to_vec();
    for (position, value) in changes {
        let position = position % bytes.len();
        copy[position] = *value;
    }
    copy
}
