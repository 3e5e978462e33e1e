use super::*;
use crate::{CHECKS, RESULTS};
use jiff::civil::date;

/// A row whose columns have those names and fields.
fn row(fields: &[(&str, &str)]) -> Row {
    let mut row = Row::new();
    row.begin(2, None, COVERAGE.columns.len());
    for (name, field) in fields {
        let start = row.text.len();
        row.text.push_str(field);
        row.put(COVERAGE.find(name).unwrap(), start..row.text.len());
    }
    row
}

const GOOD: [(&str, &str); 9] = [
    ("本人家族", "1"),
    ("保険者番号", "00000001"),
    ("番号", "001"),
    ("氏名", "上野 太郎"),
    ("カナ氏名", "ウエノ タロウ"),
    ("性別", "男"),
    ("生年月日", "19550505"),
    ("資格取得日", "H16.4.1"),
    ("続柄", ""),
];

fn with(fields: &[(&'static str, &'static str)]) -> Row {
    row(&[&GOOD, fields].concat())
}

fn codes(fields: &[(&'static str, &'static str)]) -> Vec<(Code, &'static str)> {
    let mut errors = Vec::new();
    let row = with(fields);
    let read = CoverageRow::read(&row, &mut errors);
    assert_eq!(read.is_none(), !errors.is_empty());
    errors.iter().map(|error| (error.code, error.column.unwrap())).collect()
}

#[test]
fn the_day_of_loss_is_the_first_day_without() {
    let until = |fields: &[(&'static str, &'static str)]| {
        let row = with(fields);
        CoverageRow::read(&row, &mut Vec::new()).unwrap().validity
    };
    let validity = until(&[("資格喪失日", "2026-04-01")]);
    assert_eq!((validity.from, validity.until), (date(2004, 4, 1), Some(date(2026, 3, 31))));
    assert_eq!(until(&[("有効終了日", "2026-04-01")]).until, Some(date(2026, 4, 1)));
    let both = [("有効期限", "20260401"), ("資格喪失日", "20260401"), ("有効開始日", "20050401")];
    assert_eq!(until(&both).until, Some(date(2026, 3, 31)));
    assert_eq!(until(&both).from, date(2005, 4, 1));
    for none in ["", "99999999", "00000000", "9999-12-31"] {
        assert_eq!(until(&[("資格喪失日", none)]).until, None, "{none}");
    }
}

#[test]
fn words_and_digits_mean_the_same() {
    let row = with(&[
        ("本人家族", "被扶養者"),
        ("異動区分", "資格喪失"),
        ("性別", "F"),
        ("届出状態", "2"),
    ]);
    let coverage = CoverageRow::read(&row, &mut Vec::new()).unwrap();
    assert_eq!(coverage.relation, Relation::Dependant);
    assert_eq!(coverage.change, Some(Change::Lost));
    assert_eq!((coverage.sex, coverage.standing), (Sex::Female, Standing::Provisional));
    let row = with(&[("枝番", "１"), ("負担割合", "3割")]);
    let coverage = CoverageRow::read(&row, &mut Vec::new()).unwrap();
    assert_eq!((coverage.branch, coverage.copay_percent), (Some(1), Some(30)));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    assert_eq!(codes(&[]), []);
    assert_eq!(
        codes(&[("本人家族", "3"), ("生年月日", "昭和99年13月"), ("枝番", "123"), ("番号", "")]),
        [
            (Code::Code, "本人家族"),
            (Code::Required, "番号"),
            (Code::Number, "枝番"),
            (Code::Date, "生年月日"),
        ]
    );
    assert_eq!(codes(&[("資格喪失日", "20040401")]), [(Code::Period, "資格喪失日")]);
    assert_eq!(codes(&[("資格取得日", "")]), [(Code::Required, "資格取得日")]);
    assert_eq!(codes(&[("資格取得日", "x")]), [(Code::Date, "資格取得日")]);
    assert_eq!(codes(&[("番号", "123456789018")]), [(Code::MyNumber, "番号")]);
    assert_eq!(codes(&[("保険者番号", "123456789")]), [(Code::Number, "保険者番号")]);
}

#[test]
fn numbers_of_columns_are_those_of_the_layout() {
    let numbers = [
        (RELATION, "relation"),
        (CHANGE, "change"),
        (INSURER_NUMBER, "insurer_number"),
        (SYMBOL, "symbol"),
        (NUMBER, "number"),
        (BRANCH, "branch"),
        (NAME, "name"),
        (NAME_KANA, "name_kana"),
        (SEX, "sex"),
        (BIRTH_DATE, "birth_date"),
        (RELATIONSHIP, "relationship"),
        (ACQUIRED_ON, "acquired_on"),
        (VALID_FROM, "valid_from"),
        (LOST_ON, "lost_on"),
        (VALID_UNTIL, "valid_until"),
        (COPAY, "copay"),
        (COPAY_FROM, "copay_from"),
        (STANDING, "standing"),
        (WORKPLACE_NAME, "workplace_name"),
        (WORKPLACE_ADDRESS, "workplace_address"),
        (ADDRESS, "address"),
    ];
    for (number, name) in numbers {
        assert_eq!(COVERAGE.find(name), Some(number));
    }
}

#[test]
fn every_name_is_one_columns_alone_and_an_element_of_xml() {
    for layout in [&COVERAGE, &CHECKS, &RESULTS] {
        for column in layout.columns {
            for name in [column.name, column.english].iter().chain(column.aliases) {
                let owners = layout.columns.iter().filter(|other| {
                    other.name == *name || other.english == *name || other.aliases.contains(name)
                });
                assert_eq!(owners.count(), 1, "{name}");
            }
            for name in [column.name, column.english] {
                assert!(name.chars().all(|c| c.is_alphabetic() || c == '_'), "{name}");
            }
        }
    }
}
