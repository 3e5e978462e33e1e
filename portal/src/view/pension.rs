//! The pension page: enough months, how much, from which schemes.

use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::person::age_on;
use warifu_contract::records::{PensionMonth, PensionPeriod, PensionRecord, PensionScheme};
use warifu_service::words::Voice;

use super::tile::Glance;
use super::{Tone, grouped};
use crate::dates::words;
use crate::spans::pension_gaps;

/// Months that are listed one by one.
const LISTED: usize = 13;

/// The pension page's content.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/pension.html")]
pub struct PensionView<'a> {
    voice: Voice<'a>,
    sample: bool,
    tone: Tone,
    verdict: String,
    qualifying: String,
    /// How much of the needed months is there, 0 to 100.
    percent: u32,
    amount_title: String,
    yearly: String,
    monthly: String,
    paid: String,
    schemes: Vec<SchemeRow>,
    /// Of the months, those that count without raising the amount.
    counted: Option<String>,
    amount_note: String,
    recent: Vec<RecentRow>,
    gaps: Vec<String>,
    history: Vec<PeriodRow>,
    as_of: String,
}

#[derive(Debug, Clone)]
struct PeriodRow {
    from: String,
    lost_on: String,
    scheme: String,
    workplace: Option<String>,
    months: String,
}

#[derive(Debug, Clone)]
struct SchemeRow {
    name: String,
    months: String,
}

#[derive(Debug, Clone)]
struct RecentRow {
    month: String,
    scheme: String,
    standard: String,
    bonus: String,
    premium: String,
}

impl<'a> PensionView<'a> {
    /// The record as its holder sent it, seen on `today`.
    pub fn new(
        voice: Voice<'a>,
        today: Date,
        record: &PensionRecord,
        source: String,
        as_of: Timestamp,
    ) -> Self {
        let moment = words::full_moment(voice.language, as_of);
        let (tone, verdict) = verdict(voice, record);
        let earned = if record.estimate { "pension-estimate" } else { "pension-earned" };
        let months =
            [("needed", record.needed_months.into()), ("months", record.qualifying_months.into())];
        let amount = |key, yen| voice.tell(key, &[("amount", grouped(yen).into())]);
        Self {
            voice,
            sample: record.sample,
            tone,
            verdict,
            qualifying: voice.tell("pension-qualifying-text", &months),
            percent: percent(record),
            amount_title: voice.say(earned),
            yearly: amount("pension-yearly", record.yearly_amount_yen),
            monthly: amount("pension-monthly", record.yearly_amount_yen / 12),
            paid: amount("yen", record.paid_total_yen),
            schemes: record
                .schemes
                .iter()
                .map(|row| scheme_row(voice, row.scheme, row.months))
                .collect(),
            counted: (record.counted_months > 0)
                .then(|| voice.tell("pension-counted", &[("n", record.counted_months.into())])),
            amount_note: voice.say(amount_note(record, today)),
            recent: record.recent.iter().take(LISTED).map(|month| recent(voice, month)).collect(),
            gaps: gaps(voice, record, today),
            history: record.history.iter().rev().map(|period| period_row(voice, period)).collect(),
            as_of: voice.tell("as-of", &[("source", source.into()), ("moment", moment.into())]),
        }
    }
}

/// What the home tile says.
pub fn glance(voice: Voice<'_>, record: &PensionRecord) -> Glance {
    let (tone, state) = verdict(voice, record);
    let months = [("months", record.qualifying_months.into())];
    Glance {
        value: voice.tell("pension-tile-months", &months),
        tone,
        state,
        note: None,
        sample: record.sample,
    }
}

fn verdict(voice: Voice<'_>, record: &PensionRecord) -> (Tone, String) {
    match record.needed_months.saturating_sub(record.qualifying_months) {
        0 => (Tone::Ok, voice.say("pension-met")),
        lacking => (Tone::None, voice.tell("pension-not-met", &[("n", lacking.into())])),
    }
}

/// The key of what the amount means at that age, by the rules of the yearly notice (ねんきん定期便):
/// below 50 what has been earned, from 50 an estimate as if the present scheme went on, from 60 one of
/// what is there. From 65 the pension itself has a letter of its own.
fn amount_note(record: &PensionRecord, today: Date) -> &'static str {
    match (record.estimate, record.birth_date.map(|birth| age_on(birth, today))) {
        (_, Some(65..)) => "pension-note-from-65",
        (true, Some(60..)) => "pension-estimate-note-from-60",
        (true, _) => "pension-estimate-note",
        (false, Some(..50)) => "pension-earned-note",
        (false, _) => "pension-earned-note-from-50",
    }
}

fn percent(record: &PensionRecord) -> u32 {
    let share = u64::from(record.qualifying_months) * 100 / u64::from(record.needed_months.max(1));
    u32::try_from(share.min(100)).unwrap_or(100)
}

fn scheme_row(voice: Voice<'_>, scheme: PensionScheme, months: u32) -> SchemeRow {
    SchemeRow {
        name: scheme_words(voice, scheme),
        months: voice.tell("months", &[("n", months.into())]),
    }
}

/// The gaps, newest first; none where the holder sends no history.
fn gaps(voice: Voice<'_>, record: &PensionRecord, today: Date) -> Vec<String> {
    let Some(birth) = record.birth_date.filter(|_| !record.history.is_empty()) else {
        return Vec::new();
    };
    let month = |date| words::month(voice.language, date);
    let row = |(from, until): &(Date, Date)| {
        if from == until { month(*from) } else { format!("{} – {}", month(*from), month(*until)) }
    };
    pension_gaps(birth, &record.history, today).iter().rev().map(row).collect()
}

fn period_row(voice: Voice<'_>, period: &PensionPeriod) -> PeriodRow {
    let day = |date| words::plain_day(voice.language, date);
    PeriodRow {
        from: day(period.from),
        lost_on: period.lost_on.map_or_else(|| voice.say("pension-lasting"), day),
        scheme: scheme_words(voice, period.scheme),
        workplace: period.workplace.clone(),
        months: voice.tell("months", &[("n", period.months.into())]),
    }
}

fn recent(voice: Voice<'_>, month: &PensionMonth) -> RecentRow {
    let yen = |amount: Option<u64>, none: &str| {
        amount.map_or_else(
            || voice.say(none),
            |yen| voice.tell("yen", &[("amount", grouped(yen).into())]),
        )
    };
    RecentRow {
        month: words::month(voice.language, month.month),
        scheme: scheme_words(voice, month.scheme),
        standard: yen(month.standard_monthly_yen, "pension-none"),
        bonus: yen(month.standard_bonus_yen, "pension-none"),
        premium: yen(month.paid_yen, "pension-unpaid"),
    }
}

fn scheme_words(voice: Voice<'_>, scheme: PensionScheme) -> String {
    voice.say(match scheme {
        PensionScheme::NationalFirst => "scheme-national-first",
        PensionScheme::NationalThird => "scheme-national-third",
        PensionScheme::Employees => "scheme-employees",
        PensionScheme::PublicServants => "scheme-public-servants",
        PensionScheme::PrivateSchools => "scheme-private-schools",
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::samples;

    #[test]
    fn the_amount_is_explained_by_age() {
        let today = date(2026, 11, 20);
        let note = |birth, estimate| {
            let record = PensionRecord { birth_date: birth, estimate, ..samples::pension() };
            amount_note(&record, today)
        };
        for (birth, earned, estimated) in [
            (None, "pension-earned-note-from-50", "pension-estimate-note"),
            (Some(date(1976, 11, 21)), "pension-earned-note", "pension-estimate-note"),
            (Some(date(1976, 11, 20)), "pension-earned-note-from-50", "pension-estimate-note"),
            (Some(date(1966, 11, 21)), "pension-earned-note-from-50", "pension-estimate-note"),
            (
                Some(date(1966, 11, 20)),
                "pension-earned-note-from-50",
                "pension-estimate-note-from-60",
            ),
            (
                Some(date(1961, 11, 21)),
                "pension-earned-note-from-50",
                "pension-estimate-note-from-60",
            ),
            (Some(date(1961, 11, 20)), "pension-note-from-65", "pension-note-from-65"),
        ] {
            assert_eq!((note(birth, false), note(birth, true)), (earned, estimated), "{birth:?}");
        }
    }
}
