//! Whatever is written is read back the same, in every format, encoding and line end; and any
//! bytes are read without a panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::io::Cursor;

use proptest::prelude::*;
use warifu_files::{
    COVERAGE, Code, CoverageRow, Encoding, FaultWriter, Format, HeaderStyle, Hint, Layout, LineEnd,
    Reader, Row, RowError, Shape, Writer, sniff,
};

fn shapes() -> impl Strategy<Value = Shape> {
    let format = prop_oneof![Just(Format::Csv), Just(Format::Xml)];
    let encoding = prop::sample::select(Encoding::ALL.to_vec());
    let line_end = prop::sample::select(LineEnd::ALL.to_vec());
    let header =
        prop::sample::select(vec![HeaderStyle::Japanese, HeaderStyle::English, HeaderStyle::None]);
    (format, encoding, line_end, header, any::<bool>()).prop_map(
        |(format, encoding, line_end, header, bom)| Shape {
            format,
            encoding,
            bom: bom && encoding == Encoding::Utf8,
            line_end,
            header: if format == Format::Xml && header == HeaderStyle::None {
                HeaderStyle::English
            } else {
                header
            },
        },
    )
}

/// Fields as people write them, and as they never would. No blanks around them, and no twin of a
/// character that the legacy encodings know once.
fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~ぁ-んァ-ヶ一-龠①-⑳㈱髙﨑～－∥￠￡￢ｱ-ﾝ]{0,12}",
        "([\"',<>&;#x0-9A-F𩸽辻\u{e0100}한é]|&#x){0,10}",
        "東 ?京",
    ]
    .prop_map(|text: String| text.trim().to_owned())
    .prop_filter("a name of a column, or of the trailer", |text| {
        COVERAGE.find(text).is_none() && !["件数", "count"].contains(&text.as_str())
    })
}

fn tables() -> impl Strategy<Value = Vec<Vec<String>>> {
    let row = prop::collection::vec(field(), COVERAGE.columns.len())
        .prop_filter("a blank row", |row| row.iter().any(|field| !field.is_empty()));
    prop::collection::vec(row, 1..4)
}

fn written(table: &[Vec<String>], shape: Shape) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), &COVERAGE, shape).unwrap();
    for row in table {
        let fields: Vec<&str> = row.iter().map(String::as_str).collect();
        writer.write(&fields).unwrap();
    }
    writer.count(table.len() as u64).unwrap();
    writer.finish().unwrap()
}

fn fields(row: &Row, layout: &Layout) -> Vec<String> {
    (0..layout.columns.len()).map(|column| row.field(column).to_owned()).collect()
}

proptest! {
    #[test]
    fn a_table_comes_back(table in tables(), shape in shapes()) {
        let bytes = written(&table, shape);
        let reader = Reader::new(&*bytes, &COVERAGE, shape).unwrap();
        prop_assert_eq!(reader.shape(), shape);
        let rows: Result<Vec<Row>, RowError> = reader.collect();
        let read: Vec<_> = rows.unwrap().iter().map(|row| fields(row, &COVERAGE)).collect();
        prop_assert_eq!(read, table);
    }

    #[test]
    fn other_programs_read_and_write_the_same_csv(table in tables(), shape in shapes()) {
        let shape = Shape {
            format: Format::Csv,
            encoding: Encoding::Utf8,
            bom: false,
            line_end: LineEnd::CrLf,
            ..shape
        };
        let mut writer = Writer::new(Vec::new(), &COVERAGE, shape).unwrap();
        let mut theirs = csv::Writer::from_writer(Vec::new());
        for row in &table {
            writer.write(&row.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
            theirs.write_record(row).unwrap();
        }
        let bytes = writer.finish().unwrap();
        let mut builder = csv::ReaderBuilder::new();
        builder.has_headers(shape.header != HeaderStyle::None);
        let read: Vec<Vec<String>> = builder
            .from_reader(&*bytes)
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect())
            .collect();
        prop_assert_eq!(&read, &table);
        let theirs = theirs.into_inner().unwrap();
        let shape = Shape { header: HeaderStyle::None, ..shape };
        let rows = Reader::new(&*theirs, &COVERAGE, shape).unwrap().map(Result::unwrap);
        let read: Vec<_> = rows.map(|row| fields(&row, &COVERAGE)).collect();
        prop_assert_eq!(read, table);
    }

    #[test]
    fn what_is_sniffed_is_what_was_written(table in tables(), shape in shapes()) {
        prop_assume!(shape.header != HeaderStyle::None || !table[0][0].starts_with('<'));
        let bytes = written(&table, shape);
        match sniff(&*bytes, &COVERAGE, Hint::default()) {
            Ok(found) => {
                prop_assert_eq!(found.format, shape.format);
                prop_assert_eq!(found.bom, shape.bom);
                prop_assert!(found.encoding == shape.encoding || bytes.is_ascii());
            }
            Err(error) => prop_assert_eq!(error.code(), Code::Ambiguous),
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600), shape in shapes()) {
        read_to_the_end(&bytes, shape);
    }

    #[test]
    fn any_table_like_bytes_are_read_or_refused(
        text in "(種別|番号|本人|<行>|</行>|<番号>|</番号>|<!--|-->|[,\"\r\n <>&;/]|\u{3000}|件数|エラー行){0,60}",
        cut in any::<prop::sample::Index>(),
        shape in shapes(),
    ) {
        let mut bytes = Vec::new();
        shape.encoding.encode(&text, &mut bytes).unwrap();
        bytes.truncate(cut.index(bytes.len() + 1));
        read_to_the_end(&bytes, shape);
    }

    #[test]
    fn small_reads_change_nothing(table in tables(), shape in shapes(), piece in 1usize..7) {
        let bytes = written(&table, shape);
        let slow = Slow { bytes: Cursor::new(&bytes), piece };
        let rows: Vec<_> = Reader::new(slow, &COVERAGE, shape).unwrap().map(Result::unwrap).collect();
        let read: Vec<_> = rows.iter().map(|row| fields(row, &COVERAGE)).collect();
        prop_assert_eq!(read, table);
    }

    #[test]
    fn refused_rows_come_back_as_they_were(table in tables(), shape in shapes()) {
        let bytes = written(&table, shape);
        let mut reader = Reader::new(&*bytes, &COVERAGE, shape).unwrap();
        let mut faults = FaultWriter::new(Vec::new(), &reader).unwrap();
        for row in reader.by_ref().map(Result::unwrap) {
            let mut errors = Vec::new();
            CoverageRow::read(&row, &mut errors);
            faults.write(&row, &errors).unwrap();
        }
        let given = faults.finish().unwrap();
        let shape = Shape { format: Format::Csv, ..shape };
        let reader = Reader::new(&*given, &COVERAGE, shape).unwrap();
        let again = FaultWriter::new(Vec::new(), &reader).unwrap().finish().unwrap();
        prop_assert!(given.starts_with(&again));
        let read: Vec<_> = reader.map(|row| fields(&row.unwrap(), &COVERAGE)).collect();
        prop_assert_eq!(read, table);
    }
}

/// Gives a few bytes at a time.
struct Slow<'b> {
    bytes: Cursor<&'b Vec<u8>>,
    piece: usize,
}

impl std::io::Read for Slow<'_> {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let piece = self.piece.min(room.len());
        self.bytes.read(&mut room[..piece])
    }
}

fn read_to_the_end(bytes: &[u8], shape: Shape) {
    let _ = sniff(bytes, &COVERAGE, Hint::default());
    let Ok(mut reader) = Reader::new(bytes, &COVERAGE, shape) else { return };
    let mut row = Row::new();
    let mut errors = Vec::new();
    let mut calls = 0;
    loop {
        calls += 1;
        assert!(calls <= bytes.len() + 2, "it comes to an end");
        match reader.read(&mut row) {
            Ok(false) => break,
            Ok(true) => drop(CoverageRow::read(&row, &mut errors)),
            Err(error) => assert!(error.line >= 1),
        }
    }
}
