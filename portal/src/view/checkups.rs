//! The check-up page: in short, the change over the years, every item with its word.

use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::records::{Checkup, CheckupItem, CheckupRecord, CheckupValue};
use warifu_service::words::{Language, Voice};

use super::syndrome::SyndromeView;
use super::tile::Glance;
use super::trends::{Trend, trends};
use super::{Fact, Link, Tone};
use crate::checkup::findings::findings;
use crate::checkup::judgement::{Judgement, judge};
use crate::checkup::limits::{GUIDANCE_LEVEL, Limits, SYNDROME, Side, limits_for, name_key};
use crate::dates::words;

/// The check-up page's content.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/checkups.html")]
pub struct CheckupsView<'a> {
    voice: Voice<'a>,
    summary: String,
    taken: String,
    as_of: String,
    years: Vec<YearLink>,
    tone: Tone,
    verdict: String,
    advice: String,
    attention: Vec<Attention>,
    determined: Vec<Fact>,
    answers: Vec<Fact>,
    syndrome: Option<SyndromeView<'a>>,
    trends: Vec<Trend>,
    rows: Vec<Row>,
    rules: String,
}

#[derive(Debug, Clone)]
struct YearLink {
    link: Link,
    current: bool,
}

#[derive(Debug, Clone)]
struct Attention {
    name: String,
    value: String,
    word: String,
    tag: &'static str,
}

#[derive(Debug, Clone)]
struct Row {
    name: String,
    value: String,
    limit: String,
    word: String,
    tag: &'static str,
    change: String,
}

impl<'a> CheckupsView<'a> {
    /// The check-up taken on `chosen`, else the newest; none when there is none at all.
    pub fn new(
        voice: Voice<'a>,
        record: &CheckupRecord,
        chosen: Option<Date>,
        source: String,
        as_of: Timestamp,
    ) -> Option<Self> {
        let at = |day| record.checkups.iter().position(|checkup| checkup.taken_on == day);
        let index = chosen.and_then(at).unwrap_or(0);
        let checkup = record.checkups.get(index)?;
        let earlier = record.checkups.get(index + 1..).unwrap_or_default();
        let measured =
            checkup.items.iter().filter(|item| !matches!(item.value, CheckupValue::Text { .. }));
        let rows = measured.map(|item| row(voice, record, checkup, earlier.first(), item));
        let rows = rows.collect();
        let (tone, verdict, advice) = verdict(voice, record, checkup);
        let moment = words::full_moment(voice.language, as_of);
        let day = words::day(voice.language, checkup.taken_on);
        let taken = [("day", day.into()), ("place", checkup.place.as_str().into())];
        let year = words::fiscal_year(voice.language, checkup.taken_on);
        Some(Self {
            voice,
            taken: voice.tell("checkups-taken", &taken),
            as_of: voice.tell("as-of", &[("source", source.into()), ("moment", moment.into())]),
            years: years(voice, record, index),
            tone,
            verdict,
            advice,
            attention: attention(voice, record, checkup),
            determined: answers(voice, checkup, true),
            answers: answers(voice, checkup, false),
            syndrome: SyndromeView::new(voice, record, checkup),
            trends: trends(voice, record.sex, record.checkups.get(index..).unwrap_or_default()),
            rules: voice.tell("checkups-rules", &[("year", year.as_str().into())]),
            summary: voice.tell("checkups-summary", &[("year", year.into())]),
            rows,
        })
    }
}

impl CheckupsView<'_> {
    /// Without the links to the person's own pages of earlier ones.
    #[must_use]
    pub fn newest_only(mut self) -> Self {
        self.years.clear();
        self
    }
}

/// What the home tile says.
pub fn glance(voice: Voice<'_>, record: &CheckupRecord) -> Glance {
    let Some(newest) = record.checkups.first() else {
        return Glance {
            value: String::new(),
            tone: Tone::None,
            state: voice.say("judgement-not-taken"),
            note: None,
            sample: false,
        };
    };
    let (attention, doctor) = counts(record, newest);
    let (tone, key, n) = match (attention, doctor) {
        (0, _) => (Tone::Ok, "checkups-tile-fine", 0),
        (n, 0) => (Tone::Warn, "checkups-tile-attention", n),
        (_, n) => (Tone::Warn, "checkups-tile-doctor", n),
    };
    let count = [("n", record.checkups.len().into())];
    Glance {
        value: words::plain_day(voice.language, newest.taken_on),
        tone,
        state: voice.tell(key, &[("n", n.into())]),
        note: Some(voice.tell("checkups-tile-years", &count)),
        sample: false,
    }
}

/// How many quantities need attention, and how many of them a doctor.
fn counts(record: &CheckupRecord, checkup: &Checkup) -> (usize, usize) {
    let found = findings(checkup, record.sex);
    let attention = found.iter().filter(|one| one.judgement.needs_attention()).count();
    let doctor = found.iter().filter(|one| one.judgement == Judgement::SeeDoctor).count();
    (attention, doctor)
}

fn verdict(voice: Voice<'_>, record: &CheckupRecord, checkup: &Checkup) -> (Tone, String, String) {
    let (attention, doctor) = counts(record, checkup);
    let (tone, key, n) = match (attention, doctor) {
        (0, _) => (Tone::Ok, "checkups-fine", 0),
        (n, 0) => (Tone::Warn, "checkups-attention", n),
        (_, n) => (Tone::Warn, "checkups-doctor", n),
    };
    (tone, voice.tell(key, &[("n", n.into())]), voice.say(&format!("{key}-text")))
}

fn attention(voice: Voice<'_>, record: &CheckupRecord, checkup: &Checkup) -> Vec<Attention> {
    findings(checkup, record.sex)
        .into_iter()
        .filter(|finding| finding.judgement.needs_attention())
        .map(|finding| Attention {
            name: voice.say(finding.limits.quantity),
            value: value_words(voice, &finding.item.value),
            word: voice.say(finding.judgement.key()),
            tag: tag(finding.judgement),
        })
        .collect()
}

/// What the check-up itself determined, and every answer in words.
fn answers(voice: Voice<'_>, checkup: &Checkup, determined: bool) -> Vec<Fact> {
    let is_determination = |code: &str| [SYNDROME, GUIDANCE_LEVEL].contains(&code);
    let answer = |item: &CheckupItem| match &item.value {
        CheckupValue::Text { text } if is_determination(&item.code) == determined => {
            Some(Fact { label: item_name(voice, item), value: text.clone() })
        }
        _ => None,
    };
    checkup.items.iter().filter_map(answer).collect()
}

fn years(voice: Voice<'_>, record: &CheckupRecord, current: usize) -> Vec<YearLink> {
    let entry = |(index, checkup): (usize, &Checkup)| YearLink {
        link: Link {
            href: format!("/checkups?on={}", checkup.taken_on),
            words: match voice.language {
                Language::Ja => format!("{}年度", words::fiscal_year_of(checkup.taken_on)),
                Language::En => words::fiscal_year_of(checkup.taken_on).to_string(),
            },
        },
        current: index == current,
    };
    record.checkups.iter().enumerate().map(entry).collect()
}

fn row(
    voice: Voice<'_>,
    record: &CheckupRecord,
    checkup: &Checkup,
    before: Option<&Checkup>,
    item: &CheckupItem,
) -> Row {
    let judgement = judge(item, record.sex, checkup.taken_on);
    let limits = limits_for(&item.code, record.sex, checkup.taken_on);
    let previous = before.and_then(|earlier| find(earlier, &item.code));
    Row {
        name: item_name(voice, item),
        value: value_words(voice, &item.value),
        limit: limits
            .map_or_else(|| voice.say("pension-none"), |limits| limit_words(voice, limits)),
        word: voice.say(judgement.key()),
        tag: tag(judgement),
        change: change(item, previous).unwrap_or_else(|| voice.say("pension-none")),
    }
}

/// The item's name in the page's language; an unknown code keeps the name it came with.
pub(super) fn item_name(voice: Voice<'_>, item: &CheckupItem) -> String {
    name_key(&item.code).map_or_else(|| item.name.clone(), |key| voice.say(key))
}

pub(super) fn value_words(voice: Voice<'_>, value: &CheckupValue) -> String {
    match value {
        CheckupValue::Quantity { value, unit } => {
            format!("{} {}", number(*value), unit_words(unit))
        }
        CheckupValue::Text { text } => text.clone(),
        CheckupValue::NotTaken => voice.say("pension-none"),
    }
}

/// The unit of a quantity; empty for an answer in words.
pub(super) fn unit_of(item: &CheckupItem) -> String {
    match &item.value {
        CheckupValue::Quantity { unit, .. } => unit_words(unit),
        _ => String::new(),
    }
}

/// Below 150, 40 or more.
pub fn limit_words(voice: Voice<'_>, limits: &Limits) -> String {
    let key = match limits.side {
        Side::High => "limit-high",
        Side::Low => "limit-low",
        Side::LowOrEqual => "limit-low-or-equal",
    };
    voice.tell(key, &[("limit", number(limits.guidance).into())])
}

/// The unit with its exponents raised.
pub fn unit_words(unit: &str) -> String {
    unit.replace("m2", "m²")
}

/// The tag's class: warm colours only where the person should look.
fn tag(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::NoLimit | Judgement::NotTaken => "",
        Judgement::Within => "ok",
        Judgement::Slightly(_) | Judgement::Beyond(_) => "warn",
        Judgement::SeeDoctor => "bad",
    }
}

fn find<'c>(checkup: &'c Checkup, code: &str) -> Option<&'c CheckupItem> {
    checkup.items.iter().find(|item| item.code == code)
}

/// +0.5, −2, 0; none when one of the two was not measured.
fn change(item: &CheckupItem, previous: Option<&CheckupItem>) -> Option<String> {
    let CheckupValue::Quantity { value, .. } = item.value else { return None };
    let CheckupValue::Quantity { value: before, .. } = previous?.value else { return None };
    let tenths = ((value - before) * 10.0).round();
    let size = number(tenths.abs() / 10.0);
    Some(match tenths {
        tenths if tenths > 0.0 => format!("+{size}"),
        tenths if tenths < 0.0 => format!("−{size}"),
        _ => size,
    })
}

/// The number as reported, without needless zeros.
pub fn number(value: f64) -> String {
    format!("{value}")
}
