//! `GET /logout/services`: how far a logout has come at each service provider, and the way on.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use warifu_service::Problem;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::walk;
use crate::browser::Browser;
use crate::centre::Centre;
use crate::provider::Providers;
use crate::store::{Logout, Step, StepState};
use crate::view::View;

#[derive(Template)]
#[template(path = "logout_services.html")]
struct ServicesPage<'a> {
    page: Page<'a>,
    standing: &'static str,
    services: Vec<ServiceView>,
    /// What the button that leads on says.
    onward: Option<String>,
    /// Whether somebody may still confirm by itself.
    may_change: bool,
    /// Whether another session of this browser goes on.
    goes_on: bool,
}

struct ServiceView {
    name: String,
    state: String,
    mood: &'static str,
}

/// Shows it; without any logout on its way, whether this browser is signed in.
pub(crate) async fn services(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
) -> Result<Response, Problem> {
    let Some(logout) = walk::current(&centre, &browser).await? else {
        return Ok(Redirect::to("/logout").into_response());
    };
    let (voice, providers) = (view.voice(&centre.words), centre.providers());
    let page = ServicesPage {
        page: view.page(&centre.words),
        standing: standing(&logout),
        services: logout.steps.iter().map(|step| service(step, &providers, voice)).collect(),
        onward: onward(&logout, &providers, voice),
        may_change: logout.silent().next().is_some(),
        goes_on: centre.session(&browser).await?.is_some(),
    };
    view.render(&page, "form-action 'self'")
}

/// The key of what the page says above all.
fn standing(logout: &Logout) -> &'static str {
    if logout.waiting().next().is_some() {
        "logout-more"
    } else if logout.is_confirmed() {
        "logout-all"
    } else if logout.steps.iter().all(|step| is_being_told(step) || is_confirmed(step)) {
        "logout-telling"
    } else {
        "logout-partly"
    }
}

fn is_confirmed(step: &Step) -> bool {
    step.state == StepState::Confirmed
}

/// From server to server somebody may confirm later; who was left in the browser does not.
fn is_being_told(step: &Step) -> bool {
    step.state == StepState::Asked && step.by_server
}

fn service(step: &Step, providers: &Providers, voice: Voice<'_>) -> ServiceView {
    let (key, mood) = match step.state {
        StepState::Confirmed => ("logout-service-confirmed", "ok"),
        StepState::Waiting => ("logout-service-waiting", ""),
        StepState::Asked if step.by_server => ("logout-service-telling", ""),
        StepState::Asked | StepState::Failed => ("logout-service-unsure", "warn"),
    };
    let name = name(&step.party.provider, providers, voice);
    ServiceView { name, state: voice.say(key), mood }
}

fn onward(logout: &Logout, providers: &Providers, voice: Voice<'_>) -> Option<String> {
    if logout.waiting().next().is_some() {
        return Some(voice.say("logout-continue"));
    }
    let asker = logout.asker.as_ref().filter(|_| logout.owes_answer())?;
    let name = name(&asker.provider, providers, voice);
    Some(voice.tell("logout-return", &[("provider", name.into())]))
}

fn name(entity_id: &str, providers: &Providers, voice: Voice<'_>) -> String {
    let provider = providers.find(entity_id);
    provider.map_or_else(|| entity_id.to_owned(), |provider| provider.name(voice.language))
}
