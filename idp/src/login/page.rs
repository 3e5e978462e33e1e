//! `GET /login`: the page that leads through the sign-in, step by step.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use warifu_service::Problem;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::screen::{Act, SpokenScreen, Step, spoken};
use super::{challenge, own_login, stale};
use crate::assurance::Level;
use crate::browser::Browser;
use crate::centre::Centre;
use crate::config::{AgentsConfig, Origin};
use crate::provider::Provider;
use crate::store::Login;
use crate::view::View;

/// Names the sign-in.
#[derive(Deserialize)]
pub(crate) struct Which {
    tx: String,
}

/// Shows the page, with a request for the card software in it.
pub(crate) async fn show(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let login = own_login(&centre, &browser, &which.tx).await?;
    if login.outcome.is_some() {
        return Ok(Redirect::to(&format!("/login/done?tx={}", login.id)).into_response());
    }
    let request = challenge::request(&centre, &login, view.language).await?;
    let providers = centre.providers();
    let provider = providers.find(&login.provider).ok_or_else(stale)?;
    let remaining = login.expires_at.duration_since(centre.now()).as_secs();
    let agents = &centre.config.agents;
    let content = Content { login: &login, provider, request: &request, agents, remaining };
    let page = content.page(view.page(&centre.words), centre.words.in_(view.language));
    view.render(&page, &policy(agents))
}

/// Only this page may talk to the card software.
fn policy(agents: &AgentsConfig) -> String {
    let agents = addresses(agents);
    format!("script-src 'self'; connect-src 'self' {agents}; form-action 'self'")
}

fn addresses(agents: &AgentsConfig) -> String {
    let all: Vec<_> = agents.addresses.iter().map(Origin::as_str).collect();
    all.join(" ")
}

/// What the page is about.
struct Content<'a> {
    login: &'a Login,
    provider: &'a Provider,
    request: &'a str,
    agents: &'a AgentsConfig,
    /// Seconds until the sign-in is over.
    remaining: i64,
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    page: Page<'a>,
    title: String,
    lead: String,
    tx: &'a str,
    request: &'a str,
    agents: String,
    download: Option<&'a str>,
    service: String,
    level: &'static str,
    seconds: i64,
    asks_pin: bool,
    steps: Vec<StepView>,
    screens: Vec<SpokenScreen<'a>>,
    questions: Vec<Question>,
    tries_many: String,
    tries_one: String,
}

/// A step with its words.
struct StepView {
    name: &'static str,
    title: String,
    todo: String,
    done: String,
}

/// A question and its answer, beside the steps.
struct Question {
    name: &'static str,
    title: String,
    answer: String,
}

impl<'a> Content<'a> {
    fn page(&self, page: Page<'a>, voice: Voice<'a>) -> LoginPage<'a> {
        let level = self.login.level;
        let name = self.provider.name(voice.language);
        let origin = self.provider.origin().map_or_else(|| "/".to_owned(), |o| o.at("/"));
        LoginPage {
            page,
            title: voice.say(&at("login-title", level)),
            lead: voice.tell(&at("login-lead", level), &[("provider", name.as_str().into())]),
            tx: &self.login.id,
            request: self.request,
            agents: addresses(self.agents),
            download: self.agents.download.as_deref(),
            service: origin,
            level: level.as_str(),
            seconds: self.remaining,
            asks_pin: level == Level::High,
            steps: steps(level, voice, &name),
            screens: spoken(level, voice),
            questions: questions(level, voice),
            tries_many: voice.tell("pin-tries", &[("n", "{n}".into())]),
            tries_one: voice.say("pin-tries-one"),
        }
    }
}

/// The key of a sentence that speaks otherwise at the desk.
fn at(key: &str, level: Level) -> String {
    match level {
        Level::High => key.to_owned(),
        Level::Presence => format!("{key}-desk"),
    }
}

fn steps(level: Level, voice: Voice<'_>, provider: &str) -> Vec<StepView> {
    let view = |&step: &Step| {
        let key = match step {
            Step::Card => at("step-card", level),
            other => format!("step-{}", other.name()),
        };
        let tell = |key: &str| voice.tell(key, &[("provider", provider.into())]);
        StepView {
            name: step.name(),
            title: tell(&key),
            todo: tell(&format!("{key}-todo")),
            done: tell(&format!("{key}-done")),
        }
    };
    Step::all(level).iter().map(view).collect()
}

fn questions(level: Level, voice: Voice<'_>) -> Vec<Question> {
    let about_pin = ["help-window", "help-forgot"];
    ["help-window", "help-permission", "help-reader", "help-forgot"]
        .into_iter()
        .filter(|name| level == Level::High || !about_pin.contains(name))
        .map(|name| Question {
            name,
            title: voice.say(name),
            answer: voice.attribute(name, "answer"),
        })
        .collect()
}
