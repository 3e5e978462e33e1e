//! A personalisation that breaks off anywhere: after each single command the card loses power, and
//! what it kept is finished afterwards, or begun anew.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use warifu_card::{
    PcscReaders, ReaderError, Readers, Transaction, TransportCode,
    drawer::VirtualReaders,
    personalise::{ManagementAlgorithm, PersonaliseError, reset},
    piv::KeyAlgorithm,
    virtual_card::{SharedCard, VirtualPiv},
};

use crate::{
    cards::random,
    office::{Order, Silent, begin, desk},
    private_stack::{Stack, insert, isolated, reader},
};

/// Lets so many commands through, and then the card is gone.
struct Cut {
    card: Box<dyn Transaction>,
    left: Arc<AtomicUsize>,
    /// Whether the last command still reaches the card, but its answer does not come back.
    heard: bool,
}

impl Cut {
    fn after(
        commands: usize,
        heard: bool,
    ) -> impl Fn(Box<dyn Transaction>) -> Box<dyn Transaction> {
        let left = Arc::new(AtomicUsize::new(commands));
        move |card| Box::new(Self { card, left: Arc::clone(&left), heard })
    }
}

impl Transaction for Cut {
    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let left = self.left.load(Ordering::SeqCst);
        self.left.store(left.saturating_sub(1), Ordering::SeqCst);
        match left {
            0 => Err(ReaderError::Removed),
            1 if self.heard => self.card.transmit(apdu).and(Err(ReaderError::Removed)),
            _ => self.card.transmit(apdu),
        }
    }
}

fn removed() -> Result<(), PersonaliseError> {
    Err(PersonaliseError::Card(ReaderError::Removed.into()))
}

/// A blank card kept in a file, on a desk.
fn blank_in(file: &Path) -> VirtualReaders {
    desk(VirtualPiv::blank(1).finish_in(file, random(1)).unwrap())
}

/// The card as its file has it: all that was not kept is gone.
fn again_from(file: &Path) -> VirtualReaders {
    desk(VirtualPiv::load(file, random(2)).unwrap())
}

type Wrap = fn(Box<dyn Transaction>) -> Box<dyn Transaction>;

/// Breaks off after one, two, three … commands, until it is done without breaking off. Gives how
/// many commands that takes.
fn broken_off_everywhere(wrap: Wrap, finish: impl Fn(&mut Order, &Path)) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("card.json");
    for commands in 1.. {
        for heard in [false, true] {
            let mut order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::Aes256);
            let (readers, cut) = (blank_in(&file), Cut::after(commands, heard));
            let broken_off = order.make(|| cut(wrap(begin(&readers))));
            if broken_off == Ok(()) && !heard {
                return commands;
            }
            if broken_off.is_err() {
                assert_eq!(broken_off, removed(), "after {commands}");
            }
            finish(&mut order, &file);
        }
    }
    unreachable!("a personalisation has an end");
}

fn goes_on(wrap: Wrap) -> usize {
    broken_off_everywhere(wrap, |order, file| {
        let readers = again_from(file);
        order.make(|| wrap(begin(&readers))).unwrap();
        order.is_finished(wrap(begin(&readers)).as_mut());
    })
}

#[test]
fn whatever_breaks_off_goes_on() {
    assert!(goes_on(|card| card) > 30);
}

#[test]
fn whatever_breaks_off_goes_on_also_on_a_card_that_tells_nothing() {
    assert!(goes_on(|card| Box::new(Silent(card))) > 30);
}

/// The code was lost with the office's memory: a card that was already locked with it is reset.
#[test]
fn whatever_breaks_off_can_begin_anew() {
    broken_off_everywhere(
        |card| card,
        |_, file| {
            let readers = again_from(file);
            reset(begin(&readers).as_mut()).unwrap();
            let mut anew = Order::new(8, KeyAlgorithm::P384, ManagementAlgorithm::Aes128);
            anew.code = TransportCode::new("50283714").unwrap();
            anew.make(|| begin(&readers)).unwrap();
        },
    );
}

#[test]
fn it_goes_on_through_a_real_pcscd() {
    isolated("interrupted::it_goes_on_through_a_real_pcscd", || {
        let (_stack, readers) = (Stack::start(), PcscReaders::new());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("card.json");
        for commands in [5, 9, 16, 22, 27, 31, 34, 36, 38] {
            let card = VirtualPiv::blank(1).finish_in(&file, random(1)).unwrap();
            let mut order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::Aes256);
            let (inserted, cut) = (insert(SharedCard::new(card), 0), Cut::after(commands, true));
            let broken_off = order.make(|| cut(readers.begin(&reader(0)).unwrap()));
            assert_eq!(broken_off, removed(), "after {commands}");
            inserted.remove();
            crate::private_stack::wait_until("the card is gone", |seen| !seen[0].card_present);
            let card = VirtualPiv::load(&file, random(2)).unwrap();
            let inserted = insert(SharedCard::new(card), 0);
            order.make(|| readers.begin(&reader(0)).unwrap()).unwrap();
            order.is_finished(readers.begin(&reader(0)).unwrap().as_mut());
            inserted.remove();
            crate::private_stack::wait_until("the card is gone", |seen| !seen[0].card_present);
        }
    });
}
