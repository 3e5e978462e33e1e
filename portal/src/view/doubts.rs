//! Doubtful links for those who decide: how well each item agrees, and no name.

use askama::Template;
use jiff::Timestamp;
use warifu_contract::linking::portal::{Doubt, DoubtCandidate, DoubtList};
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::office::proof::{Item, rows};
use super::site::Site;
use super::{Tone, display_name};
use crate::dates::words;

/// The queue.
#[derive(Debug, Template)]
#[template(path = "doubts.html")]
pub struct DoubtsScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What came of the last step: how it went, and the key of its words.
    pub said: Option<(Tone, &'static str)>,
    /// Key of the reason why nothing can be shown.
    pub no_records: Option<&'static str>,
    /// The relay gave no list.
    pub is_silent: bool,
    /// What waits, the oldest first.
    pub doubts: Vec<DoubtView>,
    /// There is more than is shown.
    pub more: bool,
    /// Makes each form be taken once.
    pub key: String,
}

/// One doubt.
#[derive(Debug, Clone)]
pub struct DoubtView {
    /// For the steps.
    pub id: String,
    /// The holder, and a short name of the case.
    pub title: String,
    /// Why it is here.
    pub why: String,
    /// Since when, and for how many days.
    pub age: String,
    /// How many members could be meant.
    pub count: String,
    /// What somebody has found already.
    pub approved: Option<String>,
    /// Somebody else is linked to a candidate.
    pub has_rivals: bool,
    /// The candidates.
    pub candidates: Vec<CandidateView>,
}

/// One candidate.
#[derive(Debug, Clone)]
pub struct CandidateView {
    /// From 0.
    pub place: usize,
    /// 候補1.
    pub title: String,
    /// What else counts.
    pub notes: Vec<String>,
    /// Item by item.
    pub items: Vec<Item>,
    /// Whoever looks may see where it differs.
    pub may_compare: bool,
    /// Whoever looks may say that this is the person.
    pub may_approve: bool,
}

/// What waits, the oldest first.
pub fn views(voice: Voice<'_>, now: Timestamp, list: &DoubtList) -> Vec<DoubtView> {
    let mut doubts: Vec<_> = list.doubts.iter().collect();
    doubts.sort_by_key(|doubt| doubt.since);
    doubts.into_iter().map(|doubt| view(voice, now, doubt)).collect()
}

fn view(voice: Voice<'_>, now: Timestamp, doubt: &Doubt) -> DoubtView {
    let days = now.duration_since(doubt.since).as_hours() / 24;
    let since = words::full_moment(voice.language, doubt.since);
    let age = [("since", since.into()), ("days", days.into())];
    let short = doubt.id.get(..8).unwrap_or(&doubt.id);
    let holder = display_name(voice.language, &doubt.name);
    let title = [("holder", holder.into()), ("case", short.into())];
    let approved = doubt.approved.map(|place| {
        let key = if doubt.approved_by_you { "doubts-by-you" } else { "doubts-by-another" };
        voice.tell(key, &[("n", (place + 1).into())])
    });
    let candidates = doubt.candidates.iter().enumerate();
    DoubtView {
        id: doubt.id.clone(),
        title: voice.tell("doubts-case", &title),
        why: voice.say(if doubt.declined { "doubts-declined" } else { "doubts-alike" }),
        age: voice.tell("doubts-age", &age),
        count: voice.tell("doubts-count", &[("n", doubt.count.into())]),
        approved,
        has_rivals: doubt.candidates.iter().any(|one| one.is_taken),
        candidates: candidates.map(|(place, one)| candidate(voice, doubt, place, one)).collect(),
    }
}

fn candidate(voice: Voice<'_>, doubt: &Doubt, place: usize, one: &DoubtCandidate) -> CandidateView {
    let notes = [
        one.by_former_name.then_some("doubts-former-name"),
        one.is_taken.then_some("doubts-taken"),
    ];
    let is_theirs = doubt.approved.is_none_or(|chosen| usize::try_from(chosen) == Ok(place));
    CandidateView {
        place,
        title: voice.tell("doubts-candidate", &[("n", (place + 1).to_string().into())]),
        notes: notes.into_iter().flatten().map(|key| voice.say(key)).collect(),
        items: rows(voice, one.items),
        may_compare: !doubt.declined,
        may_approve: !doubt.declined && !doubt.approved_by_you && !one.is_taken && is_theirs,
    }
}

#[cfg(test)]
mod tests {
    use warifu_contract::identity::{ItemLevels, MatchLevel};
    use warifu_contract::linking::MaskedTarget;
    use warifu_contract::records::DisplayName;

    use super::super::site::Menu;
    use super::super::tests::{check, in_both, page};
    use super::*;

    fn holder() -> DisplayName {
        DisplayName { ja: "見本保険者連合".into(), en: "Sample Insurers' Union".into() }
    }

    fn candidate(is_taken: bool) -> DoubtCandidate {
        DoubtCandidate {
            target: MaskedTarget {
                name: "認○ 双○".into(),
                birth_year: 2015,
                organization: holder(),
                relation: None,
            },
            level: MatchLevel::Folded,
            items: ItemLevels {
                name: MatchLevel::Folded,
                kana: None,
                address: MatchLevel::Normalised,
                birth_date: MatchLevel::Exact,
                sex: MatchLevel::Different,
            },
            by_former_name: true,
            is_taken,
        }
    }

    fn doubt(approved: Option<u32>, approved_by_you: bool) -> Doubt {
        Doubt {
            id: "a".repeat(32),
            connector: "insurer".into(),
            name: holder(),
            since: Timestamp::UNIX_EPOCH,
            declined: false,
            candidates: vec![candidate(false), candidate(false), candidate(true)],
            count: 3,
            approved,
            approved_by_you,
        }
    }

    fn offered(doubt: Doubt) -> Vec<usize> {
        let words = crate::words::words().unwrap();
        let voice = words.in_(warifu_service::words::Language::Ja);
        let list = DoubtList { doubts: vec![doubt], more: false };
        let view = views(voice, Timestamp::UNIX_EPOCH, &list).remove(0);
        let may = view.candidates.into_iter().filter(|one| one.may_approve);
        may.map(|one| one.place).collect()
    }

    #[test]
    fn the_second_person_confirms_the_first_one_s_candidate_and_nobody_twice() {
        assert_eq!(offered(doubt(None, false)), [0, 1], "one is taken");
        assert_eq!(offered(doubt(Some(1), false)), [1]);
        assert!(offered(doubt(Some(1), true)).is_empty());
        assert!(offered(Doubt { declined: true, ..doubt(None, false) }).is_empty());
    }

    #[test]
    fn the_queue_in_words_and_without_a_name() {
        in_both(|words, language| {
            let doubts = vec![
                doubt(None, false),
                doubt(Some(0), true),
                doubt(Some(1), false),
                Doubt { declined: true, ..doubt(None, false) },
            ];
            let voice = words.in_(language);
            let list = DoubtList { doubts, more: true };
            let screen = |doubts, is_silent| DoubtsScreen {
                page: page(words, language),
                site: Site::new(voice, None, Menu::Doubts, &[], "/staff/links"),
                said: Some((Tone::Ok, "doubts-said-approve")),
                no_records: None,
                is_silent,
                doubts,
                more: true,
                key: "k".repeat(32),
            };
            let whole = screen(views(voice, Timestamp::UNIX_EPOCH, &list), false).render().unwrap();
            check("doubts", language, &whole, words);
            assert!(!whole.contains('○'), "not even a masked name");
            check("doubts-none", language, &screen(Vec::new(), false).render().unwrap(), words);
            check("doubts-silent", language, &screen(Vec::new(), true).render().unwrap(), words);
        });
    }
}
