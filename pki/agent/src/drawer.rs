//! The demonstration's card drawer: virtual people's cards, put into virtual readers by a page or
//! by a program. Not part of an agent that serves real cards.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use warifu_card::drawer::Slots;
use warifu_card::virtual_card::SharedCard;

use crate::gate::{Refusal, is_json};
use crate::method::CardKind;
use crate::routes::refuse;
use crate::web::{Asked, body, html};
use crate::words::Language;

const MOST_BODY: usize = 1024;

/// Virtual readers and the cards that can be put into them.
pub struct Drawer {
    readers: Box<dyn Slots>,
    bays: Vec<Bay>,
    cards: Vec<DrawerCard>,
    held: Mutex<Held>,
}

/// A virtual reader as people see it.
#[derive(Debug, Clone)]
pub struct Bay {
    /// The reader's name among the virtual readers.
    pub reader: String,
    /// Its name for people.
    pub label: Text,
}

/// A card of a virtual person.
#[derive(Clone)]
pub struct DrawerCard {
    /// The name for programs, such as `ueno-taro`.
    pub id: String,
    /// What kind of card it is.
    pub kind: CardKind,
    /// The virtual person's name.
    pub name: Text,
    /// What this card shows in the demonstration.
    pub note: Text,
    /// The PIN, or what to know about it. Printed on the page: the person does not exist.
    pub hint: String,
    /// The colour of its picture.
    pub tone: Tone,
    /// The card.
    pub card: SharedCard,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// What kind of card is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A resident's.
    Resident,
    /// A clinic's, an office's.
    Staff,
    /// One that is expired, revoked or somebody else's.
    Other,
}

/// Which card is in which bay, and how often that changed.
#[derive(Default)]
struct Held {
    by_bay: Vec<Option<usize>>,
    version: u64,
}

/// There is no such card or reader in the drawer, or it would not go in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DrawerError {
    /// No card of that name.
    #[error("no such card")]
    NoCard,
    /// No reader of that number.
    #[error("no such reader")]
    NoReader,
    /// The reader did not take the card.
    #[error("the card does not go in")]
    Stuck,
}

impl Text {
    /// The same thing in both languages.
    pub fn new(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ja: ja.into(), en: en.into() }
    }

    fn in_(&self, language: Language) -> &str {
        match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        }
    }
}

impl Drawer {
    /// `bays` are among `readers`, counted from 1 in this order. The readers are in this process
    /// ([`VirtualReaders`](warifu_card::drawer::VirtualReaders)) or a real pcscd's
    /// ([`VpcdReaders`](warifu_card::drawer::VpcdReaders)).
    pub fn new(readers: impl Slots + 'static, bays: Vec<Bay>, cards: Vec<DrawerCard>) -> Self {
        let readers = Box::new(readers);
        let held = Held { by_bay: vec![None; bays.len()], version: 0 };
        Self { readers, bays, cards, held: Mutex::new(held) }
    }

    /// Puts a card into a reader, counted from 1. What is in the reader comes out first, and the
    /// card comes out of another.
    pub fn insert(&self, card: &str, reader: usize) -> Result<(), DrawerError> {
        let index = self.cards.iter().position(|known| known.id == card);
        let index = index.ok_or(DrawerError::NoCard)?;
        let bay = self.bay(reader)?;
        let mut held = self.held();
        if held.by_bay.get(bay) == Some(&Some(index)) {
            return Ok(());
        }
        let before = held.by_bay.iter().position(|inside| *inside == Some(index));
        for full in before.into_iter().chain([bay]) {
            self.empty(&mut held, full);
        }
        self.fill(&mut held, bay, index)
    }

    /// Takes the card out of a reader, counted from 1. An empty reader stays empty.
    pub fn remove(&self, reader: usize) -> Result<(), DrawerError> {
        let bay = self.bay(reader)?;
        self.empty(&mut self.held(), bay);
        Ok(())
    }

    fn bay(&self, reader: usize) -> Result<usize, DrawerError> {
        reader.checked_sub(1).filter(|bay| *bay < self.bays.len()).ok_or(DrawerError::NoReader)
    }

    fn fill(&self, held: &mut Held, bay: usize, index: usize) -> Result<(), DrawerError> {
        let place = self.bays.get(bay).zip(self.cards.get(index)).zip(held.by_bay.get_mut(bay));
        let ((bay, card), inside) = place.ok_or(DrawerError::NoReader)?;
        self.readers.insert(&bay.reader, card.card.clone()).map_err(|_| DrawerError::Stuck)?;
        *inside = Some(index);
        held.version += 1;
        Ok(())
    }

    fn empty(&self, held: &mut Held, bay: usize) {
        let Some((bay, inside)) = self.bays.get(bay).zip(held.by_bay.get_mut(bay)) else { return };
        if inside.take().is_some() {
            self.readers.remove(&bay.reader);
            held.version += 1;
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The drawer's page and its API.
pub(crate) fn router(drawer: Drawer) -> Router {
    Router::new()
        .route("/", any(refuse).get(page))
        .route("/drawer/cards", any(refuse).get(list))
        .route("/drawer/insert", any(refuse).post(insert))
        .route("/drawer/remove", any(refuse).post(remove))
        .with_state(Arc::new(drawer))
}

#[derive(Template)]
#[template(path = "drawer.html")]
struct Page<'a> {
    language: Language,
    version: u64,
    readers: Vec<ReaderRow<'a>>,
    cards: Vec<CardRow<'a>>,
}

struct ReaderRow<'a> {
    number: usize,
    label: &'a str,
    holds: Option<String>,
}

struct CardRow<'a> {
    id: &'a str,
    kind: String,
    name: &'a str,
    note: &'a str,
    hint: &'a str,
    tone: &'static str,
    reader: Option<usize>,
}

impl CardRow<'_> {
    fn is_in(&self, reader: usize) -> bool {
        self.reader == Some(reader)
    }
}

fn language(asked: &Asked) -> Language {
    asked.explicit.unwrap_or(asked.accepted)
}

async fn page(State(drawer): State<Arc<Drawer>>, asked: Asked) -> Response {
    html(&view(&drawer, language(&asked)))
}

fn view(drawer: &Drawer, language: Language) -> Page<'_> {
    let held = drawer.held();
    let name = |index: usize| Some(drawer.cards.get(index)?.name.in_(language).to_owned());
    let bays = drawer.bays.iter().zip(&held.by_bay).zip(1..);
    let readers = bays.map(|((bay, inside), number)| ReaderRow {
        number,
        label: bay.label.in_(language),
        holds: inside.and_then(name),
    });
    let cards = drawer.cards.iter().enumerate().map(|(index, card)| CardRow {
        id: &card.id,
        kind: card.kind.name(language),
        name: card.name.in_(language),
        note: card.note.in_(language),
        hint: &card.hint,
        tone: card.tone.class(),
        reader: place(&held, index),
    });
    Page { language, version: held.version, readers: readers.collect(), cards: cards.collect() }
}

/// The reader a card is in, counted from 1.
fn place(held: &Held, card: usize) -> Option<usize> {
    held.by_bay.iter().position(|inside| *inside == Some(card)).map(|bay| bay + 1)
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::Staff => "staff",
            Self::Other => "other",
        }
    }
}

#[derive(Serialize)]
struct Listing {
    version: u64,
    cards: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    card: String,
    name: String,
    reader: Option<usize>,
}

async fn list(State(drawer): State<Arc<Drawer>>, asked: Asked) -> Json<Listing> {
    Json(listing(&drawer, language(&asked)))
}

fn listing(drawer: &Drawer, language: Language) -> Listing {
    let held = drawer.held();
    let cards = drawer.cards.iter().enumerate().map(|(index, card)| Listed {
        card: card.id.clone(),
        name: card.name.in_(language).to_owned(),
        reader: place(&held, index),
    });
    Listing { version: held.version, cards: cards.collect() }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Insert {
    card: String,
    reader: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remove {
    reader: usize,
}

async fn insert(
    State(drawer): State<Arc<Drawer>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    let (json, wish) = wish::<Insert>(request).await?;
    let result = drawer.insert(&wish.card, wish.reader);
    Ok(answer(&drawer, &asked, json, result))
}

async fn remove(
    State(drawer): State<Arc<Drawer>>,
    asked: Asked,
    request: Request,
) -> Result<Response, Refusal> {
    let (json, wish) = wish::<Remove>(request).await?;
    let result = drawer.remove(wish.reader);
    Ok(answer(&drawer, &asked, json, result))
}

/// A wish as JSON from a program, or as a form from the page; and which of the two it was.
async fn wish<T: for<'de> Deserialize<'de>>(request: Request) -> Result<(bool, T), Refusal> {
    let (parts, body) = request.into_parts();
    let body = body::read(body, MOST_BODY).await.map_err(|_| Refusal::Body)?;
    let json = is_json(&parts.headers);
    let wish = if json {
        serde_json::from_slice(&body).ok()
    } else {
        serde_urlencoded::from_bytes(&body).ok()
    };
    Ok((json, wish.ok_or(Refusal::Malformed)?))
}

fn answer(drawer: &Drawer, asked: &Asked, json: bool, result: Result<(), DrawerError>) -> Response {
    let language = language(asked);
    match result {
        Ok(()) if json => Json(listing(drawer, language)).into_response(),
        Ok(()) => Redirect::to(&format!("/?lang={}", language.tag())).into_response(),
        Err(DrawerError::Stuck) => StatusCode::CONFLICT.into_response(),
        Err(DrawerError::NoCard | DrawerError::NoReader) => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests;
