//! Base64 as XML and form fields carry it: padded, with line breaks allowed.

use data_encoding::BASE64;

/// Decodes base64 with white space in it; `None` if it is none.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let digits: Vec<u8> = text.bytes().filter(|byte| !is_space(byte)).collect();
    BASE64.decode(&digits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_are_nothing() {
        assert_eq!(decode("aGVs\r\n bG8=\n").unwrap(), b"hello");
    }

    #[test]
    fn other_things_are_no_base64() {
        for text in ["a", "aGVsbG8", "aGVsbG8=*", "aGVsbG9="] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
