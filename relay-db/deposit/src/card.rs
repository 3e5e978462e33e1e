//! A whole card as it is kept: 記号, 番号, and everybody under them.

use std::sync::Arc;

use warifu_contract::card_key::CardKey;
use warifu_contract::register::{Enrolled, EnrolledDependant, Enrolment, RegisteredInsurer};
use warifu_service::seal::{KeyRing, SealError};

use crate::key::{CardId, InsurerId};
use crate::person::{Person, read_text, take, write_text};

/// How the bytes are to be read.
const VERSION: u8 = 1;
/// Where they stand.
const COLUMN: &[u8] = b"deposit_card.body";

/// A card with its people, in the order of their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    /// 記号, as the insurer writes it.
    pub symbol: String,
    /// 番号, as the insurer writes it.
    pub number: String,
    pub people: Vec<Person>,
}

impl Card {
    /// The card's bytes: equal for equal cards, whatever order their people came in.
    pub fn bytes(&self) -> Vec<u8> {
        let people = self.people.iter().map(|person| {
            let mut bytes = Vec::with_capacity(128);
            person.write(&mut bytes);
            bytes
        });
        let mut people: Vec<Vec<u8>> = people.collect();
        people.sort_unstable();
        assembled(&self.symbol, &self.number, people.iter().map(Vec::as_slice))
    }

    /// Reads a card; none when the bytes are not one.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        if take::<1>(&mut bytes)? != [VERSION] {
            return None;
        }
        let (symbol, number) = (read_text(&mut bytes)?, read_text(&mut bytes)?);
        let mut people = Vec::new();
        while !bytes.is_empty() {
            people.push(Person::read(&mut bytes)?);
        }
        Some(Self { symbol, number, people })
    }

    /// As the decision reads it: one enrolment for every stretch of every insured person, each with
    /// all dependants.
    pub fn enrolments(
        &self,
        insurer: &Arc<RegisteredInsurer>,
        identify: impl Fn(&Person) -> String,
    ) -> Vec<Enrolment> {
        let Some(key) = CardKey::parse(&self.symbol, &self.number) else { return Vec::new() };
        let mut all: Vec<Enrolment> = Vec::new();
        let mut dependants: Vec<EnrolledDependant> = Vec::new();
        for person in &self.people {
            let enrolled = enrolled(person, identify(person));
            match &person.relationship {
                None => {
                    let found = all.iter_mut().find(|card| is_same(&card.insured, &enrolled));
                    match found {
                        Some(card) => card.insured.copays.extend(enrolled.copays),
                        None => all.push(Enrolment {
                            insurer: Arc::clone(insurer),
                            symbol: self.symbol.clone(),
                            number: self.number.clone(),
                            key: key.clone(),
                            workplace: person.workplace.clone(),
                            insured: enrolled,
                            dependants: Vec::new(),
                        }),
                    }
                }
                Some(relationship) => {
                    let found = dependants.iter_mut().find(|d| is_same(&d.enrolled, &enrolled));
                    match found {
                        Some(dependant) => dependant.enrolled.copays.extend(enrolled.copays),
                        None => dependants.push(EnrolledDependant {
                            enrolled,
                            relationship: relationship.clone(),
                        }),
                    }
                }
            }
        }
        for card in &mut all {
            card.dependants.clone_from(&dependants);
        }
        all
    }
}

/// A card's bytes from those of its people, which are in order.
pub(crate) fn assembled<'a>(
    symbol: &str,
    number: &str,
    people: impl Iterator<Item = &'a [u8]>,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.push(VERSION);
    write_text(symbol, &mut out);
    write_text(number, &mut out);
    people.for_each(|person| out.extend(person));
    out
}

/// The same stretch of the same person: what differs is the 負担割合.
fn is_same(one: &Enrolled, other: &Enrolled) -> bool {
    one.person == other.person && one.validity == other.validity
}

fn enrolled(person: &Person, id: String) -> Enrolled {
    Enrolled {
        person: id,
        name: person.name.clone(),
        sex: person.sex,
        birth_date: person.birth_date,
        branch: person.branch.clone(),
        validity: person.validity,
        provisional_until: person.provisional_until,
        copays: person.copay.into_iter().collect(),
    }
}

/// An id of the person that is the same on all cards of the insurer: insurers deposit none, so it is
/// a keyed hash of birth date and reading (the name itself where there is no reading).
pub(crate) fn identity(ring: &KeyRing, insurer: InsurerId, person: &Person) -> String {
    let name = if person.name.kana.is_empty() { &person.name.text } else { &person.name.kana };
    let named = format!("{}\n{}\n{name}", insurer.column(), person.birth_date);
    data_encoding::HEXLOWER.encode(&ring.lookup("deposit.person", named.as_bytes()))
}

/// What a row's body is bound to: its place.
fn context(card: &CardId, deposit: i64) -> Vec<u8> {
    [COLUMN, &card.0, &deposit.to_be_bytes()].concat()
}

/// Seals a card's bytes for its row.
pub(crate) fn seal(
    ring: &KeyRing,
    entropy: &dyn warifu_service::Entropy,
    (card, deposit): (&CardId, i64),
    bytes: &[u8],
) -> Vec<u8> {
    ring.seal(&context(card, deposit), bytes, entropy)
}

/// Opens a row's body.
pub(crate) fn open(
    ring: &KeyRing,
    (card, deposit): (&CardId, i64),
    body: &[u8],
) -> Result<Vec<u8>, SealError> {
    ring.open(&context(card, deposit), body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::tests::taro;
    use proptest::prelude::*;

    #[test]
    fn the_order_in_which_people_come_does_not_matter() {
        let wife = Person { relationship: Some("妻".to_owned()), ..taro() };
        let card = |people: Vec<Person>| Card {
            symbol: "高".to_owned(),
            number: "１２".to_owned(),
            people,
        };
        let one = card(vec![taro(), wife.clone()]);
        assert_eq!(one.bytes(), card(vec![wife, taro()]).bytes());
        assert_eq!(Card::read(&one.bytes()), Some(one));
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Card::read(&bytes);
        }
    }
}
