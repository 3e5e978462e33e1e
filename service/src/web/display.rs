//! How a person wants pages to look: size of the letters, contrast, readings over 漢字. The choice
//! stays in a cookie of the browser, for each host by itself; it says nothing about anybody.

use axum::http::{HeaderMap, HeaderValue, header};

/// The name in the address by which readings are switched on and off.
pub(super) const FURIGANA: &str = "furigana";

/// The cookie's name.
const COOKIE: &str = "look";

/// The choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Display {
    /// The letters' size.
    pub size: Size,
    /// Black on white, white on black.
    pub high_contrast: bool,
    /// ふりがな over the words of the Japanese pages.
    pub furigana: bool,
}

/// The letters' size in percent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Size {
    /// 100 %.
    #[default]
    Normal,
    /// 125 %.
    Large,
    /// 150 %.
    Larger,
}

impl Size {
    /// Every size, rising.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Large, Self::Larger];

    /// Its name in forms and in the cookie.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "100",
            Self::Large => "125",
            Self::Larger => "150",
        }
    }

    /// The size of that name; the normal one where there is none such.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|size| size.as_str() == name).unwrap_or_default()
    }
}

impl Display {
    /// What the request asks for: `?furigana=`, and then the cookie.
    pub fn of(headers: &HeaderMap, query: Option<&str>) -> Self {
        let kept = Self::in_cookie(headers);
        Self { furigana: furigana_in(query).unwrap_or(kept.furigana), ..kept }
    }

    /// What is to be kept of a choice made in the address.
    pub fn chosen(headers: &HeaderMap, query: Option<&str>) -> Option<Self> {
        furigana_in(query).map(|furigana| Self { furigana, ..Self::in_cookie(headers) })
    }

    fn in_cookie(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::COOKIE).iter();
        let mut pairs =
            lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
        let found = pairs.find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == COOKIE).then_some(value)
        });
        let mut parts = found.unwrap_or_default().split('-');
        let size = Size::named(parts.next().unwrap_or_default());
        let high_contrast = parts.next() == Some("high");
        Self { size, high_contrast, furigana: parts.next() == Some("furigana") }
    }

    /// The line that keeps it for a year.
    pub fn cookie(self) -> Option<HeaderValue> {
        let contrast = if self.high_contrast { "high" } else { "normal" };
        let size = self.size.as_str();
        let furigana = if self.furigana { "-furigana" } else { "" };
        let line = format!(
            "{COOKIE}={size}-{contrast}{furigana}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax"
        );
        HeaderValue::from_str(&line).ok()
    }

    /// The classes of the page's root.
    pub fn classes(self) -> &'static str {
        match (self.size, self.high_contrast) {
            (Size::Normal, false) => "",
            (Size::Normal, true) => "high-contrast",
            (Size::Large, false) => "size-125",
            (Size::Large, true) => "size-125 high-contrast",
            (Size::Larger, false) => "size-150",
            (Size::Larger, true) => "size-150 high-contrast",
        }
    }
}

fn furigana_in(query: Option<&str>) -> Option<bool> {
    let values = query?.split('&').filter_map(|pair| pair.split_once('='));
    let mut chosen = values.filter(|(name, _)| *name == FURIGANA);
    chosen.find_map(|(_, value)| match value {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cookie(text: &str) -> Display {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(text).unwrap());
        Display::of(&headers, None)
    }

    #[test]
    fn a_choice_comes_back_as_it_was_made() {
        for size in Size::ALL {
            for high_contrast in [false, true] {
                for furigana in [false, true] {
                    let display = Display { size, high_contrast, furigana };
                    let line = display.cookie().unwrap();
                    let pair = line.to_str().unwrap().split(';').next().unwrap();
                    assert_eq!(cookie(&format!("a=b; {pair}; c=d")), display);
                }
            }
        }
        assert_eq!(Display::of(&HeaderMap::new(), None), Display::default());
    }

    #[test]
    fn the_address_switches_readings_and_nothing_else() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("look=150-high"));
        for (query, furigana) in [("tx=1&furigana=on", true), ("furigana=off", false)] {
            let display = Display { size: Size::Larger, high_contrast: true, furigana };
            assert_eq!(Display::of(&headers, Some(query)), display);
            assert_eq!(Display::chosen(&headers, Some(query)), Some(display));
        }
        for query in [None, Some("furigana"), Some("furigana=1"), Some("xfurigana=on")] {
            assert_eq!(Display::chosen(&headers, query), None);
        }
    }

    proptest! {
        #[test]
        fn any_cookie_is_a_choice(text in "[ -~]{0,60}") {
            let _ = cookie(&text).classes();
        }
    }
}
