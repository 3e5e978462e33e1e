//! Lists of cards: the work lists, and what a search found.

use askama::Template;
use jiff::civil::Date;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::card_office::{CardLine, CardList, Stage};
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::{Notice, cards, stage};
use crate::dates::words;
use crate::view::site::Site;
use crate::view::{Link, Tone};

/// From so many days before its end on, a card is to be renewed.
const RENEWAL: i32 = 90;

/// The work lists.
#[derive(Debug, Template)]
#[template(path = "office/overview.html")]
pub struct OverviewScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// The lists in which somebody has work.
    pub work: Vec<Tab>,
    /// The others.
    pub rest: Vec<Tab>,
    /// One of the others is open.
    pub rest_open: bool,
    /// The open list's name.
    pub title: String,
    /// What is to be done with the cards on it.
    pub lead: String,
    /// The cards.
    pub list: ListView,
    /// The page is not the first.
    pub first: Option<Link>,
}

/// One of the lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// Where it is.
    pub href: String,
    /// Its name.
    pub label: String,
    /// How many cards are on it.
    pub count: String,
    /// There is something on it.
    pub busy: bool,
    /// It is open.
    pub current: bool,
}

/// A work list: the cards at a stage, or those that end soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The cards that stand there.
    Stage(Stage),
    /// 更新: cards in use that end within 90 days, and whose next one is not ordered.
    Ending,
}

/// The name of [`At::Ending`] in addresses and catalogues.
const ENDING: &str = "ending";

impl At {
    /// The list of that name.
    pub fn named(name: &str) -> Option<Self> {
        if name == ENDING { Some(Self::Ending) } else { Stage::named(name).map(Self::Stage) }
    }

    /// The lists in which somebody has work.
    pub fn work() -> Vec<Self> {
        stage::WORK.into_iter().map(Self::Stage).chain([Self::Ending]).collect()
    }

    /// The others.
    pub fn rest() -> Vec<Self> {
        stage::REST.into_iter().map(Self::Stage).collect()
    }

    /// Where it is.
    pub fn href(self) -> String {
        let name = match self {
            Self::Stage(stage) => stage.as_str(),
            Self::Ending => ENDING,
        };
        format!("/office?stage={name}")
    }

    /// Its name.
    pub fn word(self, voice: Voice<'_>) -> String {
        match self {
            Self::Stage(stage) => stage::word(voice, stage),
            Self::Ending => voice.say("list-ending"),
        }
    }

    /// What is to be done with the cards on it.
    pub fn lead(self, voice: Voice<'_>) -> String {
        match self {
            Self::Stage(stage) => voice.attribute(&stage::key(stage), "work"),
            Self::Ending => voice.attribute("list-ending", "work"),
        }
    }
}

/// The tabs of `lists`, of which `current` is open.
pub fn tabs(voice: Voice<'_>, lists: &[At], list: &CardList, current: At) -> Vec<Tab> {
    let count = |at| match at {
        At::Stage(stage) => {
            let found = list.counts.iter().find(|count| count.stage == stage);
            Some(found.map_or(0, |count| count.count))
        }
        At::Ending => None,
    };
    let tab = |at: &At| Tab {
        href: at.href(),
        label: at.word(voice),
        count: count(*at).map(|count| cards(voice, "cards", count)).unwrap_or_default(),
        busy: count(*at).is_some_and(|count| count > 0),
        current: *at == current,
    };
    lists.iter().map(tab).collect()
}

/// Cards, one a line.
#[derive(Debug, Clone, Default)]
pub struct ListView {
    /// The cards.
    pub rows: Vec<Row>,
    /// The next page.
    pub next: Option<Link>,
}

/// One card.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its page.
    pub href: String,
    /// Whose it is.
    pub name: String,
    /// 受付番号.
    pub id: String,
    /// The masked number printed on it.
    pub number: Option<String>,
    /// For whom.
    pub staff: bool,
    /// How it stands.
    pub tone: Tone,
    /// Where it stands.
    pub stage: String,
    /// Since when.
    pub since: String,
    /// For how long.
    pub age: String,
    /// Its last day.
    pub expires: Option<Expiry>,
}

/// The last day of a card.
#[derive(Debug, Clone)]
pub struct Expiry {
    /// The day.
    pub day: String,
    /// How long until then, when it is time to renew.
    pub soon: Option<String>,
}

impl ListView {
    /// The cards of `list` on `today`; `next` leads to the page behind a cursor.
    pub fn new(
        voice: Voice<'_>,
        today: Date,
        list: &CardList,
        next: impl FnOnce(&str) -> String,
    ) -> Self {
        let more = |cursor: &String| Link { href: next(cursor), words: voice.say("list-next") };
        Self {
            rows: list.cards.iter().map(|line| row(voice, today, line)).collect(),
            next: list.next.as_ref().map(more),
        }
    }
}

fn row(voice: Voice<'_>, today: Date, line: &CardLine) -> Row {
    Row {
        href: format!("/office/cards/{}", line.id),
        name: line.name.clone().unwrap_or_else(|| line.id.clone()),
        id: line.id.clone(),
        number: line.number.clone(),
        staff: line.kind == warifu_contract::card_office::CardKind::Staff,
        tone: stage::tone(line.stage),
        stage: stage::word(voice, line.stage),
        since: words::moment(voice.language, line.since),
        age: age(voice, days_between(today_in_japan(line.since), today)),
        expires: line.expires.map(|day| expiry(voice, today, line.stage, day)),
    }
}

fn age(voice: Voice<'_>, days: i32) -> String {
    match days {
        ..=0 => voice.say("age-today"),
        1 => voice.say("age-yesterday"),
        days => voice.tell("age-days", &[("n", days.into())]),
    }
}

/// The last day of a card, and how near it is while the card is in use.
pub fn expiry(voice: Voice<'_>, today: Date, stage: Stage, day: Date) -> Expiry {
    let left = days_between(today, day);
    let near = matches!(stage, Stage::Active | Stage::Suspended) && (0..=RENEWAL).contains(&left);
    Expiry {
        day: words::plain_day(voice.language, day),
        soon: near.then(|| voice.tell("expires-in", &[("n", left.into())])),
    }
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}
