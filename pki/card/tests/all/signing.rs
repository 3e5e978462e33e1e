//! Our PIV client against the virtual card: certificates and signatures.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use warifu_card::{
    CardError,
    apdu::{Command, StatusWord},
    piv::{KeyAlgorithm, Piv, Slot},
    tlv,
    virtual_card::{KeySlot, VirtualCard, VirtualCardError},
};

use crate::{
    cards::{Bare, PIN, blank, card, certificate, guid, key, pin, random, signed, usage},
    management::become_administrator,
};

const KINDS: [KeyAlgorithm; 3] = [KeyAlgorithm::Rsa2048, KeyAlgorithm::P256, KeyAlgorithm::P384];

#[test]
fn each_kind_of_key_signs_for_its_certificate() {
    for kind in KINDS {
        let mut card = Bare(card(kind, 1).finish(random(1)));
        let mut piv = Piv::select(&mut card).unwrap();
        assert_eq!(piv.card_guid(), Ok(guid(1)));
        let presence = piv.certificate(Slot::Presence).unwrap();
        let signature = piv.sign(Slot::Presence, kind, b"tap").unwrap();
        assert!(signed(&presence, b"tap", &signature));
        assert_eq!(piv.sign(Slot::Authentication, kind, b"login"), Err(CardError::PinRequired));
        piv.verify_pin(&pin(PIN)).unwrap();
        let login = piv.certificate(Slot::Authentication).unwrap();
        for _ in 0..2 {
            let signature = piv.sign(Slot::Authentication, kind, b"login").unwrap();
            assert!(signed(&login, b"login", &signature));
            assert!(!signed(&presence, b"login", &signature));
        }
    }
}

#[test]
fn a_key_is_of_its_own_kind_only() {
    let mut card = Bare(card(KeyAlgorithm::P256, 1).finish(random(1)));
    let mut piv = Piv::select(&mut card).unwrap();
    let wrong = piv.sign(Slot::Presence, KeyAlgorithm::P384, b"tap");
    assert_eq!(wrong, Err(CardError::Refused(StatusWord::WRONG_DATA)));
}

#[test]
fn an_empty_card_says_what_it_lacks() {
    let mut card = Bare(blank(1).finish(random(1)));
    let mut piv = Piv::select(&mut card).unwrap();
    assert_eq!(piv.certificate(Slot::Presence), Err(CardError::NoCertificate));
    let missing = piv.sign(Slot::Presence, KeyAlgorithm::P256, b"tap");
    assert_eq!(missing, Err(CardError::Refused(StatusWord::REFERENCE_NOT_FOUND)));
}

#[test]
fn a_certificate_of_another_key_is_refused_at_the_office() {
    let [one, other] = [(); 2].map(|()| key(KeyAlgorithm::P256));
    let foreign = certificate(&other, usage(KeySlot::Authentication, KeyAlgorithm::P256));
    let pem = one.private_key_to_pem_pkcs8().unwrap();
    let refused = blank(1).key(KeySlot::Authentication, &pem, &foreign);
    assert!(matches!(refused, Err(VirtualCardError::KeyMismatch)));
}

#[test]
fn a_packed_certificate_is_unpacked() {
    let mut card = Bare::selected(card(KeyAlgorithm::P256, 1).finish(random(1)));
    let plain = Piv::select(&mut card).unwrap().certificate(Slot::Presence).unwrap();
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(&plain).unwrap();
    let mut object = tlv::object(0x70, &packer.finish().unwrap()).unwrap();
    tlv::write(&mut object, 0x71, &[0x01]).unwrap();
    become_administrator(&mut card);
    let mut data = vec![0x5C, 0x03, 0x5F, 0xC1, 0x01];
    tlv::write(&mut data, 0x53, &object).unwrap();
    let put = card.send(&Command::new(0xDB, 0x3F, 0xFF).with_data(&data));
    assert_eq!(put.status, StatusWord::OK);
    let unpacked = Piv::select(&mut card).unwrap().certificate(Slot::Presence);
    assert_eq!(unpacked, Ok(plain));
}

fn sign_with(card: &mut Bare, slot: u8) -> StatusWord {
    let template = [&[0x7C, 0x24, 0x82, 0x00, 0x81, 0x20][..], &[7; 32]].concat();
    card.send(&Command::new(0x87, 0x11, slot).with_data(&template).expecting_answer()).status
}

#[test]
fn the_signature_key_wants_the_pin_each_time() {
    let mut card = Bare::selected(card(KeyAlgorithm::P256, 1).finish(random(1)));
    let verify = Command::new(0x20, 0x00, 0x80).with_data(b"123456\xFF\xFF");
    for _ in 0..2 {
        assert_eq!(card.send(&verify).status, StatusWord::OK);
        assert_eq!(sign_with(&mut card, 0x9C), StatusWord::OK);
        assert_eq!(sign_with(&mut card, 0x9C), StatusWord::SECURITY_NOT_SATISFIED);
        assert_eq!(sign_with(&mut card, 0x9A), StatusWord::OK);
    }
    assert_eq!(card.send(&verify).status, StatusWord::OK);
    assert_eq!(sign_with(&mut card, 0x9A), StatusWord::OK);
    assert_eq!(sign_with(&mut card, 0x9C), StatusWord::SECURITY_NOT_SATISFIED);
    card.0.reset();
    assert_eq!(sign_with(&mut card, 0x9E), StatusWord::UNKNOWN_INSTRUCTION, "not selected");
}

#[test]
fn another_command_breaks_a_chain_off() {
    let mut card = Bare::selected(card(KeyAlgorithm::P256, 1).finish(random(1)));
    assert_eq!(card.0.handle(&[0x10, 0x87, 0x11, 0x9E, 0x01, 0x7C]), [0x90, 0x00]);
    assert_eq!(card.0.handle(&[0x00, 0x20, 0x00, 0x80]), [0x63, 0xC3]);
    assert_eq!(sign_with(&mut card, 0x9E), StatusWord::OK);
    assert_eq!(card.0.handle(&[0x00, 0xC0, 0x00, 0x00, 0x00]), [0x6A, 0x86], "nothing is left");
}

#[test]
fn an_endless_chain_is_cut_off() {
    let mut card = Bare::selected(blank(1).finish(random(1)));
    let link = [&[0x10, 0xDB, 0x3F, 0xFF, 0xFF][..], &[0; 255]].concat();
    let answers: Vec<_> = (0..100).map(|_| card.0.handle(&link)).collect();
    assert!(answers.contains(&vec![0x67, 0x00]));
}

/// APDUs that get past the first checks more often than mere noise does.
fn apdu() -> impl Strategy<Value = Vec<u8>> {
    let class = prop::sample::select(vec![0x00, 0x10, 0x0C]);
    let instruction = prop::sample::select(vec![
        0x20, 0x24, 0x2C, 0x47, 0x87, 0xA4, 0xC0, 0xCB, 0xDB, 0xF8, 0xFD, 0x00,
    ]);
    let p1 = prop::sample::select(vec![0x00, 0x03, 0x04, 0x07, 0x11, 0x3F, 0xFF]);
    let p2 = prop::sample::select(vec![0x00, 0x80, 0x81, 0x9A, 0x9B, 0x9E, 0xFF]);
    let data = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        Just(vec![0xA0, 0x00, 0x00, 0x03, 0x08]),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|inner| [
            &[0x7C, u8::try_from(inner.len()).unwrap()],
            &inner[..]
        ]
        .concat()),
    ];
    (class, instruction, p1, p2, data).prop_map(|(class, instruction, p1, p2, data)| {
        let command = Command { class, ..Command::new(instruction, p1, p2).with_data(&data) };
        command.apdus()[0].to_vec()
    })
}

proptest! {
    #[test]
    fn any_talk_is_survived_and_never_gives_tries_back(
        talk in prop::collection::vec(
            prop_oneof![9 => apdu(), 1 => prop::collection::vec(any::<u8>(), 0..300)], 0..60,
        ),
    ) {
        let mut card = Bare::selected(blank(1).tries(15).finish(random(1)));
        let mut tries = 15;
        for apdu in talk {
            let answer = card.0.handle(&apdu);
            prop_assert!((2..=258).contains(&answer.len()));
            prop_assert!(card.0.tries_left() <= tries);
            tries = card.0.tries_left();
        }
    }
}
