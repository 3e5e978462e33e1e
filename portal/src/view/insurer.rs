//! An insurer's first page: what was answered in its name, what is questioned, how late news come.

use askama::Template;
use jiff::civil::Date;
use warifu_contract::checks::DayCount;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::checks::{CheckRow, tone};
use super::site::Site;
use super::{Tone, grouped};
use crate::dates::words;

/// The page.
#[derive(Debug, Template)]
#[template(path = "insurer/today.html")]
pub struct InsurerScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// As of when.
    pub as_of: String,
    /// Key of the reason why nothing can be shown.
    pub no_records: Option<&'static str>,
    /// The relay gave no answer.
    pub is_silent: bool,
    /// How many disputes wait, in a sentence.
    pub waiting: Option<String>,
    /// An upload waits for an approval.
    pub is_ready: bool,
    /// How late news usually are, in a sentence for each insurer that deposits.
    pub lags: Vec<String>,
    /// How many answers stated an impossible ratio, in a sentence.
    pub ratios: Option<String>,
    /// Days, newest first.
    pub days: Vec<DayView>,
    /// The latest checks.
    pub rows: Vec<CheckRow>,
}

/// One day.
#[derive(Debug, Clone)]
pub struct DayView {
    /// The day.
    pub day: String,
    /// How many checks.
    pub total: String,
    /// What they came to: how good, the word, how many.
    pub results: Vec<(Tone, String, String)>,
}

/// The counts by day.
pub fn days(voice: Voice<'_>, counts: &[DayCount]) -> Vec<DayView> {
    counts
        .chunk_by(|left, right| left.day == right.day)
        .filter_map(|day| view(voice, day))
        .collect()
}

fn view(voice: Voice<'_>, counts: &[DayCount]) -> Option<DayView> {
    let day: Date = counts.first()?.day;
    let total: u64 = counts.iter().map(|one| one.count).sum();
    let result = |one: &DayCount| {
        let word = voice.say(&one.verdict.code().replace('.', "-"));
        (tone(one.verdict), word, grouped(one.count))
    };
    Some(DayView {
        day: words::day_in_both_eras(voice.language, day),
        total: grouped(total),
        results: counts.iter().map(result).collect(),
    })
}
