//! `GET /login/certificate/help`: why the card's host refused, what to do, and the ways on.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use warifu_service::Problem;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::super::own_login;
use super::super::page::form_policy;
use super::host_for;
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::view::View;

/// What the card's host refuses for. The page speaks of nothing else, whatever its address says.
pub(super) const REASONS: [&str; 18] = [
    "certificate.none",
    "certificate.off",
    "certificate.staff",
    "cert.expired",
    "cert.notyet",
    "cert.purpose",
    "cert.untrusted",
    "token.format",
    "card.level",
    "card.not-activated",
    "card.not-enrolled",
    "card.revoked",
    "card.suspended",
    "card.throttled",
    "card.unknown",
    "login.stale",
    "login.throttled",
    "revocation.unavailable",
];

/// What the card's host led here with.
#[derive(Deserialize)]
pub(crate) struct Refused {
    tx: Option<String>,
    why: String,
}

#[derive(Template)]
#[template(path = "certificate.html")]
struct HelpPage<'a> {
    page: Page<'a>,
    title: String,
    advice: String,
    code: &'static str,
    /// The sign-in, where this browser can go on with it.
    tx: Option<&'a str>,
    /// Whether another certificate, or another try, could help.
    steps: bool,
}

/// Says it.
pub(crate) async fn help(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Query(refused): Query<Refused>,
) -> Result<Response, Problem> {
    let code = REASONS.into_iter().find(|reason| *reason == refused.why);
    let code = code.ok_or_else(|| refuse(StatusCode::NOT_FOUND, "request.unknown-path"))?;
    let login = match &refused.tx {
        Some(tx) => own_login(&centre, &browser, tx).await.ok(),
        None => None,
    };
    let login = login.filter(|login| host_for(&centre, login).is_some());
    let voice = view.voice(&centre.words);
    let key = key(code, voice);
    let page = HelpPage {
        page: view.page(&centre.words),
        title: voice.say(&key),
        advice: voice.attribute(&key, "person"),
        code,
        tx: login.as_ref().map(|login| login.id.as_str()),
        steps: matches!(code, "certificate.none" | "cert.purpose" | "cert.untrusted"),
    };
    view.render(&page, &form_policy(&centre.config))
}

/// The address of that page; `tx` as it came from outside.
pub(crate) fn address_of_help(centre: &Centre, tx: &str, why: &str, language: &str) -> String {
    let is_name = tx.len() == 32 && tx.bytes().all(|byte| byte.is_ascii_hexdigit());
    let tx = if is_name { format!("&tx={tx}") } else { String::new() };
    centre.config.public_url.at(&format!("/login/certificate/help?why={why}&lang={language}{tx}"))
}

/// The key of a refusal's words, or of its sibling that speaks of the browser.
fn key(code: &str, voice: Voice<'_>) -> String {
    let key = code.replace('.', "-");
    let sibling = format!("{key}-browser");
    if voice.knows(&sibling) { sibling } else { key }
}
