//! The authorities, and files of what they issue.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use jiff::{SignedDuration, Timestamp};
use warifu_pki::{
    Authority, Certificate, FileKey, KeyAlgorithm, Lists, Profile, PublicKey, Publication, Reason,
    RevokedEntry, Subject, Validity, crl,
};
use warifu_service::clock::SystemEntropy;

pub(crate) const HOLDER: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const CRL_URL: &str = "http://localhost:8446/crl/cards.crl";
const STAFF_CRL_URL: &str = "http://localhost:8446/crl/staff.crl";

pub(crate) struct Pki {
    pub(crate) now: Timestamp,
    pub(crate) root: Authority,
    pub(crate) cards: Authority,
    pub(crate) staff: Authority,
    services: Authority,
}

pub(crate) fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// RSA keys take long to find; one of each size does for all tests.
pub(crate) fn rsa(algorithm: KeyAlgorithm) -> &'static FileKey {
    static SMALL: OnceLock<FileKey> = OnceLock::new();
    static LARGE: OnceLock<FileKey> = OnceLock::new();
    let key = if algorithm == KeyAlgorithm::Rsa2048 { &SMALL } else { &LARGE };
    key.get_or_init(|| FileKey::generate(algorithm).unwrap())
}

pub(crate) fn p256() -> FileKey {
    FileKey::generate(KeyAlgorithm::P256).unwrap()
}

impl Pki {
    pub(crate) fn new(now: Timestamp) -> Self {
        let signer = |algorithm| Arc::new(FileKey::generate(algorithm).unwrap());
        let long = Validity::lasting(now - days(900), days(3000));
        let root = signer(KeyAlgorithm::P384);
        let root = Authority::self_signed_root("Test root", root, long, &SystemEntropy).unwrap();
        let below = |profile: &Profile, name: &str, publication| {
            let key = signer(KeyAlgorithm::P256);
            root.issue_ca(profile, name, key, publication, long, &SystemEntropy).unwrap()
        };
        let at =
            |url: &str| Publication { lists: Lists::One(url.into()), ..Publication::default() };
        let cards = below(&Profile::CARDS_AUTHORITY, "Test cards", at(CRL_URL));
        let staff = below(&Profile::STAFF_AUTHORITY, "Test staff", at(STAFF_CRL_URL));
        let services = below(&Profile::SERVICES_AUTHORITY, "Test services", Publication::default());
        Self { now, root, cards, staff, services }
    }

    /// One more authority for residents' cards, whose lists are in that many shards below an
    /// address.
    pub(crate) fn generation(&self, name: &str, prefix: &str, count: u16) -> Authority {
        let long = Validity::lasting(self.now - days(1), days(2000));
        let lists = Lists::Sharded { prefix: prefix.into(), count };
        let publication = Publication { lists, ..Publication::default() };
        let (profile, key) = (&Profile::CARDS_AUTHORITY, Arc::new(p256()));
        self.root.issue_ca(profile, name, key, publication, long, &SystemEntropy).unwrap()
    }

    /// A card certificate, from so many days ago for so many days.
    pub(crate) fn card(
        &self,
        profile: &Profile,
        key: &PublicKey,
        holder: &str,
        (from, length): (i64, i64),
    ) -> Certificate {
        let validity = Validity::lasting(self.now - days(from), days(length));
        let subject = Subject::named(holder);
        let staff = *profile == Profile::STAFF_AUTHENTICATION;
        let authority = if staff { &self.staff } else { &self.cards };
        authority.issue(profile, &subject, key, validity, &SystemEntropy).unwrap()
    }

    /// A party's certificate.
    pub(crate) fn party(&self, name: &str, hosts: &[&str], key: &PublicKey) -> Certificate {
        let validity = Validity::lasting(self.now - days(1), days(300));
        let subject = Subject::party(name, hosts).unwrap();
        self.services.issue(&Profile::PARTY, &subject, key, validity, &SystemEntropy).unwrap()
    }

    /// A revocation list that holds for a day.
    pub(crate) fn list(&self, revoked: &[(&Certificate, Reason)], number: u64) -> Vec<u8> {
        let entry = |&(card, reason): &(&Certificate, Reason)| RevokedEntry {
            serial: card.serial().to_vec(),
            at: self.now,
            reason,
        };
        let entries: Vec<_> = revoked.iter().map(entry).collect();
        let (now, next) = (self.now, self.now + days(1));
        crl::build(&self.cards, CRL_URL, &entries, number, now, next).unwrap()
    }

    /// The list of staff cards: none is revoked.
    pub(crate) fn staff_list(&self) -> Vec<u8> {
        let (now, next) = (self.now, self.now + days(1));
        crl::build(&self.staff, STAFF_CRL_URL, &[], 1, now, next).unwrap()
    }

    /// Writes certificate (with its issuer's) and key, and gives the paths.
    pub(crate) fn files(
        &self,
        folder: &Path,
        certificate: &Certificate,
        key: &FileKey,
    ) -> (PathBuf, PathBuf) {
        let name = certificate.serial_hex();
        let (pem, secret) =
            (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
        let chain = certificate.pem() + &self.services.certificate().pem();
        std::fs::write(&pem, chain).unwrap();
        key.save(&secret).unwrap();
        (pem, secret)
    }
}
