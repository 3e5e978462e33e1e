//! Receipts that a person adds by hand to a tax return. They travel in the page alone: the portal
//! keeps none.

/// Receipts in one return at most.
pub const MOST: usize = 100;
/// Characters of a name at most.
const LONGEST: usize = 60;
/// The largest amount, yen.
const LARGEST: u64 = 99_999_999;
/// What separates the parts of a receipt that a page carries.
const SEPARATOR: char = '\t';

/// 医療費の区分 of the tax office's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptKind {
    /// 診療・治療.
    Treatment,
    /// 医薬品購入.
    Medicine,
    /// 介護保険サービス.
    LongTermCare,
    /// その他の医療費, e.g. the way to the hospital.
    Other,
}

impl ReceiptKind {
    /// Every kind, in the order of the form.
    pub const ALL: [Self; 4] = [Self::Treatment, Self::Medicine, Self::LongTermCare, Self::Other];

    /// The name in forms and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Treatment => "treatment",
            Self::Medicine => "medicine",
            Self::LongTermCare => "long-term-care",
            Self::Other => "other",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// 医療を受けた方の氏名.
    pub patient: String,
    /// 病院・薬局などの名称.
    pub payee: String,
    /// 医療費の区分.
    pub kind: ReceiptKind,
    /// 支払った医療費の額, yen.
    pub paid: u64,
    /// 生命保険や社会保険などで補塡される金額, yen; never more than `paid`.
    pub refund: u64,
}

/// Why a receipt is not taken: the key of its sentence.
pub type Wrong = &'static str;

impl Receipt {
    /// What was typed; full-width digits, commas and 円 are taken off.
    pub fn typed(
        patient: &str,
        payee: &str,
        kind: &str,
        paid: &str,
        refund: &str,
    ) -> Result<Self, Wrong> {
        let paid = amount(paid).filter(|paid| *paid > 0).ok_or("receipt-wrong-paid")?;
        let refund = if refund.trim().is_empty() { Some(0) } else { amount(refund) };
        Ok(Self {
            patient: line(patient).ok_or("receipt-wrong-patient")?,
            payee: line(payee).ok_or("receipt-wrong-payee")?,
            kind: ReceiptKind::named(kind).ok_or("receipt-wrong-kind")?,
            paid,
            refund: refund.filter(|refund| *refund <= paid).ok_or("receipt-wrong-refund")?,
        })
    }

    /// As the page carries it.
    pub fn carried(&self) -> String {
        let Self { patient, payee, kind, paid, refund } = self;
        let s = SEPARATOR;
        format!("{patient}{s}{payee}{s}{}{s}{paid}{s}{refund}", kind.as_str())
    }

    /// What a page carried; none where somebody changed it into what no receipt is.
    pub fn from_carried(text: &str) -> Option<Self> {
        let mut parts = text.split(SEPARATOR);
        let mut next = || parts.next();
        let receipt = Self::typed(next()?, next()?, next()?, next()?, next()?).ok()?;
        next().is_none().then_some(receipt)
    }
}

fn line(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = (1..=LONGEST).contains(&text.chars().count());
    (fits && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

fn amount(text: &str) -> Option<u64> {
    let digits: String = text
        .trim()
        .trim_end_matches('円')
        .chars()
        .filter(|c| !matches!(c, ',' | '，' | ' ' | '　'))
        .map(|c| match c {
            '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
            c => c,
        })
        .take(12)
        .collect();
    digits.parse().ok().filter(|yen| *yen <= LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, yen) in [("1,200円", 1200), ("１２００", 1200), (" 12 000 ", 12_000)] {
            let read = Receipt::typed("上野 太郎", "見本薬局", "medicine", text, "");
            assert_eq!(read.unwrap().paid, yen, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let typed = |patient, payee, kind, paid, refund| {
            Receipt::typed(patient, payee, kind, paid, refund).unwrap_err()
        };
        assert_eq!(typed("", "b", "other", "1", ""), "receipt-wrong-patient");
        assert_eq!(typed("a", "b\u{7}", "other", "1", ""), "receipt-wrong-payee");
        assert_eq!(typed("a", "b", "none", "1", ""), "receipt-wrong-kind");
        assert_eq!(typed("a", "b", "other", "0", ""), "receipt-wrong-paid");
        assert_eq!(typed("a", "b", "other", "999999999999", ""), "receipt-wrong-paid");
        assert_eq!(typed("a", "b", "other", "5", "6"), "receipt-wrong-refund");
    }

    #[test]
    fn a_page_carries_receipts_whole() {
        let one = Receipt::typed("上野 一子", "見本薬局", "medicine", "1200", "200").unwrap();
        assert_eq!(Receipt::from_carried(&one.carried()), Some(one.clone()));
        assert_eq!(Receipt::from_carried(&format!("{}\tx", one.carried())), None);
        assert_eq!(Receipt::from_carried("x"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_a_receipt_or_none(text in any::<String>(), other in any::<String>()) {
            if let Some(read) = Receipt::from_carried(&text) {
                prop_assert!(read.refund <= read.paid && read.paid <= LARGEST);
            }
            let _ = Receipt::typed(&text, &other, "other", &text, &other);
        }
    }
}
