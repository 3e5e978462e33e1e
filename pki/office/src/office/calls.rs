//! コールセンター: whoever calls says the four items and one thing more; if all is right, the
//! person's cards are open to the member of staff for a quarter of an hour. The answer never says
//! what was wrong, and every wrong one is counted.

use jiff::SignedDuration;
use warifu_contract::card_office::{CallerAnswers, CardList};
use warifu_contract::identity::{FourItems, MatchLevel, Resident, compare};
use warifu_contract::person::Name;

use super::apply::require_items;
use super::view::line;
use super::{CardOffice, File};
use crate::life::{Refusal, Step};
use crate::store::CardRow;
use crate::{Actor, OfficeError, StaffRole};

/// Wrong answers are counted over this long.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// … to one member of staff, who may be guessing …
const MOST_TO_MEMBER: i64 = 10;
/// … and by one caller, whoever answers.
const MOST_BY_CALLER: i64 = 5;
const LONGEST_SECOND: usize = 40;
/// Digits of the card number that count as the second answer.
const TAIL: usize = 4;

impl CardOffice {
    /// Asks for the person's cards in a caller's name. All answers right: all of the person's
    /// cards, open to this actor for 15 minutes. Otherwise none.
    pub async fn identify(
        &self,
        actor: &Actor,
        answers: &CallerAnswers,
    ) -> Result<CardList, OfficeError> {
        if !actor.is_any(&[StaffRole::CallCentre]) {
            return Err(Refusal::Role.into());
        }
        require_items(&answers.items)?;
        if answers.second.chars().nth(LONGEST_SECOND).is_some() {
            return Err(OfficeError::Invalid("second"));
        }
        let found = self.cards_of_caller(answers).await?;
        let files = self.open_to(actor, answers, found).await?;
        let cards = files.iter().map(|file| line(actor, &file.row)).collect();
        Ok(CardList { cards, next: None, counts: Vec::new() })
    }

    async fn open_to(
        &self,
        actor: &Actor,
        answers: &CallerAnswers,
        found: Vec<CardRow>,
    ) -> Result<Vec<File>, OfficeError> {
        let mut change = self.begin().await?;
        let caller = self.store().caller_key(&answers.items);
        let names = (actor.id.as_str(), caller.as_slice());
        let (store, now) = (self.store(), change.now);
        let since = now - WINDOW;
        let (to_member, by_caller) =
            store.wrong_answers(&mut change.transaction, names, since).await?;
        if to_member >= MOST_TO_MEMBER || by_caller >= MOST_BY_CALLER {
            return Err(OfficeError::TooManyCalls);
        }
        let passed = !found.is_empty();
        store.insert_call(&mut change.transaction, names, now, passed).await?;
        let mut files = Vec::with_capacity(found.len());
        for row in found {
            let mut file = self.file_of(row).await?;
            self.step(&mut change, &mut file, actor, Step::Identify, None).await?;
            files.push(file);
        }
        self.commit(change).await?;
        Ok(files)
    }

    /// Every candidate is compared in full, so that time does not tell either. An application that
    /// nobody approved opens itself only: whoever writes somebody else's name into one does not
    /// get at that person's cards.
    async fn cards_of_caller(&self, answers: &CallerAnswers) -> Result<Vec<CardRow>, OfficeError> {
        let candidates = self.store().cards_of_name(&answers.items).await?;
        let mut found: Vec<CardRow> = Vec::new();
        for row in candidates.into_iter().filter(|row| is_caller(row, answers)) {
            let person = row.person.as_deref().filter(|_| row.number.is_some());
            let all = match person {
                Some(person) => self.store().cards_of_person(person).await?,
                None => vec![row],
            };
            for row in all {
                if !found.iter().any(|known| known.id == row.id) {
                    found.push(row);
                }
            }
        }
        Ok(found)
    }
}

fn is_caller(row: &CardRow, answers: &CallerAnswers) -> bool {
    let second = digits(&answers.second);
    let tail = row
        .number
        .as_ref()
        .is_some_and(|number| second.len() == TAIL && ring_eq(number.tail(), &second));
    let phone = row
        .application
        .phone
        .as_deref()
        .map(digits)
        .is_some_and(|phone| phone.len() > TAIL && ring_eq(&phone, &second));
    let items = agree(&row.application.applicant, &answers.items);
    (tail | phone) & items
}

/// On the phone nobody hears which of two variant characters is meant.
fn agree(held: &FourItems, said: &FourItems) -> bool {
    let held = Resident {
        reference: String::new(),
        name: Name { text: held.name.clone(), kana: held.kana.clone().unwrap_or_default() },
        address: held.address.clone(),
        birth_date: held.birth_date,
        sex: held.sex,
        departed: None,
    };
    compare(said, &held).worst() <= MatchLevel::Folded
}

/// The digits in what somebody wrote, full-width ones too.
pub(super) fn digits(text: &str) -> String {
    let digit = |c: char| match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        _ => None,
    };
    text.chars().filter_map(digit).collect()
}

/// In constant time; lengths are no secret.
fn ring_eq(one: &str, other: &str) -> bool {
    let differs = one.bytes().zip(other.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && differs == 0
}
