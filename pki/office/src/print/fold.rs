//! What both sheets of A4 share: folded in Z, the address in the window of a 長形3号 envelope, the
//! other two thirds inside.

use jiff::civil::Date;

use super::sheet::{Fonts, Sheet, Size, Style};
use super::{PrintError, era};
use crate::config::LetterConfig;

/// ISO 216.
pub(super) const A4: Size = Size { width: 210.0, height: 297.0 };
/// Left edge of what is written.
pub(super) const LEFT: f32 = 24.0;
/// Right edge of what is written.
pub(super) const RIGHT: f32 = 186.0;
/// How wide it is.
pub(super) const WIDTH: f32 = RIGHT - LEFT;
/// Where the sheet is folded, from its upper edge.
pub(super) const FOLDS: [f32; 2] = [99.0, 198.0];

/// The part of the window (90 × 45 mm) that stays visible when the sheet slips.
const WINDOW: (f32, f32) = (28.0, 15.0);
const WINDOW_WIDTH: f32 = 78.0;
const ADDRESS: Style = Style::regular(10.0);
const SMALL_ADDRESS: Style = Style::regular(8.0);
const NAME: Style = Style::regular(13.0);
const SMALL_NAME: Style = Style::regular(9.0);
const SENDER: Style = Style::regular(8.5);
const SUBJECT: Style = Style::bold(14.0);
/// Lines of each that the window has room for.
const ADDRESS_LINES: usize = 3;
const NAME_LINES: usize = 2;

/// Whether the window has room for both.
pub(super) fn require_addressee(
    fonts: &Fonts,
    name: &str,
    address: &str,
) -> Result<(), PrintError> {
    addressee(fonts, name, address).map(drop)
}

/// Draws the upper third: addressee, sender, day, subject; and where to fold.
pub(super) fn upper_third(
    sheet: &mut Sheet<'_, '_>,
    letterhead: &LetterConfig,
    (name, address): (&str, &str),
    date: Date,
    subject: &str,
) -> Result<(), PrintError> {
    let mut y = WINDOW.1;
    for (style, line) in addressee(sheet.fonts(), name, address)? {
        y += style.leading();
        sheet.text((WINDOW.0, y), style, &line)?;
    }
    sender(sheet, letterhead, date)?;
    sheet.text((LEFT, 84.0), SUBJECT, subject)?;
    for fold in FOLDS {
        sheet.rule((0.0, fold), (6.0, fold), 0.4, false);
        sheet.rule((A4.width - 6.0, fold), (A4.width, fold), 0.4, false);
    }
    Ok(())
}

/// The lines in the window, each smaller if there is no room.
fn addressee(fonts: &Fonts, name: &str, address: &str) -> Result<Vec<(Style, String)>, PrintError> {
    let to = format!("{name} 様");
    let fit = |styles: [Style; 2], text: &str, most: usize, what: &'static str| {
        for style in styles {
            let lines = fonts.lines(style, text, WINDOW_WIDTH)?;
            if lines.len() <= most {
                return Ok(lines.into_iter().map(|line| (style, line)).collect::<Vec<_>>());
            }
        }
        Err(PrintError::TooLong(what))
    };
    let mut lines = fit([ADDRESS, SMALL_ADDRESS], address, ADDRESS_LINES, "address")?;
    lines.extend(fit([NAME, SMALL_NAME], &to, NAME_LINES, "name")?);
    Ok(lines)
}

fn sender(
    sheet: &mut Sheet<'_, '_>,
    letterhead: &LetterConfig,
    date: Date,
) -> Result<(), PrintError> {
    sheet.text_to((RIGHT, 20.0), SENDER, &era::in_era(date))?;
    let phone = format!("電話 {}", letterhead.phone);
    let mut y = 54.0;
    for line in [&letterhead.consortium, &letterhead.department, &letterhead.address, &phone] {
        sheet.text_to((RIGHT, y), SENDER, line)?;
        y += SENDER.leading();
    }
    Ok(())
}
