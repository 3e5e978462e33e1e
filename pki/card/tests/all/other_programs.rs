//! Virtual cards in a real pcscd: OpenSC and yubico-piv-tool take them for real PIV cards.

use warifu_card::{piv::KeyAlgorithm, virtual_card::SharedCard};

use crate::{
    cards::{PIN, PUK, card, random},
    private_stack::{Stack, insert, isolated, reader},
};

#[test]
fn an_rsa_card_is_real() {
    isolated("other_programs::an_rsa_card_is_real", || {
        a_card_is_real(KeyAlgorithm::Rsa2048);
    });
}

#[test]
fn a_p256_card_is_real() {
    isolated("other_programs::a_p256_card_is_real", || {
        a_card_is_real(KeyAlgorithm::P256);
    });
}

#[test]
fn a_p384_card_is_real() {
    isolated("other_programs::a_p384_card_is_real", || {
        a_card_is_real(KeyAlgorithm::P384);
    });
}

fn a_card_is_real(algorithm: KeyAlgorithm) {
    let stack = Stack::start();
    let _card = insert(SharedCard::new(card(algorithm, 1).finish(random(1))), 0);
    let named = stack.must("opensc-tool", &["-n"]);
    assert!(named.starts_with("Personal Identity Verification Card"), "{named}");
    pkcs11_test_passes(&stack, algorithm);
    pkcs11_signature_holds(&stack, algorithm);
    yubico_signatures_hold(&stack, algorithm);
}

/// pkcs11-tool's own test. Its one complaint may be that it gets no random numbers: some versions
/// do not ask PIV cards for them.
fn pkcs11_test_passes(stack: &Stack, algorithm: KeyAlgorithm) {
    let said = stack.must("pkcs11-tool", &["--login", "--pin", PIN, "--test"]);
    let complaints: Vec<_> = said.lines().filter(|line| line.contains("ERR")).collect();
    let harmless = complaints.iter().all(|line| line.contains("C_GenerateRandom failed"));
    let total = if complaints.is_empty() { "\nNo errors\n" } else { "\n1 errors\n" };
    assert!(harmless && said.contains(total), "{said}");
    if algorithm == KeyAlgorithm::Rsa2048 {
        for operation in ["SHA256-RSA-PKCS: OK", "all 4 signature functions seem to work"] {
            assert!(said.contains(operation), "{said}");
        }
    }
}

fn pkcs11_signature_holds(stack: &Stack, algorithm: KeyAlgorithm) {
    let [data, signature, certificate, key] =
        ["data", "signature", "certificate", "key"].map(|name| stack.file(name));
    std::fs::write(&data, "message").unwrap();
    let (mechanism, digest) = match algorithm {
        KeyAlgorithm::Rsa2048 => ("SHA256-RSA-PKCS", "-sha256"),
        KeyAlgorithm::P256 => ("ECDSA-SHA256", "-sha256"),
        KeyAlgorithm::P384 => ("ECDSA-SHA384", "-sha384"),
    };
    let how = ["--sign", "--mechanism", mechanism, "--signature-format", "openssl"];
    let files = ["--input-file", &data, "--output-file", &signature];
    let sign = [&["--login", "--pin", PIN, "--id", "01"][..], &how, &files].concat();
    stack.must("pkcs11-tool", &sign);
    let read = ["--read-object", "--type", "cert", "--id", "01", "-o", &certificate];
    stack.must("pkcs11-tool", &read);
    let convert = ["x509", "-inform", "DER", "-in", &certificate, "-noout", "-pubkey"];
    stack.must("openssl", &[&convert[..], &["-out", &key]].concat());
    stack.must("openssl", &["dgst", digest, "-verify", &key, "-signature", &signature, &data]);
}

fn yubico_signatures_hold(stack: &Stack, algorithm: KeyAlgorithm) {
    let kind = match algorithm {
        KeyAlgorithm::Rsa2048 => "RSA2048",
        KeyAlgorithm::P256 => "ECCP256",
        KeyAlgorithm::P384 => "ECCP384",
    };
    let status = yubico(stack, &["-a", "status"]);
    for slot in ["9a", "9c", "9d", "9e"] {
        assert!(status.contains(&format!("Slot {slot}:\t\n\tAlgorithm:\t{kind}\n")), "{status}");
        let certificate = stack.file(slot);
        yubico(stack, &["-a", "read-certificate", "-s", slot, "-o", &certificate]);
        let test = if slot == "9d" { "test-decipher" } else { "test-signature" };
        let pin = ["-a", "verify-pin", "-P", PIN];
        let said =
            yubico(stack, &[&pin[..], &["-a", test, "-s", slot, "-i", &certificate]].concat());
        assert!(said.contains("Successful"), "{said}");
    }
}

fn yubico(stack: &Stack, arguments: &[&str]) -> String {
    stack.must("yubico-piv-tool", &[&["-r", &reader(0)], arguments].concat())
}

#[test]
fn the_card_is_administered_and_blocked_by_others() {
    isolated("other_programs::the_card_is_administered_and_blocked_by_others", || {
        let stack = Stack::start();
        let card = card(KeyAlgorithm::P256, 1).finish(random(1));
        let _card = insert(SharedCard::new(card), 0);
        wrong_pins_are_counted(&stack);
        keys_and_certificates_are_replaced(&stack);
        the_card_gets_another_name(&stack);
    });
}

fn wrong_pins_are_counted(stack: &Stack) {
    let (well, said) = stack.run("pkcs11-tool", &["--login", "--pin", "000000", "-O"]);
    assert!(!well && said.contains("CKR_PIN_INCORRECT"), "{said}");
    for left in ["1 tries left", "blocked"] {
        let arguments = ["-r", &reader(0), "-a", "verify-pin", "-P", "000000"];
        let (well, said) = stack.run("yubico-piv-tool", &arguments);
        assert!(!well && said.to_lowercase().contains(left), "{said}");
    }
    let (well, said) = stack.run("pkcs11-tool", &["--login", "--pin", PIN, "-O"]);
    assert!(!well && said.contains("CKR_PIN_LOCKED"), "{said}");
    yubico(stack, &["-a", "change-puk", "-P", PUK, "-N", "87654321"]);
    yubico(stack, &["-a", "unblock-pin", "-P", "87654321", "-N", "1234567"]);
    yubico(stack, &["-a", "change-pin", "-P", "1234567", "-N", PIN]);
    assert!(yubico(stack, &["-a", "status"]).contains("PIN tries left:\t3"));
}

fn keys_and_certificates_are_replaced(stack: &Stack) {
    let [public, certificate, issuer, issuer_key] =
        ["public", "certificate", "issuer", "issuer-key"].map(|name| stack.file(name));
    let request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=issuer";
    let own = [&request.split(' ').collect::<Vec<_>>()[..], &["-keyout", &issuer_key]].concat();
    stack.must("openssl", &[&own[..], &["-out", &issuer]].concat());
    for kind in ["RSA2048", "ECCP384"] {
        yubico(stack, &["-a", "generate", "-s", "9a", "-A", kind, "-o", &public]);
        let leaf = "x509 -new -subj /CN=new".split(' ').collect::<Vec<_>>();
        let keys = ["-force_pubkey", &public, "-CA", &issuer, "-CAkey", &issuer_key];
        stack.must("openssl", &[&leaf[..], &keys, &["-out", &certificate]].concat());
        yubico(stack, &["-a", "import-certificate", "-s", "9a", "-i", &certificate]);
        let sign = ["-a", "verify-pin", "-P", PIN, "-a", "test-signature", "-s", "9a"];
        let said = yubico(stack, &[&sign[..], &["-i", &certificate]].concat());
        assert!(said.contains("Successful"), "{said}");
    }
    yubico(stack, &["-a", "delete-certificate", "-s", "9a"]);
    assert!(!yubico(stack, &["-a", "status"]).contains("Slot 9a"));
}

fn the_card_gets_another_name(stack: &Stack) {
    let chuid =
        |said: String| said.lines().find(|line| line.starts_with("CHUID")).map(str::to_owned);
    let before = chuid(yubico(stack, &["-a", "status"])).unwrap();
    yubico(stack, &["-a", "set-chuid"]);
    let after = chuid(yubico(stack, &["-a", "status"])).unwrap();
    assert_ne!(before, after);
}
