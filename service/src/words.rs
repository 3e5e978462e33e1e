//! Every sentence a person reads, in Fluent catalogues, Japanese and English side by side.

pub mod furigana;

mod call_centre;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use serde::{Deserialize, Serialize};

use crate::web::display::Display;

pub use call_centre::CallCentre;

/// The name of the cookie that keeps a person's choice of language.
pub const LANGUAGE_COOKIE: &str = "lang";

/// A language of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// 日本語.
    #[default]
    Ja,
    /// English.
    En,
}

impl Language {
    /// Both, Japanese first.
    pub const ALL: [Self; 2] = [Self::Ja, Self::En];

    /// The tag for `lang="…"` (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// The other one, for the switch on each page.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Ja => Self::En,
            Self::En => Self::Ja,
        }
    }

    /// The language of that tag, if it is one of ours.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "ja" => Some(Self::Ja),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// What the request asks for: `?lang=`, then the cookie, then the browser, then Japanese.
    pub fn of(headers: &HeaderMap, query: Option<&str>) -> Self {
        Self::in_query(query)
            .or_else(|| Self::in_cookie(headers))
            .or_else(|| Self::in_browser(headers))
            .unwrap_or_default()
    }

    /// The language that `?lang=` names.
    pub fn in_query(query: Option<&str>) -> Option<Self> {
        let pairs = query?.split('&');
        pairs.filter_map(|pair| pair.strip_prefix("lang=")).find_map(Self::from_tag)
    }

    /// The language that the person chose on an earlier page here.
    pub fn in_cookie(headers: &HeaderMap) -> Option<Self> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == LANGUAGE_COOKIE)
            .and_then(|(_, value)| Self::from_tag(value))
    }

    /// The first of ours in Accept-Language; browsers list by preference.
    fn in_browser(headers: &HeaderMap) -> Option<Self> {
        let line = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        line.split(',').take(16).find_map(|part| Self::from_tag(part.trim()))
    }
}

/// A language, and whether its words come with readings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tongue {
    /// The language.
    pub language: Language,
    /// ふりがな; only Japanese has any.
    pub furigana: bool,
}

impl From<Language> for Tongue {
    fn from(language: Language) -> Self {
        Self { language, furigana: false }
    }
}

impl Tongue {
    /// What the request asks for.
    pub fn of(headers: &HeaderMap, query: Option<&str>) -> Self {
        let furigana = Display::of(headers, query).furigana;
        Self { language: Language::of(headers, query), furigana }
    }
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers, parts.uri.query()))
    }
}

/// Why a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    /// A catalogue does not parse.
    #[error("words.syntax: {0}")]
    Syntax(String),
    /// One language lacks what the other has.
    #[error("words.incomplete: only in one language: {0}")]
    Incomplete(String),
}

/// A party's sentences in both languages.
pub struct Words {
    ja: FluentBundle<FluentResource>,
    /// The Japanese with its readings, where the party shows them.
    marked: Option<FluentBundle<FluentResource>>,
    en: FluentBundle<FluentResource>,
    call_centre: Option<CallCentre>,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words").finish_non_exhaustive()
    }
}

/// The sentences that every server needs.
const SHARED_JA: [&str; 2] =
    [include_str!("../locales/ja/shared.ftl"), include_str!("../locales/ja/frame.ftl")];
const SHARED_EN: [&str; 2] =
    [include_str!("../locales/en/shared.ftl"), include_str!("../locales/en/frame.ftl")];

impl Words {
    /// The shared sentences and a party's own. Refuses catalogues of which one lacks a sentence.
    pub fn new(ja: &[&str], en: &[&str]) -> Result<Self, WordsError> {
        let (mut ours, mut theirs) = (SHARED_JA.to_vec(), SHARED_EN.to_vec());
        ours.extend_from_slice(ja);
        theirs.extend_from_slice(en);
        same_keys(&ours, &theirs)?;
        let (ja, en) = (bundle(Language::Ja, &ours)?, bundle(Language::En, &theirs)?);
        Ok(Self { ja, marked: None, en, call_centre: None })
    }

    /// The same, with a voice that marks its words with their readings. Whatever is said in it has
    /// to leave by [`crate::http::finish`], which shows the readings.
    pub fn with_furigana(ja: &[&str], en: &[&str]) -> Result<Self, WordsError> {
        let ours: Vec<String> =
            SHARED_JA.iter().chain(ja).map(|source| furigana::marked(source)).collect();
        let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
        Ok(Self { marked: Some(bundle(Language::Ja, &ours)?), ..Self::new(ja, en)? })
    }

    /// The same, which name that call centre wherever they say where to turn.
    #[must_use]
    pub fn with_call_centre(self, call_centre: Option<CallCentre>) -> Self {
        Self { call_centre, ..self }
    }

    /// Whether there is a voice with readings.
    pub(crate) fn has_furigana(&self) -> bool {
        self.marked.is_some()
    }

    /// The sentences in one language, with readings where they are wanted and known.
    pub fn in_(&self, tongue: impl Into<Tongue>) -> Voice<'_> {
        let Tongue { language, furigana } = tongue.into();
        let (bundle, furigana) = match (language, &self.marked) {
            (Language::Ja, Some(bundle)) if furigana => (bundle, true),
            (Language::Ja, _) => (&self.ja, false),
            (Language::En, _) => (&self.en, false),
        };
        Voice { bundle, language, furigana, call_centre: self.call_centre.as_ref() }
    }
}

/// One language of a catalogue.
#[derive(Clone, Copy)]
pub struct Voice<'a> {
    bundle: &'a FluentBundle<FluentResource>,
    /// Which language this is.
    pub language: Language,
    /// Its words come with their readings.
    pub furigana: bool,
    call_centre: Option<&'a CallCentre>,
}

impl std::fmt::Debug for Voice<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Voice").field("language", &self.language).finish_non_exhaustive()
    }
}

impl Voice<'_> {
    /// The sentence under `key`; the key itself where there is none.
    pub fn say(&self, key: &str) -> String {
        self.speak(key, None, None)
    }

    /// The sentence under `key` with its gaps filled.
    pub fn tell(&self, key: &str, gaps: &[(&str, FluentValue<'_>)]) -> String {
        let mut arguments = FluentArgs::new();
        for (name, value) in gaps {
            arguments.set(*name, value.clone());
        }
        self.speak(key, None, Some(&arguments))
    }

    /// The attribute `name` of the sentence under `key`; empty where there is none.
    pub fn attribute(&self, key: &str, name: &str) -> String {
        self.speak(key, Some(name), None)
    }

    /// Where to turn: the sentence under `key`, or where there is a call centre, that under `key` with
    /// `-call` at its end, with its number.
    pub fn turn(&self, key: &str) -> String {
        match self.call_centre {
            None => self.say(key),
            Some(centre) => {
                let call = centre.in_(self.language).into();
                self.tell(&format!("{key}-call"), &[("call", call)])
            }
        }
    }

    /// Whether there is a sentence under `key`.
    pub fn knows(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }

    fn speak(
        &self,
        key: &str,
        attribute: Option<&str>,
        arguments: Option<&FluentArgs<'_>>,
    ) -> String {
        let missing = || {
            if attribute.is_some() { String::new() } else { key.to_owned() }
        };
        let Some(message) = self.bundle.get_message(key) else {
            return missing();
        };
        let pattern = match attribute {
            None => message.value(),
            Some(name) => message.get_attribute(name).map(|attribute| attribute.value()),
        };
        let Some(pattern) = pattern else {
            return missing();
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, arguments, &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::warn!(key, "a sentence lacks what it needs");
        }
        text
    }
}

fn bundle(
    language: Language,
    sources: &[&str],
) -> Result<FluentBundle<FluentResource>, WordsError> {
    let tag = language.tag().parse().map_err(|_| WordsError::Syntax(language.tag().into()))?;
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // The isolation marks are for mixed directions, which our two languages do not have.
    bundle.set_use_isolating(false);
    for source in sources {
        let resource = FluentResource::try_new((*source).to_owned())
            .map_err(|(_, errors)| WordsError::Syntax(format!("{errors:?}")))?;
        bundle
            .add_resource(resource)
            .map_err(|errors| WordsError::Syntax(format!("{errors:?}")))?;
    }
    Ok(bundle)
}

fn same_keys(ja: &[&str], en: &[&str]) -> Result<(), WordsError> {
    let (ja, en) = (keys(ja), keys(en));
    let lacking: Vec<_> = ja.symmetric_difference(&en).cloned().collect();
    if lacking.is_empty() { Ok(()) } else { Err(WordsError::Incomplete(lacking.join(", "))) }
}

/// `key` and `key.attribute` of every sentence.
fn keys(sources: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for source in sources {
        let mut message = String::new();
        for line in source.lines() {
            if let Some((name, _)) = line.split_once('=') {
                let indented = line.starts_with(' ');
                let name = name.trim();
                if let (true, Some(attribute)) = (indented, name.strip_prefix('.')) {
                    found.insert(format!("{message}.{attribute}"));
                } else if !indented && is_identifier(name) {
                    name.clone_into(&mut message);
                    found.insert(message.clone());
                }
            }
        }
    }
    found
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// The texts of `codes` that a catalogue lacks, for a party's own test: each code needs a title
/// and an advice for each reader.
pub fn lacking_advice(words: &Words, codes: &[&str]) -> BTreeMap<&'static str, Vec<String>> {
    let mut lacking = BTreeMap::new();
    for language in Language::ALL {
        let voice = words.in_(language);
        let missing: Vec<String> = codes
            .iter()
            .map(|code| code.replace('.', "-"))
            .filter(|key| {
                !voice.knows(key)
                    || voice.attribute(key, "person").is_empty()
                    || voice.attribute(key, "engineer").is_empty()
            })
            .collect();
        if !missing.is_empty() {
            lacking.insert(language.tag(), missing);
        }
    }
    lacking
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(axum::http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        map
    }

    #[test]
    fn the_person_decides_before_the_browser() {
        let browser = headers(&[("accept-language", "fr, en-GB;q=0.8, ja;q=0.5")]);
        assert_eq!(Language::of(&browser, None), Language::En);
        let chosen = headers(&[("accept-language", "en"), ("cookie", "a=b; lang=ja")]);
        assert_eq!(Language::of(&chosen, None), Language::Ja);
        assert_eq!(Language::of(&chosen, Some("x=1&lang=en")), Language::En);
        assert_eq!(Language::of(&headers(&[]), None), Language::Ja);
    }

    #[test]
    fn sentences_are_said_in_both_languages() {
        let words = Words::new(
            &["tries = あと{ $n }回\n    .help = たすけ\n"],
            &["tries = { $n ->\n        [one] One try\n       *[other] { $n } tries\n    } left\n    .help = Help\n"],
        )
        .unwrap();
        assert_eq!(words.in_(Language::Ja).tell("tries", &[("n", 2.into())]), "あと2回");
        assert_eq!(words.in_(Language::En).tell("tries", &[("n", 1.into())]), "One try left");
        assert_eq!(words.in_(Language::En).attribute("tries", "help"), "Help");
        assert_eq!(words.in_(Language::En).say("nothing"), "nothing");
    }

    #[test]
    fn where_to_turn_names_the_call_centre_that_there_is() {
        let words = Words::new(&[], &[]).unwrap();
        for language in Language::ALL {
            let bare = words.in_(language).turn("frame-phone");
            assert!(!bare.contains(|c: char| c.is_ascii_digit()), "{bare}");
        }
        let number = |text: &str| text.to_owned();
        let centre = CallCentre { ja: number("0570-00-0000 毎日"), en: number("0570-00-0000") };
        let words = words.with_call_centre(Some(centre));
        assert!(words.in_(Language::Ja).turn("frame-phone").ends_with("0570-00-0000 毎日"));
        assert!(words.in_(Language::En).turn("frame-phone").ends_with("0570-00-0000"));
    }

    #[test]
    fn a_sentence_in_one_language_only_is_refused() {
        let error = Words::new(&["one = 一\ntwo = 二\n"], &["one = one\n"]).unwrap_err();
        assert!(error.to_string().contains("two"), "{error}");
        let error = Words::new(&["one = 一\n    .person = 人\n"], &["one = one\n"]).unwrap_err();
        assert!(error.to_string().contains("one.person"), "{error}");
    }

    #[test]
    fn every_shared_problem_has_its_advice() {
        let words = Words::new(&[], &[]).unwrap();
        let codes = [
            "internal",
            "request.unknown-path",
            "request.method",
            "request.timeout",
            "request.deadline",
            "server.busy",
            "storage.away",
            "storage.full",
            "request.too-large",
            "request.unreadable",
            "request.media-type",
            "peer.none",
            "peer.unknown",
        ];
        assert_eq!(lacking_advice(&words, &codes), BTreeMap::new());
    }
}
