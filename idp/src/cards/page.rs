//! `GET /cards`: a person's own cards. `POST /cards/add`: to the question for one more.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use warifu_service::Problem;
use warifu_service::web::Page;
use warifu_service::words::{Language, Voice};

use super::{Ending, is_over, may_change};
use crate::assurance::Level;
use crate::centre::Centre;
use crate::japan::date;
use crate::login::Begin;
use crate::person::CardState;
use crate::provider::Provider;
use crate::signed_in::{Guest, SignedIn};
use crate::store::{Card, CardId, FELICA_SCHEME, FelicaCard, PinState, Task};
use crate::view::View;

#[derive(Template)]
#[template(path = "cards.html")]
struct CardsPage<'a> {
    page: Page<'a>,
    news: Option<&'static str>,
    cards: Vec<CardView>,
    services: Vec<ServiceView>,
    offers_more: bool,
    /// Whether the pages of the federation are open to whoever this is.
    is_admin: bool,
}

/// A service that the cards open.
struct ServiceView {
    name: String,
    address: String,
}

/// A card with its words.
struct CardView {
    title: String,
    state: String,
    mood: &'static str,
    advice: Option<String>,
    waits: bool,
    in_hand: bool,
    issued_by: String,
    used: String,
    end: Option<String>,
    ending: Option<Ending>,
    /// The words of the way to its PIN, and the card.
    pin: Option<(&'static str, String)>,
    removable: Option<String>,
}

/// Shows the cards of whoever is signed in; who is not signs in first.
pub(crate) async fn show(
    State(centre): State<Arc<Centre>>,
    SignedIn(session): SignedIn,
    view: View,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (voice, now) = (view.voice(&centre.words), centre.now());
    let cards = centre.store.cards_of(&session.person).await?;
    let is_own = |card: &&Card| card.scheme.is_none() && card.state == CardState::Active;
    let has_own = cards.iter().any(|card| is_own(&card));
    let look = Look { voice, now, in_hand: &session.card, has_own };
    let mut views = Vec::new();
    for card in &cards {
        views.extend(match card.scheme.as_deref() {
            Some(FELICA_SCHEME) => look.at_felica(centre.store.felica_card(&card.id).await?),
            _ => Some(look.at(card)),
        });
    }
    let page = CardsPage {
        page: view.page(&centre.words),
        news: news(query.as_deref().unwrap_or_default()),
        cards: views,
        services: services(&centre, view.language),
        is_admin: session.is_of_federation_admin(),
        offers_more: !centre.config.cards.schemes.is_empty() && !session.profile.is_staff(),
    };
    view.render(&page, "form-action 'self'")
}

/// The services that the cards open, each by its name and its front page.
fn services(centre: &Centre, language: Language) -> Vec<ServiceView> {
    let providers = centre.providers();
    let view = |(name, provider): (String, &Provider)| {
        let address = provider.origin()?.as_str().to_owned();
        Some(ServiceView { name, address })
    };
    providers.all(language).into_iter().filter_map(view).collect()
}

/// Leads to the question for a card that others issued; through a fresh sign-in where that is
/// missing.
pub(crate) async fn add(
    State(centre): State<Arc<Centre>>,
    guest: Guest,
) -> Result<Response, Problem> {
    let what = match centre.session(&guest.browser).await? {
        Some(session) if may_change(&centre, &session).await? => {
            let within = Some(session.id);
            let level = Level::Substantial;
            Begin { task: Task::AddCard, level, within, ..Begin::own(Task::AddCard) }
        }
        _ => Begin::own(Task::SignIn),
    };
    guest.begin(&centre, what).await
}

/// What has just happened, as the address says.
fn news(query: &str) -> Option<&'static str> {
    query.split('&').find_map(|part| match part {
        "activated" => Some("own-news-activated"),
        "added" => Some("own-news-added"),
        "removed" => Some("own-news-removed"),
        "pin" => Some("own-news-pin"),
        _ => None,
    })
}

/// How the cards are looked at.
struct Look<'a> {
    voice: Voice<'a>,
    now: Timestamp,
    in_hand: &'a CardId,
    /// A card of the card office is in use.
    has_own: bool,
}

impl Look<'_> {
    fn at(&self, card: &Card) -> CardView {
        let state = format!("own-state-{}", card.state.as_str());
        let advice = self.voice.attribute(&state, "person");
        CardView {
            title: title(card, self.voice),
            state: self.voice.say(&state),
            mood: mood(card.state),
            advice: Some(advice).filter(|advice| !advice.is_empty()),
            waits: card.state == CardState::Issued,
            in_hand: card.id == *self.in_hand,
            issued_by: self.voice.say(if card.scheme.is_none() {
                "card-desk"
            } else {
                "own-others"
            }),
            used: card
                .used_at
                .map_or_else(|| self.voice.say("own-never"), |at| date(at, self.voice)),
            end: card.expires_at.map(|end| date(end, self.voice)),
            ending: self.ending(card.state, card.expires_at),
            pin: None,
            removable: card.scheme.as_ref().map(|_| BASE64URL_NOPAD.encode(&card.id)),
        }
    }

    /// What is said of the end of a card in use, or of one that has ended with nothing in its place.
    fn ending(&self, state: CardState, end: Option<Timestamp>) -> Option<Ending> {
        let is_told = match state {
            CardState::Active => true,
            CardState::Ended => !self.has_own && end.is_some_and(|end| is_over(end, self.now)),
            CardState::Issued | CardState::Suspended => false,
        };
        end.filter(|_| is_told).and_then(|end| Ending::of(end, self.now, self.voice))
    }

    /// A FeliCa card; one whose place another has taken is not shown.
    fn at_felica(&self, card: Option<FelicaCard>) -> Option<CardView> {
        let felica = card.filter(|felica| felica.card.state != CardState::Ended)?;
        let card = &felica.card;
        let (state, pin) = standing(&felica);
        let advice = self.voice.attribute(state, "person");
        let reference = BASE64URL_NOPAD.encode(&card.id);
        Some(CardView {
            state: self.voice.say(state),
            mood: if state == "own-state-active" { "ok" } else { "warn" },
            advice: Some(advice).filter(|advice| !advice.is_empty()),
            issued_by: self.voice.say("card-desk"),
            end: felica.ends_at.map(|end| date(end, self.voice)),
            ending: self.ending(felica.beside, felica.ends_at),
            pin: pin.map(|words| (words, reference.clone())),
            removable: (card.state == CardState::Active).then_some(reference),
            ..self.at(card)
        })
    }
}

/// How a FeliCa card stands, and the words of the way to its PIN.
fn standing(felica: &FelicaCard) -> (&'static str, Option<&'static str>) {
    match (felica.beside, felica.card.state, felica.pin) {
        (CardState::Ended, _, _) => ("own-state-ended", None),
        (CardState::Suspended | CardState::Issued, _, _) => ("own-state-suspended", None),
        (CardState::Active, CardState::Active, PinState::Tries(_)) => {
            ("own-state-active", Some("own-pin-change"))
        }
        (CardState::Active, CardState::Active, PinState::None) => {
            ("own-felica-no-pin", Some("own-pin-choose"))
        }
        (CardState::Active, CardState::Active, PinState::Blocked) => {
            ("own-felica-blocked", Some("own-pin-choose"))
        }
        (CardState::Active, _, _) => ("own-felica-stopped", Some("own-pin-choose")),
    }
}

/// What people call such a card; a scheme without a name of its own is called by its id.
pub(crate) fn title(card: &Card, voice: Voice<'_>) -> String {
    let Some(scheme) = &card.scheme else { return voice.say("own-card") };
    let key = format!("scheme-{scheme}");
    if voice.knows(&key) { voice.say(&key) } else { scheme.clone() }
}

fn mood(state: CardState) -> &'static str {
    match state {
        CardState::Active => "ok",
        CardState::Issued | CardState::Suspended => "warn",
        CardState::Ended => "",
    }
}
