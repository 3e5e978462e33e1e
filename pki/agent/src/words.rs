//! What the agent says to people, in Japanese and English (Project Fluent).

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::Timestamp;
use jiff::tz::{self, TimeZone};
use serde::Deserialize;

const JAPANESE: &str = include_str!("../locales/ja.ftl");
const ENGLISH: &str = include_str!("../locales/en.ftl");

static WORDS: LazyLock<[FluentBundle<FluentResource>; 2]> =
    LazyLock::new(|| [bundle("ja", JAPANESE), bundle("en", ENGLISH)]);

/// A language of the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Japanese, when nothing else is asked for.
    #[default]
    Ja,
    /// English.
    En,
}

impl Language {
    /// The language tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Ja => Self::En,
            Self::En => Self::Ja,
        }
    }

    /// The language that a tag or a POSIX locale (`ja_JP.UTF-8`) begins with.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_', '.']).next().unwrap_or_default();
        [Self::Ja, Self::En].into_iter().find(|known| primary.eq_ignore_ascii_case(known.tag()))
    }

    /// The first known language of an `Accept-Language` header. Weights are not compared: browsers
    /// send the tags in order.
    pub(crate) fn accepted(header: &str) -> Option<Self> {
        header.split(',').take(16).find_map(|range| Self::from_tag(range.split(';').next()?))
    }

    /// What a command says about something: a file, a system.
    pub fn about(self, key: &str, what: &str) -> String {
        self.tell(key, &[("what", what.into())])
    }

    /// A text without variables.
    pub(crate) fn say(self, key: &str) -> String {
        self.tell(key, &[])
    }

    /// A text with variables. A text that is missing shows as its key; a test sees that none is.
    pub(crate) fn tell(self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        let [japanese, english] = &*WORDS;
        let bundle = match self {
            Self::Ja => japanese,
            Self::En => english,
        };
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let args: FluentArgs<'_> = values.iter().cloned().collect();
        bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    }

    /// A day in Japan's time, for Japanese with the year of the era.
    pub(crate) fn day(self, time: Timestamp) -> String {
        let japan = TimeZone::fixed(tz::offset(9));
        let day = time.to_zoned(japan).date();
        let mut values = vec![
            ("year", FluentValue::from(day.year().to_string())),
            ("month", FluentValue::from(day.strftime("%B").to_string())),
            ("month-number", FluentValue::from(day.month().to_string())),
            ("day", FluentValue::from(day.day().to_string())),
        ];
        let reiwa = day.year() - 2018;
        values.push(("reiwa", FluentValue::from(reiwa.to_string())));
        if reiwa > 1 { self.tell("day", &values) } else { self.tell("day-plain", &values) }
    }
}

fn bundle(tag: &str, source: &str) -> FluentBundle<FluentResource> {
    let resource =
        FluentResource::try_new(source.to_owned()).unwrap_or_else(|(partial, _)| partial);
    let mut bundle = FluentBundle::new_concurrent(vec![tag.parse().unwrap_or_default()]);
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn keys(source: &str) -> BTreeSet<&str> {
        let is_key = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
        source.lines().filter(is_key).filter_map(|line| line.split(" =").next()).collect()
    }

    /// Every `"key"` given to `say` or `tell` in the sources and templates.
    fn used(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                used(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let calls = ["say(\"", "tell(\"", "about(\""];
            let after = calls.iter().flat_map(|call| text.split(call).skip(1));
            found.extend(after.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
    }

    #[test]
    fn both_languages_parse_and_have_the_same_texts() {
        for source in [JAPANESE, ENGLISH] {
            assert!(FluentResource::try_new(source.to_owned()).is_ok());
        }
        assert_eq!(keys(JAPANESE), keys(ENGLISH));
    }

    #[test]
    fn every_text_that_is_used_is_there() {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = BTreeSet::new();
        used(&home.join("src"), &mut found);
        used(&home.join("templates"), &mut found);
        let known = keys(JAPANESE);
        let missing: Vec<_> = found.iter().filter(|key| !known.contains(key.as_str())).collect();
        assert!(missing.is_empty() && found.len() > 20, "{missing:?}");
    }

    #[test]
    fn numbers_and_days_are_said_as_people_say_them() {
        let two = [("tries", FluentValue::from(2))];
        assert_eq!(Language::Ja.tell("tries-left", &two), "あと2回 入力できます");
        assert_eq!(Language::En.tell("tries-left", &two), "You have 2 tries left");
        let one = [("tries", FluentValue::from(1))];
        assert_eq!(Language::En.tell("tries-left", &one), "You have 1 try left");
        let day = "2027-01-16T15:00:00Z".parse().unwrap();
        assert_eq!(Language::Ja.day(day), "2027年1月17日（令和9年）");
        assert_eq!(Language::En.day(day), "17 January 2027");
    }

    #[test]
    fn languages_are_taken_from_tags_locales_and_headers() {
        assert_eq!(Language::from_tag("ja_JP.UTF-8"), Some(Language::Ja));
        assert_eq!(Language::from_tag("EN-us"), Some(Language::En));
        assert_eq!(Language::from_tag("C"), None);
        assert_eq!(Language::accepted("fr, en;q=0.8, ja;q=0.5"), Some(Language::En));
        assert_eq!(Language::accepted(""), None);
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_survived(header in "\\PC{0,200}") {
            let _ = Language::accepted(&header);
        }
    }
}
