//! CP932, UTF-8 and EUC-JP, strictly: what is not of an encoding is said, never replaced.
//!
//! The tables are those of `encoding_rs` (WHATWG), which are Microsoft's. Added is what they
//! leave out: user-defined characters (外字, U+E000–U+E757) when writing CP932, and of eucJP-ms
//! the third code set with IBM's characters; see [`euc`]. Both legacy encodings know one form of
//! some characters that Unicode has twice, see [`folded`].

mod escape;
mod euc;
#[cfg(test)]
mod tests;

use encoding_rs::{DecoderResult, EUC_JP, EncoderResult, SHIFT_JIS};

pub(crate) use escape::{resolve, write_escape};

/// An encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encoding {
    /// Unicode.
    Utf8,
    /// Windows code page 932, what Japanese systems mean by `Shift_JIS`.
    Cp932,
    /// EUC-JP with the extensions of eucJP-ms.
    EucJp,
}

/// A character that an encoding does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("U+{:04X} cannot be written in {}", u32::from(*.character), .encoding.name())]
pub struct Unmappable {
    /// The character.
    pub character: char,
    /// The encoding.
    pub encoding: Encoding,
}

impl Encoding {
    /// Every encoding.
    pub const ALL: [Self; 3] = [Self::Utf8, Self::Cp932, Self::EucJp];

    /// The name in XML declarations and HTTP.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Cp932 => "Shift_JIS",
            Self::EucJp => "EUC-JP",
        }
    }

    /// The encoding of that name, of the many in use.
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().replace('_', "-").as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            "shift-jis" | "sjis" | "cp932" | "ms932" | "windows-31j" | "x-sjis" => {
                Some(Self::Cp932)
            }
            "euc-jp" | "eucjp" | "eucjp-ms" | "euc-jp-ms" | "cp51932" => Some(Self::EucJp),
            _ => None,
        }
    }

    /// The full-width blank U+3000.
    pub(crate) fn wide_blank(self) -> &'static [u8] {
        match self {
            Self::Utf8 => "\u{3000}".as_bytes(),
            Self::Cp932 => b"\x81\x40",
            Self::EucJp => b"\xa1\xa1",
        }
    }

    /// Appends what `bytes` say.
    ///
    /// # Errors
    /// Where the first byte stands that is not of this encoding; what is before it is appended.
    pub fn decode(self, bytes: &[u8], text: &mut String) -> Result<(), usize> {
        match self {
            Self::Utf8 => decode_utf8(bytes, text),
            Self::Cp932 => decode_legacy(SHIFT_JIS, bytes, text),
            Self::EucJp => decode_euc(bytes, text),
        }
    }

    /// Appends `text` in this encoding.
    ///
    /// # Errors
    /// The first character that it does not have; what is before it is appended.
    pub fn encode(self, text: &str, bytes: &mut Vec<u8>) -> Result<(), Unmappable> {
        self.encode_or(text, bytes, |character, _| Err(Unmappable { character, encoding: self }))
    }

    /// Appends `text` in this encoding, what it does not have by `otherwise`.
    pub(crate) fn encode_or<E>(
        self,
        text: &str,
        bytes: &mut Vec<u8>,
        mut otherwise: impl FnMut(char, &mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self == Self::Utf8 || text.is_ascii() {
            bytes.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        for character in text.chars() {
            if !self.push(character, bytes) {
                otherwise(character, bytes)?;
            }
        }
        Ok(())
    }

    /// Whether it has `character`.
    pub fn has(self, character: char) -> bool {
        self.push(character, &mut Vec::new())
    }

    fn push(self, character: char, bytes: &mut Vec<u8>) -> bool {
        if character.is_ascii() {
            bytes.push(u8::try_from(character).unwrap_or_default());
            return true;
        }
        let character = folded(character);
        match self {
            Self::Utf8 => {
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                true
            }
            Self::Cp932 => push_legacy(SHIFT_JIS, character, bytes) || push_gaiji(character, bytes),
            Self::EucJp => euc::push(character, bytes),
        }
    }
}

/// The form that both legacy encodings know, of characters that JIS and Microsoft map to
/// different ones of Unicode: 〜 − ‖ ¢ £ ¬ — ‾ ¥ are the same characters as ～ － ∥ ￠ ￡ ￢ ― ￣ ￥
/// there, and read as the latter.
pub(crate) fn folded(character: char) -> char {
    match character {
        '\u{301c}' => '\u{ff5e}',
        '\u{2212}' => '\u{ff0d}',
        '\u{2016}' => '\u{2225}',
        '\u{00a2}' => '\u{ffe0}',
        '\u{00a3}' => '\u{ffe1}',
        '\u{00ac}' => '\u{ffe2}',
        '\u{2014}' => '\u{2015}',
        '\u{203e}' => '\u{ffe3}',
        '\u{00a5}' => '\u{ffe5}',
        other => other,
    }
}

fn decode_utf8(bytes: &[u8], text: &mut String) -> Result<(), usize> {
    match std::str::from_utf8(bytes) {
        Ok(decoded) => {
            text.push_str(decoded);
            Ok(())
        }
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            text.push_str(&String::from_utf8_lossy(valid));
            Err(error.valid_up_to())
        }
    }
}

fn decode_legacy(
    table: &'static encoding_rs::Encoding,
    bytes: &[u8],
    text: &mut String,
) -> Result<(), usize> {
    let mut decoder = table.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    text.reserve(room.unwrap_or(bytes.len().saturating_mul(3)));
    match decoder.decode_to_string_without_replacement(bytes, text, true) {
        (DecoderResult::InputEmpty, _) => Ok(()),
        (DecoderResult::Malformed(wrong, after), read) => {
            Err(read.saturating_sub(usize::from(wrong) + usize::from(after)))
        }
        (DecoderResult::OutputFull, read) => Err(read),
    }
}

fn decode_euc(bytes: &[u8], text: &mut String) -> Result<(), usize> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Err(wrong) = decode_legacy(EUC_JP, rest, text) else {
            return Ok(());
        };
        at += wrong;
        let Some((character, length)) = bytes.get(at..).and_then(euc::extension) else {
            return Err(at);
        };
        text.push(character);
        at += length;
    }
}

fn push_legacy(
    table: &'static encoding_rs::Encoding,
    character: char,
    bytes: &mut Vec<u8>,
) -> bool {
    let mut one = [0; 4];
    let text: &str = character.encode_utf8(&mut one);
    let mut encoded = [0; 16];
    let (result, _, written) =
        table.new_encoder().encode_from_utf8_without_replacement(text, &mut encoded, true);
    let found = matches!(result, EncoderResult::InputEmpty);
    if found {
        bytes.extend_from_slice(encoded.get(..written).unwrap_or_default());
    }
    found
}

/// User-defined characters of CP932: F040–F9FC, 188 for each first byte.
fn push_gaiji(character: char, bytes: &mut Vec<u8>) -> bool {
    let Some(nth) = gaiji(character) else {
        return false;
    };
    let (row, cell) = (nth / 188, nth % 188);
    bytes.push(u8::try_from(0xf0 + row).unwrap_or_default());
    // 0x7F is no second byte.
    bytes.push(u8::try_from(if cell < 63 { 0x40 + cell } else { 0x41 + cell }).unwrap_or_default());
    true
}

/// The place of a user-defined character among the 1,880.
fn gaiji(character: char) -> Option<u16> {
    let nth = u32::from(character).checked_sub(0xe000)?;
    u16::try_from(nth).ok().filter(|nth| *nth < 1880)
}

/// Whether a row that reads in `encoding`, as `text`, is one of another encoding all the same.
///
/// Japanese of UTF-8, and kana of EUC-JP, can happen to be characters of CP932; the reverse, a
/// row of the legacy encoding that is also such Japanese to the last byte, does not happen.
pub(crate) fn is_foreign(encoding: Encoding, bytes: &[u8], text: &str) -> bool {
    if encoding == Encoding::Utf8 || text.is_ascii() {
        return false;
    }
    let utf8 = std::str::from_utf8(bytes).is_ok_and(is_japanese);
    utf8 || (encoding == Encoding::Cp932 && is_kana_of_euc(bytes))
}

fn is_japanese(text: &str) -> bool {
    let mut foreign = text.chars().filter(|c| !c.is_ascii());
    text.chars().filter(|c| *c >= '\u{3000}').count() >= 2 && foreign.all(|c| c >= '\u{2000}')
}

fn is_kana_of_euc(bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|byte| !byte.is_ascii());
    let mut text = String::new();
    first.is_some_and(|byte| matches!(byte, 0x8e | 0xa1..=0xfe))
        && Encoding::EucJp.decode(bytes, &mut text).is_ok()
        && text.chars().filter(|c| ('\u{3041}'..='\u{30fe}').contains(c)).count() >= 2
}
