//! The signed request by which the card software knows that it is this identity provider that asks,
//! for whom, and what the card is to sign.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use warifu_service::Problem;
use warifu_service::words::Language;

use super::method::{Method, methods};
use super::{destination, own_login, own_secret, stale};
use crate::browser::Browser;
use crate::centre::Centre;
use crate::store::{Challenge, FirstChallenge, Login, OpenChallenge, Task, hash_of};
use crate::view::View;

/// The type in the header of the request.
const TYPE: &str = "card-request+jwt";
const AUDIENCE: &str = "card-agent";
/// How long the card software may take the request.
const REQUEST_LASTS: SignedDuration = SignedDuration::from_secs(120);
/// How long the card may take to answer it: the card software waits for card and PIN.
const ANSWER_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// The card software takes no longer names.
const LONGEST_NAME: usize = 200;

/// The claims of the request (RFC 7519); times in seconds.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    /// Names this request: the card software takes each once, the page may ask for several.
    tx: &'a str,
    /// 32 bytes in base64, signed as this text.
    nonce: &'a str,
    rp_name: &'a str,
    methods: &'a [Method],
    /// Absent for a sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    language: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    watch: Option<&'a str>,
    iat: i64,
    exp: i64,
}

/// What the page sends for a new request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refresh {
    tx: String,
}

/// What it gets.
#[derive(Serialize)]
pub(crate) struct Refreshed {
    request: String,
}

/// `POST /login/request`: a new request in place of the last, whose nonce counts no more.
pub(crate) async fn refresh(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Json(refresh): Json<Refresh>,
) -> Result<Json<Refreshed>, Problem> {
    let login = own_login(&centre, &browser, &refresh.tx).await?;
    let turn = Turn { tx: &login.id, was: login.task, task: login.task };
    let asked = ask(&centre, &browser, &turn, view.language).await?.ok_or_else(stale)?;
    Ok(Json(Refreshed { request: asked.request }))
}

/// What the question of the sign-in `tx` was, and what it is to be now.
pub(super) struct Turn<'a> {
    pub(super) tx: &'a str,
    pub(super) was: Task,
    pub(super) task: Task,
}

/// A question that was put: the sign-in as it is now, and the signed request.
pub(super) struct Asked {
    pub(super) login: Login,
    pub(super) request: String,
}

/// A challenge for a question that is put now.
pub(super) fn first(centre: &Centre) -> FirstChallenge {
    let nonce = new_nonce(centre);
    let watch = hash_of(&centre.store.watch_token(&nonce));
    FirstChallenge { expires_at: centre.now() + ANSWER_LASTS, nonce, watch }
}

/// Asks what was asked when the question was put, as long as that was a moment ago, and it is the same
/// task that nobody has answered since.
pub(super) async fn repeat(
    centre: &Centre,
    browser: &Browser,
    (tx, task): (&str, Task),
    language: Language,
) -> Result<Option<Asked>, Problem> {
    let (secret, now) = (own_secret(browser)?, centre.now());
    let found = centre.store.challenged_login(tx, &secret, now).await?;
    let Some((login, OpenChallenge { nonce, expires_at })) = found else { return Ok(None) };
    let is_young = expires_at.duration_since(now) >= ANSWER_LASTS - REQUEST_LASTS;
    let is_open = login.outcome.is_none() && login.proved.is_none();
    if login.task != task || !is_young || !is_open {
        return Ok(None);
    }
    let request = sign(centre, &login, language, &nonce)?;
    Ok(Some(Asked { login, request }))
}

/// Sets a new challenge for this task and signs the request for it. What the card answers counts for
/// the task that was asked for last, and for no other. `None` when this browser has no such question
/// that is open.
pub(super) async fn ask(
    centre: &Centre,
    browser: &Browser,
    turn: &Turn<'_>,
    language: Language,
) -> Result<Option<Asked>, Problem> {
    let FirstChallenge { nonce, expires_at, watch } = first(centre);
    let (was, task) = (turn.was, turn.task);
    let challenge = Challenge { was, task, nonce: &nonce, expires_at, watch: Some(watch) };
    let which = (turn.tx, &own_secret(browser)?);
    let login = centre.store.set_challenge(which, &challenge, centre.now()).await?;
    let Some(login) = login else { return Ok(None) };
    let request = sign(centre, &login, language, &nonce)?;
    Ok(Some(Asked { login, request }))
}

/// 32 bytes in base64.
fn new_nonce(centre: &Centre) -> String {
    STANDARD.encode(centre.surroundings.bytes::<32>())
}

fn sign(
    centre: &Centre,
    login: &Login,
    language: Language,
    nonce: &str,
) -> Result<String, Problem> {
    let watch = centre.store.watch_token(nonce);
    let task = login.task;
    let name = match task {
        Task::SignIn => destination(centre, login, language)?,
        Task::Activate | Task::AddCard => centre.words.in_(language).say("card-desk"),
    };
    let name: String = name.chars().take(LONGEST_NAME / 4).collect();
    let now = centre.now();
    let claims = Claims {
        iss: centre.config.public_url.as_str(),
        aud: AUDIENCE,
        tx: &centre.reference(),
        nonce,
        rp_name: &name,
        methods: &methods(&centre.config, task, login.level),
        purpose: (task == Task::Activate).then_some("activate"),
        language: language.tag(),
        // A tap, and a card that is added, leave nothing behind that a removal could end.
        watch: login.opens_session().then_some(watch.as_str()),
        iat: now.as_second(),
        exp: (now + REQUEST_LASTS).as_second(),
    };
    centre.keys.agent_request.sign(TYPE, &claims).map_err(|cause| Problem::internal(&cause))
}
