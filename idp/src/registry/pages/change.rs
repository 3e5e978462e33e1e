//! What changes a registration: its terms, stopping and starting, reading again, removing. What
//! hurts is asked for once more.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use warifu_service::Problem;
use warifu_service::web::Page;

use super::show::find;
use super::words::name;
use super::{admin, terms};
use crate::browser::Browser;
use crate::centre::Centre;
use crate::provider::Registration;
use crate::registry::OrderError;
use crate::store::Deed;
use crate::view::View;

#[derive(Template)]
#[template(path = "providers/confirm.html")]
struct ConfirmPage<'a> {
    page: Page<'a>,
    title: String,
    lead: &'static str,
    submit: &'static str,
    act: &'static str,
    id: &'a str,
    revision: i64,
}

/// What a form says, pair by pair.
type Pairs = Vec<(String, String)>;

/// `POST /admin/providers/{id}`: other terms.
pub(crate) async fn terms(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Result<Response, Problem> {
    let who = admin(&centre, &browser).await?;
    let alter = |registration: &mut Registration| terms::apply(&form, &mut registration.terms);
    let which = (id.as_str(), revision(&form));
    centre.registry.alter(which, Deed::Changed, alter, &who).await?;
    Ok(changed(&id))
}

/// `POST …/enable`.
pub(crate) async fn enable(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Result<Response, Problem> {
    switch(&centre, &browser, &id, &form, true).await
}

/// `POST …/disable`.
pub(crate) async fn disable(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Result<Response, Problem> {
    switch(&centre, &browser, &id, &form, false).await
}

async fn switch(
    centre: &Centre,
    browser: &Browser,
    id: &str,
    form: &Pairs,
    on: bool,
) -> Result<Response, Problem> {
    let who = admin(centre, browser).await?;
    centre.registry.enable((id, revision(form)), on, &who).await?;
    Ok(changed(id))
}

/// `POST …/remove`.
pub(crate) async fn remove(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    Path(id): Path<String>,
    Form(form): Form<Pairs>,
) -> Result<Response, Problem> {
    let who = admin(&centre, &browser).await?;
    centre.registry.remove((&id, revision(&form)), &who).await?;
    Ok(Redirect::to("/admin/providers?removed=yes").into_response())
}

/// `POST …/refresh`.
pub(crate) async fn refresh(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let who = admin(&centre, &browser).await?;
    centre.registry.refresh(&id, &who).await?;
    Ok(changed(&id))
}

/// `GET …/disable`: asks whether it is meant.
pub(crate) async fn ask_disable(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    admin(&centre, &browser).await?;
    ask(&centre, &view, &id, "disable")
}

/// `GET …/remove`: asks whether it is meant.
pub(crate) async fn ask_remove(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    admin(&centre, &browser).await?;
    ask(&centre, &view, &id, "remove")
}

fn ask(centre: &Centre, view: &View, id: &str, act: &'static str) -> Result<Response, Problem> {
    let (standing, report) = find(centre, id)?;
    if standing.entry.founding {
        return Err(OrderError::InConfiguration.into());
    }
    let (title, lead, submit) = match act {
        "disable" => ("registry-disable-title", "registry-disable-lead", "registry-disable-submit"),
        _ => ("registry-remove-title", "registry-remove-lead", "registry-remove-submit"),
    };
    let voice = centre.words.in_(view.language);
    let page = ConfirmPage {
        page: view.page(&centre.words),
        title: voice.tell(title, &[("provider", name(&report, voice).into())]),
        lead,
        submit,
        act,
        id,
        revision: standing.entry.revision,
    };
    view.render(&page, "form-action 'self'")
}

/// The revision that the form was made from.
fn revision(form: &Pairs) -> Option<i64> {
    let found = form.iter().find(|(name, _)| name == "revision");
    // What is no number was not made by our form: no revision is that old.
    found.map(|(_, value)| value.parse().unwrap_or(-1))
}

fn changed(id: &str) -> Response {
    Redirect::to(&format!("/admin/providers/{id}?changed")).into_response()
}
