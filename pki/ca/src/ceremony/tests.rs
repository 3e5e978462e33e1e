//! The ceremony, held in a folder of its own.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tempfile::TempDir;
use warifu_pki::KeyAlgorithm;

use super::*;
use crate::folder::Authorities;
use crate::testing::{ceremony, openssl};

fn held(ceremony: &Ceremony) -> (TempDir, PathBuf, CeremonyReport) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("ca");
    let report = init(&folder, ceremony, &Surroundings::system()).unwrap();
    (dir, folder, report)
}

fn load(folder: &Path) -> Result<Authorities, CaError> {
    Authorities::load(folder, Surroundings::system().now())
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_was_made_is_loaded_and_kept_private() {
    let (_dir, folder, _) = held(&ceremony());
    let loaded = load(&folder).unwrap();
    assert_eq!(loaded.root.subject_cn(), Some("Warifu test root"));
    let names = loaded.issuing.iter().map(|one| one.authority.certificate().subject_cn().unwrap());
    let expected = ["Warifu test cards 1", "Warifu test services 1", "Warifu test staff 1"];
    assert_eq!(names.collect::<Vec<_>>(), expected);
    for key in ["ca.key", "cards-1.key", "services-1.key", "staff-1.key"] {
        assert_eq!(mode(&folder.join(key)), 0o600, "{key}");
    }
    assert_eq!(mode(&folder), 0o700);
    for branch in Branch::ALL {
        let bundle = std::fs::read(folder::bundle_path(&folder, branch)).unwrap();
        let entry = loaded.manifest.newest(branch).unwrap();
        assert_eq!(bundle, std::fs::read(folder::certificate_path(&folder, entry)).unwrap());
    }
}

#[test]
fn nothing_is_ever_overwritten() {
    let (_dir, folder, _) = held(&ceremony());
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let before = std::fs::read(&path).unwrap();
        let again = init(&folder, &ceremony(), &Surroundings::system());
        assert!(matches!(again, Err(CaError::Exists(_))));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[test]
fn one_file_left_over_is_enough_to_refuse() {
    let (_dir, folder, _) = held(&ceremony());
    for file in std::fs::read_dir(&folder).unwrap() {
        let dir = tempfile::tempdir().unwrap();
        let left = dir.path().join(file.unwrap().file_name());
        std::fs::write(&left, "old").unwrap();
        let again = init(dir.path(), &ceremony(), &Surroundings::system());
        assert!(matches!(again, Err(CaError::Exists(path)) if path == left), "{left:?}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}

#[test]
fn authorities_of_two_ceremonies_do_not_mix() {
    let ((_one, folder, _), (_two, other, _)) = (held(&ceremony()), held(&ceremony()));
    std::fs::copy(other.join("ca.pem"), folder.join("ca.pem")).unwrap();
    assert!(matches!(load(&folder), Err(CaError::Chain(_))));
    let (_one, folder, _) = held(&ceremony());
    std::fs::copy(other.join("cards-1.key"), folder.join("cards-1.key")).unwrap();
    assert!(matches!(load(&folder), Err(CaError::Issue(IssueError::NotAnAuthority))));
}

#[test]
fn the_authority_does_not_need_the_key_of_the_root() {
    let (_dir, folder, _) = held(&ceremony());
    std::fs::remove_file(folder.join("ca.key")).unwrap();
    assert!(load(&folder).is_ok());
}

#[test]
fn the_key_of_the_root_can_stand_elsewhere_under_a_passphrase() {
    let safe = tempfile::tempdir().unwrap();
    let [key, passphrase] = ["root.key", "passphrase"].map(|name| safe.path().join(name));
    std::fs::write(&passphrase, "correct horse battery staple\n").unwrap();
    let mut ceremony = ceremony();
    ceremony.root.key =
        KeySource::File { file: key.clone(), passphrase_file: Some(passphrase.clone()) };
    let (_dir, folder, _) = held(&ceremony);
    assert!(!folder.join("ca.key").exists());
    let text = std::fs::read_to_string(&key).unwrap();
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"), "{text}");
    assert_eq!(crate::root_crl(&folder, &ceremony.root.key, &Surroundings::system()).unwrap(), 2);
    std::fs::write(&passphrase, "wrong\n").unwrap();
    let refused = crate::root_crl(&folder, &ceremony.root.key, &Surroundings::system());
    assert!(matches!(refused, Err(CaError::Key(_))));
}

#[test]
fn the_plan_is_carried_out() {
    let mut ceremony = ceremony();
    ceremony.root.years = 15;
    ceremony.cards.algorithm = KeyAlgorithm::P384;
    ceremony.staff.years = 3;
    ceremony.services.permitted_hosts = vec!["warifu.test".into()];
    ceremony.policy_arc = "1.2.392.200000.7".parse().unwrap();
    let (_dir, folder, _) = held(&ceremony);
    let text = |file: &str| openssl(&folder, &format!("x509 -noout -text -in {file}")).unwrap();
    assert!(text("ca.pem").contains("ASN1 OID: secp384r1"));
    assert!(text("cards-1.pem").contains("ASN1 OID: secp384r1"));
    assert!(text("cards-1.pem").contains("Policy: 1.2.392.200000.7.1"));
    assert!(text("cards-1.pem").contains("URI:http://localhost:8446/crl/root.crl"));
    assert!(text("services-1.pem").contains("DNS:warifu.test"));
    let staff = folder::certificate(&folder.join("staff-1.pem")).unwrap();
    let length = staff.not_after().duration_since(staff.not_before());
    assert_eq!(length, SignedDuration::from_hours(24 * 365 * 3));
}

#[test]
fn no_authority_outlives_its_root() {
    let dir = tempfile::tempdir().unwrap();
    let mut ceremony = ceremony();
    ceremony.root.years = 5;
    let refused = init(&dir.path().join("ca"), &ceremony, &Surroundings::system());
    assert!(matches!(refused, Err(CaError::Issue(IssueError::Validity))));
    assert!(!dir.path().join("ca/ca.pem").exists());
}

#[test]
fn the_report_is_true() {
    let mut ceremony = ceremony();
    ceremony.present = vec!["master of ceremony".into(), "auditor".into()];
    let (_dir, folder, report) = held(&ceremony);
    assert_eq!(std::fs::read_to_string(&report.path).unwrap(), report.text);
    for expected in ["master of ceremony", "auditor", "Warifu test cards 1", "ca.key", "P-384"] {
        assert!(report.text.contains(expected), "{expected}");
    }
    let fingerprint = openssl(&folder, "x509 -in cards-1.pem -noout -fingerprint -sha256").unwrap();
    let (_, fingerprint) = fingerprint.trim().split_once('=').unwrap();
    assert!(report.text.contains(fingerprint), "{fingerprint}");

    std::fs::write(folder.join("sums"), block(&report.text, "sums")).unwrap();
    sh(&folder, "sha256sum --check --strict sums");
    for command in block(&report.text, "sh").lines() {
        sh(&folder, command);
    }
}

/// What stands in the block of a language.
fn block<'a>(text: &'a str, language: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

fn sh(folder: &Path, command: &str) {
    let output = Command::new("sh").current_dir(folder).args(["-ec", command]).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&said));
}
