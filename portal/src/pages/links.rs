//! `/links`: a resident's links to the holders of records. Found, confirmed, stopped and ended here.
//!
//! While holders are searched, the page stays open and shows each as soon as it has answered.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use futures::Stream;
use serde::Deserialize;
use warifu_contract::linking::portal::{DiscoverRequest, LinkEntry, LinkList, LinkStep, Standing};
use warifu_service::Problem;
use warifu_service::words::Tongue;

use super::stream;
use crate::access::{Resident, SignedIn};
use crate::look::{Look, show};
use crate::relay::{Access, Move, RelayError};
use crate::shared::{App, Shared};
use crate::view::links::{AskScreen, HolderView, LinksScreen, can_search, masked};
use crate::view::site::Menu;
use crate::view::{Fact, Tone, display_name};

/// How often the relay is asked how far the search is, and after which pause.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(700);
const KEY_BYTES: usize = 16;
const ID_DIGITS: usize = 32;

/// What came of the last step.
#[derive(Debug, Default, Deserialize)]
pub struct Said {
    said: Option<String>,
}

impl Said {
    /// Its word.
    pub fn said(&self) -> Option<&str> {
        self.said.as_deref()
    }
}

/// One of the page's forms.
#[derive(Debug, Deserialize)]
pub struct Sent {
    key: String,
    connector: Option<String>,
}

/// `GET /links`.
pub async fn links(
    State(app): State<App>,
    Resident(me): Resident,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    let access = me.access(app.surroundings.now()).cloned();
    let said = said.said().and_then(answer);
    let mut screen = screen(&app, &look, &me, said);
    let access = match access {
        Ok(access) => access,
        Err(why) => return show(&LinksScreen { no_records: Some(why), ..screen }),
    };
    match app.relay.links(&access).await {
        Ok(list) => {
            screen.can_search = can_search(&list);
            screen.waiting = waiting(&app, &look, &list);
            let holders = holders(app.clone(), access, list, look.tongue());
            stream::page(&screen, holders)
        }
        Err(cause) => {
            tracing::warn!(%cause, "the links are missing");
            show(&LinksScreen { is_silent: true, ..screen })
        }
    }
}

/// `POST /links/search`: every holder, or one again.
pub async fn search(
    State(app): State<App>,
    Resident(me): Resident,
    Form(sent): Form<Sent>,
) -> Response {
    let Ok(access) = me.access(app.surroundings.now()) else { return back(None) };
    let connectors = sent.connector.map(|connector| vec![connector]);
    let request = DiscoverRequest { idempotency_key: sent.key, connectors };
    back(app.relay.discover(access, &request).await.err().map(|error| why(&error)))
}

/// `GET /links/{id}/{step}`: asks once more about a step that hurts.
pub async fn ask(
    State(app): State<App>,
    Resident(me): Resident,
    Path((id, step)): Path<(String, String)>,
    look: Look,
) -> Result<Response, Problem> {
    let (one, words) = match Move::named(&step) {
        Some(one @ Move::Decline) => (one, "links-ask-decline"),
        Some(one @ Move::End) => (one, "links-ask-end"),
        _ => return Ok(back(None)),
    };
    let Ok(access) = me.access(app.surroundings.now()) else { return Ok(back(None)) };
    let list = match app.relay.links(access).await {
        Ok(list) => list,
        Err(error) => return Ok(back(Some(why(&error)))),
    };
    let found = list.links.iter().find(|entry| entry.id.as_deref() == Some(id.as_str()));
    let Some(entry) = found else { return Ok(back(Some("changed"))) };
    let voice = look.voice(&app);
    show(&AskScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Resident, "/links"),
        words,
        facts: facts(&app, &look, entry),
        fields: Vec::new(),
        action: format!("/links/{id}/{}", one.name()),
        back: "/links",
        key: app.surroundings.hex(KEY_BYTES),
    })
}

/// `POST /links/{id}/{step}`.
pub async fn act(
    State(app): State<App>,
    Resident(me): Resident,
    Path((id, step)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Response {
    let Some(one) = Move::named(&step).filter(|_| is_id(&id)) else { return back(None) };
    let Ok(access) = me.access(app.surroundings.now()) else { return back(None) };
    let step = LinkStep { idempotency_key: sent.key };
    back(Some(match app.relay.move_link(access, (&id, one), &step).await {
        Ok(()) => one.name(),
        Err(error) => why(&error),
    }))
}

/// Whether it can name a link, so that nothing else gets into an address.
pub fn is_id(id: &str) -> bool {
    id.len() == ID_DIGITS && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn back(said: Option<&'static str>) -> Response {
    back_to("/links", said)
}

/// To a list, which says what came of it.
pub fn back_to(list: &str, said: Option<&'static str>) -> Response {
    match said {
        Some(said) => Redirect::to(&format!("{list}?said={said}")).into_response(),
        None => Redirect::to(list).into_response(),
    }
}

/// Why a step was not taken, as the list is told.
pub fn why(error: &RelayError) -> &'static str {
    tracing::warn!(cause = %error, "a step about links was not taken");
    match error {
        RelayError::Failed(StatusCode::CONFLICT | StatusCode::NOT_FOUND) => "changed",
        RelayError::Refused | RelayError::Forbidden => "refused",
        _ => "silent",
    }
}

fn answer(said: &str) -> Option<(Tone, &'static str)> {
    Some(match said {
        "confirm" => (Tone::Ok, "links-said-confirm"),
        "decline" => (Tone::Ok, "links-said-decline"),
        "freeze" => (Tone::Ok, "links-said-freeze"),
        "thaw" => (Tone::Ok, "links-said-thaw"),
        "end" => (Tone::Ok, "links-said-end"),
        "changed" => (Tone::Warn, "links-said-changed"),
        "refused" => (Tone::Warn, "links-said-refused"),
        "silent" => (Tone::Warn, "links-said-silent"),
        _ => return None,
    })
}

fn screen<'a>(
    app: &'a Shared,
    look: &Look,
    me: &SignedIn,
    said: Option<(Tone, &'static str)>,
) -> LinksScreen<'a> {
    LinksScreen {
        page: look.page(app),
        site: me.site(look.voice(app), Menu::Resident, look.path()),
        said,
        no_records: None,
        is_silent: false,
        can_search: false,
        key: app.surroundings.hex(KEY_BYTES),
        waiting: Vec::new(),
    }
}

fn slot(place: usize) -> String {
    format!("holder-{place}")
}

fn waiting(app: &Shared, look: &Look, list: &LinkList) -> Vec<(String, String)> {
    let view = |(place, entry): (usize, &LinkEntry)| {
        let key = app.surroundings.hex(KEY_BYTES);
        (slot(place), stream::part(&HolderView::of(look.voice(app), entry, &key)))
    };
    list.links.iter().enumerate().map(view).collect()
}

/// Each holder once it is settled; those that are not in time say so.
fn holders(
    app: App,
    access: Access,
    mut list: LinkList,
    tongue: Tongue,
) -> impl Stream<Item = String> + Send + 'static {
    async_stream::stream! {
        let mut open: BTreeSet<usize> = (0..list.links.len()).collect();
        for look in 0..=LOOKS {
            for (place, entry) in list.links.iter().enumerate() {
                if entry.standing != Standing::Searching && open.remove(&place) {
                    yield panel(&app, tongue, place, entry, false);
                }
            }
            if open.is_empty() || look == LOOKS {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            match app.relay.links(&access).await {
                Ok(next) => list = next,
                Err(cause) => tracing::warn!(%cause, "the links are missing"),
            }
        }
        for place in open {
            if let Some(entry) = list.links.get(place) {
                yield panel(&app, tongue, place, entry, true);
            }
        }
    }
}

fn panel(app: &Shared, tongue: Tongue, place: usize, entry: &LinkEntry, is_late: bool) -> String {
    let voice = app.words.in_(tongue);
    let view = HolderView::of(voice, entry, &app.surroundings.hex(KEY_BYTES));
    let view = if is_late { view.looking_again(voice) } else { view };
    stream::part(&view.in_slot(slot(place)))
}

fn facts(app: &Shared, look: &Look, entry: &LinkEntry) -> Vec<Fact> {
    let voice = look.voice(app);
    let name = display_name(look.language, &entry.name);
    let mut facts = vec![Fact { label: voice.say("links-holder"), value: name }];
    if let Standing::Confirming { target } | Standing::Linked { target: Some(target), .. } =
        &entry.standing
    {
        facts.push(Fact { label: voice.say("links-found"), value: masked(voice, target) });
    }
    facts
}
