//! Who may write on a virtual card, and what comes of it.

use openssl::symm::{Cipher, Crypter, Mode};
use warifu_card::{
    apdu::{Command, StatusWord},
    personalise::{ManagementAlgorithm, ManagementKey},
    tlv,
    virtual_card::{VirtualCard, VirtualPiv},
};

use crate::cards::{Bare, blank, card, random};

const FACTORY_KEY: [u8; 24] =
    [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8];

fn cipher(mode: Mode, key: &[u8], block: &[u8]) -> Vec<u8> {
    let mut crypter = Crypter::new(Cipher::des_ede3_ecb(), mode, key, None).unwrap();
    crypter.pad(false);
    let mut output = vec![0; 16];
    let written = crypter.update(block, &mut output).unwrap();
    output.truncate(written);
    output
}

fn ask(card: &mut Bare, template: &[u8]) -> (StatusWord, Vec<u8>) {
    let data = tlv::object(0x7C, template).unwrap();
    let command = Command::new(0x87, 0x03, 0x9B).with_data(&data).expecting_answer();
    let response = card.send(&command);
    // 7C 0A 8x 08 and then the eight bytes.
    (response.status, response.data.get(4..).unwrap_or_default().to_vec())
}

/// Proves the management key in the way where only the host proves something.
pub fn become_administrator(card: &mut Bare) {
    assert_eq!(external(card, &FACTORY_KEY), StatusWord::OK);
}

fn external(card: &mut Bare, key: &[u8]) -> StatusWord {
    let (status, challenge) = ask(card, &[0x81, 0x00]);
    assert_eq!(status, StatusWord::OK);
    let response = cipher(Mode::Encrypt, key, &challenge);
    ask(card, &[&[0x82, 0x08], &response[..]].concat()).0
}

fn put(card: &mut Bare, name: [u8; 3], content: &[u8]) -> StatusWord {
    let mut data = tlv::object(0x5C, &name).unwrap();
    tlv::write(&mut data, 0x53, content).unwrap();
    card.send(&Command::new(0xDB, 0x3F, 0xFF).with_data(&data)).status
}

fn get(card: &mut Bare, name: &[u8]) -> Result<Vec<u8>, StatusWord> {
    let data = tlv::object(0x5C, name).unwrap();
    let command = Command::new(0xCB, 0x3F, 0xFF).with_data(&data).expecting_answer();
    let response = card.send(&command);
    if response.status == StatusWord::OK { Ok(response.data) } else { Err(response.status) }
}

#[test]
fn both_sides_prove_the_management_key() {
    let mut card = Bare::selected(blank(1).finish(random(1)));
    let (_, encrypted) = ask(&mut card, &[0x80, 0x00]);
    let witness = cipher(Mode::Decrypt, &FACTORY_KEY, &encrypted);
    let challenge = *b"whoareU?";
    let template = [&[0x80, 0x08], &witness[..], &[0x81, 0x08], &challenge].concat();
    let (status, response) = ask(&mut card, &template);
    assert_eq!(status, StatusWord::OK);
    assert_eq!(response, cipher(Mode::Encrypt, &FACTORY_KEY, &challenge));
    assert_eq!(put(&mut card, [0x5F, 0xC1, 0x09], b"content"), StatusWord::OK);
    let (status, _) = ask(&mut card, &template);
    assert_eq!(status, StatusWord::SECURITY_NOT_SATISFIED, "a witness serves once");
}

#[test]
fn only_the_right_key_makes_an_administrator() {
    let other = [9; 24];
    let key = ManagementKey::new(ManagementAlgorithm::TripleDes, &other).unwrap();
    let mut card = Bare::selected(blank(1).management_key(key).finish(random(1)));
    assert_eq!(external(&mut card, &FACTORY_KEY), StatusWord::SECURITY_NOT_SATISFIED);
    assert_eq!(external(&mut card, &other), StatusWord::OK);
    assert_eq!(external(&mut card, &FACTORY_KEY), StatusWord::SECURITY_NOT_SATISFIED);
    let refused = put(&mut card, [0x5F, 0xC1, 0x09], b"content");
    assert_eq!(refused, StatusWord::SECURITY_NOT_SATISFIED, "a wrong proof takes the right away");
}

#[test]
fn objects_are_written_by_administrators_only_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("card.json");
    let mut card = Bare::selected(blank(1).finish_in(&file, random(1)).unwrap());
    let (name, content) = ([0x5F, 0xC1, 0x05], vec![0x70; 3000]);
    assert_eq!(put(&mut card, name, &content), StatusWord::SECURITY_NOT_SATISFIED);
    become_administrator(&mut card);
    assert_eq!(put(&mut card, name, &content), StatusWord::OK);
    assert_eq!(put(&mut card, name, &[0; 5000]), StatusWord::NO_SPACE);
    card.0.reset();
    let mut card = Bare::selected(VirtualPiv::load(&file, random(1)).unwrap());
    assert_eq!(get(&mut card, &name), Ok(tlv::object(0x53, &content).unwrap()));
    become_administrator(&mut card);
    assert_eq!(put(&mut card, name, &[]), StatusWord::OK);
    assert_eq!(get(&mut card, &name), Err(StatusWord::NOT_FOUND));
}

#[test]
fn a_card_holds_no_endless_number_of_objects() {
    let mut card = Bare::selected(blank(1).finish(random(1)));
    become_administrator(&mut card);
    let answers: Vec<_> = (0..=255).map(|low| put(&mut card, [0x5F, 0xFF, low], b"x")).collect();
    assert!(answers.contains(&StatusWord::NO_SPACE));
}

#[test]
fn everyone_reads_what_is_public() {
    let mut card = Bare::selected(blank(3).finish(random(1)));
    let discovery = get(&mut card, &[0x7E]).unwrap();
    assert_eq!(discovery[..4], [0x7E, 0x12, 0x4F, 0x0B]);
    let chuid = get(&mut card, &[0x5F, 0xC1, 0x02]).unwrap();
    assert!(chuid.windows(18).any(|bytes| bytes == [&[0x34, 0x10][..], &[3; 16]].concat()));
    assert_eq!(get(&mut card, &[0x7F, 0x61]), Err(StatusWord::NOT_FOUND));
    assert_eq!(get(&mut card, &[0x5F, 0xC1, 0x0C]), Err(StatusWord::NOT_FOUND));
    let version = card.send(&Command::new(0xFD, 0, 0).expecting_answer()).data;
    assert_eq!(version, [5, 4, 3]);
    let serial = card.send(&Command::new(0xF8, 0, 0).expecting_answer()).data;
    assert_eq!(serial, [3; 4]);
}

#[test]
fn keys_are_made_by_administrators_only_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("card.json");
    let kinds = [(0x07, 0x81, 256), (0x11, 0x86, 65), (0x14, 0x86, 97)];
    let mut card = Bare::selected(
        card(warifu_card::piv::KeyAlgorithm::P256, 1).finish_in(&file, random(1)).unwrap(),
    );
    let generate = |kind| {
        let template = [0xAC, 0x03, 0x80, 0x01, kind];
        Command::new(0x47, 0x00, 0x9E).with_data(&template).expecting_answer()
    };
    assert_eq!(card.send(&generate(0x11)).status, StatusWord::SECURITY_NOT_SATISFIED);
    become_administrator(&mut card);
    assert_eq!(card.send(&generate(0x05)).status, StatusWord::WRONG_DATA);
    for (kind, tag, length) in kinds {
        let response = card.send(&generate(kind));
        assert_eq!(response.status, StatusWord::OK);
        let public = tlv::find(&response.data, 0x7F49).unwrap().unwrap();
        assert_eq!(tlv::find(public, tag).unwrap().unwrap().len(), length);
    }
    let mut card = Bare::selected(VirtualPiv::load(&file, random(1)).unwrap());
    let sign = |kind| {
        let template = [&[0x7C, 0x34, 0x82, 0x00, 0x81, 0x30][..], &[7; 48]].concat();
        Command::new(0x87, kind, 0x9E).with_data(&template).expecting_answer()
    };
    assert_eq!(card.send(&sign(0x14)).status, StatusWord::OK, "the last key made is the one kept");
    assert_eq!(card.send(&sign(0x11)).status, StatusWord::WRONG_DATA);
}
