//! The letter that brings the 初期化コード. It travels apart from the card and never bears the
//! card's number: neither piece of mail opens anything without the other.

use super::fold::{A4, FOLDS, LEFT, RIGHT, WIDTH, upper_third};
use super::sheet::{Fonts, Paper, Sheet, Size, Style};
use super::{LetterData, PrintError};
use crate::config::LetterConfig;

const BODY: Style = Style::regular(11.0);
const HEADING: Style = Style::bold(12.0);
const NOTE: Style = Style::regular(9.5);
const CODE: Style = Style::bold(26.0);
const LABEL: Style = Style::regular(10.0);
const CODE_FRAME: Size = Size { width: 110.0, height: 34.0 };

/// Prints the letter.
pub(super) fn print(
    fonts: &Fonts,
    letterhead: &LetterConfig,
    letter: &LetterData,
) -> Result<Vec<u8>, PrintError> {
    let mut paper = Paper::new(fonts, "初期化コードのお知らせ");
    paper.page(A4, |sheet| {
        let addressee = (letter.name.as_str(), letter.address.as_str());
        upper_third(sheet, letterhead, addressee, letter.date, "初期化コードのお知らせ")?;
        code(sheet, letter)?;
        steps(sheet, letterhead)?;
        help(sheet, letterhead, &letter.id)
    })?;
    paper.finish()
}

/// The middle third, which the fold covers.
fn code(sheet: &mut Sheet<'_, '_>, letter: &LetterData) -> Result<(), PrintError> {
    let [top, _] = FOLDS;
    let intro = "カードを使いはじめるときに、一度だけ入力する番号です。カードは、この手紙とは別に、\
                 本人限定受取郵便でお届けします。";
    let y = sheet.paragraph((LEFT, top + 10.0), WIDTH, BODY, intro)?;
    let left = (A4.width - CODE_FRAME.width) / 2.0;
    sheet.frame((left, y), CODE_FRAME, 1.0);
    centred(sheet, y + 9.0, LABEL, "初期化コード（8けた）")?;
    centred(sheet, y + 25.0, CODE, &in_fours(&letter.code))?;
    let keep = "この番号は、暗証番号を忘れたときや、カードが止まったときにも使います。この手紙は、\
                カードとは別の場所に、大切にしまっておいてください。";
    let y = sheet.paragraph((LEFT, y + CODE_FRAME.height + 9.0), WIDTH, BODY, keep)?;
    let never = "職員が、この番号や暗証番号をおたずねすることは、けっしてありません。";
    sheet.paragraph((LEFT, y + 1.0), WIDTH, Style::bold(11.0), never).map(drop)
}

fn steps(sheet: &mut Sheet<'_, '_>, letterhead: &LetterConfig) -> Result<(), PrintError> {
    let [_, top] = FOLDS;
    sheet.text((LEFT, top + 9.0), HEADING, "カードを使いはじめるには")?;
    let mut y = top + 16.5;
    for (number, step) in (1..).zip(five_steps(&letterhead.portal)) {
        sheet.text((LEFT, y), Style::bold(10.5), &format!("{number}"))?;
        y = sheet.paragraph((LEFT + 6.0, y), WIDTH - 6.0, Style::regular(10.5), &step)?;
        y += 0.6;
    }
    Ok(())
}

fn five_steps(portal: &str) -> [String; 5] {
    [
        "カードと、この手紙と、カードリーダーをつないだパソコンを用意します。".to_owned(),
        format!(
            "パソコンで {portal} を開き、「カードでログイン」、次に「新しいカードが届いたとき」を\
             選びます。"
        ),
        "カードリーダーにカードを置きます。「割符カード」の窓がひらきます。".to_owned(),
        "窓の案内のとおりに、初期化コードと、これから使う暗証番号を入力します。暗証番号は、\
         6けたから8けたの数字を、ご自分で決めてください。"
            .to_owned(),
        "「カードが使えるようになりました」と出たら、おわりです。次からは、その暗証番号で使えます。"
            .to_owned(),
    ]
}

/// Whom to call, at the foot.
fn help(sheet: &mut Sheet<'_, '_>, letterhead: &LetterConfig, id: &str) -> Result<(), PrintError> {
    sheet.rule((LEFT, 264.0), (RIGHT, 264.0), 0.4, false);
    let ask = format!("わからないとき　{}（{}）", letterhead.phone, letterhead.hours);
    let lost = format!("なくしたとき　{}（いつでも）", letterhead.lost_phone);
    sheet.text((LEFT, 270.5), Style::bold(10.5), &ask)?;
    sheet.text((LEFT, 277.0), Style::bold(10.5), &lost)?;
    sheet.text_to((RIGHT, 277.0), NOTE, &format!("受付番号 {id}"))
}

fn centred(sheet: &mut Sheet<'_, '_>, y: f32, style: Style, text: &str) -> Result<(), PrintError> {
    let width = sheet.fonts().width(style, text)?;
    sheet.text(((A4.width - width) / 2.0, y), style, text)
}

/// 1234 5678: four digits are read at a glance, eight are not.
fn in_fours(code: &str) -> zeroize::Zeroizing<String> {
    let (first, second) = code.split_at_checked(4).unwrap_or((code, ""));
    zeroize::Zeroizing::new(format!("{first} {second}"))
}
