//! A part of one's history: by who looked, by what was asked for, by the consent it stands on.
//!
//! Entries are sealed, so the database cannot choose among them: they are read by the subject's
//! own key, newest first, and a bounded number of them is looked through for one page.

use axum::http::StatusCode;
use warifu_contract::history::{Asked, ErasedEntry, HistoryEntry, HistoryPage, Reader};
use warifu_log::{LogError, Logged, Series};
use warifu_service::Problem;

use super::entry;
use crate::events::word;
use crate::relay::Relay;

/// Entries looked through for one page.
const LOOKED_THROUGH: u32 = 2_000;
/// Entries read at a time.
const BATCH: u32 = 500;
/// Characters of an organisation's code or of a service's name.
const LONGEST: usize = 40;

/// What is sought; nothing means everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sought {
    /// `oneself`, `others`, or an organisation's code.
    pub who: Option<String>,
    /// `eligibility`, or the name of a service.
    pub service: Option<String>,
    /// The id of a consent.
    pub consent: Option<String>,
    /// Nothing that the person read for others.
    own_alone: bool,
}

impl Sought {
    /// An empty field seeks nothing, as a form sends it.
    pub fn of([who, service, consent]: [&Option<String>; 3]) -> Result<Self, Problem> {
        let filled = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        let (who, service, consent) = (filled(who), filled(service), filled(consent));
        let sought = Self { who, service, consent, own_alone: false };
        let fields = [&sought.who, &sought.service, &sought.consent];
        let sound = fields.iter().copied().flatten().all(|text| text.len() <= LONGEST);
        let unreadable = || Problem::new(StatusCode::BAD_REQUEST, "request.unreadable");
        if sound { Ok(sought) } else { Err(unreadable()) }
    }

    /// Leaves out what the person read for others.
    pub fn without_on_behalf(&mut self) {
        self.own_alone = true;
    }

    fn is_all(&self) -> bool {
        self.who.is_none() && self.service.is_none() && self.consent.is_none()
    }

    fn fits(&self, entry: &HistoryEntry) -> bool {
        !(self.own_alone && matches!(entry.reader, Reader::OnBehalf { .. }))
            && self.who.as_deref().is_none_or(|who| is_by(&entry.reader, who))
            && self.service.as_deref().is_none_or(|service| is_about(entry.asked, service))
            && self.consent.as_deref().is_none_or(|id| stands_on(entry.ground.as_deref(), id))
    }
}

fn is_by(reader: &Reader, who: &str) -> bool {
    match (reader, who) {
        (Reader::Oneself | Reader::OnBehalf { .. }, who) => who == "oneself",
        (_, "others") => true,
        (Reader::Organization { code, .. }, who) => code == who,
        (Reader::Proxy { .. }, _) => false,
    }
}

fn is_about(asked: Asked, wanted: &str) -> bool {
    if let Asked::Declared(service) = asked {
        return service.as_str() == wanted;
    }
    if let Asked::Record(service) = asked {
        return service.as_str() == wanted;
    }
    word(&asked) == wanted
}

/// As [`warifu_contract::consent::Ground::text`] names it.
fn stands_on(ground: Option<&str>, id: &str) -> bool {
    let named = ground.and_then(|ground| ground.split_once(':'));
    named.is_some_and(|(by, rest)| {
        matches!(by, "consent" | "emergency") && rest.split(' ').next() == Some(id)
    })
}

/// At most `limit` entries of what is `sought`, below `before`. `before` of the answer is where to
/// go on, also when nothing was found so far.
pub(super) async fn page(
    relay: &Relay,
    subject: &str,
    sought: &Sought,
    mut before: Option<u64>,
    limit: u32,
) -> Result<HistoryPage, LogError> {
    let mut found = HistoryPage { entries: Vec::new(), erased: Vec::new(), before: None };
    let batch = if sought.is_all() { limit } else { BATCH };
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    for _ in 0..LOOKED_THROUGH.div_ceil(BATCH) {
        let logged = relay.log().history(subject, Series::Disclosure, before, batch).await?;
        let is_full = logged.len() == usize::try_from(batch).unwrap_or(usize::MAX);
        for one in logged {
            before = Some(one.index);
            take(relay, sought, one, &mut found);
            if found.entries.len() == most {
                break;
            }
        }
        let is_done = found.entries.len() == most || sought.is_all();
        found.before = before.filter(|_| is_full || found.entries.len() == most);
        if is_done || !is_full {
            break;
        }
    }
    Ok(found)
}

/// What was erased fits nothing that is sought.
fn take(relay: &Relay, sought: &Sought, logged: Logged, found: &mut HistoryPage) {
    if logged.entry.is_none() && sought.is_all() {
        let (index, subject_sequence) = (logged.index, logged.sequence);
        found.erased.push(ErasedEntry { index, subject_sequence });
    }
    found.entries.extend(entry(relay, logged).filter(|entry| sought.fits(entry)));
}

#[cfg(test)]
mod tests {
    use warifu_contract::records::Service;

    use super::*;

    #[test]
    fn an_entry_is_found_by_each_of_three() {
        let clinic = Reader::Organization { code: "1310000001".into(), name: "診療所".into() };
        for (reader, who, expected) in [
            (&Reader::Oneself, "oneself", true),
            (&Reader::Oneself, "others", false),
            (&clinic, "others", true),
            (&clinic, "1310000001", true),
            (&clinic, "1310000002", false),
            (&clinic, "oneself", false),
        ] {
            assert_eq!(is_by(reader, who), expected, "{who}");
        }
        assert!(is_about(Asked::Record(Service::Pension), "pension"));
        assert!(is_about(Asked::Eligibility, "eligibility"));
        assert!(!is_about(Asked::Eligibility, "pension"));
        assert!(stands_on(Some("consent:ab12"), "ab12"));
        assert!(stands_on(Some("emergency:ab12 意識がない ab13"), "ab12"));
        for ground in [None, Some("oneself"), Some("law:ab12"), Some("consent:ab123")] {
            assert!(!stands_on(ground, "ab12"), "{ground:?}");
        }
    }

    #[test]
    fn what_is_sought_is_bounded() {
        let (empty, long) = (Some(String::new()), Some("x".repeat(41)));
        assert_eq!(Sought::of([&empty, &None, &None]).unwrap(), Sought::default());
        assert_eq!(Sought::of([&None, &long, &None]).unwrap_err().code(), "request.unreadable");
    }
}
