//! What the card office prints, read again as text.

use std::path::Path;
use std::process::Command;

/// What stands in a PDF.
pub fn text_of(pdf: &Path) -> String {
    let run = Command::new("pdftotext").args(["-layout"]).arg(pdf).arg("-").output();
    let said = run.expect("the package poppler-utils is needed");
    assert!(said.status.success(), "{} is no PDF", pdf.display());
    String::from_utf8(said.stdout).unwrap()
}

/// The code of a letter: two groups of four digits on a line of their own.
pub fn code_in(letter: &str) -> String {
    let code = letter.lines().map(str::trim).find_map(|line| {
        let (first, second) = line.split_once(' ')?;
        let is_four = |text: &str| text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
        (is_four(first) && is_four(second)).then(|| format!("{first}{second}"))
    });
    code.unwrap_or_else(|| panic!("there is no code in the letter:\n{letter}"))
}
