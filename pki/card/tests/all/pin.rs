//! PIN and PUK of the virtual card, and the file that remembers their counters.

use std::{fs, path::Path};

use warifu_card::{
    PinError,
    apdu::{Command, StatusWord},
    piv::Piv,
    virtual_card::VirtualPiv,
};

use crate::cards::{Bare, PIN, blank, pin, random};

fn kept_in(file: &Path) -> Bare {
    Bare::selected(blank(1).finish_in(file, random(1)).unwrap())
}

fn from(file: &Path) -> Bare {
    Bare::selected(VirtualPiv::load(file, random(1)).unwrap())
}

fn verify(card: &mut Bare, digits: &str) -> Result<(), PinError> {
    Piv::select(card).unwrap().verify_pin(&pin(digits))
}

fn two_blocks(instruction: u8, reference: u8, one: [u8; 8], other: [u8; 8]) -> Command {
    Command::new(instruction, 0x00, reference).with_data(&[one, other].concat())
}

#[test]
fn three_wrong_pins_block_the_card_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("card.json");
    assert_eq!(verify(&mut kept_in(&file), "000000"), Err(PinError::Wrong { left: 2 }));
    assert_eq!(verify(&mut from(&file), "000000"), Err(PinError::Wrong { left: 1 }));
    assert_eq!(verify(&mut from(&file), "000000"), Err(PinError::Blocked));
    let mut card = from(&file);
    assert_eq!(verify(&mut card, PIN), Err(PinError::Blocked));
    assert_eq!(Piv::select(&mut card).unwrap().tries_left(), Ok(0));
    assert_eq!(card.0.tries_left(), 0);
}

#[test]
fn the_right_pin_gives_the_tries_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("card.json");
    assert_eq!(verify(&mut kept_in(&file), "000000"), Err(PinError::Wrong { left: 2 }));
    let mut card = from(&file);
    assert_eq!(verify(&mut card, PIN), Ok(()));
    assert_eq!(Piv::select(&mut card).unwrap().tries_left(), Ok(3));
    assert_eq!(from(&file).0.tries_left(), 3);
}

#[test]
fn a_try_that_cannot_be_counted_is_not_given() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let mut card = kept_in(&inner.join("card.json"));
    fs::remove_dir_all(&inner).unwrap();
    let guess = Command::new(0x20, 0x00, 0x80).with_data(b"123456\xFF\xFF");
    assert_eq!(card.send(&guess).status, StatusWord::MEMORY_FAILURE);
    let status = card.send(&Command::new(0x20, 0x00, 0x80)).status;
    assert_eq!(status, StatusWord::tries(2), "the PIN does not count as shown");
}

#[test]
fn the_puk_unblocks_and_blocks_itself() {
    let mut card = Bare::selected(blank(1).tries(2).finish(random(1)));
    assert_eq!(verify(&mut card, "000000"), Err(PinError::Wrong { left: 1 }));
    assert_eq!(verify(&mut card, "000000"), Err(PinError::Blocked));
    let unblock = |puk: &[u8; 8]| two_blocks(0x2C, 0x80, *puk, *b"654321\xFF\xFF");
    assert_eq!(card.send(&unblock(b"00000000")).status, StatusWord::tries(1));
    assert_eq!(card.send(&unblock(b"12345678")).status, StatusWord::OK);
    assert_eq!(verify(&mut card, PIN), Err(PinError::Wrong { left: 1 }));
    assert_eq!(verify(&mut card, "654321"), Ok(()));
    for status in [StatusWord::tries(1), StatusWord::tries(0), StatusWord::BLOCKED] {
        assert_eq!(card.send(&unblock(b"00000000")).status, status);
    }
    assert_eq!(card.send(&unblock(b"12345678")).status, StatusWord::BLOCKED);
}

#[test]
fn pin_and_puk_are_changed_by_who_knows_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("card.json");
    let mut card = kept_in(&file);
    let wrong = two_blocks(0x24, 0x80, *b"000000\xFF\xFF", *b"654321\xFF\xFF");
    assert_eq!(card.send(&wrong).status, StatusWord::tries(2));
    let right = two_blocks(0x24, 0x80, *b"123456\xFF\xFF", *b"654321\xFF\xFF");
    assert_eq!(card.send(&right).status, StatusWord::OK);
    let puk = two_blocks(0x24, 0x81, *b"12345678", *b"87654321");
    assert_eq!(card.send(&puk).status, StatusWord::OK);
    let mut card = from(&file);
    assert_eq!(verify(&mut card, "654321"), Ok(()));
    assert_eq!(card.send(&puk).status, StatusWord::tries(2));
}

#[test]
fn what_is_no_pin_costs_no_try() {
    let mut card = Bare::selected(blank(1).finish(random(1)));
    for new in [
        b"12345\xFF\xFF\xFF",
        b"12345a\xFF\xFF",
        b"123456\xFF7",
        b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
    ] {
        let change = two_blocks(0x24, 0x80, *b"123456\xFF\xFF", *new);
        assert_eq!(card.send(&change).status, StatusWord::WRONG_DATA);
    }
    let short = Command::new(0x20, 0x00, 0x80).with_data(b"123456");
    assert_eq!(card.send(&short).status, StatusWord::WRONG_DATA);
    assert_eq!(card.0.tries_left(), 3);
}

#[test]
fn a_verified_pin_is_taken_back() {
    let mut card = Bare::selected(blank(1).finish(random(1)));
    let status = Command::new(0x20, 0x00, 0x80);
    let right = status.clone().with_data(b"123456\xFF\xFF");
    let wrong = status.clone().with_data(b"000000\xFF\xFF");
    assert_eq!(card.send(&right).status, StatusWord::OK);
    assert_eq!(card.send(&status).status, StatusWord::OK);
    assert_eq!(card.send(&Command::new(0x20, 0xFF, 0x80)).status, StatusWord::OK);
    assert_eq!(card.send(&status).status, StatusWord::tries(3));
    assert_eq!(card.send(&right).status, StatusWord::OK);
    assert_eq!(card.send(&wrong).status, StatusWord::tries(2));
    assert_eq!(card.send(&status).status, StatusWord::tries(2));
}
