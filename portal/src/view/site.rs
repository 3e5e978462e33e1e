//! The frame of the portal's pages: who is signed in, and where one can go.

use warifu_contract::duty::{Duty, May};
use warifu_service::words::Voice;

use warifu_contract::records::Service;

use super::card_ends::CardEnds;
use super::outcome::page_of;
use crate::access::{Acting, Role};

/// Which menu a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Menu {
    /// No menu: nobody is signed in, or the page is a dead end on purpose.
    None,
    /// A resident's.
    Resident,
    /// The clinic desk's.
    Desk,
    /// An insurer's.
    Insurer,
    /// A city hall's.
    City,
    /// The card office's.
    Office,
    /// That of those who decide about doubtful links.
    Doubts,
}

/// One entry of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavItem {
    /// Where to.
    pub href: &'static str,
    /// Its words.
    pub label: String,
    /// This is the page shown.
    pub current: bool,
    /// It stands apart, at the far side.
    pub apart: bool,
}

/// What the frame shows.
#[derive(Debug, Clone)]
pub struct Site {
    /// Who is signed in, as the header says it.
    pub who: Option<String>,
    /// The menu; empty for none.
    pub nav: Vec<NavItem>,
    /// It is a clinic's desk: whoever leaves it covers the page, and so does the card's removal.
    pub at_desk: bool,
    /// Whose records are looked at, if not one's own.
    pub acting: Option<String>,
    /// That the card of whoever is signed in ends soon.
    pub card_ends: Option<CardEnds>,
}

struct Entry {
    href: &'static str,
    key: &'static str,
    apart: bool,
    /// Whose it is; empty when everybody's.
    roles: &'static [Role],
    /// The act that it leads to, where not everybody's roles allow it.
    duty: Option<Duty>,
}

const fn entry(href: &'static str, key: &'static str) -> Entry {
    Entry { href, key, apart: false, roles: &[], duty: None }
}

const RESIDENT: [Entry; 18] = [
    entry("/home", "nav-home"),
    entry("/insurance", "nav-insurance"),
    entry("/expenses", "nav-expenses"),
    entry("/checkups", "nav-checkups"),
    entry("/pension", "nav-pension"),
    entry("/services", "nav-services"),
    Entry { roles: &Role::OFFICE, ..entry("/office", "nav-office") },
    Entry { roles: &Role::DECIDERS, ..entry("/staff/links", "nav-doubts") },
    Entry { roles: &[Role::ConsortiumAdmin], ..entry("/staff/guardians", "nav-guardians") },
    Entry { roles: &[Role::ConsortiumAdmin], ..entry("/staff/announcements", "nav-announcements") },
    Entry { duty: Some(Duty::ReadAnswers), ..entry("/insurer", "nav-insurer") },
    entry("/links", "nav-links"),
    Entry { apart: true, ..entry("/consents", "nav-consents") },
    entry("/proxies", "nav-proxies"),
    entry("/history", "nav-history"),
    entry("/notices", "nav-notices"),
    entry("/settings", "nav-settings"),
    entry("/help", "nav-help"),
];
const DESK: [Entry; 7] = [
    entry("/desk", "nav-desk"),
    entry("/desk/batch", "nav-batch"),
    entry("/desk/records", "readings-title"),
    Entry { duty: Some(Duty::ReadChecks), ..entry("/desk/history", "nav-desk-history") },
    entry("/desk/disputes", "nav-desk-disputes"),
    Entry { roles: &Role::OFFICE, ..entry("/office", "nav-office") },
    Entry { apart: true, ..entry("/help", "nav-help") },
];
const INSURER: [Entry; 7] = [
    entry("/insurer", "nav-insurer"),
    Entry { duty: Some(Duty::Deposit), ..entry("/insurer/upload", "nav-insurer-upload") },
    entry("/insurer/answers", "nav-insurer-answers"),
    Entry {
        duty: Some(Duty::AnswerDisputes),
        ..entry("/insurer/disputes", "nav-insurer-disputes")
    },
    Entry { roles: &Role::DECIDERS, ..entry("/staff/links", "nav-doubts") },
    Entry { apart: true, roles: &[Role::Resident], ..entry("/home", "nav-own") },
    Entry { apart: true, ..entry("/help", "nav-help") },
];
const CITY: [Entry; 4] = [
    entry("/desk/records", "readings-title"),
    entry("/staff/applications", "nav-applications"),
    Entry { apart: true, roles: &[Role::Resident], ..entry("/home", "nav-own") },
    Entry { apart: true, ..entry("/help", "nav-help") },
];
const DOUBTS: [Entry; 4] = [
    entry("/staff/links", "nav-doubts"),
    Entry { roles: &[Role::ConsortiumAdmin], ..entry("/staff/guardians", "nav-guardians") },
    Entry { roles: &[Role::ConsortiumAdmin], ..entry("/staff/announcements", "nav-announcements") },
    Entry { apart: true, ..entry("/help", "nav-help") },
];
const OFFICE: [Entry; 11] = [
    Entry { roles: &[Role::CardClerk, Role::CardApprover], ..entry("/office", "nav-office-today") },
    Entry { roles: &[Role::CardClerk], ..entry("/office/new", "nav-office-new") },
    Entry {
        roles: &[Role::CardClerk, Role::CardApprover],
        ..entry("/office/search", "nav-office-search")
    },
    Entry { roles: &[Role::CardClerk], ..entry("/office/batches", "nav-office-batches") },
    Entry { roles: &Role::PAPERS, ..entry("/staff/guardians", "nav-guardians") },
    Entry { roles: &[Role::ConsortiumAdmin], ..entry("/staff/announcements", "nav-announcements") },
    Entry { roles: &[Role::CallCentre], ..entry("/office/calls", "nav-office-calls") },
    Entry { roles: &Role::DECIDERS, ..entry("/staff/links", "nav-doubts") },
    Entry { apart: true, roles: &[Role::Resident], ..entry("/home", "nav-own") },
    Entry { apart: true, duty: Some(Duty::Check), ..entry("/desk", "nav-desk") },
    Entry { apart: true, ..entry("/help", "nav-help") },
];

impl Site {
    /// The frame with `menu`, as far as it is for `roles`; its entry for `path` is the current one.
    pub fn new(
        voice: Voice<'_>,
        who: Option<String>,
        menu: Menu,
        roles: &[Role],
        path: &str,
    ) -> Self {
        let entries: &[Entry] = match menu {
            Menu::None => &[],
            Menu::Resident => &RESIDENT,
            Menu::Desk => &DESK,
            Menu::Insurer => &INSURER,
            Menu::City => &CITY,
            Menu::Office => &OFFICE,
            Menu::Doubts => &DOUBTS,
        };
        let theirs = |entry: &&Entry| {
            let may = |duty: Duty| duty.of(roles.iter().map(|role| role.urn())) != May::No;
            let has = entry.roles.is_empty() || entry.roles.iter().any(|role| roles.contains(role));
            has && entry.duty.is_none_or(may)
        };
        let item = |entry: &Entry| NavItem {
            href: entry.href,
            label: voice.say(entry.key),
            current: entry.href == path,
            apart: entry.apart,
        };
        Self {
            who,
            nav: entries.iter().filter(theirs).map(item).collect(),
            at_desk: menu == Menu::Desk,
            acting: None,
            card_ends: None,
        }
    }

    /// The frame for somebody who is not signed in.
    pub fn outside() -> Self {
        Self { who: None, nav: Vec::new(), at_desk: false, acting: None, card_ends: None }
    }

    /// The frame while a proxy looks: whose records they are, and the way to those alone.
    #[must_use]
    pub fn acting(mut self, voice: Voice<'_>, acting: &Acting) -> Self {
        let may_see = |service: &Service| acting.services.contains(service);
        let records = Service::ALL.into_iter().filter(may_see).map(page_of);
        let history = acting.history.then_some("/history");
        let declared = (!acting.declared.is_empty()).then_some("/services");
        let open: Vec<_> =
            records.chain(history).chain(declared).chain(["/home", "/settings", "/help"]).collect();
        self.nav.retain(|item| open.contains(&item.href));
        let gaps = [("name", acting.name.as_str().into())];
        self.acting = Some(voice.tell("acting-banner", &gaps));
        self
    }
}
