//! Records out of a file: CSV or XML, in any of the three encodings.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;
use ring::digest::{Context, SHA256};
use unicode_normalization::UnicodeNormalization as _;
use warifu_contract::coverage::{Relation, Workplace};
use warifu_contract::person::Name;
use warifu_contract::register::Copay;
use warifu_files::{
    COVERAGE, Change as Written, Code, CoverageRow, FaultWriter, Hint, Reader, RowError,
    SniffError, Standing, Told, sniff,
};

use super::row::{Change, Row, Wrong};
use super::status::{Fault, Kind};
use super::warnings::Warnings;
use crate::person::Person;

/// Bytes that are read at a time.
const CHUNK: usize = 1 << 20;
/// For how many days a notice (届出受理) counts that no later deposit confirms.
const NOTICE: i64 = 90;
/// 続柄 of a dependant for whom the file names none.
const DEPENDANT: &str = "家族";

/// A file that is deposited, record by record.
#[derive(Debug)]
pub struct DepositFile<R = BufReader<File>> {
    reader: Reader<R>,
    row: warifu_files::Row,
    errors: Vec<RowError>,
    kind: Kind,
    hash: [u8; 32],
    warnings: Arc<Warnings>,
}

/// Why a file cannot be begun with.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("deposit.file: {0}")]
    Io(#[from] io::Error),
    /// How it is written cannot be told, or is none of the known ways.
    #[error(transparent)]
    Shape(#[from] SniffError),
    /// Its head is wrong, e.g. a column is missing.
    #[error(transparent)]
    Head(#[from] RowError),
}

impl DepositFile<BufReader<File>> {
    /// Finds out how the file is written. `hint` says what is known of it.
    pub fn open(path: &Path, kind: Kind, hint: Hint) -> Result<Self, FileError> {
        let mut file = File::open(path)?;
        let hash = hash(&mut file)?;
        file.seek(SeekFrom::Start(0))?;
        let shape = sniff(&mut file, &COVERAGE, hint)?;
        file.seek(SeekFrom::Start(0))?;
        let reader = Reader::new(BufReader::with_capacity(CHUNK, file), &COVERAGE, shape)?;
        Ok(Self::begun(reader, kind, hash))
    }

    /// SHA-256 of its bytes.
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }
}

impl<R: Read> DepositFile<R> {
    /// The same of a source that can be read twice: `sample` is read as far as it takes to find out
    /// how the file is written, `source` from its beginning.
    pub(super) fn of(sample: R, source: R, kind: Kind, hint: Hint) -> Result<Self, FileError> {
        let shape = sniff(sample, &COVERAGE, hint)?;
        Ok(Self::begun(Reader::new(source, &COVERAGE, shape)?, kind, [0; 32]))
    }

    fn begun(reader: Reader<R>, kind: Kind, hash: [u8; 32]) -> Self {
        let (row, errors) = (warifu_files::Row::new(), Vec::new());
        Self { reader, row, errors, kind, hash, warnings: Arc::default() }
    }

    /// Format and encoding, in words for machines.
    pub(super) fn written_as(&self) -> String {
        let shape = self.reader.shape();
        format!("{} {}", shape.format.name(), shape.encoding.name())
    }

    /// What is odd about the records that were read.
    pub(super) fn warnings(&self) -> Arc<Warnings> {
        Arc::clone(&self.warnings)
    }

    /// Writes the records that are wrong by themselves, or of which `told` has something by their
    /// lines, as they came and with what is wrong in front, in the file's own encoding: to be
    /// corrected and deposited again. How many there are.
    pub fn write_faults(
        mut self,
        sink: impl Write,
        told: &BTreeMap<u64, Vec<Fault>>,
    ) -> io::Result<u64> {
        let mut faults = FaultWriter::new(sink, &self.reader)?;
        let mut count = 0;
        loop {
            self.errors.clear();
            match self.reader.read(&mut self.row) {
                Ok(false) => break,
                Ok(true) => drop(taken(&self.row, self.kind, &mut self.errors)),
                Err(error) => self.errors.push(error),
            }
            let others = told.get(&self.row.line()).map(Vec::as_slice).unwrap_or_default();
            if !self.errors.is_empty() {
                faults.write(&self.row, &self.errors)?;
            } else if !others.is_empty() {
                faults.write_told(&self.row, &others.iter().map(in_words).collect::<Vec<_>>())?;
            }
            count += u64::from(!self.errors.is_empty() || !others.is_empty());
        }
        faults.finish()?;
        Ok(count)
    }
}

/// A fault that is found beside other records, or in what is held.
fn in_words(fault: &Fault) -> Told<'_> {
    let text = match fault.code.as_str() {
        "duplicate" => Code::Duplicate.in_japanese(),
        "required" => Code::Required.in_japanese(),
        "period" => Code::Period.in_japanese(),
        "contradiction" => "同じ人の行で、期間か負担割合がくい違っています",
        "no-insured" => "この記号・番号に本人の行がありません",
        "too-many" => "この記号・番号に人が多すぎます",
        "insurer" => "保険者番号がこの保険者のものではありません",
        "number" => "記号・番号を読めません",
        "nobody" => "変更・喪失・削除にあたる人が登録されていません",
        code => Code::parse(code).map_or("この行は読めません", Code::in_japanese),
    };
    Told { column: &fault.field, code: &fault.code, text }
}

impl<R: Read> Iterator for DepositFile<R> {
    type Item = Result<Row, Wrong>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.reader.read(&mut self.row) {
            Ok(false) => None,
            Ok(true) => {
                self.errors.clear();
                self.warnings.note(&self.row);
                let taken = taken(&self.row, self.kind, &mut self.errors);
                Some(taken.ok_or_else(|| self.wrong()))
            }
            Err(error) => Some(Err(wrong(error, None))),
        }
    }
}

impl<R> DepositFile<R> {
    /// What is wrong with the record first of all; its card stays as it was.
    fn wrong(&self) -> Wrong {
        let field = |name| COVERAGE.find(name).map_or("", |column| self.row.field(column));
        let card = (field("記号").to_owned(), field("番号").to_owned());
        let unknown = RowError::new(warifu_files::Code::Columns, self.row.line());
        wrong(self.errors.first().copied().unwrap_or(unknown), Some(card))
    }
}

fn hash(file: &mut File) -> io::Result<[u8; 32]> {
    let mut context = Context::new(&SHA256);
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        context.update(chunk.get(..read).unwrap_or_default());
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    Ok(hash)
}

fn wrong(error: RowError, card: Option<(String, String)>) -> Wrong {
    let (field, code) = (error.column.unwrap_or_default(), error.code.as_str());
    Wrong { line: error.line, field, code, card, fatal: error.fatal }
}

/// The record; none, and what is wrong with it among `errors`, when it cannot be taken.
fn taken(row: &warifu_files::Row, kind: Kind, errors: &mut Vec<RowError>) -> Option<Row> {
    let read = CoverageRow::read(row, errors)?;
    let change = match (kind, read.change) {
        (Kind::Full, _) => Change::Joined,
        (Kind::Changes, Some(change)) => change_of(change),
        (Kind::Changes, None) => {
            let required = RowError::new(warifu_files::Code::Required, row.line());
            errors.push(required.in_column("異動区分"));
            return None;
        }
    };
    Some(Row {
        line: row.line(),
        insurer_number: read.insurer_number.to_owned(),
        symbol: read.symbol.to_owned(),
        number: read.number.to_owned(),
        person: person(&read),
        change,
    })
}

fn change_of(written: Written) -> Change {
    match written {
        Written::Acquired => Change::Joined,
        Written::Changed => Change::Altered,
        Written::Lost => Change::Left,
        Written::Deleted => Change::Struck,
    }
}

fn person(read: &CoverageRow<'_>) -> Person {
    let relationship = match (read.relation, read.relationship) {
        (Relation::Insured, _) => None,
        (Relation::Dependant, "") => Some(DEPENDANT.to_owned()),
        (Relation::Dependant, word) => Some(word.to_owned()),
    };
    let from = read.copay_from.unwrap_or(read.validity.from);
    let workplace = (!read.workplace_name.is_empty()).then(|| Workplace {
        name: read.workplace_name.to_owned(),
        address: read.workplace_address.to_owned(),
    });
    Person {
        relationship,
        branch: read.branch.map(|branch| format!("{branch:02}")),
        birth_date: read.birth_date,
        validity: read.validity,
        sex: read.sex,
        copay: read.copay_percent.map(|percent| Copay { from, percent, income: None }),
        provisional_until: provisional_until(read),
        name: Name { text: spaced(read.name), kana: kana(read.name_kana) },
        workplace,
        address: spaced(read.address),
    }
}

/// The last day on which an acquisition counts that is only notified.
fn provisional_until(read: &CoverageRow<'_>) -> Option<Date> {
    let notified = read.standing == Standing::Provisional;
    notified.then(|| read.validity.from.saturating_add(NOTICE.days()))
}

/// With one half-width blank between the parts.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(part);
    }
    out
}

/// Full-width katakana, so that the same reading is the same text however it was written.
fn kana(text: &str) -> String {
    let half = |c: char| ('\u{ff01}'..='\u{ff9f}').contains(&c);
    if text.contains(half) { spaced(&text.nfkc().collect::<String>()) } else { spaced(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warifu_files::{Encoding, Shape};

    const HEAD: &str = "本人家族,異動区分,保険者番号,記号,番号,枝番,氏名,カナ氏名,性別,生年月日,\
                        続柄,資格取得日,資格喪失日,負担割合\r\n";

    fn rows(lines: &str, kind: Kind) -> Vec<Result<Row, Wrong>> {
        let (mut bytes, folder) = (Vec::new(), tempfile::tempdir().unwrap());
        Encoding::Cp932.encode(&format!("{HEAD}{lines}"), &mut bytes).unwrap();
        let path = folder.path().join("deposit.csv");
        std::fs::write(&path, bytes).unwrap();
        let file = DepositFile::open(&path, kind, Hint::default()).unwrap();
        let Shape { encoding, .. } = file.reader.shape();
        assert_eq!(encoding, Encoding::Cp932);
        file.collect()
    }

    #[test]
    fn a_record_in_cp932_is_a_person_on_a_card() {
        let line = "2,,330019,髙,１２, 1 ,髙﨑　一子,ﾀｶｻｷ ｲﾁｺ,2,S35.10.10,妻,20040401,,030\r\n";
        let rows = rows(line, Kind::Full);
        let row = rows[0].as_ref().unwrap();
        assert_eq!((row.symbol.as_str(), row.number.as_str()), ("髙", "１２"));
        let person = &row.person;
        assert_eq!(person.relationship.as_deref(), Some("妻"));
        assert_eq!(person.branch.as_deref(), Some("01"));
        assert_eq!(
            (person.name.text.as_str(), person.name.kana.as_str()),
            ("髙﨑 一子", "タカサキ イチコ")
        );
        assert_eq!(person.copay.unwrap().percent, 30);
    }

    #[test]
    fn a_wrong_record_names_its_field_and_its_card() {
        let lines = "1,,330019,高,12,,甲,コウ,1,20040231,,20040401,,\r\n\
                     1,,330019,高,13,,乙,オツ,1,20040201,,20040401,,\r\n";
        let all = rows(lines, Kind::Changes);
        let wrong = all[0].as_ref().unwrap_err();
        assert_eq!((wrong.line, wrong.field, wrong.fatal), (2, "生年月日", false));
        assert_eq!(wrong.card, Some(("高".to_owned(), "12".to_owned())));
        let unsaid = all[1].as_ref().unwrap_err();
        assert_eq!(unsaid.field, "異動区分");
    }
}
