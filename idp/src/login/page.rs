//! `GET /login`, `/activate`, `/cards/add`: the page that leads through a question to a card, step by
//! step.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use warifu_service::Problem;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::challenge::{Asked, Turn};
use super::method::{self, Method, methods};
use super::scene::{Scene, Step};
use super::screen::{Act, SpokenScreen, spoken};
use super::{Begin, begin, certificate, challenge, destination, own_login, stale};
use crate::browser::Browser;
use crate::centre::Centre;
use crate::config::{AgentsConfig, IdpConfig, Origin};
use crate::store::{Login, Task};
use crate::view::{Address, View};

/// Names the sign-in.
#[derive(Deserialize)]
pub(crate) struct Which {
    tx: String,
}

/// Names it, unless it is still to begin.
#[derive(Deserialize)]
pub(crate) struct Perhaps {
    tx: Option<String>,
}

/// The sign-in with a card, or the tap of a patient's.
pub(crate) async fn show(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    page(&centre, &browser, &which.tx, Task::SignIn, &view).await
}

/// A new card is put into use: on the way of a sign-in, or because the letter leads here.
pub(crate) async fn activate(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    address: Address,
    Query(which): Query<Perhaps>,
) -> Result<Response, Problem> {
    let Some(tx) = which.tx else {
        return begin(&centre, &browser, (&view, &address), Begin::own(Task::Activate)).await;
    };
    page(&centre, &browser, &tx, Task::Activate, &view).await
}

/// A card that others issued is put beside the person's own.
pub(crate) async fn add_card(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    page(&centre, &browser, &which.tx, Task::AddCard, &view).await
}

/// Shows the page for that task, with a request for the card software in it.
async fn page(
    centre: &Centre,
    browser: &Browser,
    tx: &str,
    task: Task,
    view: &View,
) -> Result<Response, Problem> {
    if let Some(asked) = challenge::repeat(centre, browser, (tx, task), view.language).await? {
        return show_question(centre, &asked, view);
    }
    let same = Turn { tx, was: task, task };
    if let Some(asked) = challenge::ask(centre, browser, &same, view.language).await? {
        return show_question(centre, &asked, view);
    }
    let login = own_login(centre, browser, tx).await?;
    if login.outcome.is_some() {
        return Ok(Redirect::to(&format!("/login/done?tx={}", login.id)).into_response());
    }
    // A sign-in may turn into an activation and back; a tap and a card to add stay what they are.
    let is_fixed = |task| task == Task::AddCard;
    let is_tap = !login.level.is_of_a_person() && task != Task::SignIn;
    if is_tap || is_fixed(login.task) != is_fixed(task) {
        return Err(stale());
    }
    let other = Turn { tx, was: login.task, task };
    let asked = challenge::ask(centre, browser, &other, view.language).await?.ok_or_else(stale)?;
    show_question(centre, &asked, view)
}

fn show_question(centre: &Centre, asked: &Asked, view: &View) -> Result<Response, Problem> {
    let Asked { login, request } = asked;
    let remaining = login.expires_at.duration_since(centre.now()).as_secs();
    let destination = destination(centre, login, view.language)?;
    let content = Content {
        login,
        scene: Scene::of(login),
        destination: &destination,
        methods: methods(&centre.config, login.task, login.level),
        service: service(centre, login),
        request,
        agents: &centre.config.agents,
        remaining,
        by_certificate: certificate::host_for(centre, login).is_some(),
    };
    let page = content.page(view.page(&centre.words), view.voice(&centre.words));
    view.render(&page, &policy(&centre.config))
}

/// Where the person begins anew.
fn service(centre: &Centre, login: &Login) -> String {
    let providers = centre.providers();
    let provider = login.asker.as_ref().and_then(|asker| providers.find(&asker.provider));
    let origin = provider.and_then(crate::provider::Provider::origin);
    origin.map_or_else(|| "/".to_owned(), |origin| origin.at("/"))
}

/// Only this page may talk to the card software.
fn policy(config: &IdpConfig) -> String {
    let agents = addresses(&config.agents);
    format!("script-src 'self'; connect-src 'self' {agents}; {}", form_policy(config))
}

/// Where forms lead: to us, and by way of us to the host that asks for a certificate.
pub(super) fn form_policy(config: &IdpConfig) -> String {
    let host = config.card_host.as_ref().map(|host| format!(" {}", host.url.as_str()));
    format!("form-action 'self'{}", host.unwrap_or_default())
}

fn addresses(agents: &AgentsConfig) -> String {
    let all: Vec<_> = agents.addresses.iter().map(Origin::as_str).collect();
    all.join(" ")
}

/// What the page is about.
struct Content<'a> {
    login: &'a Login,
    scene: Scene,
    destination: &'a str,
    methods: Vec<Method>,
    service: String,
    request: &'a str,
    agents: &'a AgentsConfig,
    /// Seconds until the sign-in is over.
    remaining: i64,
    /// Whether the browser may show a certificate instead.
    by_certificate: bool,
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
    verb: &'static str,
    seconds: i64,
    asks_pin: bool,
    offers_activation: bool,
    by_certificate: bool,
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
        let to = [("provider", self.destination.into())];
        LoginPage {
            page,
            title: voice.say(&self.scene.key("login-title", voice)),
            lead: voice.tell(&self.scene.key("login-lead", voice), &to),
            tx: &self.login.id,
            request: self.request,
            agents: addresses(self.agents),
            download: self.agents.download.as_deref(),
            service: self.service.clone(),
            level: self.login.level.as_str(),
            verb: self.scene.verb(),
            seconds: self.remaining,
            asks_pin: self.scene.asks_pin(),
            offers_activation: self.scene == Scene::SignIn,
            by_certificate: self.by_certificate,
            steps: self.steps(voice),
            screens: spoken(self.scene, &self.methods, voice),
            questions: self.questions(voice),
            tries_many: voice.tell("pin-tries", &[("n", "{n}".into())]),
            tries_one: voice.say("pin-tries-one"),
        }
    }

    fn steps(&self, voice: Voice<'_>) -> Vec<StepView> {
        let view = |&step: &Step| {
            let key = self.scene.key(&format!("step-{}", step.name()), voice);
            let key = method::key(&self.methods, &key, voice);
            let to = [("provider", self.destination.into())];
            let tell = |end: &str| voice.tell(&format!("{key}{end}"), &to);
            StepView {
                name: step.name(),
                title: tell(""),
                todo: tell("-todo"),
                done: tell("-done"),
            }
        };
        self.scene.steps().iter().map(view).collect()
    }

    fn questions(&self, voice: Voice<'_>) -> Vec<Question> {
        let asked: &[&'static str] = match self.scene {
            Scene::Tap | Scene::Identify => &["help-permission", "help-reader"],
            Scene::Activate => &["help-letter", "help-window", "help-permission", "help-reader"],
            Scene::SignIn | Scene::StepUp | Scene::AddCard => {
                &["help-window", "help-permission", "help-reader", "help-forgot"]
            }
        };
        let view = |&name: &&'static str| Question {
            name,
            title: voice.say(name),
            answer: voice.attribute(name, "answer"),
        };
        asked.iter().map(view).collect()
    }
}
