//! `/settings`: how pages look, and the ways to one's cards and sign-ins.

use axum::extract::{Form, Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use warifu_service::Problem;
use warifu_service::web::display::{Display, Size};

use super::entrance::own_site;
use crate::access::{SignedIn, Visitor};
use crate::look::{Look, show};
use crate::shared::App;
use crate::view::Link;
use crate::view::settings::{Choice, SettingsScreen};
use crate::view::site::Site;

/// What was done a moment ago.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    done: Option<String>,
}

/// The form.
#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    size: String,
    #[serde(default)]
    contrast: String,
    #[serde(default)]
    furigana: String,
}

/// `GET /settings`.
pub async fn page(
    State(app): State<App>,
    visitor: Option<Visitor>,
    Query(done): Query<Done>,
    look: Look,
) -> Result<Response, Problem> {
    let voice = look.voice(&app);
    let me = visitor.map(|Visitor(me)| me);
    let size = |size: Size| Choice {
        value: size.as_str(),
        words: voice.say(&format!("settings-size-{}", size.as_str())),
        chosen: look.display.size == size,
    };
    let contrast = |value: &'static str, chosen| Choice {
        value,
        words: voice.say(&format!("settings-contrast-{value}")),
        chosen,
    };
    let furigana = |value: &'static str, chosen| Choice {
        value,
        words: voice.say(&format!("settings-furigana-{value}")),
        chosen,
    };
    let (high, read) = (look.display.high_contrast, look.display.furigana);
    show(&SettingsScreen {
        page: look.page(&app),
        site: me.as_ref().map_or_else(Site::outside, |me| own_site(&app, &look, me)),
        done: done.done.is_some(),
        sizes: Size::ALL.map(size).into(),
        contrasts: vec![contrast("normal", !high), contrast("high", high)],
        furigana: vec![furigana("off", !read), furigana("on", read)],
        cards: me.map(|me| card_links(&app, &look, &me)),
    })
}

/// `POST /settings/display`.
pub async fn display(Form(typed): Form<Typed>) -> Response {
    let high_contrast = typed.contrast == "high";
    let furigana = typed.furigana == "on";
    let display = Display { size: Size::named(&typed.size), high_contrast, furigana };
    let mut response = Redirect::to("/settings?done=display").into_response();
    if let Some(cookie) = display.cookie() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The pages of the identity provider that know the cards; the portal knows none.
fn card_links(app: &App, look: &Look, me: &SignedIn) -> Vec<Link> {
    let now = app.surroundings.now();
    let provider = app.saml.providers.find(&me.issuer, now).filter(|_| me.access(now).is_ok());
    let origin = provider.and_then(|provider| {
        let url = url::Url::parse(provider.sso()?).ok()?;
        Some(url.origin().ascii_serialization())
    });
    let Some(origin) = origin else { return Vec::new() };
    let voice = look.voice(app);
    [("/cards", "settings-cards-go"), ("/sessions", "settings-sessions-go")]
        .map(|(path, key)| Link { href: format!("{origin}{path}"), words: voice.say(key) })
        .into()
}
