//! Links in words: how each holder of records stands to the person, and what one can do about it.

use askama::Template;
use warifu_contract::coverage::Relation;
use warifu_contract::linking::MaskedTarget;
use warifu_contract::linking::portal::{EarlierLink, FrozenBy, LinkEntry, LinkList, Standing};
use warifu_service::web::Page;
use warifu_service::words::{Language, Voice};

use super::site::Site;
use super::{Fact, Tone, display_name};
use crate::dates::words;
use crate::form::{FieldLook, FieldView};
use crate::relay::Move;

/// What somebody may do about a holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// At once.
    Now {
        /// Where the form goes.
        action: String,
        /// Its words.
        words: String,
        /// The main way on.
        is_main: bool,
        /// The holder that is searched again.
        connector: Option<String>,
    },
    /// After a page that asks once more.
    Ask {
        /// That page.
        href: String,
        /// Its words.
        words: String,
    },
}

/// One holder.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/holder.html")]
pub struct HolderView {
    /// The slot it fills; none while it stands in the slot itself.
    pub slot: Option<String>,
    /// The holder.
    pub name: String,
    /// What it holds.
    pub services: String,
    /// How it stands.
    pub tone: Tone,
    /// How it stands, in words.
    pub state: String,
    /// What that means, and who goes on.
    pub text: String,
    /// Who was found, masked.
    pub target: Option<String>,
    /// Since when, and links that are over.
    pub facts: Vec<Fact>,
    /// What one can do.
    pub deeds: Vec<Deed>,
    /// Makes each form be taken once.
    pub key: String,
}

/// The page; its holders follow at [`PANELS`](super::screens::PANELS).
#[derive(Debug, Template)]
#[template(path = "links.html")]
pub struct LinksScreen<'a> {
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
    /// Something is left to be looked for.
    pub can_search: bool,
    /// Makes the search be begun once.
    pub key: String,
    /// Each holder's slot and what stands in it at first.
    pub waiting: Vec<(String, String)>,
}

/// A step that hurts, asked once more.
#[derive(Debug, Template)]
#[template(path = "links_ask.html")]
pub struct AskScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// The key of its words, which have `title`, `text` and `do`.
    pub words: &'static str,
    /// What it is about.
    pub facts: Vec<Fact>,
    /// What it asks for.
    pub fields: Vec<FieldView>,
    /// Where the form goes.
    pub action: String,
    /// Back, with nothing done.
    pub back: &'static str,
    /// Makes the step be taken once.
    pub key: String,
}

/// Whether something is left to be looked for.
pub fn can_search(list: &LinkList) -> bool {
    let is_open =
        |entry: &LinkEntry| matches!(entry.standing, Standing::Unlinked | Standing::Failed { .. });
    list.links.iter().any(is_open)
}

impl HolderView {
    /// The holder as it stands; `key` makes its forms be taken once.
    pub fn of(voice: Voice<'_>, entry: &LinkEntry, key: &str) -> Self {
        let (tone, word) = standing(&entry.standing);
        let name = display_name(voice.language, &entry.name);
        let gaps = [("holder", name.clone().into())];
        let services = entry.services.iter();
        let services =
            services.map(|service| voice.say(&format!("links-service-{}", service.as_str())));
        Self {
            slot: None,
            services: services.collect::<Vec<_>>().join(voice.say("links-and").as_str()),
            tone,
            state: voice.say(word),
            text: voice.tell(&format!("{word}-text"), &gaps),
            target: target(&entry.standing).map(|target| masked(voice, target)),
            facts: facts(voice, entry),
            deeds: deeds(voice, entry),
            key: key.to_owned(),
            name,
        }
    }

    /// The same, for its slot.
    pub fn in_slot(self, slot: String) -> Self {
        Self { slot: Some(slot), ..self }
    }

    /// Still not settled when the page was sent to its end.
    #[must_use]
    pub fn looking_again(mut self, voice: Voice<'_>) -> Self {
        let (href, words) = ("/links".to_owned(), voice.say("links-look-again"));
        self.deeds.push(Deed::Ask { href, words });
        self
    }
}

fn standing(standing: &Standing) -> (Tone, &'static str) {
    match standing {
        Standing::Unlinked => (Tone::None, "links-unlinked"),
        Standing::Searching => (Tone::Wait, "links-searching"),
        Standing::Doubtful => (Tone::Wait, "links-doubtful"),
        Standing::Confirming { .. } => (Tone::Warn, "links-confirming"),
        Standing::NotFound => (Tone::None, "links-not-found"),
        Standing::Failed { .. } => (Tone::Warn, "links-failed"),
        Standing::Refused => (Tone::None, "links-refused"),
        Standing::Declined => (Tone::Wait, "links-declined"),
        Standing::Linked { frozen_by: None, .. } => (Tone::Ok, "links-linked"),
        Standing::Linked { frozen_by: Some(FrozenBy::Oneself), .. } => (Tone::Warn, "links-frozen"),
        Standing::Linked { frozen_by: Some(FrozenBy::Staff), .. } => {
            (Tone::Warn, "links-frozen-by-staff")
        }
        Standing::Ended => (Tone::None, "links-ended"),
    }
}

fn target(standing: &Standing) -> Option<&MaskedTarget> {
    match standing {
        Standing::Confirming { target } => Some(target),
        Standing::Linked { target, .. } => target.as_ref(),
        _ => None,
    }
}

/// In one line, e.g. `上○ 太○　昭和30年○月生まれ　見本健康保険組合　本人`.
pub fn masked(voice: Voice<'_>, target: &MaskedTarget) -> String {
    match voice.language {
        Language::Ja => target.in_japanese(),
        Language::En => {
            let relation = target.relation.map(|relation| match relation {
                Relation::Insured => "links-insured",
                Relation::Dependant => "links-dependant",
            });
            let organization = display_name(voice.language, &target.organization);
            let gaps = [
                ("name", target.name.as_str().into()),
                ("year", target.birth_year.to_string().into()),
                ("holder", organization.into()),
            ];
            let line = voice.tell("links-target", &gaps);
            [Some(line), relation.map(|key| voice.say(key))]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", ")
        }
    }
}

fn facts(voice: Voice<'_>, entry: &LinkEntry) -> Vec<Fact> {
    let fact = |key: &str, value| Fact { label: voice.say(key), value };
    let mut facts = Vec::new();
    if let Standing::Linked { since, .. } = entry.standing {
        facts.push(fact("links-since", words::full_moment(voice.language, since)));
    }
    let earlier = |link: &EarlierLink| {
        let day = |at| words::full_moment(voice.language, at);
        let gaps = [("from", day(link.since).into()), ("until", day(link.until).into())];
        fact("links-earlier", voice.tell("links-earlier-span", &gaps))
    };
    facts.extend(entry.earlier.iter().map(earlier));
    facts
}

fn deeds(voice: Voice<'_>, entry: &LinkEntry) -> Vec<Deed> {
    let again = || {
        vec![Deed::Now {
            action: "/links/search".to_owned(),
            words: voice.say("links-again"),
            is_main: false,
            connector: Some(entry.connector.clone()),
        }]
    };
    let Some(id) = entry.id.as_deref() else { return Vec::new() };
    let now = |one: Move, is_main| Deed::Now {
        action: format!("/links/{id}/{}", one.name()),
        words: voice.say(&format!("links-{}", one.name())),
        is_main,
        connector: None,
    };
    let ask = |one: Move| Deed::Ask {
        href: format!("/links/{id}/{}", one.name()),
        words: voice.say(&format!("links-{}", one.name())),
    };
    match &entry.standing {
        Standing::Confirming { .. } => vec![now(Move::Confirm, true), ask(Move::Decline)],
        Standing::NotFound | Standing::Failed { .. } | Standing::Refused | Standing::Ended => {
            again()
        }
        Standing::Linked { frozen_by: None, .. } => {
            vec![now(Move::Freeze, false), ask(Move::End), ask(Move::Decline)]
        }
        Standing::Linked { frozen_by: Some(FrozenBy::Oneself), .. } => {
            vec![now(Move::Thaw, true), ask(Move::End), ask(Move::Decline)]
        }
        Standing::Linked { frozen_by: Some(FrozenBy::Staff), .. }
        | Standing::Unlinked
        | Standing::Searching
        | Standing::Doubtful
        | Standing::Declined => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use warifu_contract::records::{DisplayName, Service};
    use warifu_service::words::Words;

    use super::super::screens::PANELS;
    use super::super::site::Menu;
    use super::super::tests::{check, in_both, page};
    use super::*;

    fn holder() -> DisplayName {
        DisplayName { ja: "見本保険者連合".into(), en: "Sample Insurers' Union".into() }
    }

    fn target() -> MaskedTarget {
        MaskedTarget {
            name: "上○ 四○".into(),
            birth_year: 1987,
            organization: holder(),
            relation: Some(Relation::Insured),
        }
    }

    fn entry(standing: Standing) -> LinkEntry {
        let at = Timestamp::UNIX_EPOCH;
        LinkEntry {
            id: (standing != Standing::Unlinked).then(|| "a".repeat(32)),
            connector: "insurer".into(),
            name: holder(),
            services: vec![Service::Insurance, Service::Pension],
            standing,
            earlier: vec![EarlierLink { period: None, since: at, until: at }],
        }
    }

    fn linked(frozen_by: Option<FrozenBy>) -> Standing {
        let target = Some(target());
        Standing::Linked { target, since: Timestamp::UNIX_EPOCH, period: None, frozen_by }
    }

    fn standings() -> Vec<Standing> {
        vec![
            Standing::Unlinked,
            Standing::Searching,
            Standing::Doubtful,
            Standing::Confirming { target: target() },
            Standing::NotFound,
            Standing::Failed { code: "source.slow".into() },
            Standing::Refused,
            Standing::Declined,
            linked(None),
            linked(Some(FrozenBy::Oneself)),
            linked(Some(FrozenBy::Staff)),
            Standing::Ended,
        ]
    }

    fn screen(words: &Words, language: Language) -> LinksScreen<'_> {
        LinksScreen {
            page: page(words, language),
            site: Site::new(words.in_(language), None, Menu::Resident, &[], "/links"),
            said: None,
            no_records: None,
            is_silent: false,
            can_search: true,
            key: "k".repeat(32),
            waiting: vec![("holder-0".into(), "…".into())],
        }
    }

    #[test]
    fn every_standing_in_words() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let parts = standings().into_iter().map(|standing| {
                let view = HolderView::of(voice, &entry(standing), "key").looking_again(voice);
                view.in_slot("holder-0".into()).render().unwrap()
            });
            let whole = screen(words, language).render().unwrap();
            let whole = whole.replace(PANELS, &parts.collect::<String>());
            check("links", language, &whole, words);
        });
    }

    #[test]
    fn the_page_without_a_list_and_the_questions() {
        in_both(|words, language| {
            let silent = LinksScreen { is_silent: true, ..screen(words, language) };
            check("links-silent", language, &silent.render().unwrap(), words);
            let empty = LinksScreen {
                waiting: Vec::new(),
                said: Some((Tone::Ok, "links-said-confirm")),
                ..screen(words, language)
            };
            check("links-empty", language, &empty.render().unwrap(), words);
            let low =
                LinksScreen { no_records: Some("no-records-level"), ..screen(words, language) };
            check("links-level", language, &low.render().unwrap(), words);
            for words_of in ["links-ask-decline", "links-ask-end", "doubts-ask-refuse"] {
                let LinksScreen { page, site, key, .. } = screen(words, language);
                let ask = AskScreen {
                    page,
                    site,
                    words: words_of,
                    facts: Vec::new(),
                    fields: Vec::new(),
                    action: "/links/a/end".into(),
                    back: "/links",
                    key,
                };
                check(words_of, language, &ask.render().unwrap(), words);
            }
        });
    }

    #[test]
    fn only_what_can_be_done_is_offered() {
        let words = crate::words::words().unwrap();
        let voice = words.in_(Language::Ja);
        for standing in standings() {
            let offered = HolderView::of(voice, &entry(standing.clone()), "key").deeds.len();
            let expected = match standing {
                Standing::Linked { frozen_by: Some(FrozenBy::Staff), .. } => 0,
                Standing::Linked { .. } => 3,
                Standing::Confirming { .. } => 2,
                Standing::NotFound
                | Standing::Failed { .. }
                | Standing::Refused
                | Standing::Ended => 1,
                _ => 0,
            };
            assert_eq!(offered, expected, "{standing:?}");
        }
    }
}
