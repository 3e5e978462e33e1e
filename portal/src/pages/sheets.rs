//! `POST /desk/label` and `POST /desk/slip`: what the desk prints of an answer that it was given
//! within the hour. The portal keeps no answer: the relay gives it once more.

use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use warifu_contract::eligibility::EligibilityAnswer;
use warifu_service::Problem;

use super::desk::answer_gone;
use super::stream;
use crate::access::{Clerk, SignedIn};
use crate::dates::words;
use crate::desk::label::LabelSize;
use crate::desk::qr;
use crate::look::{Look, show};
use crate::shared::{App, Shared};
use crate::view::answer::AnswerView;
use crate::view::sheets::{LabelScreen, LabelView, SlipCode, SlipScreen};
use crate::view::site::Menu;

/// Where a desk keeps the size of its labels.
const COOKIE: &str = "label-size";

/// Which answer, and how it is to be printed.
#[derive(Debug, Deserialize)]
pub struct Sheet {
    /// The key that the check was made with.
    answer: String,
    /// The label's size, when it is changed.
    size: Option<String>,
    /// `a4`, or else `a5`.
    paper: Option<String>,
}

/// `POST /desk/label`: シール作成.
pub async fn label(
    State(app): State<App>,
    Clerk(me): Clerk,
    headers: HeaderMap,
    look: Look,
    Form(sheet): Form<Sheet>,
) -> Result<Response, Problem> {
    let look = look.standing_at("/desk");
    let voice = look.voice(&app);
    let answer = answer(&app, &me, &sheet.answer).await;
    let policy = app.desk.label_numbers;
    let Some(label) = answer.and_then(|answer| LabelView::new(voice, &answer, policy)) else {
        return Ok(answer_gone());
    };
    let chosen = sheet.size.as_deref().and_then(LabelSize::named);
    let size = chosen.or_else(|| kept(&headers)).unwrap_or_default();
    let words = |one: LabelSize| (one.name(), voice.say(size_key(one)), one == size);
    let mut page = show(&LabelScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Desk, look.path()),
        answer: sheet.answer,
        size,
        sizes: LabelSize::ALL.map(words).to_vec(),
        label,
    })?;
    if let Some(cookie) = chosen.and_then(cookie) {
        page.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(page)
}

/// `POST /desk/slip`: 確認票.
pub async fn slip(
    State(app): State<App>,
    Clerk(me): Clerk,
    look: Look,
    Form(sheet): Form<Sheet>,
) -> Result<Response, Problem> {
    let look = look.standing_at("/desk");
    let voice = look.voice(&app);
    let Some(answer) = answer(&app, &me, &sheet.answer).await else { return Ok(answer_gone()) };
    let printed = words::full_moment(voice.language, app.surroundings.now());
    show(&SlipScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Desk, look.path()),
        code: code(&app, &look, &me, &sheet.answer).await,
        answer: sheet.answer,
        paper: if sheet.paper.as_deref() == Some("a4") { "a4" } else { "a5" },
        clinic: me.organization.clone().unwrap_or_default(),
        printed: voice.tell("slip-printed", &[("moment", printed.into())]),
        result: stream::part(&AnswerView::new(voice, &answer)),
    })
}

async fn answer(app: &Shared, me: &SignedIn, key: &str) -> Option<EligibilityAnswer> {
    let access = me.access(app.surroundings.now()).ok()?;
    let given = app.relay.given_answer(access, key).await;
    given.inspect_err(|cause| tracing::warn!(%cause, "an answer could not be had again")).ok()?
}

async fn code(app: &Shared, look: &Look, me: &SignedIn, key: &str) -> Option<SlipCode> {
    if app.desk.scans_stopped {
        return None;
    }
    let voice = look.voice(app);
    let access = me.access(app.surroundings.now()).ok()?;
    let made = app.relay.slip(access, key).await;
    let slip = made.inspect_err(|cause| tracing::warn!(%cause, "no code for a slip")).ok()??;
    let until = words::full_moment(voice.language, slip.until);
    Some(SlipCode {
        qr: qr::svg(&slip.text, &voice.say("slip-qr"))?,
        text: slip.text,
        until: voice.tell("slip-until", &[("moment", until.into())]),
    })
}

const fn size_key(size: LabelSize) -> &'static str {
    match size {
        LabelSize::Wide => "label-size-wide",
        LabelSize::Small => "label-size-small",
        LabelSize::Large => "label-size-large",
    }
}

fn kept(headers: &HeaderMap) -> Option<LabelSize> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(name, _)| name.trim() == COOKIE)
        .and_then(|(_, size)| LabelSize::named(size.trim()))
}

fn cookie(size: LabelSize) -> Option<HeaderValue> {
    let size = size.name();
    let line =
        format!("{COOKIE}={size}; Path=/desk; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&line).ok()
}
