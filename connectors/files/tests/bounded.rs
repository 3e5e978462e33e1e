//! How much memory reading takes, and how fast it is.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a test may panic, print and look at the clock"
)]

use std::io::{self, Read};
use std::time::Instant;

use allocation_counter::measure;
use warifu_files::{
    COVERAGE, Code, CoverageRow, Encoding, Format, HeaderStyle, Hint, LineEnd, Reader, Row, Shape,
    Writer, sniff,
};

/// What reading may take, whatever it reads.
const MOST_MEMORY: u64 = 2 * 1024 * 1024;

const HEADER: &str =
    "種別,保険者番号,記号,番号,枝番,氏名,カナ氏名,性別,生年月日,資格取得日,有効終了日,負担割合";
const ROW: &str =
    "本人,06130488,東京１２,1234567,01,髙橋 太郎,ﾀｶﾊｼ ﾀﾛｳ,男,19550505,20040401,20270331,030";

fn shape(format: Format, encoding: Encoding) -> Shape {
    let (line_end, header) = (LineEnd::CrLf, HeaderStyle::Japanese);
    Shape { format, encoding, bom: false, line_end, header }
}

/// A head, then one piece again and again, then a tail.
struct Endless {
    head: Vec<u8>,
    piece: Vec<u8>,
    pieces: u64,
    tail: Vec<u8>,
    at: usize,
    part: u8,
}

impl Endless {
    fn new(encoding: Encoding, [head, piece, tail]: [&str; 3], pieces: u64) -> Self {
        let encoded = |text: &str| {
            let mut bytes = Vec::new();
            encoding.encode(text, &mut bytes).unwrap();
            bytes
        };
        // Whole blocks of pieces are copied at once.
        let piece = encoded(piece).repeat(64);
        let (head, tail) = (encoded(head), encoded(tail));
        Self { head, piece, pieces: pieces / 64, tail, at: 0, part: 0 }
    }
}

impl Read for Endless {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let source = match self.part {
                0 => &self.head,
                1 => &self.piece,
                2 => &self.tail,
                _ => return Ok(0),
            };
            let rest = source.get(self.at..).unwrap_or_default();
            if rest.is_empty() {
                self.at = 0;
                match self.part {
                    1 if self.pieces > 1 => self.pieces -= 1,
                    _ => self.part += 1,
                }
                continue;
            }
            let read = rest.len().min(room.len());
            room.get_mut(..read).unwrap().copy_from_slice(rest.get(..read).unwrap());
            self.at += read;
            return Ok(read);
        }
    }
}

/// Reads to the end; the rows, the codes of the first errors, and the most memory taken.
fn read(shape: Shape, source: Endless) -> (u64, Vec<Code>, u64) {
    let (mut rows, mut codes) = (0, Vec::with_capacity(16));
    let memory = measure(|| {
        let mut reader = Reader::new(source, &COVERAGE, shape).unwrap();
        let (mut row, mut errors) = (Row::new(), Vec::new());
        loop {
            match reader.read(&mut row) {
                Ok(false) => break,
                Ok(true) => rows += u64::from(CoverageRow::read(&row, &mut errors).is_some()),
                Err(error) if codes.len() < 16 => codes.push(error.code),
                Err(_) => {}
            }
            errors.clear();
        }
    });
    (rows, codes, memory.bytes_max)
}

#[test]
fn a_line_without_an_end_costs_one_row_and_no_memory() {
    let csv = shape(Format::Csv, Encoding::Cp932);
    let head = format!("{HEADER}\r\n{ROW}\r\n");
    let tail = format!("\r\n{ROW}\r\n");
    for piece in ["x", "\"", ",", "\",\"", "山"] {
        let source = Endless::new(csv.encoding, [&head, piece, &tail], 4_000_000);
        let (rows, codes, memory) = read(csv, source);
        assert_eq!((rows, codes), (2, vec![Code::LineTooLong]), "{piece}");
        assert!(memory < MOST_MEMORY, "{piece}: {memory}");
    }
}

/// `cargo test -p warifu-files --test bounded -- --ignored --nocapture ten_gigabytes`
#[test]
#[ignore = "ten gigabytes, made on the way"]
fn a_line_of_ten_gigabytes_costs_one_row_and_no_memory() {
    const TEN_GIGABYTES: u64 = 10_000_000_000;
    let csv = shape(Format::Csv, Encoding::Cp932);
    let (head, tail) = (format!("{HEADER}\r\n{ROW}\r\n"), format!("\r\n{ROW}\r\n"));
    let start = Instant::now();
    let piece = "本人,06130488,".repeat(4_096);
    let source = || {
        let bytes = u64::try_from(piece.len()).unwrap();
        Endless::new(csv.encoding, [&head, &piece, &tail], TEN_GIGABYTES / 5 * 6 / bytes)
    };
    let length = source().piece.len() as u64 * source().pieces;
    assert!(length >= TEN_GIGABYTES, "{length}");
    let mut found = None;
    let whole = source();
    let sniffing = measure(|| found = sniff(whole, &COVERAGE, Hint::default()).ok());
    assert_eq!(found.map(|shape| shape.encoding), Some(Encoding::Cp932));
    let (rows, codes, memory) = read(csv, source());
    assert_eq!((rows, codes), (2, vec![Code::LineTooLong]));
    let took = start.elapsed();
    eprintln!("{length} bytes twice in {took:.1?}: {memory} and {} bytes", sniffing.bytes_max);
    assert!(memory < MOST_MEMORY && sniffing.bytes_max < MOST_MEMORY, "{memory} {sniffing:?}");
}

#[test]
fn xml_without_an_end_is_refused_without_memory() {
    let xml = shape(Format::Xml, Encoding::EucJp);
    for (piece, code) in [
        ("x", Code::LineTooLong),
        ("<番号>", Code::Xml),
        ("<番号>1</番号>", Code::Truncated),
        ("<![CDATA[x]]>", Code::Truncated),
    ] {
        let source = Endless::new(xml.encoding, ["<一覧><行><番号>", piece, ""], 300_000);
        let (rows, codes, memory) = read(xml, source);
        assert_eq!((rows, codes), (0, vec![code]), "{piece}");
        assert!(memory < MOST_MEMORY, "{piece}: {memory}");
    }
}

#[test]
fn more_rows_take_no_more_memory() {
    for encoding in Encoding::ALL {
        let csv = shape(Format::Csv, encoding);
        let rows = |count| {
            let pieces = [&format!("{HEADER}\r\n"), &format!("{ROW}\r\n") as &str, ""];
            read(csv, Endless::new(encoding, pieces, count))
        };
        let (few, many) = (rows(64), rows(64_000));
        assert_eq!((many.0, many.1.len()), (64_000, 0));
        assert!(many.2 < MOST_MEMORY && many.2 <= few.2 + 4096, "{} {}", few.2, many.2);
    }
}

/// `cargo test --release -p warifu-files --test bounded -- --ignored --nocapture speed`
#[test]
#[ignore = "a measurement"]
fn speed() {
    const ROWS: u64 = 2_000_000;
    for encoding in Encoding::ALL {
        let csv =
            Endless::new(encoding, [&format!("{HEADER}\r\n"), &format!("{ROW}\r\n"), ""], ROWS);
        print("CSV", encoding, shape(Format::Csv, encoding), csv);
        let mut writer =
            Writer::new(Vec::new(), &COVERAGE, shape(Format::Xml, Encoding::Utf8)).unwrap();
        let fields =
            "本人,,06130488,東京１２,1234567,01,髙橋 太郎,タカハシ タロウ,男,19550505,,20040401";
        writer.write(&fields.split(',').collect::<Vec<_>>()).unwrap();
        let document = String::from_utf8(writer.finish().unwrap()).unwrap();
        let row = document.lines().nth(2).unwrap();
        let xml = Endless::new(encoding, ["<一覧>\n", &format!("{row}\n"), "</一覧>"], ROWS);
        print("XML", encoding, shape(Format::Xml, encoding), xml);
    }
}

fn print(name: &str, encoding: Encoding, shape: Shape, source: Endless) {
    let bytes = source.piece.len() as f64 * source.pieces as f64;
    let (start, busy) = (Instant::now(), on_cpu());
    let (rows, codes, memory) = read(shape, source);
    let (took, busy) = (start.elapsed().as_secs_f64(), on_cpu() - busy);
    assert!(codes.is_empty(), "{codes:?}");
    let name = format!("{name} {}", encoding.name());
    eprintln!(
        "{name:14} {:>9.0} rows/s; by time on the CPU {:>9.0} rows/s {:>5.0} MB/s; {memory} bytes",
        rows as f64 / took,
        rows as f64 / busy,
        bytes / busy / 1e6
    );
}

/// How long this thread has run, in seconds; others may keep the machine busy.
fn on_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}
