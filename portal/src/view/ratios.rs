//! Ratios that no rule allows, by rule and by 認証番号, without a person.

use askama::Template;
use warifu_contract::checks::ImpossibleRatios;
use warifu_service::web::Page;
use warifu_service::words::{Language, Voice};

use super::site::Site;
use super::{Fact, grouped};
use crate::dates::words;

/// The page.
#[derive(Debug, Template)]
#[template(path = "insurer/ratios.html")]
pub struct RatiosScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Key of the reason why nothing can be shown.
    pub no_records: Option<&'static str>,
    /// The relay gave no answer.
    pub is_silent: bool,
    /// How many, by rule.
    pub counts: Vec<Fact>,
    /// The newest.
    pub rows: Vec<RatioView>,
}

/// One check.
#[derive(Debug, Clone)]
pub struct RatioView {
    /// 認証番号 in groups of four.
    pub number: String,
    /// When.
    pub at: String,
    /// The rule that applies.
    pub rule: String,
    /// What was stated.
    pub stated: String,
    /// What could be.
    pub possible: String,
}

/// How many, by rule.
pub fn counts(voice: Voice<'_>, found: &ImpossibleRatios) -> Vec<Fact> {
    let fact = |one: &warifu_contract::checks::RatioCount| Fact {
        label: voice.say(&format!("copay-rule-{}", one.rule.code())),
        value: voice.tell("ratios-count", &[("n", grouped(one.count).into())]),
    };
    found.counts.iter().map(fact).collect()
}

/// How many in all, in a sentence; none when there are none.
pub fn total(voice: Voice<'_>, found: &ImpossibleRatios) -> Option<String> {
    let all: u64 = found.counts.iter().map(|one| one.count).sum();
    (all > 0).then(|| voice.tell("insurer-ratios-some", &[("n", grouped(all).into())]))
}

/// The newest checks.
pub fn rows(voice: Voice<'_>, found: &ImpossibleRatios) -> Vec<RatioView> {
    let row = |one: &warifu_contract::checks::ImpossibleRatio| RatioView {
        number: one.check_number.grouped(),
        at: words::full_moment(voice.language, one.at),
        rule: voice.say(&format!("copay-rule-{}", one.rule.code())),
        stated: match one.stated {
            Some(percent) => ratio(voice, percent),
            None => voice.say("ratios-not-stated"),
        },
        possible: one
            .possible
            .iter()
            .map(|percent| ratio(voice, *percent))
            .collect::<Vec<_>>()
            .join(" / "),
    };
    found.checks.iter().map(row).collect()
}

/// In tenths in Japanese, as everybody says it.
fn ratio(voice: Voice<'_>, percent: u8) -> String {
    let number = if voice.language == Language::Ja { percent / 10 } else { percent };
    voice.tell("ratios-percent", &[("percent", number.into())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::deposits::ratios;
    use crate::view::site::Menu;
    use crate::view::tests::{check, in_both, page};

    #[test]
    fn ratios_full_empty_and_silent() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let screen = |found: Option<&ImpossibleRatios>, is_silent, no_records| RatiosScreen {
                page: page(words, language),
                site: Site::new(voice, Some("係".into()), Menu::Insurer, &[], "/insurer"),
                no_records,
                is_silent,
                counts: found.map(|found| counts(voice, found)).unwrap_or_default(),
                rows: found.map(|found| rows(voice, found)).unwrap_or_default(),
            };
            let full = screen(Some(&ratios()), false, None).render().unwrap();
            let told = if language == Language::Ja { "2割 / 3割" } else { "20% / 30%" };
            assert!(full.contains(told), "{full}");
            check("ratios", language, &full, words);
            check("ratios-none", language, &screen(None, false, None).render().unwrap(), words);
            check("ratios-silent", language, &screen(None, true, None).render().unwrap(), words);
            let closed = screen(None, false, Some("no-records-ended")).render().unwrap();
            check("ratios-closed", language, &closed, words);
            assert!(total(voice, &ratios()).is_some_and(|text| text.contains("18")));
        });
    }
}
