//! What in the person's links, mandates, consents and history is worth a notice.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use warifu_contract::calendar::today_in_japan;
use warifu_contract::consent::{Consent, ConsentList, ConsentReader, ConsentState};
use warifu_contract::dispute::Finding;
use warifu_contract::history::{AccessResult, Asked, HistoryEntry, HistoryPage, Reader};
use warifu_contract::linking::portal::{LinkEntry, LinkList, Standing};
use warifu_contract::mandate::{EndedBy, Mandate, MandateList, MandateState, Side};
use warifu_contract::records::Service;

use super::{Consented, Notice, What};

/// An end is told so many days before.
const SOON: i64 = 30;
/// What has happened is told for so long.
const NEWS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What there is to do, or to know, about links.
pub fn of_links(list: &LinkList, now: Timestamp) -> Vec<Notice> {
    let is_open = |entry: &LinkEntry| matches!(entry.standing, Standing::Unlinked);
    let search = list.links.iter().any(is_open).then(|| plain("search".to_owned(), What::Search));
    list.links.iter().filter_map(of_link).chain(search).chain(moved(list, now)).collect()
}

fn of_link(entry: &LinkEntry) -> Option<Notice> {
    let id = entry.id.as_deref().unwrap_or(&entry.connector);
    let holder = entry.name.clone();
    match &entry.standing {
        Standing::Confirming { .. } => Some(plain(format!("confirm/{id}"), What::Confirm(holder))),
        Standing::Linked { frozen_by: Some(by), .. } => {
            Some(plain(format!("frozen/{by:?}/{id}"), What::Frozen(holder, *by)))
        }
        _ => None,
    }
}

/// An insurer that the person came to of late, and the one whose time ended for it: the earlier link
/// stays, and its last day is before the other's first.
fn moved(list: &LinkList, now: Timestamp) -> Option<Notice> {
    let linked = || list.links.iter().filter_map(insured);
    let (to, since, _) = linked().filter(|(_, _, last)| last.is_none()).max_by_key(|one| one.1)?;
    if now.duration_since(since) > NEWS {
        return None;
    }
    let before = |one: &(&LinkEntry, Timestamp, Option<Date>)| one.1 < since && one.2.is_some();
    let (from, ..) = linked().filter(before).max_by_key(|one| one.2)?;
    let what = What::Moved { from: from.name.clone(), to: to.name.clone() };
    let mark = format!("moved/{}/{}", from.connector, to.connector);
    Some(Notice { at: Some(since), ..plain(mark, what) })
}

/// The link to an insurer: since when it is there, and its last day.
fn insured(entry: &LinkEntry) -> Option<(&LinkEntry, Timestamp, Option<Date>)> {
    let Standing::Linked { since, period, .. } = &entry.standing else { return None };
    let insures = entry.services.contains(&Service::Insurance);
    insures.then_some((entry, *since, period.and_then(|period| period.until)))
}

/// What there is to do, or to know, about mandates on both sides.
pub fn of_mandates(list: &MandateList, now: Timestamp) -> Vec<Notice> {
    let given = list.given.iter().map(|one| (Side::Principal, one));
    let held = list.held.iter().map(|one| (Side::Proxy, one));
    given.chain(held).filter_map(|(side, one)| of_mandate(side, one, now)).collect()
}

fn of_mandate(side: Side, mandate: &Mandate, now: Timestamp) -> Option<Notice> {
    let name = match side {
        Side::Principal => mandate.accepted.as_ref()?.name.clone(),
        Side::Proxy => mandate.terms.name.clone(),
    };
    let (word, what, at, due) = match mandate.state(now) {
        MandateState::Accepted if side == Side::Principal => {
            let at = mandate.accepted.as_ref().map(|accepted| accepted.at);
            ("waits", What::ProxyWaits(name), at, Some(mandate.terms.until))
        }
        MandateState::Active if is_soon(mandate.terms.until, now) => {
            ("ends", What::MandateEnds(side, name), None, Some(mandate.terms.until))
        }
        MandateState::Resting => {
            let since = mandate.rests.iter().map(|rest| rest.since).min();
            ("rests", What::MandateRests(side, name), since, None)
        }
        MandateState::Ended => {
            let ending = mandate.ended.filter(|ending| ending.by != EndedBy::from(side))?;
            is_news(ending.at, now).then_some(())?;
            ("ended", What::MandateEnded(side, name), Some(ending.at), None)
        }
        _ => return None,
    };
    Some(Notice { at, due, ..plain(format!("mandate/{word}/{}", mandate.id), what) })
}

/// The consents that end soon, and that no later one to the same reader carries on.
pub fn of_consents(list: &ConsentList, now: Timestamp) -> Vec<Notice> {
    let holds =
        |one: &&Consent| matches!(one.state(now), ConsentState::Active | ConsentState::Ahead);
    let goes_on = |one: &Consent| {
        let mut others = list.consents.iter().filter(holds);
        others.any(|other| {
            other.terms.reader == one.terms.reader && other.terms.until > one.terms.until
        })
    };
    let ending = |one: &&Consent| {
        one.state(now) == ConsentState::Active
            && is_soon(one.terms.until, now)
            && is_long(one)
            && !goes_on(one)
    };
    list.consents.iter().filter(ending).map(of_consent).collect()
}

/// Whether it was not meant for a few days from the beginning.
fn is_long(consent: &Consent) -> bool {
    consent.terms.from.checked_add(SOON.days()).is_ok_and(|day| day < consent.terms.until)
}

fn of_consent(consent: &Consent) -> Notice {
    let reader = match &consent.terms.reader {
        ConsentReader::Organization { name, .. } => Consented::Named(name.clone()),
        ConsentReader::Service { party } => Consented::Named(party.clone()),
        ConsentReader::AnyClinicInEmergency => Consented::AnyClinic,
    };
    let due = Some(consent.terms.until);
    Notice { due, ..plain(format!("consent/{}", consent.id), What::ConsentEnds(reader)) }
}

/// Answers that insurers looked into, and who looked at the records for the first time.
pub fn of_history(page: &HistoryPage, now: Timestamp) -> Vec<Notice> {
    let entries = &page.entries;
    let settled = entries.iter().filter(|entry| is_news(entry.at, now)).filter_map(settled);
    settled.chain(first_looks(entries, now)).collect()
}

fn settled(entry: &HistoryEntry) -> Option<Notice> {
    let AccessResult::Settled(finding) = &entry.result else { return None };
    let by = match &entry.reader {
        Reader::Organization { name, .. } => name.clone(),
        _ => return None,
    };
    let what = match finding {
        Finding::Corrected => What::Corrected(by),
        Finding::Confirmed | Finding::NotOurs => What::Answered(by),
    };
    Some(Notice { at: Some(entry.at), ..plain(format!("settled/{}", entry.index), what) })
}

/// Whoever looked within the last days, once each; those who had looked before that are known.
fn first_looks(entries: &[HistoryEntry], now: Timestamp) -> Vec<Notice> {
    let mut readers: BTreeMap<String, (&str, Timestamp)> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| has_read(entry)) {
        if let Some((mark, name)) = reader(&entry.reader) {
            let first = readers.entry(mark).or_insert((name, entry.at));
            first.1 = first.1.min(entry.at);
        }
    }
    let new = readers.into_iter().filter(|(_, (_, first))| is_news(*first, now));
    new.map(|(mark, (name, first))| {
        let what = What::Looked(name.to_owned());
        Notice { at: Some(first), ..plain(mark, what) }
    })
    .collect()
}

/// That the card ends on that day: the last on which another is had without a gap.
pub fn of_card(until: Date) -> Notice {
    Notice { due: Some(until), ..plain(format!("card/{until}"), What::CardEnds(until)) }
}

fn has_read(entry: &HistoryEntry) -> bool {
    let told = matches!(
        entry.result,
        AccessResult::Shown | AccessResult::Answered(_) | AccessResult::Empty
    );
    told && entry.asked != Asked::Dispute
}

/// Somebody else, and what tells them from others.
fn reader(reader: &Reader) -> Option<(String, &str)> {
    match reader {
        Reader::Organization { code, name } => Some((format!("reader/{code}"), name)),
        Reader::Proxy { name } => Some((format!("proxy/{name}"), name)),
        Reader::Oneself | Reader::OnBehalf { .. } => None,
    }
}

fn is_soon(until: Date, now: Timestamp) -> bool {
    let today = today_in_japan(now);
    let far = today.checked_add(SOON.days()).unwrap_or(Date::MAX);
    today <= until && until <= far
}

fn is_news(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) <= NEWS
}

fn plain(mark: String, what: What) -> Notice {
    Notice { mark, what, at: None, due: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{self, TODAY, now};
    use warifu_contract::consent::{ConsentRequest, ConsentScope, Giving};
    use warifu_contract::history::Purpose;
    use warifu_contract::linking::portal::FrozenBy;
    use warifu_contract::mandate::{Ending, Rest};

    fn marks(notices: &[Notice]) -> Vec<&str> {
        notices.iter().map(|notice| notice.mark.as_str()).collect()
    }

    #[test]
    fn links_that_wait_are_stopped_or_have_moved() {
        let mut list = samples::links();
        let notices = of_links(&list, now());
        let named: Vec<_> = notices.iter().map(|notice| &notice.what).collect();
        assert!(
            matches!(
                named[..],
                [What::Frozen(_, FrozenBy::Oneself), What::Confirm(_), What::Moved { .. }]
            ),
            "{named:?}"
        );
        list.links.retain(|entry| entry.connector != "aa");
        assert!(!marks(&of_links(&list, now())).contains(&"moved/aa/bb"), "nothing was left");
        list.links[0].standing = Standing::Unlinked;
        list.links[1].standing = Standing::Unlinked;
        let search = of_links(&list, now());
        assert_eq!(search.iter().filter(|notice| notice.what == What::Search).count(), 1);
        let later = now() + NEWS;
        assert!(of_links(&samples::links(), later).len() == 2, "a move is news for a month");
    }

    fn mandates() -> Vec<(Mandate, Option<&'static str>)> {
        let waits = Mandate { confirmed: None, ..samples::mandate() };
        let mut soon = samples::mandate();
        soon.terms.until = TODAY.checked_add(30.days()).unwrap();
        let mut over = soon.clone();
        over.terms.until = TODAY.yesterday().unwrap();
        let rests = vec![Rest { side: Side::Proxy, since: now() }];
        let ended = |by| {
            let ending = Ending { at: now(), by, reason: None };
            Mandate { ended: Some(ending), ..samples::mandate() }
        };
        vec![
            (samples::mandate(), None),
            (waits, Some("waits")),
            (soon, Some("ends")),
            (over, None),
            (Mandate { rests, ..samples::mandate() }, Some("rests")),
            (ended(EndedBy::Proxy), Some("ended")),
            (ended(EndedBy::Departure), Some("ended")),
            (ended(EndedBy::Principal), None),
            (Mandate { accepted: None, ..samples::mandate() }, None),
        ]
    }

    #[test]
    fn mandates_that_wait_rest_or_end() {
        for (mandate, word) in mandates() {
            let list = MandateList { given: vec![mandate.clone()], ..MandateList::default() };
            let expected = word.map(|word| format!("mandate/{word}/{}", mandate.id));
            let found = of_mandates(&list, now());
            assert_eq!(marks(&found), expected.iter().collect::<Vec<_>>(), "{mandate:?}");
        }
        let waits = Mandate { confirmed: None, ..samples::mandate() };
        let held = MandateList { held: vec![waits], ..MandateList::default() };
        assert_eq!(of_mandates(&held, now()), [], "it is for the other to confirm");
    }

    fn consent(id: &str, from: i64, until: i64) -> Consent {
        let day = |n: i64| TODAY.checked_add(n.days()).unwrap();
        let scope =
            ConsentScope { services: vec![Service::Checkup], declared: Vec::new(), source: None };
        let reader =
            ConsentReader::Organization { code: "1310000001".into(), name: "見本".into() };
        let terms = ConsentRequest {
            scope,
            reader,
            purpose: Purpose::Care,
            from: day(from),
            until: day(until),
            text_version: "1".into(),
        };
        let given = Giving { at: now(), level: "high".into(), client: "portal".into() };
        Consent { id: id.into(), terms, given, withdrawn: None }
    }

    #[test]
    fn a_consent_is_told_in_its_last_month_unless_another_carries_it_on() {
        let told = |consents: Vec<Consent>| of_consents(&ConsentList { consents }, now()).len();
        assert_eq!(told(vec![consent("a", -300, 30)]), 1);
        assert_eq!(told(vec![consent("a", -300, 0)]), 1, "until its last day");
        assert_eq!(told(vec![consent("a", -300, 31)]), 0);
        assert_eq!(told(vec![consent("a", -300, -1)]), 0);
        assert_eq!(told(vec![consent("a", 0, 0)]), 0, "it was meant for one day");
        assert_eq!(told(vec![consent("a", -300, 30), consent("b", 0, 90)]), 0);
        let withdrawn = Consent { withdrawn: Some(now()), ..consent("a", -300, 30) };
        assert_eq!(told(vec![withdrawn]), 0);
    }

    #[test]
    fn whoever_looked_first_of_late_is_told_once() {
        let mut page = samples::history();
        let notices = of_history(&page, now());
        let readers: Vec<_> = marks(&notices);
        assert_eq!(readers, ["proxy/一子", "reader/3710000001", "reader/3740000002"]);
        let clinic = page.entries[2].clone();
        page.entries.push(HistoryEntry { at: clinic.at - NEWS - NEWS, ..clinic });
        let known = of_history(&page, now());
        assert_eq!(marks(&known), ["proxy/一子", "reader/3740000002"], "known from before");
    }

    #[test]
    fn what_an_insurer_found_is_told() {
        let mut page = samples::history();
        for (entry, finding) in page.entries.iter_mut().zip(Finding::ALL) {
            entry.reader = Reader::Organization { code: "1".into(), name: "見本健保".into() };
            entry.asked = Asked::Dispute;
            entry.result = AccessResult::Settled(finding);
        }
        let found = of_history(&page, now());
        let corrected = |notice: &&Notice| matches!(notice.what, What::Corrected(_));
        let answered = |notice: &&Notice| matches!(notice.what, What::Answered(_));
        assert_eq!(found.iter().filter(corrected).count(), 1);
        assert_eq!(found.iter().filter(answered).count(), 2);
        assert!(!marks(&found).contains(&"reader/1"), "it looked into a question, at no record");
    }
}
