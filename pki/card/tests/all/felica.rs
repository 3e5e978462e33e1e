//! FeliCa Lite-S: registered, proved, copied, replayed, given a new key; in memory and in a real
//! pcscd.

use warifu_card::{
    PcscReaders, Readers, Transaction,
    felica::{
        Block, CardKey, FelicaError, Identity, LiteS, MasterKey, Registration, connect, diversify,
        register, rotate, verify_answer,
    },
    virtual_card::{FelicaReader, SharedCard, VirtualLiteS},
};

use crate::{
    cards::Bare,
    private_stack::{Stack, insert, isolated, reader},
};

const IDM: [u8; 8] = [0x01, 0x2E, 0x44, 0x10, 0x20, 0x30, 0x40, 0x50];

fn master(version: u8) -> MasterKey {
    MasterKey::new(std::array::from_fn(|i| {
        version.wrapping_mul(29).wrapping_add(u8::try_from(i).unwrap())
    }))
}

fn id_block() -> [u8; 16] {
    let mut block = [0; 16];
    block[..8].copy_from_slice(&IDM);
    block
}

fn key(version: u8) -> CardKey {
    diversify(&master(version), &id_block()).unwrap()
}

fn registration(version: u8) -> Registration {
    Registration { key: key(version), key_version: version.into(), challenge: [version; 16] }
}

fn with<T>(
    card: &mut dyn Transaction,
    say: impl FnOnce(&mut LiteS<'_>) -> Result<T, FelicaError>,
) -> Result<T, FelicaError> {
    let mut transport = connect(card)?;
    say(&mut LiteS::find(transport.as_mut())?)
}

fn identity(card: &mut LiteS<'_>) -> Result<Identity, FelicaError> {
    card.identity()
}

fn registered() -> Bare<VirtualLiteS> {
    let mut card = Bare(VirtualLiteS::blank(IDM));
    let identity = with(&mut card, |card| register(card, &registration(1))).unwrap();
    assert_eq!((identity.id_block, identity.key_version), (id_block(), 1));
    card
}

#[test]
fn a_registered_card_proves_its_key_and_no_other() {
    let mut card = registered();
    let (identity, _) = with(&mut card, |card| card.authenticate(&key(1), [5; 16])).unwrap();
    assert_eq!(identity.id_block, id_block());
    let wrong = with(&mut card, |card| card.authenticate(&key(2), [5; 16]).map(drop));
    assert_eq!(wrong, Err(FelicaError::WrongMac));
}

#[test]
fn a_copy_of_what_can_be_read_is_refused() {
    let card = registered();
    let mut copy = Bare(card.0.copied_by_reading());
    let says = with(&mut copy, identity).unwrap();
    assert_eq!(says.id_block, id_block());
    let proves = with(&mut copy, |card| card.authenticate(&key(1), [5; 16]).map(drop));
    assert_eq!(proves, Err(FelicaError::WrongMac));
}

#[test]
fn a_registered_card_is_locked() {
    let mut card = registered();
    let again = with(&mut card, |card| register(card, &registration(2)));
    assert_eq!(again, Err(FelicaError::Locked));
    for block in [Block::Key, Block::KeyVersion, Block::Id, Block::Configuration] {
        let written = with(&mut card, |card| card.write(block, [0; 16]));
        assert!(matches!(written, Err(FelicaError::Refused(..))), "{block:?}");
    }
    let [hidden] = with(&mut card, |card| card.read([Block::Key])).unwrap();
    assert_eq!(hidden, [0; 16]);
}

#[test]
fn a_registration_that_was_interrupted_is_done_again() {
    let mut card = Bare(VirtualLiteS::blank(IDM));
    with(&mut card, |card| card.write(Block::Key, [9; 16])).unwrap();
    with(&mut card, |card| register(card, &registration(1))).unwrap();
    with(&mut card, |card| card.authenticate(&key(1), [5; 16]).map(drop)).unwrap();
}

#[test]
fn a_key_is_rotated_by_the_old_key_only() {
    let mut card = registered();
    let stranger = with(&mut card, |card| rotate(card, &key(7), &registration(2), [6; 16]));
    assert_eq!(stranger, Err(FelicaError::WrongMac));
    let identity = with(&mut card, |card| rotate(card, &key(1), &registration(2), [6; 16]));
    assert_eq!(identity.unwrap().key_version, 2);
    let old = with(&mut card, |card| card.authenticate(&key(1), [5; 16]).map(drop));
    assert_eq!(old, Err(FelicaError::WrongMac));
    with(&mut card, |card| card.authenticate(&key(2), [5; 16]).map(drop)).unwrap();
}

fn is_genuine(card: &mut dyn Transaction, key: &CardKey, rc: [u8; 16], checked: [u8; 16]) -> bool {
    let answer = with(card, |card| card.answer(rc)).unwrap();
    assert_eq!(answer.id_block, id_block());
    verify_answer(key, &checked, &answer.id_block, &answer.version_block, &answer.mac)
}

#[test]
fn an_answer_is_carried_through_every_kind_of_reader_and_checked_elsewhere() {
    for way in [FelicaReader::Transparent, FelicaReader::Acs, FelicaReader::Identiv] {
        let card = || VirtualLiteS::registered(IDM, key(1), 1).unwrap().on(way);
        let (rc, other) = ([5; 16], [6; 16]);
        assert!(is_genuine(&mut Bare(card()), &key(1), rc, rc), "{way:?}");
        assert!(!is_genuine(&mut Bare(card()), &key(1), rc, other), "a challenge of before");
        assert!(!is_genuine(&mut Bare(card()), &key(2), rc, rc), "another key");
        let copy = card().copied_by_reading().on(way);
        assert!(!is_genuine(&mut Bare(copy), &key(1), rc, rc), "a copy");
        let again = with(&mut Bare(card()), |card| register(card, &registration(2)));
        assert_eq!(again, Err(FelicaError::Locked), "{way:?}");
    }
}

#[test]
fn a_card_kept_in_a_file_is_loaded_as_it_was_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("felica.json");
    let card = VirtualLiteS::registered(IDM, key(1), 1).unwrap().kept_in(&file).unwrap();
    let rotated = with(&mut Bare(card), |card| rotate(card, &key(1), &registration(2), [6; 16]));
    assert_eq!(rotated.unwrap().key_version, 2);
    let mut card = Bare(VirtualLiteS::load(&file).unwrap());
    assert!(is_genuine(&mut card, &key(2), [5; 16], [5; 16]));
}

#[test]
fn another_kind_of_card_is_not_one() {
    use crate::cards::{card, random};
    use warifu_card::piv::KeyAlgorithm;
    let mut piv = Bare(card(KeyAlgorithm::P256, 1).finish(random(1)));
    assert_eq!(with(&mut piv, identity), Err(FelicaError::Unsupported));
}

#[test]
fn a_card_is_registered_and_proved_through_pcscd() {
    isolated("felica::a_card_is_registered_and_proved_through_pcscd", || {
        let (_stack, readers) = (Stack::start(), PcscReaders::new());
        let _card = insert(SharedCard::new(VirtualLiteS::blank(IDM)), 0);
        let mut transaction = readers.begin(&reader(0)).unwrap();
        with(transaction.as_mut(), |card| register(card, &registration(1))).unwrap();
        drop(transaction);
        let mut transaction = readers.begin(&reader(0)).unwrap();
        with(transaction.as_mut(), |card| card.authenticate(&key(1), [8; 16]).map(drop)).unwrap();
    });
}
