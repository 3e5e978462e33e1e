//! `/login/pin`: the PIN of a FeliCa card that has just proved itself in this sign-in. A try is counted
//! before it is checked.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::SignedDuration;
use serde::Deserialize;
use warifu_card::Pin;
use warifu_service::Problem;
use warifu_service::web::Page;

use super::entrance::Entrance;
use super::felica::opens;
use super::{admit, destination, own_login};
use crate::assurance::Level;
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::pin::{PinError, Typed};
use crate::store::{FelicaCard, Login, MOST_TRIES, PinState, Use};
use crate::view::{Address, View};

/// How long after the card has proved itself its PIN is taken.
const PROVED_LASTS: SignedDuration = SignedDuration::from_mins(5);

/// Names the sign-in.
#[derive(Deserialize)]
pub(crate) struct Which {
    tx: String,
}

/// The PIN as it was typed.
#[derive(Deserialize)]
pub(crate) struct Entered {
    tx: String,
    pin: Typed,
}

#[derive(Template)]
#[template(path = "pin.html")]
struct PinPage<'a> {
    page: Page<'a>,
    lead: String,
    tx: &'a str,
    fault: Option<&'static str>,
    /// None: the card takes no PIN any more.
    tries: Option<Tries>,
}

/// The tries that are left, in words and dots.
struct Tries {
    words: String,
    dots: String,
    last: bool,
}

/// Asks for the PIN.
pub(crate) async fn show(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Query(which): Query<Which>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let login = own_login(&centre, &browser, &which.tx).await?;
    if login.outcome.is_some() {
        return Ok(Redirect::to(&format!("/login/done?tx={}", login.id)).into_response());
    }
    let Some(card) = proved(&centre, &login).await? else { return Ok(anew(&login)) };
    let voice = view.voice(&centre.words);
    let to = destination(&centre, &login, view.language)?;
    let page = PinPage {
        page: view.page(&centre.words),
        lead: voice.tell("felica-pin-lead", &[("provider", to.into())]),
        tx: &login.id,
        fault: fault(query.as_deref().unwrap_or_default()),
        tries: match card.pin {
            PinState::Tries(left) => Some(tries(left, |n| match n {
                1 => voice.say("pin-tries-one"),
                n => voice.tell("pin-tries", &[("n", n.into())]),
            })),
            PinState::None | PinState::Blocked => None,
        },
    };
    view.render(&page, "form-action 'self'")
}

/// Checks the PIN: right, it signs in.
pub(crate) async fn check(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    address: Address,
    Form(entered): Form<Entered>,
) -> Result<Response, Problem> {
    admit(&centre, &address)?;
    let login = own_login(&centre, &browser, &entered.tx).await?;
    let Some(card) = proved(&centre, &login).await? else { return Ok(anew(&login)) };
    opens(&centre, &card)?;
    let back = |why| Redirect::to(&format!("/login/pin?tx={}{why}", login.id)).into_response();
    let Ok(pin) = Pin::new(entered.pin.as_str()) else { return Ok(back("&unreadable")) };
    match try_pin(&centre, &card, &pin).await? {
        Tried::Right => {}
        Tried::Wrong => {
            centre.refusals.count_wrong_pin(address.0, &card.card.id, centre.now());
            return Ok(back("&wrong"));
        }
        Tried::NoneLeft => return Ok(back("")),
    }
    let now = centre.now();
    let entrance = Entrance { centre: &centre, browser: &browser, login: &login, now };
    let used = Use { card: card.card.id.clone(), at: now, certificate: None };
    let profile = centre.person(&card.card.person).await?;
    let holder = (&card.card, &profile);
    let opened = entrance.open(holder, used, Level::Substantial, card.ends_at).await?;
    Ok(opened.into(Redirect::to(&entrance.done()).into_response()))
}

/// The card that proved itself in this sign-in a moment ago.
async fn proved(centre: &Centre, login: &Login) -> Result<Option<FelicaCard>, Problem> {
    let fresh = |at| centre.now().duration_since(at) <= PROVED_LASTS;
    let proved = login.proved.as_ref().filter(|proved| fresh(proved.at));
    let Some(proved) = proved.filter(|_| login.outcome.is_none()) else { return Ok(None) };
    Ok(centre.store.felica_card(&proved.card).await?)
}

/// Back to the question to the card.
fn anew(login: &Login) -> Response {
    Redirect::to(&format!("/login?tx={}", login.id)).into_response()
}

/// What came of a try.
enum Tried {
    Right,
    Wrong,
    NoneLeft,
}

async fn try_pin(centre: &Centre, card: &FelicaCard, pin: &Pin) -> Result<Tried, Problem> {
    let (store, id) = (&centre.store, &card.card.id);
    let turn = centre.pins.turn().await.map_err(refuse_pin)?;
    let Some(hash) = store.take_try(id).await? else { return Ok(Tried::NoneLeft) };
    let peppered = store.peppered(id, pin.digits());
    if turn.is(peppered, hash.clone()).await.map_err(refuse_pin)? {
        let still = store.give_tries_back(id, &hash).await?;
        return Ok(if still { Tried::Right } else { Tried::Wrong });
    }
    tracing::info!("a wrong PIN of a FeliCa card");
    Ok(Tried::Wrong)
}

pub(crate) fn refuse_pin(error: PinError) -> Problem {
    match error {
        PinError::Busy => refuse(StatusCode::SERVICE_UNAVAILABLE, "temporary").retry_after(3),
        other => Problem::internal(&other),
    }
}

/// What was wrong with the last try, as the address says.
fn fault(query: &str) -> Option<&'static str> {
    query.split('&').find_map(|part| match part {
        "wrong" => Some("felica-pin-wrong"),
        "unreadable" => Some("felica-pin-unreadable"),
        _ => None,
    })
}

fn tries(left: u8, words: impl Fn(u8) -> String) -> Tries {
    let gone = usize::from(MOST_TRIES.saturating_sub(left));
    let dots = "●".repeat(usize::from(left)) + &"○".repeat(gone);
    Tries { words: words(left), dots, last: left == 1 }
}
