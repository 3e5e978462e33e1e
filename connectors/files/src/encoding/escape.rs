//! How a character is written in an encoding that does not have it: `&#x29E3D;`.
//!
//! XML knows these references itself. In CSV they are ours: the reader gives back the character,
//! and an `&` that would start one is written `&#x26;`, so that every text comes back as it was.

use super::Encoding;

/// What a reference begins with.
const START: &str = "&#x";

/// Appends the reference of `character`.
pub(crate) fn write_escape(character: char, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(format!("{START}{:X};", u32::from(character)).as_bytes());
}

/// Replaces the references in `text` that a writer of this encoding makes; others stay.
pub(crate) fn resolve(encoding: Encoding, text: &str) -> Option<String> {
    let none = memchr::memchr(b'&', text.as_bytes()).is_none();
    if encoding == Encoding::Utf8 || none || !text.contains(START) {
        return None;
    }
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(START) {
        resolved.push_str(before);
        rest = after;
        if let Some((character, after)) = reference(encoding, after) {
            resolved.push(character);
            rest = after;
        } else {
            resolved.push_str(START);
        }
    }
    resolved.push_str(rest);
    Some(resolved)
}

fn reference(encoding: Encoding, text: &str) -> Option<(char, &str)> {
    let (digits, rest) = text.split_once(';')?;
    let short = (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let code = u32::from_str_radix(short.then_some(digits)?, 16).ok()?;
    let character = char::from_u32(code)?;
    (character == '&' || !encoding.has(character)).then_some((character, rest))
}
