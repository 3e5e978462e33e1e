//! JPKI: in memory, and in a real pcscd where OpenSC takes the virtual card for a real one.

use std::{fs, path::Path};

use warifu_card::{
    CardError, PcscReaders, Pin, PinError, PinForm, PkiCard, PkiKind, Readers,
    jpki::Jpki,
    piv::KeyAlgorithm,
    virtual_card::{KeySlot, SharedCard, VirtualCardError, VirtualJpki},
};

use crate::{
    cards::{Bare, card, certificate, key, random, signed, usage},
    private_stack::{Stack, insert, isolated, reader},
};

const PIN: &str = "2718";
const RSA: KeyAlgorithm = KeyAlgorithm::Rsa2048;

fn pin(digits: &str) -> Pin {
    Pin::of(PinForm::Jpki, digits).unwrap()
}

fn with_key(algorithm: KeyAlgorithm) -> Result<VirtualJpki, VirtualCardError> {
    let key = key(algorithm);
    let certificate = certificate(&key, usage(KeySlot::Authentication, algorithm));
    VirtualJpki::new(&pin(PIN), &key.private_key_to_pem_pkcs8().unwrap(), &certificate)
}

fn jpki() -> Bare<VirtualJpki> {
    Bare(with_key(RSA).unwrap())
}

#[test]
fn the_card_signs_after_its_pin_and_not_before() {
    let mut card = jpki();
    let mut jpki = Jpki::select(&mut card).unwrap();
    assert!(jpki.label().unwrap().starts_with(b"JPKIAPICCTOKEN2"));
    let certificate = jpki.login_certificate().unwrap();
    assert_eq!(KeyAlgorithm::of_certificate(&certificate), Ok(RSA));
    assert_eq!(jpki.sign_login(RSA, b"x"), Err(CardError::PinRequired));
    jpki.verify_pin(&pin(PIN)).unwrap();
    let signature = jpki.sign_login(RSA, b"message").unwrap();
    assert!(signed(&certificate, b"message", &signature));
    assert!(!signed(&certificate, b"another", &signature));
    assert_eq!(jpki.sign_login(KeyAlgorithm::P256, b"x"), Err(CardError::UnsupportedKey));
}

#[test]
fn three_wrong_pins_block_the_card_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("card.json");
    let mut card = Bare(with_key(RSA).unwrap().kept_in(&file).unwrap());
    let mut jpki = Jpki::select(&mut card).unwrap();
    assert_eq!(jpki.tries_left(), Ok(3));
    assert_eq!(jpki.verify_pin(&pin("0000")), Err(PinError::Wrong { left: 2 }));
    assert_eq!(jpki.tries_left(), Ok(2));
    let other = Pin::new("271828").unwrap();
    assert!(matches!(jpki.verify_pin(&other), Err(PinError::Form(_))));
    assert_eq!(jpki.tries_left(), Ok(2), "a PIN of another form is not shown");
    let mut card = from(&file);
    let mut jpki = Jpki::select(&mut card).unwrap();
    jpki.verify_pin(&pin(PIN)).unwrap();
    assert_eq!(jpki.tries_left(), Ok(3), "the right one gives all tries back");
    for expected in [PinError::Wrong { left: 2 }, PinError::Wrong { left: 1 }, PinError::Blocked] {
        assert_eq!(jpki.verify_pin(&pin("0000")), Err(expected));
    }
    let mut card = from(&file);
    let mut jpki = Jpki::select(&mut card).unwrap();
    assert_eq!(jpki.verify_pin(&pin(PIN)), Err(PinError::Blocked));
    assert_eq!((jpki.tries_left(), card.0.tries_left()), (Ok(0), 0));
}

fn from(file: &Path) -> Bare<VirtualJpki> {
    Bare(VirtualJpki::load(file).unwrap())
}

#[test]
fn a_card_file_is_no_card_of_another_kind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("card.json");
    fs::write(&file, "{}").unwrap();
    assert!(matches!(VirtualJpki::load(&file), Err(VirtualCardError::Format(_))));
    assert!(matches!(with_key(KeyAlgorithm::P256), Err(VirtualCardError::UnsupportedKey)));
}

#[test]
fn each_application_is_told_from_the_other() {
    let mut piv = Bare(card(KeyAlgorithm::P256, 1).finish(random(1)));
    let mut jpki = jpki();
    assert!(PkiKind::Piv.select(&mut piv).is_ok() && PkiKind::Jpki.select(&mut jpki).is_ok());
    assert_eq!(PkiKind::Jpki.select(&mut piv).err(), Some(CardError::OtherKind));
    assert_eq!(PkiKind::Piv.select(&mut jpki).err(), Some(CardError::OtherKind));
}

#[test]
fn opensc_takes_the_card_for_a_real_one() {
    isolated("jpki::opensc_takes_the_card_for_a_real_one", || {
        let stack = Stack::start();
        let _card = insert(SharedCard::new(with_key(RSA).unwrap()), 0);
        let named = stack.must("opensc-tool", &["-n"]);
        assert!(named.starts_with("jpki"), "{named}");
        let objects = stack.must("pkcs11-tool", &["-O"]);
        assert!(objects.contains("User Authentication Certificate"), "{objects}");
        signature_holds(&stack);
        let wrong = ["--slot-index", "0", "--login", "--pin", "0000", "-O"];
        let (well, said) = stack.run("pkcs11-tool", &wrong);
        assert!(!well && said.contains("CKR_PIN_INCORRECT"), "{said}");
        ours_signs_behind_pcscd();
    });
}

fn signature_holds(stack: &Stack) {
    let [data, signature, certificate, key] =
        ["data", "signature", "certificate", "key"].map(|name| stack.file(name));
    fs::write(&data, "message").unwrap();
    let login = ["--slot-index", "0", "--login", "--pin", PIN, "--id", "01"];
    let sign = ["--sign", "--mechanism", "SHA256-RSA-PKCS", "--input-file", &data];
    stack.must("pkcs11-tool", &[&login[..], &sign, &["--output-file", &signature]].concat());
    let read = ["--read-object", "--type", "cert", "--id", "01", "-o", &certificate];
    stack.must("pkcs11-tool", &read);
    let convert = ["x509", "-inform", "DER", "-in", &certificate, "-noout", "-pubkey"];
    stack.must("openssl", &[&convert[..], &["-out", &key]].concat());
    stack.must("openssl", &["dgst", "-sha256", "-verify", &key, "-signature", &signature, &data]);
}

/// The try that the other program spent is told, and given back by the right PIN.
fn ours_signs_behind_pcscd() {
    let mut transaction = PcscReaders::new().begin(&reader(0)).unwrap();
    let mut jpki = Jpki::select(transaction.as_mut()).unwrap();
    let certificate = jpki.login_certificate().unwrap();
    assert_eq!(jpki.tries_left(), Ok(2));
    jpki.verify_pin(&pin(PIN)).unwrap();
    let signature = jpki.sign_login(RSA, b"message").unwrap();
    assert!(signed(&certificate, b"message", &signature));
    drop(transaction);
    let mut transaction = PcscReaders::new().begin(&reader(0)).unwrap();
    let mut jpki = Jpki::select(transaction.as_mut()).unwrap();
    assert_eq!(jpki.sign_login(RSA, b"x"), Err(CardError::PinRequired), "the PIN is forgotten");
}
