//! PT1 to PT6 of the test sheet, and its encodings: a file with blanks before and behind a field
//! is deposited, in each encoding, and the desk finds whom it speaks of.

use super::*;
use crate::bed::engines;

const NUMBER: &str = "88888888";
/// Where the fields stand that the test sheet names.
const MANDATORY: [usize; 7] = [2, 3, 4, 6, 8, 10, 11];

/// A line with blanks around every mandatory field.
fn padded(line: &str, before: &str, behind: &str) -> String {
    let fields = line.split(',').enumerate().map(|(n, field)| {
        if MANDATORY.contains(&n) { format!("{before}{field}{behind}") } else { field.to_owned() }
    });
    fields.collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn a_file_with_blanks_in_every_encoding_is_found_by_the_desk() {
    let family = [
        ",本人,88888888,東京,001,上野 太郎,ｳｴﾉ ﾀﾛｳ,男,S30.5.5,,平成16年4月1日,平成22年3月31日",
        ",家族,88888888,東京,001,上野 一子,ｳｴﾉ ｲﾁｺ,女,S35.10.10,妻,2004-04-01,20100331",
    ];
    for engine in engines() {
        let trial = Trial::on(engine, vec![insurer(NUMBER, None)]).await;
        for encoding in Encoding::ALL {
            for (before, behind) in [(" ", ""), ("", " "), ("  ", "\u{3000}")] {
                let lines = family.map(|line| padded(line, before, behind));
                trial.deposit(NUMBER, Kind::Full, encoding, &lines).await;
                for (born, name, kana) in
                    [(INSURED, "上野 太郎", "ウエノ タロウ"), (WIFE, "上野 一子", "ウエノ イチコ")]
                {
                    let card = Typed { insurer: NUMBER, symbol: "東京", number: "001", born };
                    let answer = trial.ask(card, DAY).await;
                    assert_eq!(answer.message, "有効な保険資格です", "{encoding:?}");
                    let coverage = answer.decision.coverage.unwrap();
                    assert_eq!(
                        (coverage.name.text.as_str(), coverage.name.kana.as_str()),
                        (name, kana)
                    );
                    assert_eq!(coverage.validity.until, Some(date(2010, 3, 31)));
                }
            }
        }
    }
}
