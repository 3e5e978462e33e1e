//! Virtual readers inside this process.

use std::{
    thread,
    time::{Duration, Instant},
};

use warifu_card::{
    CardError, ReaderError, Readers,
    drawer::{DrawerError, VirtualReaders},
    piv::{KeyAlgorithm, Piv, Slot},
    virtual_card::SharedCard,
};

use crate::cards::{PIN, blank, card, guid, pin, random};

const HOME: &str = "カードリーダー";
const DESK: &str = "受付のカードリーダー";

fn readers() -> VirtualReaders {
    VirtualReaders::new([HOME, DESK])
}

fn empty_card(number: u8) -> SharedCard {
    SharedCard::new(blank(number).finish(random(number)))
}

fn begin(readers: &VirtualReaders, reader: &str) -> Result<(), ReaderError> {
    readers.begin(reader).map(drop)
}

#[test]
fn a_card_is_where_it_was_put() {
    let (readers, card) = (readers(), empty_card(1));
    assert_eq!(readers.insert("attic", card.clone()), Err(DrawerError::NoReader));
    assert_eq!(readers.insert(DESK, card.clone()), Ok(()));
    assert_eq!(readers.insert(HOME, card.clone()), Err(DrawerError::Elsewhere));
    assert_eq!(readers.insert(DESK, empty_card(2)), Err(DrawerError::Occupied));
    let present = |state: &warifu_card::ReaderState| state.card_present;
    assert_eq!(readers.list().unwrap().iter().map(present).collect::<Vec<_>>(), [false, true]);
    assert_eq!(begin(&readers, HOME), Err(ReaderError::NoCard));
    assert_eq!(begin(&readers, "attic"), Err(ReaderError::NoReader));
    assert_eq!(begin(&readers, DESK), Ok(()));
    assert!(readers.remove(DESK).is_some_and(|removed| removed.is(&card)));
    assert!(readers.remove(DESK).is_none());
    assert_eq!(begin(&readers, DESK), Err(ReaderError::NoCard));
}

#[test]
fn changes_wake_the_one_who_waits() {
    let readers = readers();
    let known = readers.list().unwrap();
    assert_eq!(readers.wait_for_change(&known, Duration::from_millis(30)), Ok(false));
    let theirs = readers.clone();
    let other = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        theirs.insert(HOME, empty_card(1)).unwrap();
    });
    let started = Instant::now();
    assert_eq!(readers.wait_for_change(&known, Duration::from_secs(30)), Ok(true));
    assert!(started.elapsed() < Duration::from_secs(20));
    other.join().unwrap();

    let before = readers.list().unwrap();
    let card = readers.remove(HOME).unwrap();
    readers.insert(HOME, card).unwrap();
    let swapped = readers.wait_for_change(&before, Duration::ZERO);
    assert_eq!(swapped, Ok(true), "a quick swap does not go unseen");
}

#[test]
fn a_pulled_card_ends_the_transaction_even_if_it_comes_back() {
    let (readers, card) = (readers(), card(KeyAlgorithm::P256, 1));
    readers.insert(HOME, SharedCard::new(card.finish(random(1)))).unwrap();
    let mut transaction = readers.begin(HOME).unwrap();
    let mut piv = Piv::select(transaction.as_mut()).unwrap();
    piv.verify_pin(&pin(PIN)).unwrap();
    let card = readers.remove(HOME).unwrap();
    let sign = |piv: &mut Piv<'_>| piv.sign(Slot::Authentication, KeyAlgorithm::P256, b"m");
    assert_eq!(sign(&mut piv), Err(CardError::Reader(ReaderError::Removed)));
    readers.insert(HOME, card).unwrap();
    assert_eq!(sign(&mut piv), Err(CardError::Reader(ReaderError::Removed)));

    let mut second = readers.begin(HOME).unwrap();
    let mut piv = Piv::select(second.as_mut()).unwrap();
    assert_eq!(piv.card_guid(), Ok(guid(1)));
    assert_eq!(sign(&mut piv), Err(CardError::PinRequired), "without power it forgot the PIN");
    drop(transaction);
    assert_eq!(Piv::select(second.as_mut()).map(drop), Ok(()), "the old end ends nothing new");
}

#[test]
fn one_at_a_time_and_the_pin_is_forgotten_in_between() {
    let readers = readers();
    readers.insert(HOME, SharedCard::new(card(KeyAlgorithm::P256, 1).finish(random(1)))).unwrap();
    let mut first = readers.begin(HOME).unwrap();
    Piv::select(first.as_mut()).unwrap().verify_pin(&pin(PIN)).unwrap();
    let theirs = readers.clone();
    let other = thread::spawn(move || {
        let mut second = theirs.begin(HOME).unwrap();
        let mut piv = Piv::select(second.as_mut()).unwrap();
        piv.sign(Slot::Authentication, KeyAlgorithm::P256, b"message")
    });
    thread::sleep(Duration::from_millis(50));
    assert!(!other.is_finished());
    drop(first);
    assert_eq!(other.join().unwrap(), Err(CardError::PinRequired));
}

#[test]
fn the_one_who_waits_learns_that_the_card_is_gone() {
    let readers = readers();
    readers.insert(HOME, empty_card(1)).unwrap();
    let held = readers.begin(HOME).unwrap();
    let theirs = readers.clone();
    let other = thread::spawn(move || begin(&theirs, HOME));
    thread::sleep(Duration::from_millis(50));
    readers.remove(HOME).unwrap();
    assert_eq!(other.join().unwrap(), Err(ReaderError::NoCard));
    drop(held);
}
