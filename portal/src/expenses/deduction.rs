//! The files for a tax return (医療費控除): what the insurers' notices say, in the six items that the
//! law asks for (所得税法施行規則 art. 47-2), of all insurers, and receipts added by hand. An insurer
//! whose bills are not here is named in the file.
//!
//! The tax office takes an insurer's notice as an attachment only under the insurer's own
//! signature. These files are for typing from and for reading in; none claims to be such a notice.

use jiff::civil::Date;
use warifu_contract::records::Expense;

use super::insurers::Lack;
use super::receipts::Receipt;
use super::year::Year;
use crate::csv;

/// The namespace of the XML file.
const NAMESPACE: &str = "urn:warifu:medical-expenses:1";

/// Sums of a return, yen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Return {
    /// What was paid, by the notice.
    pub paid: u64,
    /// What was given back of it.
    pub refund: u64,
    /// What was paid, by receipts.
    pub receipts_paid: u64,
    /// What was given back of that.
    pub receipts_refund: u64,
}

impl Return {
    /// Of a year and receipts.
    pub fn of(year: &Year<'_>, receipts: &[Receipt]) -> Self {
        let sums = year.sums();
        let sum = |of: fn(&Receipt) -> u64| {
            receipts.iter().map(of).fold(0, |all: u64, one| all.saturating_add(one))
        };
        Self {
            paid: sums.paid,
            refund: sums.refund,
            receipts_paid: sum(|receipt| receipt.paid),
            receipts_refund: sum(|receipt| receipt.refund),
        }
    }

    /// What was paid and not given back.
    pub fn borne(&self) -> u64 {
        let paid = self.paid.saturating_add(self.receipts_paid);
        paid.saturating_sub(self.refund.saturating_add(self.receipts_refund))
    }
}

/// The heads of the CSV file: the six items, then what else the insurer says.
const COLUMNS: [&str; 12] = [
    "被保険者等の氏名",
    "療養を受けた年月",
    "療養を受けた者",
    "病院・診療所・薬局等の名称",
    "支払った医療費の額",
    "保険者等の名称",
    "区分",
    "日数",
    "医療費総額",
    "食事・生活療養の額",
    "公費の額",
    "補塡される金額",
];
const LACK_COLUMNS: [&str; 2] = ["入っていない保険者等の名称", "理由の番号"];
const RECEIPT_COLUMNS: [&str; 5] = [
    "医療を受けた方の氏名",
    "病院・薬局などの支払先の名称",
    "医療費の区分",
    "支払った医療費の額",
    "補塡される金額",
];

/// As CSV, for spreadsheets: UTF-8 with its mark, lines end with CR LF. Heads are Japanese, as on
/// the form that they are for.
pub fn to_csv(year: &Year<'_>, receipts: &[Receipt], lacking: &[Lack<'_>]) -> String {
    let mut file = csv::File::default();
    file.row(COLUMNS);
    for entry in year.entries.iter().rev() {
        file.row([
            entry.insured.clone(),
            month(entry.month),
            entry.patient.clone(),
            entry.institution.clone(),
            entry.paid_yen.to_string(),
            entry.insurer.clone(),
            care(entry).to_owned(),
            entry.days.to_string(),
            entry.total_yen.to_string(),
            entry.meals.map_or(0, |meals| meals.paid_yen).to_string(),
            entry.public_yen.to_string(),
            entry.refund_yen.to_string(),
        ]);
    }
    if !receipts.is_empty() {
        file.row([""]);
        file.row(RECEIPT_COLUMNS);
    }
    for receipt in receipts {
        let Receipt { patient, payee, kind, paid, refund } = receipt;
        let (paid, refund) = (paid.to_string(), refund.to_string());
        file.row([patient.clone(), payee.clone(), kind.as_str().to_owned(), paid, refund]);
    }
    if !lacking.is_empty() {
        file.row([""]);
        file.row(LACK_COLUMNS);
    }
    for lack in lacking {
        file.row([lack.name(), lack.code()]);
    }
    file.into_text()
}

/// As XML, for programs.
pub fn to_xml(
    year: &Year<'_>,
    receipts: &[Receipt],
    lacking: &[Lack<'_>],
    made_on: Date,
) -> String {
    let sums = Return::of(year, receipts);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <医療費 xmlns=\"{NAMESPACE}\" 年分=\"{}\" 作成日=\"{made_on}\">\n",
        year.year
    );
    for lack in lacking {
        let parts =
            [("保険者等の名称", lack.name().to_owned()), ("理由の番号", lack.code().to_owned())];
        xml.push_str(&element("不足", &parts));
    }
    for entry in year.entries.iter().rev() {
        xml.push_str(&notice(entry));
    }
    for receipt in receipts {
        xml.push_str(&by_hand(receipt));
    }
    let paid = sums.paid.saturating_add(sums.receipts_paid);
    let refund = sums.refund.saturating_add(sums.receipts_refund);
    let total = [("支払った医療費の額", paid.to_string()), ("補塡される金額", refund.to_string())];
    xml + &element("合計", &total) + "</医療費>\n"
}

fn notice(entry: &Expense) -> String {
    let elements = [
        ("被保険者等の氏名", entry.insured.clone()),
        ("療養を受けた年月", month(entry.month)),
        ("療養を受けた者", entry.patient.clone()),
        ("病院等の名称", entry.institution.clone()),
        ("支払った医療費の額", entry.paid_yen.to_string()),
        ("保険者等の名称", entry.insurer.clone()),
        ("区分", care(entry).to_owned()),
        ("日数", entry.days.to_string()),
        ("医療費総額", entry.total_yen.to_string()),
        ("補塡される金額", entry.refund_yen.to_string()),
    ];
    element("通知", &elements)
}

fn by_hand(receipt: &Receipt) -> String {
    let elements = [
        ("医療を受けた方の氏名", receipt.patient.clone()),
        ("支払先の名称", receipt.payee.clone()),
        ("区分", receipt.kind.as_str().to_owned()),
        ("支払った医療費の額", receipt.paid.to_string()),
        ("補塡される金額", receipt.refund.to_string()),
    ];
    element("領収書", &elements)
}

fn element(name: &str, parts: &[(&str, String)]) -> String {
    let mut out = format!("<{name}>");
    for (part, text) in parts {
        out.extend(["<", part, ">", &escaped(text), "</", part, ">"]);
    }
    out + "</" + name + ">\n"
}

/// Text of an element; what XML 1.0 has no place for becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

fn month(month: Date) -> String {
    format!("{}-{:02}", month.year(), month.month())
}

fn care(entry: &Expense) -> &'static str {
    entry.care.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{self, told};
    use jiff::civil::date;
    use warifu_contract::records::{PanelOutcome, Service};

    fn receipts() -> Vec<Receipt> {
        vec![Receipt::typed("上野 一子", "見本<薬局>&", "medicine", "1200", "200").unwrap()]
    }

    #[test]
    fn a_return_counts_what_was_not_given_back() {
        let record = samples::expenses();
        let year = Year::of(&[told(&record)], 2026);
        let sums = Return::of(&year, &receipts());
        assert_eq!(sums.borne(), sums.paid - sums.refund + 1_000);
    }

    #[test]
    fn each_bill_is_a_line_with_the_six_items() {
        let record = samples::expenses();
        let year = Year::of(&[told(&record)], 2026);
        let text = to_csv(&year, &receipts(), &[]);
        let lines: Vec<&str> = text.trim_start_matches('\u{FEFF}').split("\r\n").collect();
        assert!(lines[0].starts_with("被保険者等の氏名,療養を受けた年月,療養を受けた者,"));
        assert_eq!(lines.len(), 1 + year.entries.len() + 3 + 1);
        let oldest = year.entries.last().unwrap();
        assert!(lines[1].contains(&oldest.institution) && lines[1].contains(&oldest.insurer));
    }

    #[test]
    fn the_file_for_programs_is_well_formed() {
        let record = samples::expenses();
        let year = Year::of(&[told(&record)], 2026);
        let xml = to_xml(&year, &receipts(), &[], date(2027, 2, 1));
        assert_eq!(xml.matches("<通知>").count(), year.entries.len());
        assert!(xml.contains("見本&lt;薬局&gt;&amp;") && xml.ends_with("</医療費>\n"));
        assert_eq!(escaped("a\u{0}\u{FFFF}b"), "a\u{FFFD}\u{FFFD}b");
    }

    #[test]
    fn who_lacks_is_named_in_every_file() {
        let down = PanelOutcome::Failed { code: "source.down".into() };
        let panel = samples::panel(Service::Expenses, down);
        let lacking = [Lack { panel: &panel }];
        let record = samples::expenses();
        let year = Year::of(&[told(&record)], 2026);
        let csv = to_csv(&year, &[], &lacking);
        let end = "入っていない保険者等の名称,理由の番号\r\n東京見本健康保険組合,source.down\r\n";
        assert!(csv.ends_with(end), "{csv}");
        let xml = to_xml(&year, &[], &lacking, date(2027, 2, 1));
        let (before, _) = xml.split_once("<通知>").unwrap();
        assert!(before.contains("<不足><保険者等の名称>東京見本健康保険組合<"), "{before}");
    }
}
