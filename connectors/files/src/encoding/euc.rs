//! What eucJP-ms has beyond the two code sets that browsers write.
//!
//! The third code set (0x8F and two bytes) is JIS X 0212, which browsers read and never write,
//! with IBM's characters that it lacks after it. Rows 85 to 94 are user-defined. Programs of
//! Microsoft (CP51932) write IBM's characters in rows 89 to 92 instead, as they stand in CP932;
//! these are read as such, and written the way of eucJP-ms.

use std::collections::HashMap;
use std::sync::LazyLock;

use encoding_rs::EUC_JP;

use super::{decode_legacy, gaiji, push_legacy};

/// The byte before characters of the third code set.
const THIRD: u8 = 0x8f;

/// IBM's characters that JIS X 0212 lacks, from 8FF3F3 to 8FF4FE in this order. By number, since
/// tools that normalise text would make other characters of some.
const IBM: [u16; 106] = [
    0x2170, 0x2171, 0x2172, 0x2173, 0x2174, 0x2175, 0x2176, 0x2177, 0x2178, 0x2179, 0x2160, 0x2161,
    0x2162, 0x2163, 0x2164, 0x2165, 0x2166, 0x2167, 0x2168, 0x2169, 0xff07, 0xff02, 0x3231, 0x2116,
    0x2121, 0x70bb, 0x4efc, 0x50f4, 0x51ec, 0x5307, 0x5324, 0xfa0e, 0x548a, 0x5759, 0xfa0f, 0xfa10,
    0x589e, 0x5bec, 0x5cf5, 0x5d53, 0xfa11, 0x5fb7, 0x6085, 0x6120, 0x654e, 0x663b, 0x6665, 0xfa12,
    0xf929, 0x6801, 0xfa13, 0xfa14, 0x6a6b, 0x6ae2, 0x6df8, 0x6df2, 0x7028, 0xfa15, 0xfa16, 0x7501,
    0x7682, 0x769e, 0xfa17, 0x7930, 0xfa18, 0xfa19, 0xfa1a, 0xfa1b, 0x7ae7, 0xfa1c, 0xfa1d, 0x7da0,
    0x7dd6, 0xfa1e, 0x8362, 0xfa1f, 0x85b0, 0xfa20, 0xfa21, 0x8807, 0xfa22, 0x8b7f, 0x8cf4, 0x8d76,
    0xfa23, 0xfa24, 0xfa25, 0x90de, 0xfa26, 0x9115, 0xfa27, 0xfa28, 0x9592, 0xf9dc, 0xfa29, 0x973b,
    0x974d, 0x9751, 0xfa2a, 0xfa2b, 0xfa2c, 0x999e, 0x9ad9, 0x9b72, 0xfa2d, 0x9ed1,
];

/// The third code set, by character.
static THIRD_SET: LazyLock<HashMap<char, [u8; 2]>> = LazyLock::new(|| {
    let standard = (0xa1..=0xfe).flat_map(|row| (0xa1..=0xfe).map(move |cell| [row, cell]));
    let standard = standard.filter_map(|code| Some((standard_character(code)?, code)));
    let ibm = IBM
        .iter()
        .zip(0u16..)
        .filter_map(|(unit, nth)| Some((char::from_u32(u32::from(*unit))?, ibm_code(nth)?)));
    ibm.chain(standard).collect()
});

fn standard_character(code: [u8; 2]) -> Option<char> {
    let mut text = String::new();
    decode_legacy(EUC_JP, &[THIRD, code[0], code[1]], &mut text).ok()?;
    text.chars().next()
}

/// The `nth` code from F3F3.
fn ibm_code(nth: u16) -> Option<[u8; 2]> {
    let place = nth + 0xf3 - 0xa1;
    let (row, cell) = (place / 94, place % 94);
    Some([u8::try_from(0xf3 + row).ok()?, u8::try_from(0xa1 + cell).ok()?])
}

/// Appends `character`, if EUC-JP has it.
pub(super) fn push(character: char, bytes: &mut Vec<u8>) -> bool {
    let before = bytes.len();
    let known = push_legacy(EUC_JP, character, bytes);
    if known && bytes.get(before).is_none_or(|first| *first < 0xf5) {
        return true;
    }
    if let Some(code) = THIRD_SET.get(&character) {
        bytes.truncate(before);
        bytes.push(THIRD);
        bytes.extend_from_slice(code);
        return true;
    }
    // ￤ alone is in the rows of Microsoft and nowhere else that is read back.
    known || gaiji(character).is_some_and(|nth| push_user_defined(nth, bytes))
}

/// Rows 85 to 94, twice: in the first code set and in the third.
fn push_user_defined(nth: u16, bytes: &mut Vec<u8>) -> bool {
    let (row, cell) = (nth % 940 / 94, nth % 94);
    let first = nth < 940;
    if first && (4..=7).contains(&row) {
        return false; // Read as characters of IBM.
    }
    if !first {
        bytes.push(THIRD);
    }
    for byte in [0xf5 + row, 0xa1 + cell] {
        bytes.push(u8::try_from(byte).unwrap_or_default());
    }
    true
}

/// The character at the start of `bytes` that browsers do not know, and its length.
pub(super) fn extension(bytes: &[u8]) -> Option<(char, usize)> {
    match *bytes {
        [THIRD, row @ 0xf3..=0xf4, cell @ 0xa1..=0xfe, ..] => {
            let nth =
                (usize::from(row - 0xf3) * 94 + usize::from(cell - 0xa1)).checked_sub(0x52)?;
            Some((char::from_u32(u32::from(*IBM.get(nth)?))?, 3))
        }
        [THIRD, row @ 0xf5..=0xfe, cell @ 0xa1..=0xfe, ..] => {
            Some((user_defined(940, row, cell)?, 3))
        }
        [row @ (0xf5..=0xf8 | 0xfd..=0xfe), cell @ 0xa1..=0xfe, ..] => {
            Some((user_defined(0, row, cell)?, 2))
        }
        _ => None,
    }
}

fn user_defined(base: u32, row: u8, cell: u8) -> Option<char> {
    char::from_u32(0xe000 + base + u32::from(row - 0xf5) * 94 + u32::from(cell - 0xa1))
}
