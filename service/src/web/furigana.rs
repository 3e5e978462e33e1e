//! From marked words to `<ruby>`, on their way out: in text only. Titles, attributes, choices and
//! drawings, which can hold no ruby, get the bare word.
//!
//! The reading is hidden from screen readers, which read the word itself: they would say it twice.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::StreamExt as _;

use crate::words::furigana::{END, READING, WORD};

/// Elements that hold text only, or text that is drawn.
const BARE: [&str; 6] = ["title", "option", "textarea", "script", "style", "svg"];
/// The longest name of an element that is looked at.
const LONGEST_NAME: usize = 16;

/// The response with its readings shown; without, where it is no page.
pub fn shown(mut response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_text = kind.is_some_and(|kind| {
        ["text/", "application/json", "application/xml", "application/problem"]
            .iter()
            .any(|start| kind.starts_with(start.as_bytes()))
    });
    if !is_text {
        return response;
    }
    let is_page = kind.is_some_and(|kind| kind.starts_with(b"text/html"));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.map(|body| {
        let mut page = Page::new(is_page);
        let pieces = body.into_data_stream().map(move |piece| piece.map(|piece| page.take(&piece)));
        Body::from_stream(pieces)
    })
}

/// A page on its way, as far as it has been read.
#[derive(Debug)]
struct Page {
    /// Bytes of a character that is not whole yet.
    rest: Vec<u8>,
    /// It can hold ruby.
    holds_ruby: bool,
    /// Within a reading, and what of it was read.
    reading: Option<String>,
    /// A word whose reading has not begun.
    word: Option<String>,
    at: At,
    /// The element whose text is to stay bare.
    bare: Option<String>,
}

/// Where in the page.
#[derive(Debug)]
enum At {
    Text,
    /// In a tag whose name is still being read.
    Name(String),
    /// Behind the name, outside quotes or in these.
    Tag(String, Option<char>),
}

impl Page {
    fn new(holds_ruby: bool) -> Self {
        let (rest, at) = (Vec::new(), At::Text);
        Self { rest, holds_ruby, reading: None, word: None, at, bare: None }
    }

    /// The next piece as it is shown.
    fn take(&mut self, piece: &[u8]) -> Bytes {
        self.rest.extend_from_slice(piece);
        let whole = match std::str::from_utf8(&self.rest) {
            Ok(text) => text.len(),
            // What is no UTF-8 at all is passed on as it is.
            Err(error) if error.error_len().is_some() => {
                return std::mem::take(&mut self.rest).into();
            }
            Err(error) => error.valid_up_to(),
        };
        let cut = self.rest.split_off(whole);
        let text = std::mem::replace(&mut self.rest, cut);
        let mut out = String::with_capacity(text.len() * 2);
        for c in String::from_utf8_lossy(&text).chars() {
            self.step(c, &mut out);
        }
        out.into()
    }

    fn step(&mut self, c: char, out: &mut String) {
        match c {
            WORD => {
                self.give_up(out);
                self.word = Some(String::new());
            }
            READING if self.word.is_some() && self.reading.is_none() => {
                self.reading = Some(String::new());
            }
            READING => {}
            END => self.end(out),
            '<' | '>' | '"' | '\'' if self.word.is_some() => {
                self.give_up(out);
                self.step(c, out);
            }
            c => match (&mut self.reading, &mut self.word) {
                (Some(reading), _) => reading.push(c),
                (None, Some(word)) => word.push(c),
                (None, None) => {
                    out.push(c);
                    self.moved(c);
                }
            },
        }
    }

    /// What looked like a word was none: text of others, shown as it is.
    fn give_up(&mut self, out: &mut String) {
        out.extend(self.word.take());
        out.extend(self.reading.take());
    }

    /// A word with its reading is complete.
    fn end(&mut self, out: &mut String) {
        let (word, reading) = match (self.word.take(), self.reading.take()) {
            (Some(word), Some(reading)) => (word, reading),
            (word, _) => return out.extend(word),
        };
        if self.holds_ruby && self.bare.is_none() && matches!(self.at, At::Text) {
            out.extend([
                "<ruby>",
                &word,
                "<rp aria-hidden=\"true\">（</rp><rt aria-hidden=\"true\">",
                &reading,
                "</rt><rp aria-hidden=\"true\">）</rp></ruby>",
            ]);
        } else {
            out.push_str(&word);
        }
    }

    /// Follows where in the page it is, after `c`.
    fn moved(&mut self, c: char) {
        let at = std::mem::replace(&mut self.at, At::Text);
        self.at = match (at, c) {
            (At::Text, '<') => At::Name(String::new()),
            (At::Text, _) => At::Text,
            (At::Name(name) | At::Tag(name, None), '>') => {
                self.passed(&name);
                At::Text
            }
            (At::Name(name), c) if c.is_whitespace() || name.len() >= LONGEST_NAME => {
                At::Tag(name, None)
            }
            (At::Name(mut name), c) => {
                name.push(c.to_ascii_lowercase());
                At::Name(name)
            }
            (At::Tag(name, None), '"' | '\'') => At::Tag(name, Some(c)),
            (At::Tag(name, Some(quote)), c) if c == quote => At::Tag(name, None),
            (At::Tag(name, quote), _) => At::Tag(name, quote),
        };
    }

    /// The end of a tag: an element begins that stays bare, or the one that did ends.
    fn passed(&mut self, name: &str) {
        match &self.bare {
            Some(bare) if name.strip_prefix('/') == Some(bare) => self.bare = None,
            None if BARE.contains(&name) => self.bare = Some(name.to_owned()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(text: &str) -> String {
        text.replace('[', "\u{FFF9}").replace('|', "\u{FFFA}").replace(']', "\u{FFFB}")
    }

    fn shown_in(pieces: &[&[u8]], is_page: bool) -> String {
        let mut page = Page::new(is_page);
        let out: Vec<u8> = pieces.iter().flat_map(|piece| page.take(piece)).collect();
        String::from_utf8(out).unwrap()
    }

    fn short(html: &str) -> String {
        html.replace("<rp aria-hidden=\"true\">（</rp><rt aria-hidden=\"true\">", "|")
            .replace("</rt><rp aria-hidden=\"true\">）</rp></ruby>", "]")
            .replace("<ruby>", "[")
    }

    #[test]
    fn only_text_gets_readings() {
        let page = "<title>[今日|きょう]</title><a title=\"[今日|きょう]>\" href='/'>[今日|きょう]</a>\
            <svg aria-label=\"x\"><text>[今日|きょう]</text></svg><option>[今日|きょう]</option>[見|み]る";
        let expected = "<title>今日</title><a title=\"今日>\" href='/'>[今日|きょう]</a>\
            <svg aria-label=\"x\"><text>今日</text></svg><option>今日</option>[見|み]る";
        let text = marked(page);
        assert_eq!(short(&shown_in(&[text.as_bytes()], true)), expected);
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(short(&shown_in(&bytes, true)), expected, "however it is cut");
        let hostile = marked("<p>[今日</p><p>見|み]る</p>");
        assert_eq!(
            shown_in(&[hostile.as_bytes()], true),
            "<p>今日</p><p>見みる</p>",
            "nothing is lost"
        );
        assert!(!shown_in(&[marked("<p>[今日|きょう]").as_bytes()], false).contains("ruby"));
    }

    proptest! {
        #[test]
        fn whatever_comes_leaves_without_marks(
            text in "[<>a-z\"'/ 今\u{FFF9}\u{FFFA}\u{FFFB}]{0,60}",
            size in 1_usize..9,
        ) {
            let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            let out = shown_in(&pieces, true);
            prop_assert!(!out.contains([WORD, READING, END]));
        }

        #[test]
        fn any_bytes_are_passed_on(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut page = Page::new(true);
            let _ = page.take(&bytes);
        }
    }
}
