//! Identifiers of messages and assertions: random, and valid as XML names.

use data_encoding::HEXLOWER;

/// Fills a buffer with random bytes fit for keys.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]);

/// 160 bits: SAML core 1.3.4 asks for at least 128 and recommends 160.
const BYTES: usize = 20;

/// A fresh identifier: an underscore and 40 hexadecimal digits.
pub fn random_id(random: Random<'_>) -> String {
    let mut bytes = [0; BYTES];
    random(&mut bytes);
    let mut id = String::with_capacity(1 + 2 * BYTES);
    id.push('_');
    HEXLOWER.encode_append(&bytes, &mut id);
    id
}

/// Whether the text is an XML name without a colon, in ASCII, and of a length that fits anywhere.
pub(crate) fn is_ncname(text: &str) -> bool {
    let mut bytes = text.bytes();
    let starts_well = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    starts_well && text.len() <= 256 && bytes.all(goes_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_name_of_160_random_bits() {
        let id = random_id(&mut |bytes| bytes.fill(0xab));
        assert_eq!(id, format!("_{}", "ab".repeat(20)));
        assert!(is_ncname(&id));
    }

    #[test]
    fn names_that_are_none() {
        for text in ["", "1a", "-a", "a b", "a:b", "a&b", "日本", "#a", &"a".repeat(257)] {
            assert!(!is_ncname(text), "{text}");
        }
        assert!(is_ncname("_a-b.c9"));
    }
}
