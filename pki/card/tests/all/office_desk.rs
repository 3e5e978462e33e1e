//! A blank card made through a real pcscd, and what other people's programs see of it.

use warifu_card::{
    PcscReaders, Readers,
    personalise::{ManagementAlgorithm, PersonaliseError},
    piv::KeyAlgorithm,
    virtual_card::{SharedCard, VirtualPiv},
};

use crate::{
    cards::random,
    office::{CHOSEN, CODE, Order},
    private_stack::{Stack, insert, isolated, reader},
};

#[test]
fn a_blank_card_is_made_and_other_programs_take_it() {
    isolated("office_desk::a_blank_card_is_made_and_other_programs_take_it", || {
        let (stack, readers) = (Stack::start(), PcscReaders::new());
        let blank = VirtualPiv::blank(4711).finish(random(1));
        let _card = insert(SharedCard::new(blank), 0);
        let begin = || readers.begin(&reader(0)).unwrap();
        is_blank_to_others(&stack);

        let mut order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::TripleDes);
        order.make(begin).unwrap();
        let mut other = Order::new(8, KeyAlgorithm::P256, ManagementAlgorithm::TripleDes);
        assert_eq!(other.make(begin), Err(PersonaliseError::Stranger));
        waits_for_its_holder(&stack);
        order.is_finished(begin().as_mut());
        signs_for_its_holder(&stack);
    });
}

fn yubico(stack: &Stack, arguments: &[&str]) -> (bool, String) {
    stack.run("yubico-piv-tool", &[&["-r", &reader(0)], arguments].concat())
}

fn is_blank_to_others(stack: &Stack) {
    let (well, status) = yubico(stack, &["-a", "status"]);
    assert!(well && status.contains("PIN tries left:\t3") && !status.contains("Slot"), "{status}");
    assert!(yubico(stack, &["-a", "verify-pin", "-P", "123456"]).0);
}

/// Neither the factory's PIN nor the code lets anybody in, and nobody administers the card with
/// the factory's key.
fn waits_for_its_holder(stack: &Stack) {
    let named = stack.must("opensc-tool", &["-n"]);
    assert!(named.starts_with("Personal Identity Verification Card"), "{named}");
    let (well, status) = yubico(stack, &["-a", "status"]);
    assert!(well, "{status}");
    for slot in ["9a", "9e"] {
        assert!(status.contains(&format!("Slot {slot}:\t\n\tAlgorithm:\tECCP256")), "{status}");
    }
    assert!(status.contains("07070707070707070707070707070707"), "the GUID: {status}");
    for pin in [CODE, "123456"] {
        let (well, said) = yubico(stack, &["-a", "verify-pin", "-P", pin]);
        assert!(!well, "{said}");
    }
    let (well, said) = yubico(stack, &["-a", "generate", "-s", "9a", "-A", "ECCP256"]);
    assert!(!well, "{said}");
}

fn signs_for_its_holder(stack: &Stack) {
    let certificate = stack.file("certificate");
    let read = ["-a", "read-certificate", "-s", "9a", "-o", &certificate];
    assert!(yubico(stack, &read).0);
    let pin = ["-a", "verify-pin", "-P", CHOSEN];
    let test = ["-a", "test-signature", "-s", "9a", "-i", &certificate];
    let (well, said) = yubico(stack, &[&pin[..], &test].concat());
    assert!(well && said.contains("Successful"), "{said}");
    let said = stack.must("pkcs11-tool", &["--login", "--pin", CHOSEN, "-O"]);
    assert!(said.contains("Certificate Object"), "{said}");
}

#[test]
fn other_programs_administer_by_our_metadata_and_reset_the_card() {
    isolated("office_desk::other_programs_administer_by_our_metadata_and_reset_the_card", || {
        let (stack, readers) = (Stack::start(), PcscReaders::new());
        let _card = insert(SharedCard::new(VirtualPiv::blank(4711).finish(random(1))), 0);
        let key = "5d".repeat(24);
        let set = ["-a", "set-mgm-key", "-n", &key];
        let (well, said) = yubico(&stack, &set);
        assert!(well, "{said}");
        let order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::TripleDes);
        let ours = order.finish(readers.begin(&reader(0)).unwrap().as_mut());
        assert_eq!(ours, Ok(()), "the key that the other program set is ours");
        for _ in 0..3 {
            yubico(&stack, &["-a", "verify-pin", "-P", "000000"]);
            yubico(&stack, &["-a", "change-puk", "-P", "00000000", "-N", "11111111"]);
        }
        let (well, said) = yubico(&stack, &["-a", "reset"]);
        assert!(well, "{said}");
        is_blank_to_others(&stack);
    });
}
