//! The face of a card: consortium, カナ氏名, 生年月日, 性別, カード番号, 有効期限. Whoever holds the
//! card in the hand learns what a clinic's desk must be able to compare, and nothing more.

use warifu_contract::person::Sex;

use super::sheet::{Fonts, Paper, Sheet, Size, Style};
use super::{FaceData, PrintError, era};
use crate::config::LetterConfig;

/// ISO/IEC 7810 ID-1.
const CARD: Size = Size { width: 85.60, height: 53.98 };
const MARGIN: f32 = 6.0;
/// Right of the contacts (ISO/IEC 7816-2), with some air.
const BESIDE_CONTACTS: f32 = 27.0;
const BESIDE_WIDTH: f32 = CARD.width - BESIDE_CONTACTS - MARGIN;

const ISSUER: Style = Style::bold(8.5);
const LABEL: Style = Style::regular(5.0).grey();
const VALUE: Style = Style::regular(8.5);
const NUMBER: Style = Style::bold(13.0);
/// A name gets smaller until it fits in one line …
const ONE_LINE: [f32; 3] = [13.0, 11.0, 9.0];
/// … or else in two.
const TWO_LINES: [f32; 2] = [9.0, 7.5];

/// Prints one page for each card.
pub(super) fn print(
    fonts: &Fonts,
    letterhead: &LetterConfig,
    cards: &[FaceData],
) -> Result<Vec<u8>, PrintError> {
    let mut paper = Paper::new(fonts, "カード券面");
    for card in cards {
        paper.page(CARD, |sheet| draw(sheet, &letterhead.consortium, card))?;
    }
    paper.finish()
}

/// Whether the face has room for this name.
pub(super) fn require_name(fonts: &Fonts, kana: &str) -> Result<(), PrintError> {
    name(fonts, kana).map(drop)
}

fn draw(sheet: &mut Sheet<'_, '_>, issuer: &str, card: &FaceData) -> Result<(), PrintError> {
    let right = CARD.width - MARGIN;
    sheet.text((MARGIN, 9.2), ISSUER, issuer)?;
    sheet.rule((MARGIN, 12.2), (right, 12.2), 0.8, false);
    draw_name(sheet, &card.kana)?;
    labelled(sheet, (MARGIN, 34.0), "生年月日", &era::in_both_eras(card.birth_date))?;
    if let Some(sex) = sex(card.sex) {
        labelled(sheet, (68.0, 34.0), "性別", sex)?;
    }
    sheet.text((MARGIN, 43.6), LABEL, "カード番号")?;
    sheet.text((MARGIN, 48.8), NUMBER, &in_fours(&card.number))?;
    sheet.text_to((right, 43.6), LABEL, "有効期限")?;
    sheet.text_to((right, 48.6), VALUE, &era::in_common_era(card.expires))
}

fn labelled(
    sheet: &mut Sheet<'_, '_>,
    (x, y): (f32, f32),
    label: &str,
    value: &str,
) -> Result<(), PrintError> {
    sheet.text((x, y), LABEL, label)?;
    sheet.text((x, y + 4.2), VALUE, value)
}

fn draw_name(sheet: &mut Sheet<'_, '_>, kana: &str) -> Result<(), PrintError> {
    let (style, lines) = name(sheet.fonts(), kana)?;
    sheet.text((BESIDE_CONTACTS, 18.0), LABEL, "氏名")?;
    let mut y = if lines.len() == 1 { 24.2 } else { 22.4 };
    for line in lines {
        sheet.text((BESIDE_CONTACTS, y), style, &line)?;
        y += style.leading() * 0.8;
    }
    Ok(())
}

/// The largest size at which the name fits in one line; else the largest at which it fits in two.
fn name(fonts: &Fonts, kana: &str) -> Result<(Style, Vec<String>), PrintError> {
    for style in ONE_LINE.map(Style::regular) {
        if fonts.width(style, kana)? <= BESIDE_WIDTH {
            return Ok((style, vec![kana.to_owned()]));
        }
    }
    for style in TWO_LINES.map(Style::regular) {
        if let Some(lines) = in_two(fonts, style, kana)? {
            return Ok((style, lines));
        }
    }
    Err(PrintError::TooLong("name"))
}

/// Two lines, parted at a blank if one is in the right place.
fn in_two(fonts: &Fonts, style: Style, kana: &str) -> Result<Option<Vec<String>>, PrintError> {
    for (blank, _) in kana.rmatch_indices([' ', '　']) {
        let (first, second) = kana.split_at(blank);
        let widest = fonts.width(style, first)?.max(fonts.width(style, second.trim_start())?);
        if widest <= BESIDE_WIDTH {
            return Ok(Some(vec![first.to_owned(), second.trim_start().to_owned()]));
        }
    }
    let lines = fonts.lines(style, kana, BESIDE_WIDTH)?;
    Ok((lines.len() <= 2).then_some(lines))
}

fn sex(sex: Sex) -> Option<&'static str> {
    match sex {
        Sex::Male => Some("男"),
        Sex::Female => Some("女"),
        Sex::Unknown => None,
    }
}

fn in_fours(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(|digit| !digit.is_whitespace()).collect();
    digits.chunks(4).map(|four| four.iter().collect()).collect::<Vec<String>>().join(" ")
}
