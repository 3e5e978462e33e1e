//! What a card becomes: from the records about it, and from what is held of it.
//!
//! A card takes effect whole or not at all: where one of its records is wrong, the card stays as it
//! was, so that a slip in one line takes nobody's coverage away.

use warifu_contract::coverage::Validity;

use super::row::{Change, Row, Wrong};
use crate::card::{Card, assembled};
use crate::person::{Person, read_text, take, write_text};

/// People on one card at most.
const PEOPLE: usize = 200;
/// Stands for a record that could not be read, but whose card is known.
const SPOILT: u8 = 0;

/// A record about a card, as it lies in a run.
#[derive(Debug, Clone)]
pub(super) struct Record {
    line: u64,
    /// None when the record could not be read.
    change: Option<Change>,
    symbol: String,
    number: String,
    /// [`Person::write`]'s bytes.
    person: Vec<u8>,
}

/// What becomes of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It stays as it is.
    Stays,
    /// These are its bytes now.
    Becomes(Vec<u8>),
    /// Nobody is on it any more.
    Gone,
}

impl Record {
    /// Puts down a record.
    pub fn write(row: &Row, out: &mut Vec<u8>) {
        out.push(row.change.code());
        out.extend(row.line.to_be_bytes());
        write_text(&row.symbol, out);
        write_text(&row.number, out);
        row.person.write(out);
    }

    /// Puts down that a record about a card could not be read.
    pub fn write_spoilt(line: u64, out: &mut Vec<u8>) {
        out.push(SPOILT);
        out.extend(line.to_be_bytes());
    }

    /// Reads a record; none when the bytes are not one.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        let [code] = take(&mut bytes)?;
        let line = u64::from_be_bytes(take(&mut bytes)?);
        let change = Change::of(code);
        if change.is_none() {
            let (symbol, number, person) = (String::new(), String::new(), Vec::new());
            return (code == SPOILT).then_some(Self { line, change, symbol, number, person });
        }
        let (symbol, number) = (read_text(&mut bytes)?, read_text(&mut bytes)?);
        Some(Self { line, change, symbol, number, person: bytes.to_vec() })
    }

    fn wrong(&self, field: &'static str, code: &'static str) -> Wrong {
        Wrong { line: self.line, field, code, card: None, fatal: false }
    }
}

/// The card by a full deposit: exactly the people in the records.
pub(super) fn full(records: &mut [Record], faults: &mut Vec<Wrong>) -> Outcome {
    if records.iter().any(|record| record.change.is_none()) {
        return Outcome::Stays;
    }
    records.sort_by(|one, other| one.person.cmp(&other.person));
    let mut people: Vec<&Record> = Vec::with_capacity(records.len());
    for record in records.iter() {
        match people.last() {
            Some(last) if last.person == record.person => {
                faults.push(record.wrong("", "duplicate"));
            }
            _ => people.push(record),
        }
    }
    if let Some(wrong) = contradiction(&people) {
        faults.push(wrong);
        return Outcome::Stays;
    }
    let Some((symbol, number)) = written(records) else { return Outcome::Gone };
    let people = people.iter().map(|record| record.person.as_slice());
    Outcome::Becomes(assembled(symbol, number, people))
}

/// The card by a differential deposit: what is held, with the records applied in their order.
pub(super) fn changes(records: &[Record], held: Option<&[u8]>, faults: &mut Vec<Wrong>) -> Outcome {
    let Some(first) = records.first() else { return Outcome::Stays };
    if records.iter().any(|record| record.change.is_none()) {
        return Outcome::Stays;
    }
    let Some((symbol, number)) = written(records) else { return Outcome::Stays };
    let (symbol, number) = (symbol.to_owned(), number.to_owned());
    let new = || Card { symbol, number, people: Vec::new() };
    let mut card = held.and_then(Card::read).unwrap_or_else(new);
    for record in records {
        if let Err((field, code)) = change(&mut card.people, record) {
            faults.push(record.wrong(field, code));
            return Outcome::Stays;
        }
    }
    if card.people.is_empty() {
        return Outcome::Gone;
    }
    if card.people.len() > PEOPLE {
        faults.push(first.wrong("", "too-many"));
        return Outcome::Stays;
    }
    if card.people.iter().all(|person| person.relationship.is_some()) {
        faults.push(first.wrong("本人・家族", "no-insured"));
        return Outcome::Stays;
    }
    Outcome::Becomes(card.bytes())
}

/// 記号 and 番号 as they are written, the same whatever order the records come in.
fn written(records: &[Record]) -> Option<(&str, &str)> {
    records.iter().map(|record| (record.symbol.as_str(), record.number.as_str())).min()
}

/// Records that cannot stand on one card.
fn contradiction(people: &[&Record]) -> Option<Wrong> {
    let first = people.first()?;
    // The insured person's bytes come first, and begin with a zero.
    if first.person.first() != Some(&0) {
        return Some(first.wrong("本人・家族", "no-insured"));
    }
    if people.len() > PEOPLE {
        return Some(first.wrong("", "too-many"));
    }
    let pairs = people.iter().zip(people.iter().skip(1));
    // 本人・家族, 枝番, birth date and first day are equal: so it may be the same person twice.
    let mut near = pairs.filter(|(one, other)| one.person.get(..11) == other.person.get(..11));
    near.find_map(|(one, other)| {
        let (a, b) = (read(one)?, read(other)?);
        let twice = is_same_person(&a, &b) && copay_from(&a) == copay_from(&b);
        twice.then(|| other.wrong("", "contradiction"))
    })
}

fn read(record: &Record) -> Option<Person> {
    Person::read(&mut record.person.as_slice())
}

fn copay_from(person: &Person) -> Option<jiff::civil::Date> {
    person.copay.map(|copay| copay.from)
}

fn is_same_person(one: &Person, other: &Person) -> bool {
    let named = |person: &Person| {
        let name = &person.name;
        if name.kana.is_empty() { name.text.clone() } else { name.kana.clone() }
    };
    one.birth_date == other.birth_date && named(one) == named(other)
}

/// Applies one record to the people of a card.
fn change(people: &mut Vec<Person>, record: &Record) -> Result<(), (&'static str, &'static str)> {
    let person = read(record).ok_or(("", "unreadable"))?;
    let place = meant(people, &person);
    match (record.change, place) {
        (Some(Change::Joined), _) => {
            people.retain(|other| !is_same_stretch(other, &person));
            people.push(person);
        }
        (Some(Change::Altered), Some(place)) => {
            if let Some(held) = people.get_mut(place) {
                *held = person;
            }
        }
        (Some(Change::Left), Some(place)) => {
            let until = person.validity.until.ok_or(("資格喪失年月日", "required"))?;
            let Some(held) = people.get_mut(place) else { return Ok(()) };
            if until < held.validity.from {
                return Err(("資格喪失年月日", "period"));
            }
            held.validity = Validity { until: Some(until), ..held.validity };
        }
        (Some(Change::Struck), Some(place)) => drop(people.remove(place)),
        _ => return Err(("", "nobody")),
    }
    Ok(())
}

fn is_same_stretch(one: &Person, other: &Person) -> bool {
    is_same_person(one, other)
        && one.validity.from == other.validity.from
        && copay_from(one) == copay_from(other)
}

/// Whom a record means: who has the birth date, and the name or the 枝番; of several stretches the
/// one that begins on the same day, or else the newest.
fn meant(people: &[Person], person: &Person) -> Option<usize> {
    let branch = |other: &Person| other.branch.is_some() && other.branch == person.branch;
    let fits = |other: &Person| {
        other.birth_date == person.birth_date && (is_same_person(other, person) || branch(other))
    };
    let fitting = people.iter().enumerate().filter(|(_, other)| fits(other));
    let best = fitting.max_by_key(|(_, other)| {
        (other.validity.from == person.validity.from, other.validity.from)
    });
    best.map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::tests::taro;
    use jiff::civil::date;

    fn record(line: u64, change: Change, person: Person) -> Record {
        let (symbol, number) = ("高".to_owned(), "12".to_owned());
        let row = Row { line, insurer_number: String::new(), symbol, number, person, change };
        let mut bytes = Vec::new();
        Record::write(&row, &mut bytes);
        Record::read(&bytes).unwrap()
    }

    fn ichiko() -> Person {
        let mut wife = Person { relationship: Some("妻".to_owned()), ..taro() };
        wife.birth_date = date(1960, 10, 10);
        wife.branch = Some("01".to_owned());
        wife.name.kana = "タカノ イチコ".to_owned();
        wife
    }

    fn people(outcome: &Outcome) -> Vec<Person> {
        let Outcome::Becomes(bytes) = outcome else { panic!("{outcome:?}") };
        Card::read(bytes).unwrap().people
    }

    fn after(records: &[Record], held: &Outcome) -> (Outcome, Vec<&'static str>) {
        let mut faults = Vec::new();
        let held = if let Outcome::Becomes(bytes) = held { Some(bytes.as_slice()) } else { None };
        let outcome = changes(records, held, &mut faults);
        (outcome, faults.iter().map(|fault| fault.code).collect())
    }

    fn family() -> Outcome {
        let mut records = [record(2, Change::Joined, ichiko()), record(1, Change::Joined, taro())];
        full(&mut records, &mut Vec::new())
    }

    #[test]
    fn a_full_card_is_everybody_in_it() {
        assert_eq!(people(&family()), [taro(), ichiko()]);
    }

    #[test]
    fn the_same_record_twice_is_told_and_taken_once() {
        let mut faults = Vec::new();
        let mut twice = [record(1, Change::Joined, taro()), record(7, Change::Joined, taro())];
        assert_eq!(people(&full(&mut twice, &mut faults)), [taro()]);
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].code, "duplicate");
    }

    #[test]
    fn a_card_that_contradicts_itself_stays_as_it_was() {
        let mut other = taro();
        other.validity.until = Some(date(2010, 3, 31));
        let mut records = [record(1, Change::Joined, taro()), record(2, Change::Joined, other)];
        let mut faults = Vec::new();
        assert_eq!(full(&mut records, &mut faults), Outcome::Stays);
        assert_eq!(faults[0].code, "contradiction");
        let mut alone = [record(1, Change::Joined, ichiko())];
        assert_eq!(full(&mut alone, &mut faults), Outcome::Stays);
        assert_eq!(faults[1].code, "no-insured");
    }

    #[test]
    fn a_record_that_could_not_be_read_leaves_the_card_alone() {
        let mut bytes = Vec::new();
        Record::write_spoilt(9, &mut bytes);
        let spoilt = Record::read(&bytes).unwrap();
        let mut records = [record(1, Change::Joined, taro()), spoilt];
        assert_eq!(full(&mut records, &mut Vec::new()), Outcome::Stays);
    }

    #[test]
    fn somebody_leaves_and_comes_again() {
        let mut gone = ichiko();
        gone.validity.until = Some(date(2010, 3, 31));
        let (left, faults) = after(&[record(1, Change::Left, gone.clone())], &family());
        assert!(faults.is_empty());
        assert_eq!(people(&left), [taro(), gone]);
        let mut again = ichiko();
        again.validity.from = date(2012, 4, 1);
        let (back, _) = after(&[record(1, Change::Joined, again)], &left);
        assert_eq!(people(&back).len(), 3);
    }

    #[test]
    fn a_change_means_one_person() {
        let mut named = ichiko();
        named.name.kana = "ウエノ イチコ".to_owned();
        let (renamed, _) = after(&[record(1, Change::Altered, named.clone())], &family());
        assert_eq!(people(&renamed), [taro(), named.clone()], "枝番 and birth date lead to her");
        named.branch = None;
        let (stays, faults) = after(&[record(1, Change::Altered, named)], &family());
        assert_eq!((stays, faults), (Outcome::Stays, vec!["nobody"]));
    }

    #[test]
    fn who_was_entered_by_mistake_is_struck_out() {
        let (without, _) = after(&[record(1, Change::Struck, ichiko())], &family());
        assert_eq!(people(&without), [taro()]);
        let (nobody, _) = after(&[record(1, Change::Struck, taro())], &without);
        assert_eq!(nobody, Outcome::Gone);
        let (stays, faults) = after(&[record(1, Change::Struck, taro())], &family());
        assert_eq!((stays, faults), (Outcome::Stays, vec!["no-insured"]));
    }
}
