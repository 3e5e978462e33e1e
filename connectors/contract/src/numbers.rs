//! The numbers on cards and claims: their lengths, check digits (検証番号) and parts.
//!
//! A number that does not fit is told by its field, and never decides: insurers made for trials
//! have numbers that fit nothing (`Insurer::virtual`).

mod laws;

use crate::card_key::folded;
use crate::check_number::luhn_digit;

/// Why a text is no such number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not ASCII digits, after width and hyphens, or too few or too many.
    #[error("the number has another shape")]
    Shape,
    /// The last digit does not fit the others: mistyped.
    #[error("the check digit does not fit")]
    CheckDigit,
}

/// A 保険者番号 taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InsurerNumber {
    /// 法別番号; none for municipal 国保, which has none.
    pub law: Option<u8>,
    /// 都道府県番号.
    pub prefecture: u8,
}

impl InsurerNumber {
    /// What the 法別番号 stands for; none for one that is not in the table.
    pub fn scheme(&self) -> Option<&'static str> {
        self.law.map_or(Some(laws::MUNICIPAL), |law| laws::name(laws::INSURANCE, law))
    }
}

/// Reads a 保険者番号: 8 digits, or 6 for municipal 国保, also padded to 8 with zeros or blanks.
///
/// # Errors
///
/// [`NumberError`] for another shape or a check digit that does not fit.
pub fn insurer(text: &str) -> Result<InsurerNumber, NumberError> {
    let digits = digits(text, 8)?;
    let (law, rest) = match digits.len() {
        6 => (None, digits.as_str()),
        8 => match digits.split_at(2) {
            ("00", rest) => (None, rest),
            (law, rest) => (law.parse().ok(), rest),
        },
        _ => return Err(NumberError::Shape),
    };
    check(&digits)?;
    Ok(InsurerNumber { law, prefecture: leading_two(rest) })
}

/// A 公費負担者番号 taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayerNumber {
    /// 法別番号.
    pub law: u8,
    /// 都道府県番号.
    pub prefecture: u8,
}

impl PayerNumber {
    /// What the 法別番号 stands for; none for one that is not in the table (local schemes).
    pub fn scheme(&self) -> Option<&'static str> {
        laws::name(laws::PUBLIC, self.law)
    }
}

/// Reads a 公費負担者番号: 8 digits.
///
/// # Errors
///
/// [`NumberError`] for another shape or a check digit that does not fit.
pub fn payer(text: &str) -> Result<PayerNumber, NumberError> {
    let digits = exactly(text, 8)?;
    check(&digits)?;
    Ok(PayerNumber { law: leading_two(&digits), prefecture: leading_two(digits.split_at(2).1) })
}

/// How a 受給者番号 was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecipientNumber {
    /// 7 digits, the last a check digit that fits.
    Checked,
    /// A local scheme's: of another length, up to 30 characters, which nothing can be said of.
    Local,
}

/// Reads a 受給者番号.
///
/// # Errors
///
/// [`NumberError`] for 7 digits whose check digit does not fit, for nothing, and for more than 30
/// characters.
pub fn recipient(text: &str) -> Result<RecipientNumber, NumberError> {
    let text = folded(text).ok_or(NumberError::Shape)?;
    match text.chars().count() {
        7 if all_digits(&text) => check(&text).map(|()| RecipientNumber::Checked),
        1..=30 => Ok(RecipientNumber::Local),
        _ => Err(NumberError::Shape),
    }
}

/// The fee table (点数表) that an institution bills by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeTable {
    /// 医科.
    Medical,
    /// 歯科.
    Dental,
    /// 調剤.
    Pharmacy,
}

/// A 医療機関コード taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstitutionCode {
    /// 都道府県番号.
    pub prefecture: u8,
    /// 点数表.
    pub table: FeeTable,
    /// Whether the last of its own 7 digits is the check digit of the 6 before. Only told: nothing
    /// is refused for it.
    pub check_fits: bool,
}

/// Reads a 医療機関コード: 10 digits, 都道府県 2, 点数表 1, the institution's own 7.
///
/// # Errors
///
/// [`NumberError::Shape`] for another shape or fee table.
pub fn institution(text: &str) -> Result<InstitutionCode, NumberError> {
    let digits = exactly(text, 10)?;
    let (head, own) = digits.split_at(3);
    let table = match head.as_bytes().last() {
        Some(b'1') => FeeTable::Medical,
        Some(b'3') => FeeTable::Dental,
        Some(b'4') => FeeTable::Pharmacy,
        _ => return Err(NumberError::Shape),
    };
    let prefecture = leading_two(head);
    Ok(InstitutionCode { prefecture, table, check_fits: check(own).is_ok() })
}

/// The last digit is the check digit of those before.
fn check(digits: &str) -> Result<(), NumberError> {
    let (body, check) = digits.split_at(digits.len().saturating_sub(1));
    if check == luhn_digit(body).to_string() { Ok(()) } else { Err(NumberError::CheckDigit) }
}

fn exactly(text: &str, length: usize) -> Result<String, NumberError> {
    let digits = digits(text, length)?;
    if digits.len() == length { Ok(digits) } else { Err(NumberError::Shape) }
}

/// At most `longest` ASCII digits, at least one.
fn digits(text: &str, longest: usize) -> Result<String, NumberError> {
    let folded = folded(text).ok_or(NumberError::Shape)?;
    let fits = (1..=longest).contains(&folded.len()) && all_digits(&folded);
    if fits { Ok(folded) } else { Err(NumberError::Shape) }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn leading_two(digits: &str) -> u8 {
    digits.get(..2).and_then(|two| two.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn insurers_with_and_without_a_law() {
        let read =
            |text| insurer(text).map(|number| (number.law, number.prefecture, number.scheme()));
        let society = Some("組合管掌健康保険");
        assert_eq!(read("06130488"), Ok((Some(6), 13, society)));
        assert_eq!(read(" ０６-１３０４８８ "), Ok((Some(6), 13, society)));
        assert_eq!(read("01130012"), Ok((Some(1), 13, Some("全国健康保険協会管掌健康保険"))));
        assert_eq!(read("33120015"), Ok((Some(33), 12, Some("警察共済組合"))));
        let municipal = Ok((None, 13, Some("国民健康保険")));
        assert_eq!(read("138057"), municipal);
        assert_eq!(read("00138057"), municipal);
        for (wrong, why) in [
            ("06130489", NumberError::CheckDigit),
            ("138058", NumberError::CheckDigit),
            ("00000001", NumberError::CheckDigit),
            ("11111111", NumberError::CheckDigit),
            ("55555555", NumberError::CheckDigit),
            ("1111111", NumberError::Shape),
            ("0613048a", NumberError::Shape),
            ("", NumberError::Shape),
        ] {
            assert_eq!(insurer(wrong), Err(why), "{wrong}");
        }
    }

    #[test]
    fn payers_and_recipients() {
        let payer_number = payer("54016027").unwrap();
        assert_eq!((payer_number.law, payer_number.prefecture), (54, 1));
        assert_eq!(payer_number.scheme(), Some("難病医療（特定医療費）"));
        assert_eq!(payer("54016028"), Err(NumberError::CheckDigit));
        assert_eq!(payer("138057"), Err(NumberError::Shape));
        assert_eq!(recipient("1234566"), Ok(RecipientNumber::Checked));
        assert_eq!(recipient("1234567"), Err(NumberError::CheckDigit));
        assert_eq!(recipient("12345678901"), Ok(RecipientNumber::Local));
        assert_eq!(recipient(&"1".repeat(31)), Err(NumberError::Shape));
        assert_eq!(recipient(" "), Err(NumberError::Shape));
    }

    #[test]
    fn institutions() {
        let clinic = institution("3712345676").unwrap();
        assert_eq!((clinic.prefecture, clinic.table), (37, FeeTable::Medical));
        assert_eq!(institution("3722345676"), Err(NumberError::Shape));
        assert_eq!(institution("371234567"), Err(NumberError::Shape));
        let check_digit = format!("371234567{}", luhn_digit("234567"));
        assert!(institution(&check_digit).unwrap().check_fits);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,60}") {
            let _ = (insurer(&text), payer(&text), recipient(&text), institution(&text));
        }

        #[test]
        fn one_wrong_digit_is_noticed(body in "[0-9]{7}", place in 0usize..8, add in 1u8..10) {
            let number = format!("{body}{}", luhn_digit(&body));
            prop_assert!(payer(&number).is_ok());
            let mut bytes = number.into_bytes();
            bytes[place] = b'0' + (bytes[place] - b'0' + add) % 10;
            let wrong = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(payer(&wrong), Err(NumberError::CheckDigit));
        }
    }
}
