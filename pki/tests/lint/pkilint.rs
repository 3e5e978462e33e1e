//! pkilint finds nothing above INFO in anything that we sign.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use warifu_pki::{Certificate, KeyAlgorithm, Profile, Reason};

use crate::world::World;

/// The folder that holds pkilint's commands.
fn bin() -> PathBuf {
    let folder: OsString = std::env::var_os("WARIFU_TEST_PKILINT")
        .expect("WARIFU_TEST_PKILINT names no folder: run under tests/with-pkilint.sh");
    folder.into()
}

/// `pkix.invalid_uri_syntax`: pkilint takes a URI for a URL. RFC 5280 §4.2.1.6 asks for an absolute
/// URI by RFC 3986, and a URN is one (RFC 8141).
const WRONG: &str =
    "pkix.invalid_uri_syntax (ERROR): Invalid URI syntax: \"urn:warifu:party:portal\"";

/// Panics with pkilint's words if it finds anything above INFO.
fn lint(program: &str, options: &str, file: &Path) {
    let output = Command::new(bin().join(program))
        .args(options.split(' '))
        .arg(file)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let is_sound = output.status.success() || finds_nothing_but(&said, WRONG);
    assert!(is_sound, "{}: {said}", file.display());
}

/// pkilint writes where it looked, and on the lines below, indented, what it found there.
fn finds_nothing_but(said: &str, wrong: &str) -> bool {
    let mut found = said.lines().filter(|line| line.starts_with(' ')).map(str::trim).peekable();
    found.peek().is_some() && found.all(|finding| finding == wrong)
}

fn lint_certificate(folder: &Path, name: &str, certificate: &Certificate) {
    let file = folder.join(name).with_extension("pem");
    std::fs::write(&file, certificate.pem()).unwrap();
    lint("lint_pkix_cert", "lint -s NOTICE", &file);
}

fn lint_list(folder: &Path, name: &str, list: &[u8]) {
    let file = folder.join(name).with_extension("crl");
    std::fs::write(&file, list).unwrap();
    lint("lint_crl", "lint -t CRL -p PKIX -s NOTICE", &file);
}

#[test]
fn every_profile_is_without_findings() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(KeyAlgorithm::P384, KeyAlgorithm::P256);
    lint_certificate(folder.path(), "root", world.root.certificate());
    lint_certificate(folder.path(), "services-authority-within", world.services.certificate());
    for profile in Profile::all().iter().filter(|profile| profile.issued_by().is_some()) {
        let (_, certificate) = world.issue(profile, KeyAlgorithm::P256);
        lint_certificate(folder.path(), profile.name(), &certificate);
    }
    let (_, signer) = world.issue(&Profile::OCSP_SIGNER, KeyAlgorithm::P256);
    lint_certificate(folder.path(), "ocsp-signer", &signer);
}

#[test]
fn every_kind_of_key_is_without_findings() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(KeyAlgorithm::Rsa3072, KeyAlgorithm::Rsa3072);
    lint_certificate(folder.path(), "root", world.root.certificate());
    lint_certificate(folder.path(), "cards", world.cards.certificate());
    for kind in [KeyAlgorithm::P384, KeyAlgorithm::Rsa2048, KeyAlgorithm::Rsa3072] {
        let (_, card) = world.issue(&Profile::CARD_AUTHENTICATION, kind);
        lint_certificate(folder.path(), kind.name(), &card);
    }
}

#[test]
fn every_list_is_without_findings() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(KeyAlgorithm::P384, KeyAlgorithm::P256);
    let (cards, card) = world.issue(&Profile::CARD_AUTHENTICATION, KeyAlgorithm::P256);
    lint_list(folder.path(), "empty", &world.list(cards, &card, &[]));
    let all = [
        Reason::Unspecified,
        Reason::KeyCompromise,
        Reason::AffiliationChanged,
        Reason::Superseded,
        Reason::CessationOfOperation,
        Reason::CertificateHold,
        Reason::PrivilegeWithdrawn,
    ];
    for reason in all {
        let list = world.list(cards, &card, &[(&card, reason)]);
        lint_list(folder.path(), reason.name(), &list);
    }
    let revoked = [(world.staff.certificate(), Reason::CaCompromise)];
    lint_list(folder.path(), "root", &world.list_of_root(&revoked));
    lint_list(folder.path(), "root-empty", &world.list_of_root(&[]));
}
