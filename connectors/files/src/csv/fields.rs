//! One field of a record: blanks, quotation marks, what ends it.

use std::ops::Range;

use memchr::{memchr, memchr3};

/// A field, by its place in the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// What it says, without its quotation marks; an unquoted field may have blanks behind it.
    pub content: Range<usize>,
    /// Whether there are doubled quotation marks in it.
    pub doubled: bool,
    /// What ends it.
    pub end: FieldEnd,
    /// Where the next field or record begins.
    pub next: usize,
    /// Text after the closing quotation mark.
    pub stray: bool,
}

impl Field {
    /// One that stands there as it is.
    pub(crate) fn plain(content: Range<usize>) -> Self {
        let next = content.end + 1;
        Self { content, doubled: false, end: FieldEnd::Comma, next, stray: false }
    }
}

/// What ends a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldEnd {
    /// A comma.
    Comma,
    /// A line end; `next` is after its first byte.
    Line,
    /// Nothing more is there.
    Input,
    /// Nothing more is there, and the quotation mark is open.
    Open,
}

/// The field that begins at `from`. `wide_blank` is U+3000 in the encoding of `bytes`.
pub(crate) fn next_field(bytes: &[u8], from: usize, wide_blank: &[u8]) -> Field {
    let at = after_blanks(bytes, from, wide_blank);
    if bytes.get(at) == Some(&b'"') {
        quoted(bytes, at + 1, wide_blank)
    } else {
        let (end, stop) = until_end(bytes, at);
        Field { content: at..stop, doubled: false, end, next: next(end, stop), stray: false }
    }
}

fn quoted(bytes: &[u8], from: usize, wide_blank: &[u8]) -> Field {
    let mut doubled = false;
    let mut at = from;
    let close = loop {
        let Some(found) = bytes.get(at..).and_then(|rest| memchr(b'"', rest)) else {
            let content = from..bytes.len();
            let next = bytes.len();
            return Field { content, doubled, end: FieldEnd::Open, next, stray: false };
        };
        if bytes.get(at + found + 1) != Some(&b'"') {
            break at + found;
        }
        doubled = true;
        at += found + 2;
    };
    let blank = after_blanks(bytes, close + 1, wide_blank);
    let (end, stop) = until_end(bytes, blank);
    Field { content: from..close, doubled, end, next: next(end, stop), stray: stop > blank }
}

fn until_end(bytes: &[u8], from: usize) -> (FieldEnd, usize) {
    let rest = bytes.get(from..).unwrap_or_default();
    let Some(found) = memchr3(b',', b'\n', b'\r', rest) else {
        return (FieldEnd::Input, bytes.len());
    };
    let comma = rest.get(found) == Some(&b',');
    (if comma { FieldEnd::Comma } else { FieldEnd::Line }, from + found)
}

fn next(end: FieldEnd, stop: usize) -> usize {
    if matches!(end, FieldEnd::Comma | FieldEnd::Line) { stop + 1 } else { stop }
}

fn after_blanks(bytes: &[u8], mut at: usize, wide_blank: &[u8]) -> usize {
    loop {
        match bytes.get(at..) {
            Some([b' ' | b'\t', ..]) => at += 1,
            Some(rest) if rest.starts_with(wide_blank) => at += wide_blank.len(),
            _ => return at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&str, FieldEnd, bool)> {
        let mut fields = Vec::new();
        let mut at = 0;
        loop {
            let field = next_field(text.as_bytes(), at, "\u{3000}".as_bytes());
            fields.push((&text[field.content.clone()], field.end, field.stray));
            if !matches!(field.end, FieldEnd::Comma) {
                return fields;
            }
            at = field.next;
        }
    }

    #[test]
    fn blanks_stand_around_fields_quoted_or_not() {
        let fields = read(" 東京,\u{3000} \"001\" \u{3000},\"a,\"\"b\"\"\"");
        let contents: Vec<&str> = fields.iter().map(|field| field.0).collect();
        assert_eq!(contents, ["東京", "001", "a,\"\"b\"\""]);
        assert_eq!(fields[2].1, FieldEnd::Input);
    }

    #[test]
    fn marks_that_do_not_pair_are_told() {
        assert_eq!(read("\"abc,1\n"), [("abc,1\n", FieldEnd::Open, false)]);
        assert_eq!(read("\"a\"b,1")[0], ("a", FieldEnd::Comma, true));
        assert_eq!(read("5\"3,1")[0], ("5\"3", FieldEnd::Comma, false));
    }

    #[test]
    fn an_empty_record_is_one_empty_field() {
        assert_eq!(read(""), [("", FieldEnd::Input, false)]);
        assert_eq!(read(","), [("", FieldEnd::Comma, false), ("", FieldEnd::Input, false)]);
        assert_eq!(read("\n"), [("", FieldEnd::Line, false)]);
    }
}
