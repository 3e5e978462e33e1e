//! A card office and its orders: what it does to a blank card, and what the card has learnt then.

use openssl::{
    asn1::Asn1Time,
    bn::BigNum,
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    x509::{X509, X509Name},
};
use proptest::prelude::*;
use warifu_card::{
    CardError, Pin, PinError, ReaderError, Readers, Transaction, TransportCode, UnfitPin,
    apdu::StatusWord,
    drawer::VirtualReaders,
    personalise::{
        Factory, ManagementAlgorithm, ManagementKey, Personalisation, PersonaliseError, reset,
    },
    piv::{Guid, KeyAlgorithm, Piv, Slot},
    virtual_card::{SharedCard, VirtualPiv},
};

use crate::cards::{key, pin, random, signed};

pub const SLOTS: [Slot; 2] = [Slot::Authentication, Slot::Presence];
const DESK: &str = "desk";
pub const CODE: &str = "48261937";
/// What the resident will choose.
pub const CHOSEN: &str = "271828";

/// An order: what the office decided about one card, and what it noted while making it.
pub struct Order {
    pub guid: Guid,
    pub algorithm: KeyAlgorithm,
    pub own: ManagementKey,
    pub code: TransportCode,
    issuer: PKey<Private>,
    noted: [Option<Vec<u8>>; 2],
}

impl Order {
    pub fn new(number: u8, algorithm: KeyAlgorithm, own: ManagementAlgorithm) -> Self {
        let bytes = vec![number ^ 0x5A; own.key_length()];
        Self {
            guid: Guid([number; 16]),
            algorithm,
            own: ManagementKey::new(own, &bytes).unwrap(),
            code: TransportCode::new(CODE).unwrap(),
            issuer: key(KeyAlgorithm::P256),
            noted: [None, None],
        }
    }

    /// Everything an office does, from whatever state the card and the notes are in: keys in one
    /// transaction, the rest in the next.
    pub fn make(
        &mut self,
        mut begin: impl FnMut() -> Box<dyn Transaction>,
    ) -> Result<(), PersonaliseError> {
        self.make_keys(begin().as_mut())?;
        self.finish(begin().as_mut())
    }

    pub fn make_keys(&mut self, transaction: &mut dyn Transaction) -> Result<(), PersonaliseError> {
        let (own, factory, mut fill) = (self.own.clone(), Factory::default(), random(11));
        let mut card = Personalisation::open(transaction, &own, &factory, &mut fill)?;
        for (slot, noted) in SLOTS.into_iter().zip(&mut self.noted) {
            if noted.is_some() && card.public_key(slot)? == *noted {
                continue;
            }
            let public_key = card.generate(slot, self.algorithm)?;
            card.prove(slot, &public_key, b"this key for this holder")?;
            *noted = Some(public_key);
        }
        Ok(())
    }

    pub fn finish(&self, transaction: &mut dyn Transaction) -> Result<(), PersonaliseError> {
        let (factory, mut fill) = (Factory::default(), random(12));
        let mut card = Personalisation::open(transaction, &self.own, &factory, &mut fill)?;
        if card.is_locked() {
            return Ok(());
        }
        for (slot, noted) in SLOTS.into_iter().zip(&self.noted) {
            card.write_certificate(slot, &self.certificate(noted.as_deref().unwrap()))?;
        }
        card.write_identity(self.guid, jiff::civil::date(2036, 11, 20))?;
        card.lock(&Pin::random(&mut random(13)).unwrap(), &self.code)
    }

    pub fn certificate(&self, public_key: &[u8]) -> Vec<u8> {
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_nid(Nid::COMMONNAME, "0123456789abcdef").unwrap();
        let name = name.build();
        let mut made = X509::builder().unwrap();
        made.set_version(2).unwrap();
        made.set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap()).unwrap();
        made.set_subject_name(&name).unwrap();
        made.set_issuer_name(&name).unwrap();
        made.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
        made.set_not_after(&Asn1Time::from_unix(4_000_000_000).unwrap()).unwrap();
        made.set_pubkey(&PKey::public_key_from_der(public_key).unwrap()).unwrap();
        made.sign(&self.issuer, MessageDigest::sha256()).unwrap();
        made.build().to_der().unwrap()
    }

    /// The finished card as its holder meets it: no PIN lets in, the code is no PIN, and with the
    /// code the holder chooses one.
    pub fn is_finished(&self, transaction: &mut dyn Transaction) {
        let mut card = Piv::select(transaction).unwrap();
        assert_eq!(card.card_guid(), Ok(self.guid));
        for guess in [CODE, "123456"] {
            assert!(card.verify_pin(&pin(guess)).is_err(), "{guess}");
            let refused = card.sign(Slot::Authentication, self.algorithm, b"login");
            assert_eq!(refused, Err(CardError::PinRequired));
        }
        let unfit = card.unblock(&self.code, &pin(CODE));
        assert_eq!(unfit, Err(PinError::Unfit(UnfitPin::SameAsCode)));
        card.unblock(&self.code, &pin(CHOSEN)).unwrap();
        assert_eq!(card.tries_left(), Ok(3));
        card.verify_pin(&pin(CHOSEN)).unwrap();
        for slot in SLOTS {
            let certificate = card.certificate(slot).unwrap();
            let signature = card.sign(slot, self.algorithm, b"login").unwrap();
            assert!(signed(&certificate, b"login", &signature));
        }
    }
}

/// A desk with this card on it.
pub fn desk(card: VirtualPiv) -> VirtualReaders {
    let readers = VirtualReaders::new([DESK]);
    readers.insert(DESK, SharedCard::new(card)).unwrap();
    readers
}

pub fn begin(readers: &VirtualReaders) -> Box<dyn Transaction> {
    readers.begin(DESK).unwrap()
}

/// Does something with the card as its office.
fn with_card<T>(
    readers: &VirtualReaders,
    own: &ManagementKey,
    act: impl FnOnce(Personalisation<'_>) -> T,
) -> Result<T, PersonaliseError> {
    let (mut transaction, mut fill) = (begin(readers), random(9));
    let card = Personalisation::open(transaction.as_mut(), own, &Factory::default(), &mut fill)?;
    Ok(act(card))
}

fn blank_card() -> VirtualReaders {
    desk(VirtualPiv::blank(1).finish(random(1)))
}

#[test]
fn a_blank_card_becomes_a_card_that_waits_for_its_holder() {
    for algorithm in [KeyAlgorithm::Rsa2048, KeyAlgorithm::P256, KeyAlgorithm::P384] {
        let readers = blank_card();
        let mut order = Order::new(7, algorithm, ManagementAlgorithm::Aes256);
        order.make(|| begin(&readers)).unwrap();
        order.is_finished(begin(&readers).as_mut());
    }
}

#[test]
fn any_cipher_of_management_keys_will_do_also_that_of_the_factory() {
    use ManagementAlgorithm::{Aes128, Aes192, Aes256, TripleDes};
    let bytes = [1, 2, 3, 4, 5, 6, 7, 8].repeat(3);
    for (of_factory, own) in
        [(TripleDes, Aes128), (TripleDes, TripleDes), (Aes192, Aes192), (Aes192, Aes256)]
    {
        let factory = ManagementKey::new(of_factory, &bytes).unwrap();
        let readers = desk(VirtualPiv::blank(1).management_key(factory).finish(random(1)));
        let mut order = Order::new(7, KeyAlgorithm::P256, own);
        order.make(|| begin(&readers)).unwrap();
        let locked = with_card(&readers, &order.own, |card| card.is_locked());
        assert_eq!(locked, Ok(true), "{own:?}");
    }
}

#[test]
fn a_card_of_another_office_is_a_stranger_and_stays_as_it_is() {
    let readers = blank_card();
    let mut order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::TripleDes);
    order.make(|| begin(&readers)).unwrap();
    for cipher in [ManagementAlgorithm::TripleDes, ManagementAlgorithm::Aes256] {
        let mut other = Order::new(8, KeyAlgorithm::P256, cipher);
        assert_eq!(other.make(|| begin(&readers)), Err(PersonaliseError::Stranger));
    }
    order.is_finished(begin(&readers).as_mut());
}

/// Knows no key, answers any proof with noise, and is not believed.
#[test]
fn a_card_that_cannot_prove_the_key_is_not_believed() {
    struct Liar;
    impl Transaction for Liar {
        fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, ReaderError> {
            Ok(match apdu {
                [_, 0x87, _, _, 0x04, ..] => {
                    [&[0x7C, 0x0A, 0x80, 0x08][..], &[7; 8], &[0x90, 0x00]].concat()
                }
                [_, 0x87, ..] => [&[0x7C, 0x0A, 0x82, 0x08][..], &[7; 8], &[0x90, 0x00]].concat(),
                [_, 0xA4, ..] => vec![0x90, 0x00],
                _ => vec![0x6D, 0x00],
            })
        }
    }
    let order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::TripleDes);
    let mut fill = random(1);
    let refused =
        Personalisation::open(&mut Liar, &order.own, &Factory::default(), &mut fill).err();
    assert_eq!(refused, Some(PersonaliseError::Stranger));
}

#[test]
fn keys_and_certificates_that_do_not_belong_together_are_refused() {
    let readers = blank_card();
    let order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::Aes128);
    let done = with_card(&readers, &order.own, |mut card| {
        let old = card.generate(Slot::Presence, KeyAlgorithm::P256).unwrap();
        let new = card.generate(Slot::Presence, KeyAlgorithm::P256).unwrap();
        assert_eq!(card.public_key(Slot::Presence), Ok(Some(new.clone())));
        assert_eq!(card.prove(Slot::Presence, &old, b"m"), Err(PersonaliseError::WrongKey));
        let refused = card.write_certificate(Slot::Presence, &order.certificate(&old));
        assert_eq!(refused, Err(PersonaliseError::WrongKey));
        assert_eq!(card.certificate(Slot::Presence), Ok(None));
        card.write_certificate(Slot::Presence, &order.certificate(&new)).unwrap();
        let none = card.prove(Slot::Authentication, &new, b"m");
        assert_eq!(none, Err(PersonaliseError::WrongKey), "there is no key in 9A at all");
    });
    assert_eq!(done, Ok(()));
}

#[test]
fn counters_are_set_while_the_card_is_open_and_not_after() {
    let readers = blank_card();
    let order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::Aes128);
    let done = with_card(&readers, &order.own, |mut card| {
        assert_eq!(card.set_tries(5, 10), Ok(true));
        assert_eq!(card.set_tries(5, 10), Ok(true));
        card.lock(&pin("31415926"), &order.code).unwrap();
        assert_eq!(card.set_tries(3, 3), Err(PersonaliseError::Locked));
    });
    assert_eq!(done, Ok(()));
    let mut transaction = begin(&readers);
    let mut card = Piv::select(transaction.as_mut()).unwrap();
    assert_eq!((card.tries_left(), card.code_tries_left()), (Ok(5), Ok(Some(10))));
}

#[test]
fn with_another_code_a_locked_card_is_not_locked_again_and_a_reset_helps() {
    let readers = blank_card();
    let mut order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::Aes192);
    order.make(|| begin(&readers)).unwrap();
    order.code = TransportCode::new("50283714").unwrap();
    let again =
        with_card(&readers, &order.own, |mut card| card.lock(&pin("31415926"), &order.code));
    assert_eq!(again, Ok(Err(PersonaliseError::PukUnknown)));
    reset(begin(&readers).as_mut()).unwrap();
    let found = with_card(&readers, &order.own, |mut card| {
        let keys = SLOTS.map(|slot| card.public_key(slot).unwrap());
        (card.is_locked(), card.guid().unwrap(), keys)
    });
    assert_eq!(found, Ok((false, None, [None, None])));
    order.make(|| begin(&readers)).unwrap();
}

#[test]
fn a_wrong_code_costs_a_try_of_the_code_and_the_last_one_the_card() {
    let readers = blank_card();
    let mut order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::Aes256);
    order.make(|| begin(&readers)).unwrap();
    let wrong = TransportCode::new("50283714").unwrap();
    let mut transaction = begin(&readers);
    let mut card = Piv::select(transaction.as_mut()).unwrap();
    for left in [2, 1] {
        assert_eq!(card.unblock(&wrong, &pin(CHOSEN)), Err(PinError::Wrong { left }));
        assert_eq!(card.code_tries_left(), Ok(Some(left)));
    }
    assert_eq!(card.unblock(&wrong, &pin(CHOSEN)), Err(PinError::Blocked));
    assert_eq!(card.unblock(&order.code, &pin(CHOSEN)), Err(PinError::Blocked));
    assert_eq!(card.tries_left(), Ok(3), "the PIN was never guessed");
}

#[test]
fn the_holder_changes_the_pin() {
    let readers = blank_card();
    let mut order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::Aes256);
    order.make(|| begin(&readers)).unwrap();
    let mut transaction = begin(&readers);
    let mut card = Piv::select(transaction.as_mut()).unwrap();
    card.unblock(&order.code, &pin(CHOSEN)).unwrap();
    assert_eq!(card.change_pin(&pin("000000"), &pin("161803")), Err(PinError::Wrong { left: 2 }));
    card.change_pin(&pin(CHOSEN), &pin("161803")).unwrap();
    assert_eq!(card.verify_pin(&pin(CHOSEN)), Err(PinError::Wrong { left: 2 }));
    assert_eq!(card.verify_pin(&pin("161803")), Ok(()));
}

#[test]
fn nothing_secret_is_shown() {
    let order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::Aes256);
    let shown = format!("{:?} {:?} {:?}", order.own, order.code, Factory::default());
    for secret in [CODE, "123456", "5d5d", "93, 93"] {
        assert!(!shown.to_lowercase().contains(secret), "{shown}");
    }
}

/// A card that keeps to the standard and knows nothing of Yubico's additions but the key change:
/// it tells neither metadata nor version.
#[test]
fn a_card_that_tells_nothing_is_made_too() {
    let readers = blank_card();
    let mut order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::TripleDes);
    let silent = || -> Box<dyn Transaction> { Box::new(Silent(begin(&readers))) };
    order.make(silent).unwrap();
    order.make(silent).unwrap();
    assert_eq!(reset(silent().as_mut()), Err(PersonaliseError::CannotReset));
    order.is_finished(silent().as_mut());
}

pub struct Silent(pub Box<dyn Transaction>);

impl Transaction for Silent {
    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, ReaderError> {
        match apdu {
            [_, 0xF7..=0xFE, ..] => Ok(StatusWord::UNKNOWN_INSTRUCTION.bytes().to_vec()),
            _ => self.0.transmit(apdu),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_card_is_survived(answers in prop::collection::vec(
        prop::collection::vec(any::<u8>(), 0..80), 1..30,
    )) {
        let order = Order::new(7, KeyAlgorithm::P256, ManagementAlgorithm::Aes128);
        let mut noise = Noise { answers, next: 0 };
        let mut fill = random(1);
        let _ = reset(&mut noise);
        if let Ok(mut card) =
            Personalisation::open(&mut noise, &order.own, &Factory::default(), &mut fill)
        {
            let _ = card.generate(Slot::Presence, KeyAlgorithm::P256);
            let _ = card.lock(&pin("31415926"), &order.code);
        }
    }
}

/// Answers whatever, for ever.
struct Noise {
    answers: Vec<Vec<u8>>,
    next: usize,
}

impl Transaction for Noise {
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, ReaderError> {
        self.next = (self.next + 1) % self.answers.len();
        let well = if self.next.is_multiple_of(2) { vec![0x90, 0x00] } else { Vec::new() };
        Ok([self.answers[self.next].clone(), well].concat())
    }
}
