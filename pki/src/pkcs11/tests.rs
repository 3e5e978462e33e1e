//! Keys in SoftHSM2. Its configuration is read from the environment once in a process, so each test
//! runs itself again in a process of its own, with a folder and a token of its own.

mod block_cipher;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use super::*;
use crate::testing::{CRL_URL, World, days};
use crate::{Authority, KeySource, Profile, Reason, RevokedEntry, Validity, crl};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const FOLDER: &str = "WARIFU_TEST_TOKEN_FOLDER";
const LABEL: &str = "warifu";

/// Runs the test of that name in a process that sees a fresh token.
fn with_token(name: &str, test: impl FnOnce(&Path)) {
    if let Some(folder) = env::var_os(FOLDER) {
        return test(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let configuration = make_token(folder.path());
    let (_, path) = module_path!().split_once("::").unwrap();
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", &format!("{path}::{name}"), "--nocapture"])
        .env("SOFTHSM2_CONF", configuration)
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    println!("{said}");
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn make_token(folder: &Path) -> PathBuf {
    let configuration = folder.join("softhsm2.conf");
    let tokens = folder.join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let text = format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display());
    std::fs::write(&configuration, text).unwrap();
    std::fs::write(folder.join("pin"), "123456\n").unwrap();
    let made = Command::new("softhsm2-util")
        .env("SOFTHSM2_CONF", &configuration)
        .args(["--init-token", "--free", "--label", LABEL, "--pin", "123456", "--so-pin", "654321"])
        .output()
        .expect("the package softhsm2 is needed");
    assert!(made.status.success(), "{made:?}");
    configuration
}

fn place(folder: &Path, key: &str) -> TokenKey {
    TokenKey {
        module: MODULE.into(),
        token: LABEL.into(),
        key: key.into(),
        pin_file: folder.join("pin"),
    }
}

fn token_error(result: Result<Pkcs11Key, KeyError>) -> TokenError {
    match result {
        Err(KeyError::Token(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_algorithm_signs_in_the_token() {
    with_token("every_algorithm_signs_in_the_token", |folder| {
        let all =
            [KeyAlgorithm::P256, KeyAlgorithm::P384, KeyAlgorithm::Rsa2048, KeyAlgorithm::Rsa3072];
        for algorithm in all {
            let source = KeySource::Token(place(folder, algorithm.jws_name()));
            let source = match algorithm {
                KeyAlgorithm::Rsa2048 => KeySource::Token(place(folder, "small")),
                _ => source,
            };
            let made = source.generate(algorithm).unwrap();
            let key = source.open().unwrap();
            assert_eq!(key.algorithm(), algorithm);
            assert_eq!(key.public_key_der(), made.public_key_der());
            let public = PublicKey::from_der(key.public_key_der()).unwrap();
            let signature = key.sign(b"tally").unwrap();
            assert!(public.verify(b"tally", &signature), "{algorithm:?}");
            assert!(!public.verify(b"tallz", &signature), "{algorithm:?}");
        }
    });
}

#[test]
fn a_key_is_never_made_over_another() {
    with_token("a_key_is_never_made_over_another", |folder| {
        let place = place(folder, "cards");
        let key = Pkcs11Key::generate(&place, KeyAlgorithm::P256).unwrap();
        let again = Pkcs11Key::generate(&place, KeyAlgorithm::P256);
        assert!(matches!(token_error(again), TokenError::Exists(label) if label == "cards"));
        let opened = Pkcs11Key::open(&place).unwrap();
        assert_eq!(opened.public_key(), key.public_key());
    });
}

#[test]
fn what_is_missing_or_doubled_is_named() {
    with_token("what_is_missing_or_doubled_is_named", |folder| {
        let cards = place(folder, "cards");
        let nowhere = TokenKey { module: "/nowhere.so".into(), ..cards.clone() };
        let error = token_error(Pkcs11Key::open(&nowhere)).to_string();
        assert!(error.contains("/nowhere.so"), "{error}");
        let other = TokenKey { token: "other".into(), ..cards.clone() };
        assert!(matches!(token_error(Pkcs11Key::open(&other)), TokenError::NoToken(_)));
        assert!(matches!(token_error(Pkcs11Key::open(&cards)), TokenError::NoKey(_)));

        Pkcs11Key::generate(&cards, KeyAlgorithm::P256).unwrap();
        rename(&cards, &Pkcs11Key::generate(&place(folder, "b"), KeyAlgorithm::P256).unwrap());
        assert!(matches!(token_error(Pkcs11Key::open(&cards)), TokenError::Ambiguous(_)));
    });
}

/// Gives both halves of another key the label of this one.
fn rename(place: &TokenKey, other: &Pkcs11Key) {
    let session = module::log_in_to_write(place).unwrap();
    let label = |text: &str| cryptoki::object::Attribute::Label(text.as_bytes().to_vec());
    assert_eq!(other.algorithm(), KeyAlgorithm::P256);
    for object in session.find_objects(&[label("b")]).unwrap() {
        session.update_attributes(object, &[label(&place.key)]).unwrap();
    }
}

#[test]
fn halves_that_do_not_belong_together_are_no_key() {
    with_token("halves_that_do_not_belong_together_are_no_key", |folder| {
        use cryptoki::object::{Attribute, ObjectClass};
        for label in ["a", "b"] {
            Pkcs11Key::generate(&place(folder, label), KeyAlgorithm::P256).unwrap();
        }
        let session = module::log_in_to_write(&place(folder, "a")).unwrap();
        let label = |text: &str| Attribute::Label(text.as_bytes().to_vec());
        let public = Attribute::Class(ObjectClass::PUBLIC_KEY);
        for (from, to) in [("a", "x"), ("b", "a")] {
            let found = session.find_objects(&[public.clone(), label(from)]).unwrap();
            session.update_attributes(found[0], &[label(to)]).unwrap();
        }
        let mixed = Pkcs11Key::open(&place(folder, "a"));
        assert!(matches!(token_error(mixed), TokenError::Mismatch));
    });
}

#[test]
fn a_lost_login_is_made_again() {
    with_token("a_lost_login_is_made_again", |folder| {
        let place = place(folder, "cards");
        let key = Pkcs11Key::generate(&place, KeyAlgorithm::P256).unwrap();
        for _ in 0..3 {
            // Logging out in one session logs out the whole process and makes handles worthless.
            module::log_in(&place).unwrap().logout().unwrap();
            let signature = key.sign(b"tally").unwrap();
            assert!(key.public_key().verify(b"tally", &signature));
        }
    });
}

#[test]
fn a_wrong_pin_is_tried_once() {
    with_token("a_wrong_pin_is_tried_once", |folder| {
        let place = place(folder, "cards");
        let key = Pkcs11Key::generate(&place, KeyAlgorithm::P256).unwrap();
        std::fs::write(&place.pin_file, "999999\n").unwrap();
        module_logout(&place);
        for _ in 0..20 {
            let error =
                std::error::Error::source(&key.sign(b"m").unwrap_err()).unwrap().to_string();
            assert!(error.contains("refuses the PIN"), "{error}");
        }
        // Had it been tried each time, the token would be locked now.
        std::fs::write(&place.pin_file, "123456\n").unwrap();
        assert!(Pkcs11Key::open(&place).is_ok());
    });
}

/// Logs the process out through a session that is logged in already.
fn module_logout(place: &TokenKey) {
    let right = place.pin_file.with_file_name("right");
    std::fs::write(&right, "123456\n").unwrap();
    module::log_in(&TokenKey { pin_file: right, ..place.clone() }).unwrap().logout().unwrap();
}

#[test]
fn many_threads_share_a_few_sessions() {
    with_token("many_threads_share_a_few_sessions", |folder| {
        let key = Pkcs11Key::generate(&place(folder, "cards"), KeyAlgorithm::P256).unwrap();
        let key = Arc::new(key);
        let start = Instant::now();
        let work = (0_u8..24).map(|thread| {
            let key = Arc::clone(&key);
            std::thread::spawn(move || {
                for count in 0_u8..50 {
                    let signature = key.sign(&[thread, count]).unwrap();
                    assert!(key.public_key().verify(&[thread, count], &signature));
                }
            })
        });
        work.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
        println!("SoftHSM2, P-256: 1200 signatures of 24 threads in {:?}", start.elapsed());
    });
}

#[test]
fn authorities_with_keys_in_the_token_issue_what_openssl_believes() {
    with_token("authorities_with_keys_in_the_token_issue_what_openssl_believes", |folder| {
        let make = |label: &str, algorithm| {
            KeySource::Token(place(folder, label)).generate(algorithm).unwrap()
        };
        let plain = World::new();
        let validity = Validity::lasting(plain.now - days(1), days(1000));
        let root = Authority::self_signed_root(
            "Warifu test root",
            make("root", KeyAlgorithm::P384),
            validity,
            &plain.entropy,
        );
        let root = root.unwrap();
        let publication = plain.cards.publication().clone();
        let cards = root.issue_ca(
            &Profile::CARDS_AUTHORITY,
            "Warifu test cards 1",
            make("cards", KeyAlgorithm::P256),
            publication,
            validity,
            &plain.entropy,
        );
        let world = World { cards: cards.unwrap(), root, ..plain };
        let [good, bad] = [world.authentication_card(), world.presence_card()];
        let entry = RevokedEntry {
            serial: bad.serial().to_vec(),
            at: world.now,
            reason: Reason::KeyCompromise,
        };
        let next = world.now + days(1);
        let list = crl::build(&world.cards, CRL_URL, &[entry], 1, world.now, next).unwrap();
        world.openssl_verify_with_list(&good, &list).unwrap();
        let refused = world.openssl_verify_with_list(&bad, &list).unwrap_err();
        assert!(refused.contains("certificate revoked"), "{refused}");
    });
}
