//! Virtual cards in a real pcscd: our own readers see, use and lose them.

use std::{
    thread,
    time::{Duration, Instant},
};

use warifu_card::{
    CardError, PcscReaders, PinError, ReaderError, Readers,
    apdu::{Command, StatusWord, exchange},
    drawer::{DrawerError, Slots, VpcdReaders},
    felica::connect,
    piv::{KeyAlgorithm, Piv, Slot},
    virtual_card::{SharedCard, VirtualCard, VirtualLiteS, VirtualPiv},
    vpcd,
};

use crate::{
    cards::{PIN, card, guid, pin, random, signed},
    private_stack::{Stack, insert, isolated, port, reader, wait_until},
};

fn piv(algorithm: KeyAlgorithm, number: u8) -> VirtualPiv {
    card(algorithm, number).finish(random(number))
}

fn shared(algorithm: KeyAlgorithm, number: u8) -> SharedCard {
    SharedCard::new(piv(algorithm, number))
}

#[test]
fn a_drawer_puts_cards_of_every_kind_into_the_readers_of_pcscd() {
    isolated("own_readers::a_drawer_puts_cards_of_every_kind_into_the_readers_of_pcscd", || {
        let _stack = Stack::start();
        let slots = VpcdReaders::new([0, 1].map(|number| (reader(number), port(number))));
        let felica = SharedCard::new(VirtualLiteS::blank([7; 8]));
        let piv = shared(KeyAlgorithm::P256, 1);
        slots.insert(&reader(0), piv).unwrap();
        slots.insert(&reader(1), felica.clone()).unwrap();
        assert_eq!(slots.insert(&reader(0), felica.clone()), Err(DrawerError::Elsewhere));
        let attic = slots.insert("attic", shared(KeyAlgorithm::P256, 2));
        assert_eq!(attic, Err(DrawerError::NoReader));
        wait_until("both cards are seen", |readers| readers.iter().all(|one| one.card_present));
        let mut transaction = PcscReaders::new().begin(&reader(1)).unwrap();
        assert!(transaction.is_storage_card() && connect(transaction.as_mut()).is_ok());
        drop(transaction);
        assert!(!PcscReaders::new().begin(&reader(0)).unwrap().is_storage_card());
        slots.remove(&reader(1));
        wait_until("one card is out", |readers| !readers[1].card_present);
        slots.insert(&reader(1), felica).unwrap();
        wait_until("it is back", |readers| readers[1].card_present);
    });
}

#[test]
fn cards_are_read_and_sign() {
    isolated("own_readers::cards_are_read_and_sign", || {
        let (_stack, readers) = (Stack::start(), PcscReaders::new());
        for (number, algorithm) in
            [KeyAlgorithm::Rsa2048, KeyAlgorithm::P256, KeyAlgorithm::P384].into_iter().enumerate()
        {
            let number = u8::try_from(number).unwrap();
            let inserted = insert(shared(algorithm, number), 0);
            a_login_works(&readers, algorithm, number);
            inserted.remove();
            wait_until("the card is gone", |readers| !readers[0].card_present);
        }
    });
}

fn a_login_works(readers: &PcscReaders, algorithm: KeyAlgorithm, number: u8) {
    let mut transaction = readers.begin(&reader(0)).unwrap();
    let mut card = Piv::select(transaction.as_mut()).unwrap();
    assert_eq!(card.card_guid(), Ok(guid(number)));
    let certificate = card.certificate(Slot::Authentication).unwrap();
    assert_eq!(KeyAlgorithm::of_certificate(&certificate), Ok(algorithm));
    assert_eq!(card.sign(Slot::Authentication, algorithm, b"m"), Err(CardError::PinRequired));
    assert_eq!(card.verify_pin(&pin("999999")), Err(PinError::Wrong { left: 2 }));
    assert_eq!(card.tries_left(), Ok(2));
    card.verify_pin(&pin(PIN)).unwrap();
    let signature = card.sign(Slot::Authentication, algorithm, b"message").unwrap();
    assert!(signed(&certificate, b"message", &signature));
    assert_eq!(card.tries_left(), Ok(3));
}

#[test]
fn the_pin_does_not_outlive_the_transaction() {
    isolated("own_readers::the_pin_does_not_outlive_the_transaction", || {
        let (_stack, readers) = (Stack::start(), PcscReaders::new());
        let _card = insert(shared(KeyAlgorithm::P256, 1), 0);
        let mut transaction = readers.begin(&reader(0)).unwrap();
        Piv::select(transaction.as_mut()).unwrap().verify_pin(&pin(PIN)).unwrap();
        drop(transaction);
        let mut transaction = readers.begin(&reader(0)).unwrap();
        let status = Command::new(0x20, 0x00, 0x80);
        let select = Command::new(0xA4, 0x04, 0x00).with_data(&[0xA0, 0x00, 0x00, 0x03, 0x08]);
        assert_eq!(exchange(transaction.as_mut(), &select).unwrap().status, StatusWord::OK);
        let answer = exchange(transaction.as_mut(), &status).unwrap();
        assert_eq!(answer.status, StatusWord::tries(3));
    });
}

#[test]
fn both_readers_are_watched() {
    isolated("own_readers::both_readers_are_watched", || {
        let (_stack, readers) = (Stack::start(), PcscReaders::new());
        let empty = readers.list().unwrap();
        assert_eq!(
            empty.iter().map(|state| state.name.as_str()).collect::<Vec<_>>(),
            [reader(0), reader(1)]
        );
        assert!(empty.iter().all(|state| !state.card_present));
        let waited = Instant::now();
        assert_eq!(readers.wait_for_change(&empty, Duration::from_millis(1500)), Ok(false));
        assert!(waited.elapsed() >= Duration::from_millis(1500));

        let first = insert(shared(KeyAlgorithm::P256, 1), 0);
        assert_eq!(readers.wait_for_change(&empty, Duration::ZERO), Ok(true));
        let second = insert(shared(KeyAlgorithm::P256, 2), 1);
        for number in [0, 1] {
            let mut transaction = readers.begin(&reader(number)).unwrap();
            let mut card = Piv::select(transaction.as_mut()).unwrap();
            assert_eq!(card.card_guid(), Ok(guid(u8::try_from(number).unwrap() + 1)));
        }
        let both = readers.list().unwrap();
        first.remove();
        let one = wait_until("the first is gone", |readers| !readers[0].card_present);
        assert_ne!(one[0].event, both[0].event);
        assert_eq!(one[1], both[1], "using a card is no event");
        second.remove();
        wait_until("the second is gone", |readers| !readers[1].card_present);
    });
}

#[test]
fn a_card_pulled_in_a_transaction_is_missed() {
    isolated("own_readers::a_card_pulled_in_a_transaction_is_missed", || {
        let (_stack, readers) = (Stack::start(), PcscReaders::new());
        let inserted = insert(shared(KeyAlgorithm::P256, 1), 0);
        let mut transaction = readers.begin(&reader(0)).unwrap();
        let mut card = Piv::select(transaction.as_mut()).unwrap();
        inserted.remove();
        assert_eq!(card.tries_left(), Err(ReaderError::Removed.into()));
        assert_eq!(card.tries_left(), Err(ReaderError::Removed.into()), "and stays so");
    });
}

#[test]
fn each_trouble_has_its_name() {
    isolated("own_readers::each_trouble_has_its_name", || {
        let readers = PcscReaders::new();
        assert_eq!(readers.list(), Err(ReaderError::NoService));
        let mut stack = Stack::start();
        assert_eq!(begin(&readers, "Another Reader"), Err(ReaderError::NoReader));
        assert_eq!(begin(&readers, &reader(0)), Err(ReaderError::NoCard));
        let dead = insert(SharedCard::new(Gibberish), 0);
        assert_eq!(begin(&readers, &reader(0)), Err(ReaderError::Unresponsive));
        dead.remove();
        wait_until("the dead card is gone", |readers| !readers[0].card_present);

        let _card = insert(shared(KeyAlgorithm::P256, 1), 0);
        let held = readers.begin(&reader(0)).unwrap();
        assert_eq!(begin(&PcscReaders::new(), &reader(0)), Err(ReaderError::Busy));
        drop(held);
        assert_eq!(begin(&readers, &reader(0)), Ok(()));

        stack.kill_pcscd();
        assert_eq!(begin(&readers, &reader(0)), Err(ReaderError::NoService));
        let waited = readers.wait_for_change(&[], Duration::from_secs(1));
        assert_eq!(waited, Err(ReaderError::NoService));
        stack.start_pcscd_again();
        wait_until("the card is back", |readers| readers.iter().any(|state| state.card_present));
        assert_eq!(begin(&readers, &reader(0)), Ok(()));
    });
}

fn begin(readers: &PcscReaders, reader: &str) -> Result<(), ReaderError> {
    readers.begin(reader).map(drop)
}

/// No smart card at all.
struct Gibberish;

impl VirtualCard for Gibberish {
    fn atr(&self) -> &[u8] {
        &[0xFF, 0xFF]
    }

    fn reset(&mut self) {}

    fn handle(&mut self, _: &[u8]) -> Vec<u8> {
        Vec::new()
    }
}

#[test]
fn another_card_than_piv_is_told_apart() {
    isolated("own_readers::another_card_than_piv_is_told_apart", || {
        let (_stack, readers) = (Stack::start(), PcscReaders::new());
        let _card = insert(SharedCard::new(Foreign), 0);
        let mut transaction = readers.begin(&reader(0)).unwrap();
        assert_eq!(Piv::select(transaction.as_mut()).err(), Some(CardError::OtherKind));
    });
}

/// A card with another application.
struct Foreign;

impl VirtualCard for Foreign {
    fn atr(&self) -> &[u8] {
        &[0x3B, 0x80, 0x80, 0x01, 0x01]
    }

    fn reset(&mut self) {}

    fn handle(&mut self, _: &[u8]) -> Vec<u8> {
        StatusWord::NOT_FOUND.bytes().to_vec()
    }
}

#[test]
fn a_card_that_thinks_is_waited_for_and_pulled_meanwhile() {
    isolated("own_readers::a_card_that_thinks_is_waited_for_and_pulled_meanwhile", || {
        let (_stack, readers) = (Stack::start(), PcscReaders::new());
        let slow = Slow(piv(KeyAlgorithm::P256, 1), Duration::from_millis(1500));
        let inserted = insert(SharedCard::new(slow), 0);
        let mut transaction = readers.begin(&reader(0)).unwrap();
        let select = Command::new(0xA4, 0x04, 0x00).with_data(&[0xA0, 0x00, 0x00, 0x03, 0x08]);
        assert_eq!(exchange(transaction.as_mut(), &select).unwrap().status, StatusWord::OK);
        let puller = thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            inserted.remove();
        });
        let answer = transaction.transmit(&[0x00, 0x20, 0x00, 0x80]);
        puller.join().unwrap();
        // The card was pulled while it thought: what it thought is lost, at the latest with the
        // next command.
        let answer = answer.and_then(|_| transaction.transmit(&[0x00, 0x20, 0x00, 0x80]));
        assert_eq!(answer, Err(ReaderError::Removed));
    });
}

/// A card that takes its time for each command.
struct Slow(VirtualPiv, Duration);

impl VirtualCard for Slow {
    fn atr(&self) -> &[u8] {
        self.0.atr()
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn handle(&mut self, apdu: &[u8]) -> Vec<u8> {
        thread::sleep(self.1);
        self.0.handle(apdu)
    }
}

#[test]
fn a_card_goes_back_into_a_port_by_itself() {
    isolated("own_readers::a_card_goes_back_into_a_port_by_itself", || {
        // Inserted before there is a reader: it is there as soon as the reader is.
        let _card = vpcd::insert(shared(KeyAlgorithm::P256, 1), port(0)).unwrap();
        let _stack = Stack::start();
        wait_until("the card is seen", |readers| readers.iter().any(|state| state.card_present));
    });
}

#[test]
fn waiting_costs_nothing_while_another_uses_the_card() {
    isolated("own_readers::waiting_costs_nothing_while_another_uses_the_card", || {
        let (_stack, readers) = (Stack::start(), PcscReaders::new());
        let _card = insert(shared(KeyAlgorithm::P256, 1), 0);
        let known = readers.list().unwrap();
        let held = readers.begin(&reader(0)).unwrap();
        let before = processor_time();
        assert_eq!(readers.wait_for_change(&known, Duration::from_secs(2)), Ok(false));
        let spent = processor_time().checked_sub(before).unwrap();
        assert!(spent < Duration::from_millis(100), "{spent:?}");
        drop(held);
    });
}

/// What this thread has used so far.
fn processor_time() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(statistics.split(' ').next().unwrap().parse().unwrap())
}
