//! Cards made in a virtual reader, also when they are pulled out at the worst moment.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use warifu_card::drawer::VirtualReaders;
use warifu_card::piv::{Piv, Slot};
use warifu_card::virtual_card::{SharedCard, VirtualPiv};
use warifu_card::{Pin, ReaderError, ReaderState, Transaction};
use warifu_contract::card_office::Action;
use warifu_pki::{CardPurpose, CardTrust, PolicyArc};
use warifu_service::clock::{Entropy, SystemEntropy};

use super::*;
use crate::testing::{Bench, approver, clerk, on_every_engine};

const READER: &str = "Reader";

fn blank(serial: u32) -> SharedCard {
    let random = Box::new(|bytes: &mut [u8]| SystemEntropy.fill(bytes));
    SharedCard::new(VirtualPiv::blank(serial).finish(random))
}

fn reader_with(card: &SharedCard) -> VirtualReaders {
    let readers = VirtualReaders::new([READER]);
    readers.insert(READER, card.clone()).unwrap();
    readers
}

async fn personalise(
    bench: &Bench,
    id: &CardKey,
    readers: &(impl Readers + Clone + 'static),
) -> Result<Card, OfficeError> {
    bench.office.personalise(&clerk(), id, Arc::new(readers.clone()), READER).await
}

/// The certificate on the card, believed; and that the letter's code lets its holder choose a PIN.
async fn require_usable(bench: &Bench, id: &CardKey, readers: &VirtualReaders) {
    let letter = bench.office.letter(&clerk(), id).await.unwrap();
    let ca = bench.office.ca();
    let roots = vec![ca.root().clone()];
    let trust = CardTrust::under(roots, ca.issuers(), PolicyArc::default()).unwrap();
    let mut transaction = readers.begin(READER).unwrap();
    let mut card = Piv::select(transaction.as_mut()).unwrap();
    let leaf = card.certificate(Slot::Authentication).unwrap();
    let verified = trust.verify(&leaf, CardPurpose::Authentication, bench.now()).unwrap();
    assert_eq!(verified.holder, bench.holder(id).await);
    let pin = Pin::new("739104").unwrap();
    assert!(card.verify_pin(&Pin::new("123456").unwrap()).is_err(), "the factory's PIN");
    assert!(card.verify_pin(&Pin::new(&letter.code).unwrap()).is_err(), "the code is no PIN");
    card.unblock(&TransportCode::new(&letter.code).unwrap(), &pin).unwrap();
    card.verify_pin(&pin).unwrap();
}

#[tokio::test]
async fn a_blank_card_becomes_somebodys() {
    on_every_engine(async |bench| {
        let id = bench.ordered(1).await;
        let readers = reader_with(&blank(1));
        let card = personalise(&bench, &id, &readers).await.unwrap();
        assert_eq!(card.stage, Stage::Personalised);
        assert_eq!(bench.certificate_states(&id).await, ["held", "held"]);
        require_usable(&bench, &id, &readers).await;
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn a_finished_card_is_nobody_elses_blank() {
    on_every_engine(async |bench| {
        let (first, second) = (bench.ordered(1).await, bench.ordered(2).await);
        let card = blank(1);
        let readers = reader_with(&card);
        personalise(&bench, &first, &readers).await.unwrap();
        let refused = personalise(&bench, &second, &readers).await.unwrap_err();
        assert_eq!(refused.code(), "office.card-not-blank");
        assert_eq!(bench.card(&second).await.stage, Stage::Ordered);
        let again = personalise(&bench, &first, &readers).await.unwrap_err();
        assert_eq!(again.code(), "office.impossible");
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn without_a_card_or_a_role_nothing_happens() {
    on_every_engine(async |bench| {
        let id = bench.ordered(1).await;
        let empty = VirtualReaders::new([READER]);
        let refused = personalise(&bench, &id, &empty).await.unwrap_err();
        assert_eq!(refused.code(), "card.none");
        let readers: Arc<dyn Readers> = Arc::new(reader_with(&blank(1)));
        let refused = bench.office.personalise(&approver(), &id, readers, READER).await;
        assert_eq!(refused.unwrap_err().code(), "office.role");
        assert_eq!(bench.card(&id).await.stage, Stage::Ordered);
        bench.require_agreement().await;
    })
    .await;
}

/// A reader whose card comes out after so many commands, once.
#[derive(Clone)]
struct Wobbly {
    readers: VirtualReaders,
    left: Arc<AtomicUsize>,
    card: SharedCard,
    pulled: Arc<Mutex<bool>>,
}

struct WobblyTransaction {
    inner: Box<dyn Transaction>,
    reader: Wobbly,
}

impl Readers for Wobbly {
    fn list(&self) -> Result<Vec<ReaderState>, ReaderError> {
        self.readers.list()
    }

    fn wait_for_change(&self, known: &[ReaderState], limit: Duration) -> Result<bool, ReaderError> {
        self.readers.wait_for_change(known, limit)
    }

    fn begin(&self, reader: &str) -> Result<Box<dyn Transaction>, ReaderError> {
        let inner = self.readers.begin(reader)?;
        Ok(Box::new(WobblyTransaction { inner, reader: self.clone() }))
    }
}

impl Transaction for WobblyTransaction {
    /// The command has reached the card; the answer does not come back.
    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let answer = self.inner.transmit(apdu);
        let left = self.reader.left.fetch_sub(1, Ordering::SeqCst);
        if left == 1 {
            self.reader.readers.remove(READER);
            *self.reader.pulled.lock().unwrap() = true;
            return Err(ReaderError::Removed);
        }
        answer
    }
}

fn wobbly(card: &SharedCard, commands: usize) -> Wobbly {
    Wobbly {
        readers: reader_with(card),
        left: Arc::new(AtomicUsize::new(commands)),
        card: card.clone(),
        pulled: Arc::default(),
    }
}

/// Begins a card and pulls it out as soon as its keys are certified.
async fn begun(bench: &Bench, id: &CardKey, card: &SharedCard) -> Wobbly {
    let mut commands = 1;
    while bench.card(id).await.stage == Stage::Ordered {
        let reader = wobbly(card, commands);
        personalise(bench, id, &reader).await.unwrap_err();
        commands += 1;
    }
    assert_eq!(bench.card(id).await.stage, Stage::Personalising);
    wobbly(card, usize::MAX)
}

#[tokio::test]
async fn pulled_out_after_any_command_the_card_is_finished_the_next_time() {
    on_every_engine(async |bench| {
        let mut commands = 1;
        loop {
            let number = u32::try_from(commands).unwrap();
            let id = bench.ordered(number).await;
            let reader = wobbly(&blank(number), commands);
            let first = personalise(&bench, &id, &reader).await;
            if !*reader.pulled.lock().unwrap() {
                first.unwrap();
                break;
            }
            first.unwrap_err();
            reader.readers.insert(READER, reader.card.clone()).unwrap();
            let card = personalise(&bench, &id, &reader.readers).await;
            assert_eq!(card.unwrap().stage, Stage::Personalised, "after {commands} commands");
            require_usable(&bench, &id, &reader.readers).await;
            commands += 1;
        }
        assert!(commands > 30, "only {commands} commands");
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn with_another_card_the_begun_one_is_dead() {
    on_every_engine(async |bench| {
        let id = bench.ordered(1).await;
        let begun = begun(&bench, &id, &blank(1)).await;
        let other = reader_with(&blank(2));
        personalise(&bench, &id, &other).await.unwrap();
        assert_eq!(bench.certificate_states(&id).await, ["held", "held"]);
        let file = bench.office.file(&id).await.unwrap();
        let attempts = bench.office.store().attempts(&file.row.id).await.unwrap();
        let states: Vec<_> = attempts.into_iter().map(|one| one.state).collect();
        assert_eq!(states, [AttemptState::Abandoned, AttemptState::Finished]);
        require_usable(&bench, &id, &other).await;
        bench.require_agreement().await;

        // The half-made card is as good as blank for somebody else.
        let next = bench.ordered(2).await;
        let again = reader_with(&begun.card);
        personalise(&bench, &next, &again).await.unwrap();
        require_usable(&bench, &next, &again).await;
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn a_spoiled_card_goes_back_to_its_order() {
    on_every_engine(async |bench| {
        let id = bench.ordered(1).await;
        begun(&bench, &id, &blank(1)).await;
        let number = bench.card(&id).await.number;
        let spoil = Action::Spoil { note: "チップが応答しない".into() };
        let card = bench.act(&clerk(), &id, spoil).await.unwrap();
        assert_eq!((card.stage, card.number), (Stage::Ordered, number));
        bench.require_agreement().await;
        personalise(&bench, &id, &reader_with(&blank(2))).await.unwrap();
        bench.require_agreement().await;
    })
    .await;
}
