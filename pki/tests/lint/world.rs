//! One certificate of every profile, as a consortium would have them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use warifu_pki::{
    Authority, Certificate, FileKey, KeyAlgorithm, Lists, PolicyArc, Profile, Publication, Reason,
    RevokedEntry, Subject, Validity, crl,
};
use warifu_service::clock::SystemEntropy;

const HOLDER: &str = "0123456789abcdef0123456789abcdef";
const ROOT_LIST: &str = "http://ca.warifu.test/crl/root.crl";

pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) root: Authority,
    pub(crate) cards: Authority,
    pub(crate) services: Authority,
    pub(crate) staff: Authority,
}

pub(crate) fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

fn key(algorithm: KeyAlgorithm) -> Arc<FileKey> {
    Arc::new(FileKey::generate(algorithm).unwrap())
}

impl World {
    /// Root and issuing authorities with keys of these kinds.
    pub(crate) fn new(of_root: KeyAlgorithm, of_issuers: KeyAlgorithm) -> Self {
        let now = "2026-11-20T00:15:00Z".parse().unwrap();
        let validity = Validity::lasting(now, days(365 * 20));
        let key_of_root = key(of_root);
        let root = Authority::self_signed_root(
            "Warifu test root",
            key_of_root.clone(),
            validity,
            &SystemEntropy,
        );
        let publication = Publication {
            lists: Lists::One(ROOT_LIST.into()),
            certificate_url: Some("http://ca.warifu.test/ca.cer".into()),
            ocsp_url: None,
            policies: PolicyArc::default(),
        };
        let root =
            Authority::new(root.unwrap().certificate().clone(), key_of_root, publication).unwrap();
        let issuing = |profile: &'static Profile, branch: &str, within: &[String]| {
            let name = format!("Warifu test {branch} 1");
            let subject = Subject::authority_within(&name, within).unwrap();
            let key = key(of_issuers);
            let validity = Validity::lasting(now, days(3650));
            let public = key.public_key();
            let certificate = root.issue(profile, &subject, public, validity, &SystemEntropy);
            Authority::new(certificate.unwrap(), key, published(branch)).unwrap()
        };
        let within = ["warifu.test".to_owned()];
        let cards = issuing(&Profile::CARDS_AUTHORITY, "cards", &[]);
        let services = issuing(&Profile::SERVICES_AUTHORITY, "services", &within);
        let staff = issuing(&Profile::STAFF_AUTHORITY, "staff", &[]);
        Self { now, root, cards, services, staff }
    }

    /// The issuer and a fresh certificate of a profile.
    pub(crate) fn issue(&self, profile: &Profile, kind: KeyAlgorithm) -> (&Authority, Certificate) {
        let length = profile.longest().min(days(3650));
        self.issue_from(profile, kind, (self.now, length))
    }

    /// The same, valid from and as long as said.
    pub(crate) fn issue_from(
        &self,
        profile: &Profile,
        kind: KeyAlgorithm,
        (from, length): (Timestamp, SignedDuration),
    ) -> (&Authority, Certificate) {
        let issuer = self.issuer_of(profile);
        let key = key(kind);
        let validity = Validity::lasting(from, length);
        let subject = subject(profile);
        let public = key.public_key();
        let certificate = issuer.issue(profile, &subject, public, validity, &SystemEntropy);
        (issuer, certificate.unwrap())
    }

    fn issuer_of(&self, profile: &Profile) -> &Authority {
        match profile.issued_by().map_or("cards-authority", Profile::name) {
            "root" => &self.root,
            "services-authority" => &self.services,
            "staff-authority" => &self.staff,
            _ => &self.cards,
        }
    }

    /// The list of the authority that would hold the certificate.
    pub(crate) fn list(
        &self,
        authority: &Authority,
        covering: &Certificate,
        revoked: &[(&Certificate, Reason)],
    ) -> Vec<u8> {
        let entries = self.entries(revoked);
        let url = authority.publication().lists.url_of(covering.serial()).unwrap();
        crl::build(authority, &url, &entries, 7, self.now, self.now + days(1)).unwrap()
    }

    pub(crate) fn list_of_root(&self, revoked: &[(&Certificate, Reason)]) -> Vec<u8> {
        let entries = self.entries(revoked);
        crl::build_of_root(&self.root, &entries, 7, self.now, self.now + days(180)).unwrap()
    }

    fn entries(&self, revoked: &[(&Certificate, Reason)]) -> Vec<RevokedEntry> {
        let entry = |(certificate, reason): &(&Certificate, Reason)| RevokedEntry {
            serial: certificate.serial().to_vec(),
            at: self.now,
            reason: *reason,
        };
        revoked.iter().map(entry).collect()
    }
}

fn published(branch: &str) -> Publication {
    let prefix = format!("http://ca.warifu.test/crl/{branch}-1-");
    Publication {
        lists: Lists::Sharded { prefix, count: 64 },
        certificate_url: Some(format!("http://ca.warifu.test/{branch}-1.cer")),
        ocsp_url: Some("http://ca.warifu.test/ocsp".into()),
        policies: PolicyArc::default(),
    }
}

fn subject(profile: &Profile) -> Subject {
    match profile.name() {
        "party" | "client" | "saml-signer" => {
            Subject::party("portal", &["portal.warifu.test", "192.0.2.1", "2001:db8::1"]).unwrap()
        }
        "server" => Subject::server(&["www.warifu.test", "portal.warifu.test"]).unwrap(),
        "ocsp-signer" => Subject::named("Warifu test cards 1 OCSP"),
        "cards-authority" | "services-authority" | "staff-authority" => {
            Subject::named("Warifu test another 2")
        }
        _ => Subject::named(HOLDER),
    }
}
