//! Any bytes as a file of coverage, in any format and encoding: it comes to an end, and what is
//! refused comes back as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warifu_files::{
    COVERAGE, CoverageRow, Encoding, FaultWriter, Format, Hint, LONGEST_RECORD, Reader, Row, sniff,
};

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, bytes) = input;
    let format = [None, Some(Format::Csv), Some(Format::Xml)][usize::from(choice % 3)];
    let encoding = Encoding::ALL.get(usize::from(choice / 3 % 4)).copied();
    let Ok(shape) = sniff(bytes, &COVERAGE, Hint { format, encoding }) else { return };
    let Ok(mut reader) = Reader::new(bytes, &COVERAGE, shape) else { return };
    let mut faults = FaultWriter::new(Vec::new(), &reader).expect("written");
    let (mut row, mut errors) = (Row::new(), Vec::new());
    for _ in 0..bytes.len() + 2 {
        errors.clear();
        match reader.read(&mut row) {
            Ok(false) => return,
            Ok(true) => drop(CoverageRow::read(&row, &mut errors)),
            Err(error) => errors.push(error),
        }
        assert!(row.raw().len() <= LONGEST_RECORD);
        faults.write(&row, &errors).expect("written");
    }
    panic!("it does not come to an end");
});
