//! Whether a manifest can be one: bounds, names, and that everything named is there.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::manifest::{
    Audience, Becomes, Declaration, Elsewhere, Field, FieldKind, Form, Level, Range,
    ServiceManifest, View, ViewKind,
};
use super::{MOST_FIELDS, MOST_SERVICES, is_name, plain};
use crate::records::DisplayName;

/// Characters of a name or a heading, at most.
const LONGEST_WORDS: usize = 60;
/// Characters of a sentence, at most.
const LONGEST_SENTENCE: usize = 400;
/// Characters of a unit, at most.
const LONGEST_UNIT: usize = 16;
/// Characters of an address or of a code system, at most.
const LONGEST_URL: usize = 200;
/// Codes of a field, at most.
const MOST_CODES: usize = 64;
/// Ways to show one service, at most.
const MOST_VIEWS: usize = 8;
/// Fields of a form, at most.
const MOST_TYPED: usize = 20;
/// Years from the first day to the last.
const LONGEST_YEARS: i16 = 2;

/// Why a manifest cannot be taken. What is wrong stands where the text says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The connector's id, a service's, a field's or a code has other characters, or is too long.
    #[error("manifest.name: {0}")]
    Name(String),
    /// Twice in a list.
    #[error("manifest.twice: {0}")]
    Twice(String),
    /// Too many of something, or none where one is needed.
    #[error("manifest.count: {0}")]
    Count(String),
    /// Words that are empty, too long, or have characters that must not be shown.
    #[error("manifest.words: {0}")]
    Words(String),
    /// It ends before it begins, lasts too long, or has version 0.
    #[error("manifest.validity: version from 1, first day to last day at most two years")]
    Validity,
    /// A field that is named is not there, or not of the kind needed.
    #[error("manifest.field: {0}")]
    Field(String),
    /// Staff would read at less than the highest level, or nobody at all.
    #[error("manifest.access: {0}")]
    Access(String),
    /// An address that is not one over TLS.
    #[error("manifest.url: {0}")]
    Url(String),
}

impl ManifestError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name(_) => "manifest.name",
            Self::Twice(_) => "manifest.twice",
            Self::Count(_) => "manifest.count",
            Self::Words(_) => "manifest.words",
            Self::Validity => "manifest.validity",
            Self::Field(_) => "manifest.field",
            Self::Access(_) => "manifest.access",
            Self::Url(_) => "manifest.url",
        }
    }
}

impl ServiceManifest {
    /// Checks what the types cannot.
    pub fn check(&self) -> Result<(), ManifestError> {
        named(&self.connector, "connector")?;
        let longest = self.valid_from.checked_add(LONGEST_YEARS.years()).unwrap_or(Date::MAX);
        if self.version == 0 || self.valid_until < self.valid_from || self.valid_until > longest {
            return Err(ManifestError::Validity);
        }
        counted(self.services.len(), 1..=MOST_SERVICES, "services")?;
        each_once(self.services.iter().map(|service| service.id.as_str()), "services")?;
        self.services.iter().try_for_each(Declaration::check)
    }

    /// Whether it is valid on that day in Japan.
    pub fn holds_on(&self, today: Date) -> bool {
        (self.valid_from..=self.valid_until).contains(&today)
    }
}

impl Declaration {
    fn check(&self) -> Result<(), ManifestError> {
        let at = |what: &str| format!("{} {what}", self.id);
        named(&self.id, "service")?;
        worded(&self.name, LONGEST_WORDS, &at("name"))?;
        worded(&self.holder, LONGEST_WORDS, &at("holder"))?;
        worded(&self.purpose, LONGEST_SENTENCE, &at("purpose"))?;
        self.check_access(&at("access"))?;
        counted(self.fields.len(), 0..=MOST_FIELDS, &at("fields"))?;
        each_once(self.fields.iter().map(|field| field.name.as_str()), &at("fields"))?;
        self.fields.iter().try_for_each(|field| field.check(&at(&field.name)))?;
        counted(self.show.len(), 0..=MOST_VIEWS, &at("show"))?;
        self.show.iter().try_for_each(|view| self.check_view(view, &at("show")))?;
        if let Some(form) = &self.form {
            self.check_form(form, &at("form"))?;
        }
        match &self.elsewhere {
            Some(elsewhere) => elsewhere.check(&at("elsewhere")),
            None if self.fields.is_empty() => Err(ManifestError::Count(at("fields"))),
            None => Ok(()),
        }
    }

    fn check_access(&self, at: &str) -> Result<(), ManifestError> {
        let is_staff = |who| matches!(who, Audience::Clinic | Audience::CityClerk);
        let too_low = |level| level < Level::High;
        let low = self.access.iter().any(|access| is_staff(access.who) && too_low(access.level));
        let known = self.access.iter().any(|access| access.who != Audience::Other);
        if low || !known || self.access.len() > 8 {
            return Err(ManifestError::Access(at.to_owned()));
        }
        Ok(())
    }

    fn check_view(&self, view: &View, at: &str) -> Result<(), ManifestError> {
        if let Some(title) = &view.title {
            worded(title, LONGEST_WORDS, at)?;
        }
        let is = |name: &str, kinds: &[FieldKind]| {
            self.field(name).is_some_and(|field| kinds.contains(&field.kind))
        };
        let wrong = |name: &str| ManifestError::Field(format!("{at} {name}"));
        if let Some(unknown) = view.fields.iter().find(|name| self.field(name).is_none()) {
            return Err(wrong(unknown));
        }
        let at_field = view.at.as_deref().unwrap_or_default();
        let times = [FieldKind::Date, FieldKind::Moment];
        let fits = match view.kind {
            ViewKind::Chart => {
                is(at_field, &times) && view.fields.iter().any(|one| is(one, &[FieldKind::Number]))
            }
            ViewKind::Timeline => is(at_field, &times),
            ViewKind::Map => is(at_field, &[FieldKind::Place]),
            ViewKind::Document => {
                view.fields.iter().any(|one| is(one, &[FieldKind::Document, FieldKind::Text]))
            }
            ViewKind::Card | ViewKind::Table | ViewKind::Other => true,
        };
        if fits { Ok(()) } else { Err(wrong(at_field)) }
    }

    fn check_form(&self, form: &Form, at: &str) -> Result<(), ManifestError> {
        worded(&form.title, LONGEST_WORDS, at)?;
        worded(&form.button, LONGEST_WORDS, at)?;
        worded(&form.note, LONGEST_SENTENCE, at)?;
        counted(form.fields.len(), 1..=MOST_TYPED, at)?;
        each_once(form.fields.iter().map(|one| one.field.as_str()), at)?;
        let typed = |field: &Field| !matches!(field.kind, FieldKind::Place | FieldKind::Other);
        let lacking = form.fields.iter().find(|one| !self.field(&one.field).is_some_and(typed));
        if let Some(lacking) = lacking {
            return Err(ManifestError::Field(format!("{at} {}", lacking.field)));
        }
        if form.becomes == Becomes::Application {
            counted(form.statuses.len(), 1..=MOST_TYPED, &format!("{at} statuses"))?;
        }
        each_once(form.statuses.iter().map(|status| status.code.as_str()), at)?;
        for status in &form.statuses {
            named(&status.code, at)?;
            worded(&status.words, LONGEST_WORDS, at)?;
        }
        Ok(())
    }
}

impl Field {
    fn check(&self, at: &str) -> Result<(), ManifestError> {
        named(&self.name, at)?;
        worded(&self.label, LONGEST_WORDS, at)?;
        let wrong = || ManifestError::Field(at.to_owned());
        if let Some(unit) = &self.unit {
            text(unit, LONGEST_UNIT, at)?;
        }
        if let Some(system) = &self.system {
            text(system, LONGEST_URL, at)?;
        }
        let has_number = self.unit.is_some()
            || self.range.is_some()
            || self.least.is_some()
            || self.most.is_some();
        if has_number && self.kind != FieldKind::Number && self.kind != FieldKind::Other {
            return Err(wrong());
        }
        if (self.kind == FieldKind::Code) == self.codes.is_empty() {
            return Err(wrong());
        }
        counted(self.codes.len(), 0..=MOST_CODES, at)?;
        each_once(self.codes.iter().map(|code| code.code.as_str()), at)?;
        for code in &self.codes {
            named(&code.code, at)?;
            worded(&code.words, LONGEST_WORDS, at)?;
        }
        if !in_order(self.least, self.most) {
            return Err(wrong());
        }
        self.range.as_ref().map_or(Ok(()), |range| range.check(at))
    }
}

impl Range {
    fn check(&self, at: &str) -> Result<(), ManifestError> {
        worded(&self.within, LONGEST_WORDS, at)?;
        worded(&self.outside, LONGEST_WORDS, at)?;
        let has_end = self.from.is_some() || self.to.is_some();
        if has_end && in_order(self.from, self.to) {
            return Ok(());
        }
        Err(ManifestError::Field(at.to_owned()))
    }
}

impl Elsewhere {
    fn check(&self, at: &str) -> Result<(), ManifestError> {
        worded(&self.words, LONGEST_SENTENCE, at)?;
        let secure = self.url.strip_prefix("https://");
        let local = self.url.strip_prefix("http://").filter(|rest| is_local(host(rest)));
        let fits = secure.or(local).is_some_and(|rest| is_host(host(rest)));
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"'<>\\`".contains(&byte);
        if fits && self.url.len() <= LONGEST_URL && self.url.bytes().all(plain) {
            return Ok(());
        }
        Err(ManifestError::Url(at.to_owned()))
    }
}

/// The host of what follows the scheme, without its port.
fn host(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.split(':').next().unwrap_or_default()
}

fn is_host(host: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
    !host.is_empty() && host.bytes().all(plain)
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

fn in_order(from: Option<f64>, to: Option<f64>) -> bool {
    let finite = [from, to].into_iter().flatten().all(f64::is_finite);
    finite && from.zip(to).is_none_or(|(from, to)| from <= to)
}

fn named(name: &str, at: &str) -> Result<(), ManifestError> {
    if is_name(name) { Ok(()) } else { Err(ManifestError::Name(at.to_owned())) }
}

fn worded(words: &DisplayName, longest: usize, at: &str) -> Result<(), ManifestError> {
    text(&words.ja, longest, at)?;
    text(&words.en, longest, at)
}

fn text(text: &str, longest: usize, at: &str) -> Result<(), ManifestError> {
    let fits = (1..=longest).contains(&text.chars().count()) && text.trim() == text;
    if fits && plain(text, false) == text {
        Ok(())
    } else {
        Err(ManifestError::Words(at.to_owned()))
    }
}

fn counted(
    count: usize,
    bounds: std::ops::RangeInclusive<usize>,
    at: &str,
) -> Result<(), ManifestError> {
    if bounds.contains(&count) { Ok(()) } else { Err(ManifestError::Count(at.to_owned())) }
}

fn each_once<'a>(names: impl Iterator<Item = &'a str>, at: &str) -> Result<(), ManifestError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(ManifestError::Twice(format!("{at} {name}")));
        }
    }
    Ok(())
}
