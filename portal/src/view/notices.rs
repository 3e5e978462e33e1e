//! Notices in words: what to do or to know, who says it, until when, and one button.

use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;
use warifu_contract::linking::portal::FrozenBy;
use warifu_contract::mandate::Side;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::announcements::AnnouncementView;
use super::services::ServiceLink;
use super::site::Site;
use super::{Link, Tone, card_ends, display_name};
use crate::dates::words;
use crate::notices::{Consented, Gathered, Missing, Notice, Sender, What};

/// Notices on the home page.
const ROWS_AT_HOME: usize = 3;

/// Which notices are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Show {
    /// All of them.
    #[default]
    All,
    /// Those that ask for something.
    Todo,
    /// Those that only tell something.
    Info,
    /// Those that the person has not seen.
    Unread,
}

impl Show {
    const ALL: [Self; 4] = [Self::All, Self::Todo, Self::Info, Self::Unread];

    fn href(self) -> &'static str {
        match self {
            Self::All => "/notices",
            Self::Todo => "/notices?show=todo",
            Self::Info => "/notices?show=info",
            Self::Unread => "/notices?show=unread",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::All => "notices-all",
            Self::Todo => "notices-todo",
            Self::Info => "notices-info",
            Self::Unread => "notices-unread",
        }
    }

    /// Whether such a notice is wanted.
    pub fn wants(self, notice: &Notice, is_unread: bool) -> bool {
        match self {
            Self::All => true,
            Self::Todo => notice.what.is_action(),
            Self::Info => !notice.what.is_action(),
            Self::Unread => is_unread,
        }
    }
}

/// The page; the notices follow at [`PANELS`](super::screens::PANELS).
#[derive(Debug, Template)]
#[template(path = "notices.html")]
pub struct NoticesScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Key of the reason why only what is told to everybody can be shown.
    pub no_records: Option<&'static str>,
}

/// One notice.
#[derive(Debug, Clone)]
pub struct NoticeView {
    /// Its heading's id.
    id: String,
    tone: Tone,
    /// Something to do, or to know.
    kind: String,
    is_unread: bool,
    title: String,
    text: String,
    /// Who says it, since when, until when.
    facts: Vec<String>,
    link: Option<Link>,
}

/// One way to look at the list.
#[derive(Debug, Clone)]
struct Choice {
    href: &'static str,
    words: String,
    current: bool,
}

/// The list.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/notices.html")]
pub struct NoticesView<'a> {
    voice: Voice<'a>,
    choices: Vec<Choice>,
    notices: Vec<NoticeView>,
    /// What the list is empty of.
    none: &'static str,
    missing: Option<String>,
    /// Those who tell something on pages of their own.
    tellers: Vec<ServiceLink>,
}

impl<'a> NoticesView<'a> {
    /// The notices that `show` wants; `is_unread` says which the person has not seen.
    pub fn new(
        voice: Voice<'a>,
        now: Timestamp,
        all: &Gathered,
        show: Show,
        is_unread: impl Fn(&Notice) -> bool,
    ) -> Self {
        let wanted = all.notices.iter().filter(|one| show.wants(one, is_unread(one)));
        let view = |(place, one)| NoticeView::new(voice, now, place, one, is_unread(one));
        let count =
            |show: Show| all.notices.iter().filter(|one| show.wants(one, is_unread(one))).count();
        let choice = |one: Show| Choice {
            href: one.href(),
            words: voice.tell(one.key(), &[("n", count(one).into())]),
            current: one == show,
        };
        Self {
            voice,
            choices: Show::ALL.map(choice).into(),
            notices: wanted.enumerate().map(view).collect(),
            none: match show {
                Show::All => "notices-none",
                Show::Todo => "notices-none-todo",
                Show::Info => "notices-none-info",
                Show::Unread => "notices-none-unread",
            },
            missing: missing(voice, &all.missing),
            tellers: Vec::new(),
        }
    }

    /// And where others tell something.
    #[must_use]
    pub fn beside(self, tellers: Vec<ServiceLink>) -> Self {
        Self { tellers, ..self }
    }
}

/// The first of the same list on the home page: what is to be done, and what is new.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/notices_home.html")]
pub struct NoticesAtHome<'a> {
    voice: Voice<'a>,
    notices: Vec<NoticeView>,
    missing: Option<String>,
    /// Leads to the whole list, with the number of those not seen.
    all: String,
}

impl<'a> NoticesAtHome<'a> {
    /// As many as there is room for.
    pub fn new(
        voice: Voice<'a>,
        now: Timestamp,
        all: &Gathered,
        is_unread: impl Fn(&Notice) -> bool,
    ) -> Self {
        let wanted = all.notices.iter().filter(|one| one.what.is_action() || is_unread(one));
        let view = |(place, one)| NoticeView::new(voice, now, place, one, is_unread(one));
        let unread = all.notices.iter().filter(|one| is_unread(one)).count();
        Self {
            voice,
            notices: wanted.take(ROWS_AT_HOME).enumerate().map(view).collect(),
            missing: missing(voice, &all.missing),
            all: voice.tell("notices-go", &[("n", unread.into())]),
        }
    }
}

/// What could not be asked, in one sentence.
fn missing(voice: Voice<'_>, missing: &[Missing]) -> Option<String> {
    let names: Vec<_> = missing.iter().map(|one| voice.say(one.key())).collect();
    let names = names.join(&voice.say("notices-and"));
    (!missing.is_empty()).then(|| voice.tell("notices-missing", &[("names", names.into())]))
}

impl NoticeView {
    fn new(
        voice: Voice<'_>,
        now: Timestamp,
        place: usize,
        notice: &Notice,
        is_unread: bool,
    ) -> Self {
        let is_action = notice.what.is_action();
        let (title, text) = said(voice, &notice.what);
        Self {
            id: format!("notice-{place}"),
            tone: if is_action { Tone::Warn } else { Tone::None },
            kind: voice.say(if is_action { "notice-action" } else { "notice-news" }),
            is_unread,
            title,
            text,
            facts: facts(voice, now, notice),
            link: link(voice, &notice.what),
        }
    }
}

fn said(voice: Voice<'_>, what: &What) -> (String, String) {
    if let What::Announced(one) = what {
        let text = |name| display_name(voice.language, name);
        return (text(&one.title), text(&one.text));
    }
    let key = key(what);
    let gaps: Vec<(&str, _)> =
        names(voice, what).into_iter().map(|(gap, name)| (gap, name.into())).collect();
    (voice.tell(key, &gaps), voice.attribute(key, "text"))
}

/// The key of its words, which have `text` and, where it leads somewhere, `do`.
fn key(what: &What) -> &'static str {
    match what {
        What::Confirm(_) => "notice-confirm",
        What::Search => "notice-search",
        What::Frozen(_, FrozenBy::Oneself) => "notice-frozen",
        What::Frozen(_, FrozenBy::Staff) => "notice-frozen-by-staff",
        What::Moved { .. } => "notice-moved",
        What::ProxyWaits(_) => "notice-proxy-waits",
        What::MandateEnds(Side::Principal, _) => "notice-mandate-ends",
        What::MandateEnds(Side::Proxy, _) => "notice-held-ends",
        What::MandateRests(Side::Principal, _) => "notice-mandate-rests",
        What::MandateRests(Side::Proxy, _) => "notice-held-rests",
        What::MandateEnded(Side::Principal, _) => "notice-mandate-ended",
        What::MandateEnded(Side::Proxy, _) => "notice-held-ended",
        What::ConsentEnds(_) => "notice-consent-ends",
        What::Corrected(_) => "notice-corrected",
        What::Answered(_) => "notice-answered",
        What::Looked(_) => "notice-looked",
        What::CardEnds(_) => card_ends::KEY,
        What::Announced(_) => "notice-announced",
    }
}

/// The names that its title has gaps for.
fn names(voice: Voice<'_>, what: &What) -> Vec<(&'static str, String)> {
    match what {
        What::Confirm(holder) | What::Frozen(holder, _) => {
            vec![("name", display_name(voice.language, holder))]
        }
        What::Moved { from, to } => {
            let name = |one| display_name(voice.language, one);
            vec![("from", name(from)), ("to", name(to))]
        }
        What::ProxyWaits(name)
        | What::MandateEnds(_, name)
        | What::MandateRests(_, name)
        | What::MandateEnded(_, name)
        | What::ConsentEnds(Consented::Named(name))
        | What::Corrected(name)
        | What::Answered(name)
        | What::Looked(name) => vec![("name", name.clone())],
        What::ConsentEnds(Consented::AnyClinic) => {
            vec![("name", voice.say("notice-any-clinic"))]
        }
        What::CardEnds(until) => vec![("day", words::day(voice.language, *until))],
        What::Search | What::Announced(_) => Vec::new(),
    }
}

fn facts(voice: Voice<'_>, now: Timestamp, notice: &Notice) -> Vec<String> {
    let sender = match notice.what.sender() {
        Sender::Portal => voice.say("site-name"),
        Sender::Organization(name) => display_name(voice.language, name),
        Sender::Named(name) => name.to_owned(),
    };
    let sender = voice.tell("notice-sender", &[("name", sender.into())]);
    if let What::Announced(one) = &notice.what {
        return vec![sender, AnnouncementView::new(voice, now, one).span];
    }
    let day = |key, day: String| voice.tell(key, &[("day", day.into())]);
    let at = notice.at.map(|at| day("notice-at", words::moment(voice.language, at)));
    let due = notice.due.map(|due| day("notice-due", words::day(voice.language, due)));
    [Some(sender), due, at].into_iter().flatten().collect()
}

fn link(voice: Voice<'_>, what: &What) -> Option<Link> {
    let href = what.page()?.to_owned();
    Some(Link { href, words: voice.attribute(key(what), "do") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::announcements::{Announcement, Deed, Kind};
    use crate::samples::{TODAY, now};
    use crate::view::announcements::{AnnouncementRow, AnnouncementsScreen, PreviewScreen};
    use crate::view::screens::{PANELS, TopScreen};
    use crate::view::site::Menu;
    use crate::view::tests::{check, in_both, page};
    use jiff::SignedDuration;
    use warifu_contract::records::DisplayName;
    use warifu_service::words::{Language, Words};

    fn name() -> DisplayName {
        DisplayName { ja: "見本健康保険組合<b>".into(), en: "Sample Society<b>".into() }
    }

    fn announcement(kind: Kind, hours: i64) -> Announcement {
        let text = |ja: &str, en: &str| DisplayName { ja: ja.into(), en: en.into() };
        let from = now() + SignedDuration::from_hours(hours);
        Announcement {
            id: format!("{:0>32}", kind.as_str().len()),
            kind,
            title: text("年金の記録が見られません<b>", "Pension records are away<b>"),
            text: text("ほかの記録は見られます。\nお待ちください。", "Others work.\nPlease wait."),
            sender: text("見本協議会", "Sample Consortium"),
            from,
            until: from + SignedDuration::from_hours(3),
            published: Deed { at: now(), by: "見本 花子".into() },
            withdrawn: None,
        }
    }

    fn announcements() -> Vec<Announcement> {
        let over = announcement(Kind::News, -5);
        let deed = Deed { at: now(), by: "見本 花子".into() };
        let mut withdrawn = announcement(Kind::News, 5);
        withdrawn.withdrawn = Some(deed);
        let begun = Kind::ALL.map(|kind| announcement(kind, -1));
        begun.into_iter().chain([announcement(Kind::Outage, 4), over, withdrawn]).collect()
    }

    fn everything() -> Gathered {
        let other = || "一子<b>".to_owned();
        let all = [
            What::Confirm(name()),
            What::Search,
            What::Frozen(name(), FrozenBy::Oneself),
            What::Frozen(name(), FrozenBy::Staff),
            What::Moved { from: name(), to: name() },
            What::ProxyWaits(other()),
            What::MandateEnds(Side::Principal, other()),
            What::MandateEnds(Side::Proxy, other()),
            What::MandateRests(Side::Principal, other()),
            What::MandateRests(Side::Proxy, other()),
            What::MandateEnded(Side::Principal, other()),
            What::MandateEnded(Side::Proxy, other()),
            What::ConsentEnds(Consented::Named(other())),
            What::ConsentEnds(Consented::AnyClinic),
            What::Corrected(other()),
            What::Answered(other()),
            What::Looked(other()),
            What::CardEnds(TODAY),
            What::Announced(Box::new(announcement(Kind::Outage, -1))),
        ];
        let notice = |(n, what)| Notice {
            mark: format!("{n}"),
            what,
            at: Some(now()),
            due: (n % 2 == 0).then_some(TODAY),
        };
        let mut notices: Vec<_> = all.into_iter().enumerate().map(notice).collect();
        crate::notices::sort(&mut notices);
        Gathered { notices, missing: Vec::new(), is_whole: true }
    }

    fn whole(words: &Words, language: Language, part: &NoticesView<'_>) -> String {
        let site = Site::new(words.in_(language), None, Menu::Resident, &[], "/notices");
        let screen = NoticesScreen { page: page(words, language), site, no_records: None };
        screen.render().unwrap().replace(PANELS, &part.render().unwrap())
    }

    #[test]
    fn every_notice_in_words_good_empty_partial_and_silent() {
        use Missing::{Announcements, Consents, History, Links, Proxies};
        let silent = vec![Links, Proxies, Consents, History, Announcements];
        let nothing = Gathered { notices: Vec::new(), ..everything() };
        in_both(|words, language| {
            let voice = words.in_(language);
            for (name, all) in [
                ("notices", everything()),
                ("notices-empty", nothing.clone()),
                ("notices-partial", Gathered { missing: vec![Links], ..everything() }),
                ("notices-error", Gathered { missing: silent.clone(), ..nothing.clone() }),
            ] {
                let view = NoticesView::new(voice, now(), &all, Show::All, |one| one.mark != "3");
                let html = whole(words, language, &view);
                check(name, language, &html, words);
                assert_eq!(html.matches("notice-one").count(), all.notices.len());
                assert!(
                    !html.contains("Society<b>") && !html.contains("一子<b>"),
                    "{name}: not escaped"
                );
                let home = NoticesAtHome::new(voice, now(), &all, |_| true).render().unwrap();
                check(&format!("{name}-home"), language, &home, words);
                assert_eq!(home.matches("notice-one").count(), all.notices.len().min(3));
            }
            let none = nothing.clone();
            let home = NoticesAtHome::new(voice, now(), &none, |_| true).render().unwrap();
            assert!(home.contains(&voice.say("home-todo-none")));
        });
    }

    #[test]
    fn what_is_to_be_done_comes_first_and_can_be_looked_at_alone() {
        let all = everything();
        let first_news = all.notices.iter().position(|one| !one.what.is_action()).unwrap();
        assert!(all.notices.iter().skip(first_news).all(|one| !one.what.is_action()));
        let count =
            |show: Show| all.notices.iter().filter(|one| show.wants(one, one.mark == "0")).count();
        assert_eq!(count(Show::Todo), first_news);
        assert_eq!(count(Show::Info), all.notices.len() - first_news);
        assert_eq!(count(Show::Unread), 1);
        let known: Vec<_> =
            all.notices.iter().filter(|one| !one.what.is_action()).cloned().collect();
        in_both(|words, language| {
            let voice = words.in_(language);
            let read = Gathered { notices: known.clone(), ..everything() };
            let home = NoticesAtHome::new(voice, now(), &read, |_| false).render().unwrap();
            assert!(!home.contains("notice-one"), "news that were seen stay on their own page");
        });
    }

    #[test]
    fn announcements_at_the_entrance_and_for_administrators() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let all = announcements();
            let view = |one: &Announcement| AnnouncementView::new(voice, now(), one);
            let site = || Site::new(voice, None, Menu::Doubts, &[], "/staff/announcements");
            let top = TopScreen {
                page: page(words, language),
                site: Site::outside(),
                onward: None,
                announcements: all.iter().take(4).map(view).collect(),
            };
            check("top-announcements", language, &top.render().unwrap(), words);
            for (name, rows) in [("announcements", all.as_slice()), ("announcements-empty", &[])] {
                let rows = rows.iter().map(|one| AnnouncementRow::new(voice, now(), one)).collect();
                let said = Some((Tone::Ok, "announce-said-published"));
                let screen =
                    AnnouncementsScreen { page: page(words, language), site: site(), said, rows };
                check(name, language, &screen.render().unwrap(), words);
            }
            let shown = Language::ALL
                .map(|one| (one, AnnouncementView::new(words.in_(one), now(), &all[0])));
            let typed = vec![("title_ja", "<b>".to_owned())];
            let screen = PreviewScreen { page: page(words, language), site: site(), shown, typed };
            let html = screen.render().unwrap();
            check("announcement-preview", language, &html, words);
            assert!(html.contains("lang=\"en\"") && !html.contains("<b>年金"));
        });
    }
}
