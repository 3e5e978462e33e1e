//! One person on one card, and the bytes that stand for it.
//!
//! The same person always becomes the same bytes, and the bytes sort as a card lists its people:
//! the insured person first, then by 枝番 and birth date. So two states of a card are equal when
//! their bytes are, and nothing needs to be read to compare them.

use jiff::civil::Date;
use warifu_contract::copay::Income;
use warifu_contract::coverage::{Validity, Workplace};
use warifu_contract::person::{Name, Sex};
use warifu_contract::register::Copay;

/// The most bytes of one text.
pub(crate) const LONGEST_TEXT: usize = 600;
/// Stands for a day that is not set.
const NO_DAY: u32 = u32::MAX;
/// Stands beside the sex of somebody whose address is given, behind everything else.
const WITH_ADDRESS: u8 = 0x80;

/// One person on one card, as an insurer deposits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// 続柄 of a dependant (家族); none for the insured person (本人).
    pub relationship: Option<String>,
    /// 枝番, two digits.
    pub branch: Option<String>,
    /// 生年月日.
    pub birth_date: Date,
    /// 資格取得日 or 認定日, and the last day.
    pub validity: Validity,
    /// 性別.
    pub sex: Sex,
    /// 一部負担金の割合, and from when on it holds.
    pub copay: Option<Copay>,
    /// 氏名.
    pub name: Name,
    /// 事業所, of an insured person.
    pub workplace: Option<Workplace>,
    /// Set while the acquisition is only notified (届出受理): the last day on which it counts so.
    pub provisional_until: Option<Date>,
    /// 住所; empty where the insurer does not say it.
    pub address: String,
}

impl Person {
    /// Adds the person's bytes to `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.relationship.is_some()));
        let branch = self.branch.as_deref().and_then(|text| text.as_bytes().try_into().ok());
        out.extend(branch.unwrap_or([0_u8; 2]));
        out.extend(packed(self.birth_date).to_be_bytes());
        out.extend(packed(self.validity.from).to_be_bytes());
        out.extend(self.validity.until.map_or(NO_DAY, packed).to_be_bytes());
        let with_address = if self.address.is_empty() { 0 } else { WITH_ADDRESS };
        out.push(sex_code(self.sex) | with_address);
        out.extend(self.provisional_until.map_or(NO_DAY, packed).to_be_bytes());
        write_copay(self.copay, out);
        let empty = Workplace { name: String::new(), address: String::new() };
        let workplace = self.workplace.as_ref().unwrap_or(&empty);
        let relationship = self.relationship.as_deref().unwrap_or_default();
        for text in
            [&self.name.text, &self.name.kana, relationship, &workplace.name, &workplace.address]
        {
            write_text(text, out);
        }
        if !self.address.is_empty() {
            write_text(&self.address, out);
        }
    }

    /// Reads one person from the front of `bytes`; none when they are not what
    /// [`write`](Self::write) makes.
    pub(crate) fn read(bytes: &mut &[u8]) -> Option<Self> {
        let dependant = take::<1>(bytes)? == [1];
        let branch = Some(take::<2>(bytes)?).filter(|digits| *digits != [0, 0]);
        let branch = branch.map(|digits| String::from_utf8(digits.to_vec())).transpose().ok()?;
        let birth_date = day(u32::from_be_bytes(take(bytes)?))?;
        let from = day(u32::from_be_bytes(take(bytes)?))?;
        let until = day(u32::from_be_bytes(take(bytes)?));
        let [code] = take(bytes)?;
        let (sex, has_address) = (sex_of(code & !WITH_ADDRESS)?, code & WITH_ADDRESS != 0);
        let provisional_until = day(u32::from_be_bytes(take(bytes)?));
        let copay = read_copay(bytes)?;
        let text = read_text(bytes)?;
        let name = Name { text, kana: read_text(bytes)? };
        let relationship = read_text(bytes)?;
        let workplace = Workplace { name: read_text(bytes)?, address: read_text(bytes)? };
        let address = if has_address { read_text(bytes)? } else { String::new() };
        Some(Self {
            relationship: dependant.then_some(relationship),
            branch,
            birth_date,
            validity: Validity { from, until },
            sex,
            copay,
            provisional_until,
            name,
            workplace: Some(workplace).filter(|workplace| !workplace.name.is_empty()),
            address,
        })
    }
}

fn write_copay(copay: Option<Copay>, out: &mut Vec<u8>) {
    out.push(copay.map_or(0, |copay| copay.percent));
    out.push(copay.and_then(|copay| copay.income).map_or(0, income_code));
    out.extend(copay.map_or(NO_DAY, |copay| packed(copay.from)).to_be_bytes());
}

#[expect(clippy::option_option, reason = "none of none: the bytes are no copay at all")]
fn read_copay(bytes: &mut &[u8]) -> Option<Option<Copay>> {
    let [percent, income] = take(bytes)?;
    let incomes = [Income::Standard, Income::Upper, Income::Active];
    let income = incomes.into_iter().find(|one| income_code(*one) == income);
    let from = day(u32::from_be_bytes(take(bytes)?));
    Some(from.map(|from| Copay { from, percent, income }))
}

fn income_code(income: Income) -> u8 {
    match income {
        Income::Standard => 1,
        Income::Upper => 2,
        Income::Active => 3,
    }
}

/// Adds a text of at most [`LONGEST_TEXT`] bytes; what is beyond is cut off at a character.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    let text = text.get(..text.floor_char_boundary(LONGEST_TEXT)).unwrap_or_default();
    out.extend(u16::try_from(text.len()).unwrap_or_default().to_be_bytes());
    out.extend(text.as_bytes());
}

/// Reads a text from the front of `bytes`.
pub(crate) fn read_text(bytes: &mut &[u8]) -> Option<String> {
    let length = usize::from(u16::from_be_bytes(take(bytes)?));
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    std::str::from_utf8(text).ok().map(str::to_owned)
}

/// Takes `N` bytes from the front.
pub(crate) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

/// 20041231 for 31 December 2004; the years of cards have four digits.
fn packed(day: Date) -> u32 {
    let part = |number: i8| u32::try_from(number).unwrap_or_default();
    let year = u32::try_from(day.year()).unwrap_or_default();
    (year * 100 + part(day.month())) * 100 + part(day.day())
}

fn day(packed: u32) -> Option<Date> {
    let year = i16::try_from(packed / 10_000).ok()?;
    let month = i8::try_from(packed / 100 % 100).ok()?;
    Date::new(year, month, i8::try_from(packed % 100).ok()?).ok()
}

fn sex_code(sex: Sex) -> u8 {
    match sex {
        Sex::Male => 1,
        Sex::Female => 2,
        Sex::Unknown => 3,
    }
}

fn sex_of(code: u8) -> Option<Sex> {
    match code {
        1 => Some(Sex::Male),
        2 => Some(Sex::Female),
        3 => Some(Sex::Unknown),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    pub(crate) fn taro() -> Person {
        Person {
            relationship: None,
            branch: Some("00".to_owned()),
            birth_date: date(1955, 5, 5),
            validity: Validity { from: date(2004, 4, 1), until: None },
            sex: Sex::Male,
            copay: Some(Copay { from: date(2004, 4, 1), percent: 30, income: Some(Income::Upper) }),
            provisional_until: None,
            name: Name { text: "髙野 太郎".to_owned(), kana: "タカノ タロウ".to_owned() },
            workplace: None,
            address: String::new(),
        }
    }

    fn round_trip(person: &Person) -> Option<Person> {
        let mut bytes = Vec::new();
        person.write(&mut bytes);
        let mut rest = bytes.as_slice();
        let read = Person::read(&mut rest);
        assert!(rest.is_empty());
        read
    }

    #[test]
    fn a_person_comes_back() {
        let taro = taro();
        assert_eq!(round_trip(&taro).unwrap(), taro);
        let workplace = Workplace { name: "仮想商事".to_owned(), address: String::new() };
        let wife = Person {
            relationship: Some("妻".to_owned()),
            branch: None,
            copay: None,
            provisional_until: Some(date(2004, 6, 30)),
            validity: Validity { until: Some(date(2010, 3, 31)), ..taro.validity },
            workplace: Some(workplace),
            address: "香川県高松市見本町1丁目2番3号".to_owned(),
            ..taro
        };
        assert_eq!(round_trip(&wife).unwrap(), wife);
    }

    #[test]
    fn the_insured_person_comes_first_then_by_branch() {
        let bytes = |relationship: Option<&str>, branch: Option<&str>| {
            let mut out = Vec::new();
            let relationship = relationship.map(str::to_owned);
            let branch = branch.map(str::to_owned);
            Person { relationship, branch, ..taro() }.write(&mut out);
            out
        };
        assert!(bytes(None, Some("09")) < bytes(Some("妻"), None));
        assert!(bytes(Some("長女"), Some("01")) < bytes(Some("妻"), Some("02")));
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Person::read(&mut bytes.as_slice());
        }
    }
}
