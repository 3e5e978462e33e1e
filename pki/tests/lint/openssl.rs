//! `openssl verify` agrees with us on what is good and what is not, at the strictest it has.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use warifu_pki::{Authority, Certificate, KeyAlgorithm, Profile, Reason};

use crate::world::{World, days};

/// What OpenSSL is given to judge by.
struct Case<'a> {
    world: &'a World,
    issuer: &'a Authority,
    list: Vec<u8>,
    list_of_root: Vec<u8>,
}

impl<'a> Case<'a> {
    fn new(world: &'a World, issuer: &'a Authority, list: Vec<u8>) -> Self {
        let list_of_root = world.list_of_root(&[]);
        Self { world, issuer, list, list_of_root }
    }

    /// What OpenSSL says of a certificate; `Err` with its words if it refuses.
    fn verify(&self, leaf: &Certificate, more: &str) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, certificate) in [
            ("root.pem", self.world.root.certificate()),
            ("issuer.pem", self.issuer.certificate()),
            ("leaf.pem", leaf),
        ] {
            std::fs::write(folder.path().join(name), certificate.pem()).unwrap();
        }
        write_list(&folder, "list", &self.list);
        write_list(&folder, "root", &self.list_of_root);
        let at = self.world.now.as_second() + 60;
        let arguments = format!(
            "verify -x509_strict -crl_check_all -policy_check -explicit_policy -check_ss_sig \
             -CRLfile list.crl.pem -CRLfile root.crl.pem -CAfile root.pem -untrusted issuer.pem \
             -attime {at} {more} leaf.pem"
        );
        openssl(folder.path(), &arguments)
    }
}

fn write_list(folder: &TempDir, name: &str, list: &[u8]) {
    std::fs::write(folder.path().join(name).with_extension("crl"), list).unwrap();
    let convert = format!("crl -inform DER -in {name}.crl -out {name}.crl.pem");
    openssl(folder.path(), &convert).unwrap();
}

fn openssl(folder: &Path, arguments: &str) -> Result<(), String> {
    let arguments = arguments.split_whitespace();
    let output = Command::new("openssl").current_dir(folder).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&text).into_owned()) }
}

fn world() -> World {
    World::new(KeyAlgorithm::P384, KeyAlgorithm::P256)
}

const CARD: &Profile = &Profile::CARD_AUTHENTICATION;
/// The policy of cards with PIN, under the arc for documentation.
const POLICY: &str = "-policy 1.3.6.1.4.1.32473.1.1";

#[test]
fn a_good_card_is_good_under_its_own_policy_alone() {
    let world = world();
    let (cards, card) = world.issue(CARD, KeyAlgorithm::P256);
    let case = Case::new(&world, cards, world.list(cards, &card, &[]));
    case.verify(&card, POLICY).unwrap();
    case.verify(&card, &format!("{POLICY} -purpose sslclient")).unwrap();
    let other = case.verify(&card, "-policy 1.3.6.1.4.1.32473.1.2").unwrap_err();
    assert!(other.contains("no explicit policy"), "{other}");
    let server = case.verify(&card, &format!("{POLICY} -purpose sslserver")).unwrap_err();
    assert!(server.contains("purpose"), "{server}");
}

#[test]
fn revoked_and_held_cards_are_refused() {
    let world = world();
    let (cards, card) = world.issue(CARD, KeyAlgorithm::P256);
    for reason in [Reason::KeyCompromise, Reason::CertificateHold, Reason::Unspecified] {
        let case = Case::new(&world, cards, world.list(cards, &card, &[(&card, reason)]));
        let refused = case.verify(&card, POLICY).unwrap_err();
        assert!(refused.contains("certificate revoked"), "{reason} {refused}");
    }
}

#[test]
fn a_released_card_is_good_again() {
    let world = world();
    let (cards, card) = world.issue(CARD, KeyAlgorithm::P256);
    let held = world.list(cards, &card, &[(&card, Reason::CertificateHold)]);
    Case::new(&world, cards, held).verify(&card, POLICY).unwrap_err();
    Case::new(&world, cards, world.list(cards, &card, &[])).verify(&card, POLICY).unwrap();
}

#[test]
fn an_expired_card_is_refused() {
    let world = world();
    // It ends half a minute before OpenSSL looks.
    let length = jiff::SignedDuration::from_secs(30);
    let (cards, card) = world.issue_from(CARD, KeyAlgorithm::P256, (world.now, length));
    let case = Case::new(&world, cards, world.list(cards, &card, &[]));
    let refused = case.verify(&card, POLICY).unwrap_err();
    assert!(refused.contains("certificate has expired"), "{refused}");
    let early = (world.now + days(1), days(30));
    let (cards, card) = world.issue_from(CARD, KeyAlgorithm::P256, early);
    let case = Case::new(&world, cards, world.list(cards, &card, &[]));
    let refused = case.verify(&card, POLICY).unwrap_err();
    assert!(refused.contains("not yet valid"), "{refused}");
}

#[test]
fn a_card_of_another_issuer_is_refused() {
    let (world, other) = (world(), self::world());
    let (cards, card) = other.issue(CARD, KeyAlgorithm::P256);
    let list = other.list(cards, &card, &[]);
    let case = Case::new(&world, &world.cards, list);
    // The names are the same: only the keys tell the two apart.
    case.verify(&card, POLICY).unwrap_err();
}

#[test]
fn the_list_of_another_shard_does_not_cover_a_card() {
    let world = world();
    let (cards, card) = world.issue(CARD, KeyAlgorithm::P256);
    let lists = &cards.publication().lists;
    let other = loop {
        let (_, other) = world.issue(CARD, KeyAlgorithm::P256);
        if lists.shard_of(other.serial()) != lists.shard_of(card.serial()) {
            break other;
        }
    };
    let case = Case::new(&world, cards, world.list(cards, &other, &[]));
    let refused = case.verify(&card, POLICY).unwrap_err();
    assert!(refused.contains("scope"), "{refused}");
}

#[test]
fn a_revoked_authority_takes_its_cards_with_it() {
    let world = world();
    let (cards, card) = world.issue(CARD, KeyAlgorithm::P256);
    let authority = cards.certificate();
    let list_of_root = world.list_of_root(&[(authority, Reason::CaCompromise)]);
    let good = Case::new(&world, cards, world.list(cards, &card, &[]));
    let refused = Case { list_of_root, ..good }.verify(&card, POLICY).unwrap_err();
    assert!(refused.contains("certificate revoked"), "{refused}");
}

#[test]
fn staff_and_parties_are_good_too() {
    let world = world();
    let staff = &Profile::STAFF_AUTHENTICATION;
    let (issuer, card) = world.issue(staff, KeyAlgorithm::P256);
    let case = Case::new(&world, issuer, world.list(issuer, &card, &[]));
    case.verify(&card, "-policy 1.3.6.1.4.1.32473.1.3 -purpose sslclient").unwrap();
}
