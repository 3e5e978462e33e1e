//! What stands beside the card: why this ratio, the monthly limit, public programmes, and the
//! covers one after another with the gaps between them.

use jiff::civil::Date;
use warifu_contract::copay::{CopayCase, CopayFit, CopayRule, compare};
use warifu_contract::coverage::{Coverage, Validity};
use warifu_contract::records::{CostLimit, InsuranceRecord, PublicAid};
use warifu_service::words::Voice;

use super::{Numbers, kind_words};
use crate::dates::words;
use crate::spans::insurance_gaps;
use crate::view::grouped;

/// Why the ratio is what it is.
#[derive(Debug, Clone)]
pub struct Why {
    /// The rule, in a sentence.
    pub rule: String,
    /// The ratio stated cannot be by the rule.
    pub wrong: Option<String>,
}

/// A public programme.
#[derive(Debug, Clone)]
pub struct AidView {
    /// What it is called.
    pub programme: String,
    /// Whether it holds today.
    pub valid: bool,
    /// Its days, in words.
    pub days: String,
    /// What the person pays under it.
    pub pays: Vec<String>,
    /// Where it holds.
    pub places: Vec<String>,
    /// Its two numbers; none while masked.
    pub numbers: Option<String>,
}

/// A row of the timeline.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// Whose cover; none for a gap.
    pub insurer: Option<String>,
    /// What kind.
    pub kind: String,
    /// First day and last.
    pub days: String,
    from: Date,
}

/// The rule that gives the ratio on that day.
pub fn why(voice: Voice<'_>, today: Date, coverage: &Coverage) -> Option<Why> {
    let case = CopayCase {
        birth_date: coverage.birth_date,
        kind: coverage.insurer.kind,
        income: None,
        day: today,
    };
    let finding = compare(coverage.copay_percent, &case)?;
    let income = match (finding.rule, finding.stated) {
        (CopayRule::Elderly | CopayRule::LateElderly, Some(30)) => "-active",
        (CopayRule::LateElderly, Some(20)) => "-upper",
        _ => "",
    };
    let key = format!("insurance-rule-{}{income}", finding.rule.code());
    let wrong = finding.fit == CopayFit::Impossible;
    Some(Why { rule: voice.say(&key), wrong: wrong.then(|| voice.say("insurance-rule-wrong")) })
}

/// The limit of today in words.
pub fn limit(voice: Voice<'_>, today: Date, record: &InsuranceRecord) -> Vec<String> {
    let Some(limit) = record.limits.iter().find(|one| one.validity.holds_on(today)) else {
        return Vec::new();
    };
    let CostLimit { class, base_yen, hundredth_over_yen, outpatient_yen, validity } = limit;
    let yen = |amount: u64| grouped(amount);
    let mut lines = vec![match hundredth_over_yen {
        Some(over) => voice.tell(
            "insurance-limit-over",
            &[("base", yen(*base_yen).into()), ("over", yen(*over).into())],
        ),
        None => voice.tell("insurance-limit-flat", &[("base", yen(*base_yen).into())]),
    }];
    lines.extend(
        outpatient_yen
            .map(|most| voice.tell("insurance-limit-outpatient", &[("most", yen(most).into())])),
    );
    let gaps = [("class", class.as_str().into()), ("days", days(voice, validity).into())];
    lines.push(voice.tell("insurance-limit-class", &gaps));
    lines
}

/// The public programmes, those of today first.
pub fn aids(
    voice: Voice<'_>,
    today: Date,
    record: &InsuranceRecord,
    numbers: Numbers,
) -> Vec<AidView> {
    let mut aids: Vec<AidView> =
        record.aids.iter().map(|aid| aid_view(voice, today, aid, numbers)).collect();
    aids.sort_by_key(|aid| !aid.valid);
    aids
}

fn aid_view(voice: Voice<'_>, today: Date, aid: &PublicAid, numbers: Numbers) -> AidView {
    let most = aid
        .monthly_limit_yen
        .map(|yen| voice.tell("insurance-aid-most", &[("most", grouped(yen).into())]));
    let percent = aid
        .copay_percent
        .map(|percent| voice.tell("insurance-aid-share", &[("n", u32::from(percent / 10).into())]));
    AidView {
        programme: aid.programme.clone(),
        valid: aid.holds_on(today),
        days: days(voice, &aid.validity),
        pays: percent.into_iter().chain(most).collect(),
        places: aid.institutions.clone(),
        numbers: (numbers == Numbers::Shown)
            .then(|| format!("{} ・ {}", aid.payer_number, aid.recipient_number)),
    }
}

/// Covers and gaps, newest first.
pub fn timeline(voice: Voice<'_>, today: Date, record: &InsuranceRecord) -> Vec<Stretch> {
    let validities: Vec<Validity> = record.coverages.iter().map(|one| one.validity).collect();
    let cover = |coverage: &Coverage| Stretch {
        insurer: Some(coverage.insurer.name.clone()),
        kind: kind_words(voice, coverage.insurer.kind),
        days: days(voice, &coverage.validity),
        from: coverage.validity.from,
    };
    let gaps = insurance_gaps(&validities, today).into_iter().map(|gap| Stretch {
        insurer: None,
        kind: voice.say("insurance-gap"),
        days: gap_days(voice, gap.from, gap.until),
        from: gap.from,
    });
    let mut rows: Vec<Stretch> = record.coverages.iter().map(cover).chain(gaps).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.from));
    rows
}

fn days(voice: Voice<'_>, validity: &Validity) -> String {
    let open = || voice.say("insurance-until-open");
    let from = words::day(voice.language, validity.from);
    let until = validity.until.map_or_else(open, |day| words::day(voice.language, day));
    format!("{from} – {until}")
}

fn gap_days(voice: Voice<'_>, from: Date, until: Option<Date>) -> String {
    let now = || voice.say("insurance-gap-now");
    let from = words::day(voice.language, from);
    format!("{from} – {}", until.map_or_else(now, |day| words::day(voice.language, day)))
}
