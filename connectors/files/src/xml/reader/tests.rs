use crate::{CHECKS, CheckRow, Code, Encoding, Format, HeaderStyle, Hint, Reader, Row, sniff};

const ROW: &str = "<行><保険者番号> 06130488 </保険者番号><記号>東京&amp;①</記号><番号>001</番号>\
                   <生年月日>昭和30年5月5日</生年月日><患者番号>A&#x2d;7</患者番号></行>";

fn document(encoding: Encoding, rows: &str) -> Vec<u8> {
    let name = encoding.name();
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"{name}\"?>\n<資格確認一覧 xmlns=\"urn:x\">\n{rows}\n\
         </資格確認一覧>\n"
    );
    let mut bytes = Vec::new();
    encoding.encode(&text, &mut bytes).unwrap();
    bytes
}

fn read(bytes: &[u8]) -> Vec<Result<String, (Code, u64, bool)>> {
    let shape = match sniff(bytes, &CHECKS, Hint::default()) {
        Ok(shape) => shape,
        Err(error) => return vec![Err((error.code(), 0, true))],
    };
    assert_eq!(shape.format, Format::Xml);
    match Reader::new(bytes, &CHECKS, shape) {
        Err(error) => vec![Err((error.code, error.line, error.fatal))],
        Ok(reader) => reader
            .map(|row| row.map(|row| row.field(3).to_owned()))
            .map(|row| row.map_err(|error| (error.code, error.line, error.fatal)))
            .collect(),
    }
}

fn utf8(rows: &str) -> Vec<Result<String, (Code, u64, bool)>> {
    read(&document(Encoding::Utf8, rows))
}

#[test]
fn rows_are_read_in_every_encoding() {
    for encoding in Encoding::ALL {
        let bytes = document(encoding, &format!("{ROW}\n<!-- - -->{ROW}"));
        let shape = sniff(&*bytes, &CHECKS, Hint::default()).unwrap();
        assert_eq!(shape.encoding, encoding);
        let mut reader = Reader::new(&*bytes, &CHECKS, shape).unwrap();
        assert_eq!(reader.shape().header, HeaderStyle::Japanese);
        let mut row = Row::new();
        assert!(reader.read(&mut row).unwrap());
        let mut errors = Vec::new();
        let check = CheckRow::read(&row, &mut errors).unwrap();
        assert_eq!((check.insurer_number, check.symbol), ("06130488", "東京&①"));
        assert_eq!((check.reference, check.birth_date.year()), ("A-7", 1955));
        assert!(reader.read(&mut row).unwrap());
        assert_eq!(row.line(), 4);
        assert!(!reader.read(&mut row).unwrap());
    }
}

#[test]
fn english_elements_and_empty_ones_are_read() {
    let text = "<checks><row><number>7</number><symbol/></row><row/></checks>";
    assert_eq!(read(text.as_bytes()), [Ok("7".to_owned())]);
}

#[test]
fn what_is_wrong_with_a_row_costs_that_row() {
    let rows = [
        "<行><血液型>A</血液型></行>",
        "<行><番号>1</番号><番号>2</番号></行>",
        "<行><番号>1<b>2</b></番号></行>",
        "<行>text</行>",
        "<行 id='1'><番号>1</番号></行>",
        "<行><番号>\u{85}</番号></行>",
    ];
    let found = utf8(&format!("{}\n{ROW}", rows.join("\n")));
    let codes: Vec<_> = found.iter().filter_map(|row| row.as_ref().err()).collect();
    let expected = [Code::Columns, Code::Columns, Code::Xml, Code::Xml, Code::Xml, Code::Character];
    for ((code, line, fatal), (expected, at)) in codes.iter().zip(expected.iter().zip(3..)) {
        assert_eq!((code, *line, *fatal), (expected, at, false));
    }
    assert_eq!(found[6], Ok("001".to_owned()));
}

#[test]
fn what_is_no_such_document_is_refused() {
    let one = [Err((Code::Xml, 3, true))];
    assert_eq!(utf8("<行><番号>&unknown;</番号></行>"), one);
    assert_eq!(utf8("<行><番号></行>"), one);
    assert_eq!(utf8("text"), [Err((Code::Xml, 2, true))]);
    let deep = "<a>".repeat(20);
    assert_eq!(utf8(&deep), [Err((Code::Xml, 3, true))]);
    let doctype = "<!DOCTYPE a [<!ENTITY b \"c\">]><a><row/></a>";
    assert_eq!(read(doctype.as_bytes()), [Err((Code::Xml, 1, true))]);
    let foreign = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>";
    assert_eq!(read(foreign.as_bytes()), [Err((Code::Encoding, 0, true))]);
    assert_eq!(read(b"<a/>"), [Err((Code::Empty, 1, true))]);
    assert_eq!(read(b"<a><row/></a><a/>"), [Err((Code::Xml, 1, true))]);
}

#[test]
fn a_document_that_ends_in_the_middle_is_known() {
    let whole = document(Encoding::Utf8, ROW);
    let text = String::from_utf8(whole).unwrap();
    for cut in ["</資格確認一覧>", "確認一覧>\n", "</行>", "001", "号></行>"] {
        let (before, _) = text.rsplit_once(cut).unwrap();
        let found = read(before.as_bytes());
        assert_eq!(found.last().unwrap().clone().unwrap_err().0, Code::Truncated, "{cut}");
    }
}

#[test]
fn another_encoding_within_costs_its_row_and_says_where() {
    let mut bytes = document(Encoding::Utf8, ROW);
    let end = bytes.len() - "\n</資格確認一覧>\n".len();
    let tail = bytes.split_off(end);
    let offset = bytes.len() as u64;
    Encoding::Cp932.encode("\n<row><number>山</number></row>\n", &mut bytes).unwrap();
    bytes.extend(ROW.as_bytes());
    bytes.extend(tail);
    let shape = sniff(&*bytes, &CHECKS, Hint::default()).unwrap();
    let rows: Vec<_> = Reader::new(&*bytes, &CHECKS, shape).unwrap().collect();
    assert_eq!(rows.len(), 3);
    let error = rows[1].as_ref().unwrap_err();
    assert_eq!((error.code, error.line), (Code::Encoding, 4));
    assert_eq!(error.offset, Some(offset + "\n<row><number>".len() as u64));
}

#[test]
fn a_trailer_counts_the_rows() {
    assert_eq!(utf8(&format!("{ROW}<件数>1</件数>")).len(), 1);
    assert_eq!(utf8(&format!("{ROW}<件数>2</件数>"))[1], Err((Code::Count, 5, true)));
    assert_eq!(utf8(&format!("<件数>1</件数>{ROW}")), [Err((Code::Count, 3, true))]);
}

#[test]
fn nothing_in_it_is_longer_than_allowed() {
    let long = "x".repeat(70_000);
    for rows in [
        format!("<行><番号>{long}</番号></行>"),
        format!("<!--{long}-->"),
        format!("<{long}/>"),
        format!("<行 a='{long}'/>"),
    ] {
        assert_eq!(utf8(&rows), [Err((Code::LineTooLong, 3, true))]);
    }
    let pieces = "<番号><![CDATA[".to_owned()
        + &long[..40_000]
        + "]]><![CDATA["
        + &long[..40_000]
        + "]]></番号>";
    let found = utf8(&format!("<行>{pieces}</行>{ROW}"));
    assert_eq!(found, [Err((Code::LineTooLong, 3, false)), Ok("001".to_owned())]);
}
