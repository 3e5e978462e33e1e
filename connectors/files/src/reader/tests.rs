use std::io::Cursor;

use crate::{
    CHECKS, COVERAGE, CheckRow, Code, CoverageRow, Encoding, HeaderStyle, Hint, LineEnd, Reader,
    Row, RowError, SniffError, sniff,
};
use jiff::civil::date;

const HEADER: &str = "種別,保険者番号,記号,番号,氏名,カナ氏名,性別,生年月日,資格取得日,有効期限";
const ROW: &str =
    "本人,06130488,東京,001,上野 太郎,ウエノ タロウ,男,S30.5.5,平成16年4月1日,2010-03-31";

fn encoded(encoding: Encoding, text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    encoding.encode(text, &mut bytes).unwrap();
    bytes
}

/// Every row as its fields, or what is wrong.
fn read(bytes: &[u8]) -> Vec<Result<Vec<String>, RowError>> {
    let shape = sniff(bytes, &COVERAGE, Hint::default()).unwrap();
    match Reader::new(bytes, &COVERAGE, shape) {
        Err(error) => vec![Err(error)],
        Ok(reader) => reader.map(|row| row.map(|row| fields(&row))).collect(),
    }
}

fn fields(row: &Row) -> Vec<String> {
    (0..COVERAGE.columns.len()).map(|column| row.field(column).to_owned()).collect()
}

fn codes(bytes: &[u8]) -> Vec<Result<String, (Code, u64)>> {
    let rows = read(bytes).into_iter();
    rows.map(|row| row.map(|row| row[4].clone()).map_err(|error| (error.code, error.line)))
        .collect()
}

fn file(rows: &[&str]) -> String {
    let lines: Vec<&str> = [HEADER].iter().chain(rows).copied().collect();
    lines.join("\n") + "\n"
}

#[test]
fn a_row_means_what_it_says_in_every_encoding() {
    for encoding in Encoding::ALL {
        let bytes = encoded(encoding, &file(&[ROW]));
        let found = sniff(&*bytes, &COVERAGE, Hint::default()).unwrap();
        assert_eq!(found.encoding, encoding);
        let mut reader = Reader::new(&*bytes, &COVERAGE, found).unwrap();
        let row = reader.next().unwrap().unwrap();
        let mut errors = Vec::new();
        let coverage = CoverageRow::read(&row, &mut errors).unwrap();
        assert_eq!((coverage.name, coverage.name_kana), ("上野 太郎", "ウエノ タロウ"));
        assert_eq!(coverage.birth_date, date(1955, 5, 5));
        assert_eq!(coverage.validity.from, date(2004, 4, 1));
        assert_eq!(coverage.validity.until, Some(date(2010, 3, 31)));
        assert!(reader.next().is_none());
    }
}

/// PT1 to PT6 of the evaluation sheet: blanks before and behind each mandatory field, for 本人 and
/// 家族, and a blank between family and given name that stays.
#[test]
fn pt1_to_pt6_blanks_around_fields_mean_nothing() {
    for relation in ["本人", "家族"] {
        let plain = ROW.replace("本人", relation);
        let expected = read(file(&[&plain]).as_bytes());
        for column in 0..HEADER.split(',').count() {
            for blank in [" ", "  ", "\u{3000}", " \u{3000}\t"] {
                for (before, behind) in [(blank, ""), ("", blank), (blank, blank)] {
                    let padded: Vec<String> = plain
                        .split(',')
                        .enumerate()
                        .map(|(n, field)| {
                            if n == column {
                                format!("{before}{field}{behind}")
                            } else {
                                field.to_owned()
                            }
                        })
                        .collect();
                    for encoding in Encoding::ALL {
                        let bytes = encoded(encoding, &file(&[&padded.join(",")]));
                        assert_eq!(read(&bytes), expected, "{padded:?} {encoding:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn columns_come_in_any_order_and_language() {
    let english = "number, relation ,insurer_number,sex,name,name_kana,birth_date\n\
                   001,insured,06130488,male,上野 太郎,ウエノ タロウ,19550505\n";
    let rows = read(english.as_bytes());
    assert_eq!(rows[0].as_ref().unwrap()[..5], ["insured", "", "06130488", "", "001"]);
    let shape = sniff(english.as_bytes(), &COVERAGE, Hint::default()).unwrap();
    let reader = Reader::new(english.as_bytes(), &COVERAGE, shape).unwrap();
    assert_eq!(reader.shape().header, HeaderStyle::English);
}

#[test]
fn without_a_header_the_order_is_the_layouts() {
    let text = "2026-11-20,06130488,東京,001,01,S30.5.5,本人,ウエノ タロウ,A-17\n\
                ,138057,,9,,19550505\n";
    let shape = sniff(text.as_bytes(), &CHECKS, Hint::default()).unwrap();
    let reader = Reader::new(text.as_bytes(), &CHECKS, shape).unwrap();
    assert_eq!(reader.shape().header, HeaderStyle::None);
    let rows: Vec<Row> = reader.map(Result::unwrap).collect();
    let mut errors = Vec::new();
    let first = CheckRow::read(&rows[0], &mut errors).unwrap();
    assert_eq!((first.branch, first.reference), (Some(1), "A-17"));
    let second = CheckRow::read(&rows[1], &mut errors).unwrap();
    assert_eq!((second.target_date, second.number, second.relation), (None, "9", None));
}

#[test]
fn a_header_that_does_not_fit_refuses_the_file() {
    let unknown = HEADER.replace("記号", "血液型");
    let refused = read(format!("{unknown}\n{ROW}\n").as_bytes());
    let error = refused[0].clone().unwrap_err();
    assert_eq!((error.code, error.position, error.fatal), (Code::Columns, Some(3), true));
    let twice = HEADER.replace("記号", "番号");
    assert_eq!(
        read(format!("{twice}\n{ROW}\n").as_bytes())[0].clone().unwrap_err().position,
        Some(4)
    );
    let missing = "種別,記号\n本人,1\n";
    let error = read(missing.as_bytes())[0].clone().unwrap_err();
    assert_eq!((error.code, error.column), (Code::Columns, Some("保険者番号")));
}

#[test]
fn a_row_with_other_columns_costs_itself_alone() {
    let short = ROW.rsplit_once(',').unwrap().0;
    let long = format!("{ROW},more");
    let text = file(&[ROW, short, &long, ROW]);
    let one = Ok("001".to_owned());
    let wrong = |line| Err((Code::Columns, line));
    assert_eq!(codes(text.as_bytes()), [one.clone(), wrong(3), wrong(4), one]);
}

#[test]
fn another_encoding_within_costs_its_rows_and_says_where() {
    let rows: Vec<&str> = [ROW; 9].into();
    for own in Encoding::ALL {
        for other in Encoding::ALL.into_iter().filter(|other| *other != own) {
            let mut bytes = encoded(own, &file(&rows));
            let offset = bytes.len() as u64;
            bytes.extend(encoded(other, &format!("{ROW}\n")));
            bytes.extend(encoded(own, &format!("{ROW}\n")));
            let found = read(&bytes);
            assert_eq!(found.len(), 11, "{own:?} {other:?}");
            let error = found[9].clone().unwrap_err();
            assert_eq!((error.code, error.line), (Code::Encoding, 11), "{own:?} {other:?}");
            let at = error.offset.unwrap();
            assert!((offset..offset + 200).contains(&at), "{own:?} {other:?} {at}");
            assert!(found[10].is_ok());
        }
    }
}

#[test]
fn a_file_that_reads_two_ways_is_ambiguous_until_somebody_says() {
    // 山 in EUC-JP is ｻｳ in CP932.
    let bytes = encoded(Encoding::EucJp, "2026-11-20,06130488,山,001,01,19550505\n");
    let error = sniff(&*bytes, &CHECKS, Hint::default()).unwrap_err();
    assert!(matches!(&error, SniffError::Ambiguous(both) if both.len() == 2), "{error}");
    assert_eq!(error.code().as_str(), "file.ambiguous");
    for (encoding, symbol) in [(Encoding::EucJp, "山"), (Encoding::Cp932, "ｻｳ")] {
        let hint = Hint { encoding: Some(encoding), ..Hint::default() };
        let shape = sniff(&*bytes, &CHECKS, hint).unwrap();
        let row = Reader::new(&*bytes, &CHECKS, shape).unwrap().next().unwrap().unwrap();
        assert_eq!(row.field(2), symbol);
    }
}

#[test]
fn plain_ascii_reads_alike_in_all_and_is_utf8() {
    let shape = sniff(&b"20261120,06130488,1,001,01,19550505\r\n"[..], &CHECKS, Hint::default());
    let shape = shape.unwrap();
    assert_eq!((shape.encoding, shape.line_end), (Encoding::Utf8, LineEnd::CrLf));
}

#[test]
fn what_is_no_text_is_refused() {
    let beginnings: [&[u8]; 6] = [
        b"PK\x03\x04abc",
        b"\x1f\x8b\x08",
        b"\xff\xfea\0",
        b"\xfe\xff\0a",
        b"a\0b\0c\0",
        b"\xd0\xcf\x11\xe0",
    ];
    for bytes in beginnings {
        let error = sniff(bytes, &COVERAGE, Hint::default()).unwrap_err();
        assert_eq!(error.code(), Code::Compressed, "{bytes:?}");
    }
    assert_eq!(sniff(&b" \r\n"[..], &COVERAGE, Hint::default()).unwrap_err().code(), Code::Empty);
}

#[test]
fn a_file_that_ends_in_the_middle_is_known() {
    let cut = file(&[ROW]) + "本人,06130488,東";
    assert_eq!(codes(cut.as_bytes())[1], Err((Code::Truncated, 3)));
    let open = file(&[ROW]) + "本人,06130488,\"東京";
    assert_eq!(codes(open.as_bytes())[1], Err((Code::Truncated, 3)));
    let whole = file(&[ROW]);
    assert_eq!(codes(whole.trim_end().as_bytes()), [Ok("001".to_owned())]);
}

#[test]
fn a_trailer_counts_the_rows() {
    let good = file(&[ROW, ROW]) + "件数,2\n\n";
    assert_eq!(codes(good.as_bytes()).len(), 2);
    let lost = file(&[ROW]) + "件数,2\n";
    assert_eq!(codes(lost.as_bytes())[1], Err((Code::Count, 3)));
    let behind = file(&[ROW]) + "件数,1\n" + ROW;
    assert_eq!(codes(behind.as_bytes())[1], Err((Code::Count, 4)));
}

#[test]
fn a_mark_that_is_never_closed_costs_its_line_alone() {
    let stray = ROW.replace("東京", "\"東京");
    let mut rows = vec![ROW, &stray];
    rows.extend([ROW; 40]);
    let found = codes(file(&rows).as_bytes());
    assert_eq!(found[1], Err((Code::Quote, 3)));
    assert_eq!(found.iter().filter(|row| row.is_ok()).count(), 41);
    let behind = ROW.replace("東京", "\"東\"京");
    assert_eq!(codes(file(&[&behind]).as_bytes()), [Err((Code::Quote, 2))]);
}

#[test]
fn lines_end_in_every_way() {
    let quoted = ROW.replace("東京", "\"東,\"\"京\"\"\"");
    for end in LineEnd::ALL {
        let text = file(&[ROW, "", ",,,,,,,,,", &quoted, "\u{1a}"]).replace('\n', end.as_str());
        let rows = read(text.as_bytes());
        assert_eq!(rows.len(), 2, "{end:?} {rows:?}");
        assert_eq!(rows[1].as_ref().unwrap()[3], "東,\"京\"");
    }
}

#[test]
fn fields_and_lines_have_a_longest() {
    let long = ROW.replace("東京", &"東".repeat(41));
    let longer = ROW.replace("東京", &"x".repeat(70_000));
    let found = read(file(&[ROW, &long, &longer, ROW]).as_bytes());
    let error = found[1].clone().unwrap_err();
    assert_eq!((error.code, error.column), (Code::FieldTooLong, Some("記号")));
    assert_eq!(found[2].clone().unwrap_err().code, Code::LineTooLong);
    assert!(found[3].is_ok());
}

#[test]
fn control_characters_and_lost_ones_are_told() {
    for wrong in ["東\u{7}京", "\"東\n京\"", "東\u{fffd}", "東\u{85}京"] {
        let row = ROW.replace("東京", wrong);
        let error = read(file(&[&row]).as_bytes())[0].clone().unwrap_err();
        assert_eq!((error.code, error.column), (Code::Character, Some("記号")));
    }
}

#[test]
fn reading_goes_on_where_it_stopped() {
    let short = ROW.rsplit_once(',').unwrap().0;
    for end in LineEnd::ALL {
        let text = file(&[ROW, short, ROW, ROW]).replace('\n', end.as_str());
        let shape = sniff(text.as_bytes(), &COVERAGE, Hint::default()).unwrap();
        let all: Vec<_> = read(text.as_bytes());
        for stop in 0..=4 {
            let mut first = Reader::new(Cursor::new(&text), &COVERAGE, shape).unwrap();
            for _ in first.by_ref().take(stop) {}
            let position = first.position().unwrap();
            let mut second = Reader::new(Cursor::new(&text), &COVERAGE, shape).unwrap();
            second.resume(position).unwrap();
            let rest: Vec<_> = second.by_ref().map(|row| row.map(|row| fields(&row))).collect();
            assert_eq!(rest, all[stop..], "{end:?} {stop}");
            assert_eq!(second.position().unwrap().rows, 4);
        }
    }
}

#[test]
fn an_empty_table_is_told() {
    assert_eq!(codes(file(&[]).as_bytes()), [Err((Code::Empty, 2))]);
}
