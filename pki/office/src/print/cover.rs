//! The sheet in the same envelope as the card (本人限定受取郵便): what is in it, and that the code
//! comes in another letter.

use super::fold::{A4, FOLDS, LEFT, RIGHT, WIDTH, upper_third};
use super::sheet::{Fonts, Paper, Sheet, Style};
use super::{CoverData, PrintError};
use crate::config::LetterConfig;

const BODY: Style = Style::regular(11.0);

/// Prints the sheet.
pub(super) fn print(
    fonts: &Fonts,
    letterhead: &LetterConfig,
    cover: &CoverData,
) -> Result<Vec<u8>, PrintError> {
    let mut paper = Paper::new(fonts, "カードの送付のお知らせ");
    paper.page(A4, |sheet| {
        let addressee = (cover.name.as_str(), cover.address.as_str());
        upper_third(sheet, letterhead, addressee, cover.date, "カードをお届けします")?;
        body(sheet, letterhead, &cover.id)
    })?;
    paper.finish()
}

fn body(sheet: &mut Sheet<'_, '_>, letterhead: &LetterConfig, id: &str) -> Result<(), PrintError> {
    let [mut y, _] = FOLDS;
    y += 12.0;
    let lost = format!(
        "カードをなくしたときは、いつでも {} へお電話ください。すぐに止めます。",
        letterhead.lost_phone
    );
    let ask = format!(
        "わからないことは {}（{}）へおたずねください。受付番号は {id} です。",
        letterhead.phone, letterhead.hours
    );
    let paragraphs = [
        "お申し込みいただいたカードができました。この封筒に、カードが1枚入っています。",
        "カードの氏名・生年月日・性別が正しいか、お確かめください。違うときは、使わずにお電話ください。",
        "カードは、まだ使えません。使いはじめるための初期化コードと、使いはじめかたは、別の手紙で\
         お届けします。2週間たっても届かないときは、お電話ください。",
        "カードと、初期化コードの手紙は、別の場所にしまってください。カードには、暗証番号を書かないで\
         ください。",
        &lost,
        &ask,
    ];
    for paragraph in paragraphs {
        y = sheet.paragraph((LEFT, y), WIDTH, BODY, paragraph)? + 2.5;
    }
    sheet.text_to((RIGHT, y + 4.0), BODY, &letterhead.consortium)
}
