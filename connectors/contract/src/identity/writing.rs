//! The many ways of writing one name and one address, made comparable.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::nfkc::nfkc;

/// Variant characters (異体字) in Japanese names that people, forms and printers exchange for each
/// other: each group under the form that is most written. Different names may share a group (斉藤
/// and 斎藤 are two families), which is why a match by folding alone never passes.
///
/// Source: the tables of the CJKVI database of variants (戸籍統一文字, 常用漢字表, 人名用漢字, JIS X 0213),
/// where every pair stands but 斎 and 齋 beside 斉.
const VARIANTS: [(char, &str); 64] = [
    ('高', "髙"),
    ('崎', "﨑嵜"),
    ('沢', "澤"),
    ('辺', "邊邉"),
    ('斉', "齊斎齋"),
    ('浜', "濱濵"),
    ('広', "廣"),
    ('桜', "櫻"),
    ('国', "國圀"),
    ('徳', "德"),
    ('恵', "惠"),
    ('真', "眞"),
    ('槙', "槇"),
    ('滝', "瀧"),
    ('竜', "龍"),
    ('曽', "曾"),
    ('富', "冨"),
    ('島', "嶋嶌"),
    ('峰', "峯"),
    ('条', "條"),
    ('寿', "壽"),
    ('栄', "榮"),
    ('蔵', "藏"),
    ('礼', "禮"),
    ('静', "靜"),
    ('弥', "彌"),
    ('与', "與"),
    ('万', "萬"),
    ('渕', "淵渊"),
    ('鉄', "鐵鐡"),
    ('吉', "𠮷"),
    ('橋', "槗"),
    ('関', "關"),
    ('塩', "鹽"),
    ('円', "圓"),
    ('黒', "黑"),
    ('黄', "黃"),
    ('瀬', "瀨"),
    ('頼', "賴"),
    ('緑', "綠"),
    ('薫', "薰"),
    ('勲', "勳"),
    ('豊', "豐"),
    ('尭', "堯"),
    ('遥', "遙"),
    ('凛', "凜"),
    ('晃', "晄"),
    ('凉', "涼"),
    ('増', "增"),
    ('寛', "寬"),
    ('横', "橫"),
    ('緒', "緖"),
    ('郎', "郞"),
    ('郷', "鄕"),
    ('青', "靑"),
    ('清', "淸"),
    ('煕', "凞"),
    ('柳', "栁"),
    ('戸', "戶"),
    ('姫', "姬"),
    ('内', "內"),
    ('呉', "吳"),
    ('悦', "悅"),
    ('教', "敎"),
];

/// The parts of a house number, longest first; each is written as a hyphen.
const HOUSE_NUMBER_WORDS: [&str; 6] = ["番地の", "丁目", "番地", "番", "号", "の"];

const PREFECTURES: [&str; 47] = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
];

/// NFKC, without blanks and variation selectors, hyphens of every kind as one. NFKC again, because a
/// mark may have stood on a blank.
pub(super) fn normalised(text: &str) -> String {
    let is_said = |c: &char| !c.is_whitespace() && !is_selector(*c);
    let bare: String = nfkc(text).chars().filter(is_said).collect();
    nfkc(&bare).chars().map(one_hyphen).collect()
}

/// Hiragana as katakana besides: how a reading is written is nobody's name.
pub(super) fn normalised_kana(text: &str) -> String {
    normalised(text).chars().map(katakana).collect()
}

/// The prefecture left out, 丁目・番・号 as hyphens, kanji numerals before them as digits.
pub(super) fn normalised_address(text: &str) -> String {
    let text = normalised(text);
    let text = PREFECTURES.iter().find_map(|name| text.strip_prefix(name)).unwrap_or(&text);
    house_number(text)
}

/// Variant characters under one form, small kana as large, ヶ and が as ケ, long marks left out.
pub(crate) fn folded(normalised: &str) -> String {
    normalised
        .chars()
        .filter(|c| *c != 'ー')
        .map(|c| large_kana(common_form(katakana(c))))
        .collect()
}

/// A reading under which every way of writing it is found: katakana of one size without long marks,
/// and of the letters that sound alike the common one.
pub(crate) fn kana_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for c in folded(&normalised_kana(text)).chars() {
        // A hyphen after kana is a long mark.
        if c == '-' && key.ends_with(|last: char| matches!(last, 'ァ'..='ヺ')) || c == '・' {
            continue;
        }
        key.push(sounding_alike(c));
    }
    key
}

fn sounding_alike(c: char) -> char {
    match c {
        'ヂ' => 'ジ',
        'ヅ' => 'ズ',
        'ヲ' => 'オ',
        'ヱ' => 'エ',
        'ヰ' => 'イ',
        'ヴ' => 'ブ',
        other => other,
    }
}

/// Whether two folded texts may be one: the same characters, or ● and its like in the place of
/// those that a system could not write.
pub(super) fn may_be_one(one: &str, other: &str) -> bool {
    let fits = |(a, b): (char, char)| a == b || is_stand_in(a) || is_stand_in(b);
    one.chars().count() == other.chars().count()
        && one.chars().any(|c| !is_stand_in(c))
        && other.chars().any(|c| !is_stand_in(c))
        && one.chars().zip(other.chars()).all(fits)
}

fn is_stand_in(c: char) -> bool {
    matches!(c, '●' | '■' | '〓' | '\u{FFFD}')
}

/// A variation selector: says which glyph of the character before it is meant.
pub(crate) fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn one_hyphen(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2500}' | 'ｰ' => '-',
        other => other,
    }
}

fn katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        other => other,
    }
}

/// The most written form of a variant character. A file of millions asks for every character of
/// every name.
pub(crate) fn common_form(c: char) -> char {
    static COMMON: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
        let group = |(common, others): &(char, &'static str)| {
            let common = *common;
            others.chars().map(move |other| (other, common))
        };
        VARIANTS.iter().flat_map(group).collect()
    });
    COMMON.get(&c).copied().unwrap_or(c)
}

fn large_kana(c: char) -> char {
    const SMALL: &str = "ァィゥェォッャュョヮヵヶガ";
    const LARGE: &str = "アイウエオツヤユヨワカケケ";
    let place = SMALL.chars().position(|small| small == c);
    place.and_then(|place| LARGE.chars().nth(place)).unwrap_or(c)
}

fn house_number(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((digits, after)) = numeral(rest) {
            out.push_str(&digits);
            rest = after;
        } else if let Some(after) = separator(rest, &out) {
            out.push('-');
            rest = after;
        } else {
            // A long mark between digits is a hyphen typed by a Japanese keyboard.
            out.push(if first == 'ー' && ends_with_digit(&out) { '-' } else { first });
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    out.trim_end_matches('-').to_owned()
}

/// 丁目・番・号 count only after a digit: 二番町 stays a place.
fn separator<'a>(rest: &'a str, before: &str) -> Option<&'a str> {
    let after = HOUSE_NUMBER_WORDS.iter().find_map(|word| rest.strip_prefix(word))?;
    let goes_on = after.is_empty() || after.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let is_number = ends_with_digit(before) && (goes_on || numeral(after).is_some());
    is_number.then(|| after.strip_prefix('-').unwrap_or(after))
}

fn ends_with_digit(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_digit())
}

/// A kanji numeral below one hundred that stands before 丁目 or 番 with a number after it.
fn numeral(text: &str) -> Option<(String, &str)> {
    let end = text.find(|c| !"一二三四五六七八九十".contains(c))?;
    let (kanji, after) = text.split_at_checked(end)?;
    let is_counted = after.starts_with("丁目") || after.starts_with("番地");
    let value = if is_counted { value_of(kanji) } else { None };
    value.map(|value| (value.to_string(), after))
}

fn value_of(kanji: &str) -> Option<u32> {
    let digit = |text: &str| match text.chars().collect::<Vec<_>>().as_slice() {
        [] => Some(None),
        [one] => "一二三四五六七八九".chars().position(|c| c == *one).map(Some),
        _ => None,
    };
    let number = |place: Option<usize>| place.and_then(|place| u32::try_from(place + 1).ok());
    match kanji.split_once('十') {
        Some((tens, ones)) => {
            let (tens, ones) = (digit(tens)?, digit(ones)?);
            Some(number(tens).unwrap_or(1) * 10 + number(ones).unwrap_or(0))
        }
        None => number(digit(kanji)?),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn house_numbers_are_one_however_they_are_written() {
        let written = [
            "香川県高松市番町一丁目２番３号",
            "高松市番町1丁目2番3号",
            "高松市番町１－２－３",
            "高松市番町1ー2ー3",
            "高松市番町1‐2−3",
            " 香川県 高松市 番町 1-2-3 ",
            "高松市番町一丁目2番地の3",
        ];
        for one in written {
            assert_eq!(normalised_address(one), "高松市番町1-2-3", "{one}");
        }
        assert_eq!(normalised_address("高松市丸の内十二丁目34番地"), "高松市丸の内12-34");
        assert_eq!(normalised_address("千代田区二番町3"), "千代田区二番町3");
        assert_eq!(normalised_address("高松市三名町5番地5"), "高松市三名町5-5");
    }

    #[test]
    fn width_and_blanks_are_normalised_and_variants_only_folded() {
        assert_eq!(normalised("上野　太郎"), normalised("上野 太郎"));
        assert_eq!(normalised_kana("うえの　ﾀﾛｳ"), "ウエノタロウ");
        // A mark that stood on a blank of its own joins the letter before it.
        assert_eq!(normalised("g\u{384}"), "\u{1f5}");
        assert_ne!(normalised("髙﨑"), normalised("高崎"));
        assert_eq!(folded(&normalised("髙﨑")), folded(&normalised("高崎")));
        assert_eq!(folded("齋藤"), folded("斉藤"));
        assert_eq!(folded("キヨウコ"), folded("キョウコ"));
        assert_eq!(folded("霞ヶ関"), folded("霞が関"));
    }

    #[test]
    fn a_dot_stands_for_one_character_and_never_for_a_whole_name() {
        assert!(may_be_one("●橋太郎", "高橋太郎"));
        assert!(may_be_one("高〓太郎", "高●太郎"));
        assert!(!may_be_one("●太郎", "高橋太郎"));
        assert!(!may_be_one("●橋次郎", "高橋太郎"));
        assert!(!may_be_one("●●", "高橋"));
    }

    #[test]
    fn no_character_is_in_two_groups() {
        let mut all: Vec<char> =
            VARIANTS.iter().flat_map(|(one, more)| more.chars().chain([*one])).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_reading_again_changes_nothing(text in "\\PC{0,80}") {
            let name = normalised(&text);
            prop_assert_eq!(normalised(&name), name.clone());
            prop_assert_eq!(folded(&folded(&name)), folded(&name));
            let _ = normalised_address(&text);
        }

        #[test]
        fn every_house_number_survives(a in 1_u32..100, b in 1_u32..1000, c in 1_u32..100) {
            let one = normalised_address(&format!("見本市中央{a}丁目{b}番{c}号"));
            prop_assert_eq!(one, format!("見本市中央{a}-{b}-{c}"));
        }
    }
}
