//! What the printer gets, as PDF: the face of a card, the letter with its initialisation code, and
//! the sheet that goes with the card in the mail.
//!
//! The fonts' used characters are embedded. A character that the font does not have is never
//! printed as a box or a dot: [`Printer::require_printable`] refuses it when the card is ordered.

mod cover;
mod era;
mod face;
mod fold;
mod letter;
mod sheet;
mod typeface;
mod wrap;

use std::path::PathBuf;

use jiff::civil::Date;
use warifu_contract::person::Sex;
use zeroize::Zeroizing;

use crate::config::{FontConfig, LetterConfig};
use sheet::Fonts;

/// What stands on a card's face, and nothing else.
#[derive(Clone)]
pub struct FaceData {
    /// カナ氏名.
    pub kana: String,
    /// 生年月日.
    pub birth_date: Date,
    /// 性別.
    pub sex: Sex,
    /// The card's number; blanks in it do not count.
    pub number: String,
    /// The last day of its certificates.
    pub expires: Date,
}

/// What stands in the letter that brings the initialisation code. Never the card's number.
#[derive(Clone)]
pub struct LetterData {
    /// 受付番号, to name the matter on the phone.
    pub id: String,
    /// 氏名.
    pub name: String,
    /// 住所: one line.
    pub address: String,
    /// 初期化コード: eight digits.
    pub code: Zeroizing<String>,
    /// The day on the letter.
    pub date: Date,
}

/// What stands on the sheet that goes with the card by restricted mail (本人限定受取郵便).
#[derive(Clone)]
pub struct CoverData {
    /// 受付番号.
    pub id: String,
    /// 氏名.
    pub name: String,
    /// 住所: one line.
    pub address: String,
    /// The day on the sheet.
    pub date: Date,
}

/// Why nothing can be printed. Tells no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// The font cannot be read.
    #[error("print.font: {}: {cause}", path.display())]
    Font {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// The font has no picture of a character.
    #[error("print.character: the font has no U+{:04X}", u32::from(*.0))]
    Character(char),
    /// More than fits, however small.
    #[error("print.too-long: the {0} does not fit")]
    TooLong(&'static str),
    /// The document cannot be written.
    #[error("print.document: {0}")]
    Document(String),
}

/// Makes the PDFs. Holds the fonts in memory.
#[derive(Debug)]
pub struct Printer {
    fonts: Fonts,
    letterhead: LetterConfig,
}

impl Printer {
    /// Reads the fonts. The letterhead must be printable itself.
    pub fn open(font: &FontConfig, letterhead: LetterConfig) -> Result<Self, PrintError> {
        let printer = Self { fonts: Fonts::load(font)?, letterhead };
        let sample = "見本";
        printer.require_printable(sample, Some("ミホン"), sample)?;
        printer.cover(&CoverData {
            id: String::new(),
            name: sample.to_owned(),
            address: sample.to_owned(),
            date: Date::constant(2000, 1, 1),
        })?;
        Ok(printer)
    }

    /// Whether face and letters can show these: every character is in the font, and all fits.
    pub fn require_printable(
        &self,
        name: &str,
        kana: Option<&str>,
        address: &str,
    ) -> Result<(), PrintError> {
        face::require_name(&self.fonts, kana.unwrap_or(name))?;
        fold::require_addressee(&self.fonts, name, address)
    }

    /// The faces of cards, a page of 85.60 × 53.98 mm (ISO/IEC 7810 ID-1) for each, in this order.
    pub fn faces(&self, cards: &[FaceData]) -> Result<Vec<u8>, PrintError> {
        face::print(&self.fonts, &self.letterhead, cards)
    }

    /// The letter with the initialisation code: A4, folded in Z so that the code is inside.
    pub fn letter(&self, letter: &LetterData) -> Result<Vec<u8>, PrintError> {
        letter::print(&self.fonts, &self.letterhead, letter)
    }

    /// The sheet that goes with the card by restricted mail: A4, for the same envelope.
    pub fn cover(&self, cover: &CoverData) -> Result<Vec<u8>, PrintError> {
        cover::print(&self.fonts, &self.letterhead, cover)
    }
}

/// Shows nothing of a person.
impl std::fmt::Debug for FaceData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FaceData(…)")
    }
}

/// Shows nothing of a person.
impl std::fmt::Debug for LetterData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LetterData(…)")
    }
}

/// Shows nothing of a person.
impl std::fmt::Debug for CoverData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CoverData(…)")
    }
}

#[cfg(test)]
mod tests;
