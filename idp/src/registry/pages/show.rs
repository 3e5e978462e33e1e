//! `GET /admin/providers/{id}`: one of them, and what can be done about it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use warifu_service::Problem;
use warifu_service::web::Page;

use super::terms::TermsForm;
use super::words::{ChangeView, EntityView, Said, in_groups, mood, name, source, state};
use crate::centre::Centre;
use crate::japan::minute;
use crate::registry::{OrderError, ProviderReport, Standing, State as Stands};
use crate::signed_in::AdminSignedIn;
use crate::view::View;

#[derive(Template)]
#[template(path = "providers/show.html")]
struct ShowPage<'a> {
    page: Page<'a>,
    news: Option<&'static str>,
    id: &'a str,
    revision: i64,
    name: String,
    entity_id: String,
    mood: &'static str,
    state: String,
    fault: Option<Said>,
    cause: String,
    source: String,
    signer: Option<String>,
    read_at: String,
    in_configuration: bool,
    is_enabled: bool,
    is_pasted: bool,
    entity: Option<EntityView>,
    terms: Option<TermsForm>,
    changes: Vec<ChangeView>,
}

/// Shows it; who is not signed in signs in first.
pub(crate) async fn show(
    State(centre): State<Arc<Centre>>,
    _: AdminSignedIn,
    view: View,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (standing, report) = find(&centre, &id)?;
    let voice = centre.words.in_(view.language);
    let changes = centre.registry.store.changes_of(&id).await?;
    let code = report.fault.or(report.trouble).filter(|_| report.state != Stands::Disabled);
    let expired = (report.state == Stands::Expired).then_some("provider.expired");
    let page = ShowPage {
        page: view.page(&centre.words),
        news: news(query.as_deref().unwrap_or_default()),
        id: &id,
        revision: standing.entry.revision,
        name: name(&report, voice),
        entity_id: report.entity_id.clone().unwrap_or_default(),
        mood: mood(report.state),
        state: state(report.state, voice),
        fault: code.or(expired).map(|code| Said::of(code, voice)),
        cause: report.cause.clone().unwrap_or_default(),
        source: source(report.source.as_deref().unwrap_or_default(), voice),
        signer: report.signer.as_deref().map(in_groups),
        read_at: report.read_at.map(minute).unwrap_or_default(),
        in_configuration: report.in_configuration,
        is_enabled: report.state != Stands::Disabled,
        is_pasted: standing.registration().is_some_and(crate::provider::Registration::is_pasted),
        entity: report.metadata.as_ref().map(|metadata| EntityView::of(metadata, voice)),
        terms: report.terms.as_ref().map(|terms| TermsForm::of(terms, voice)),
        changes: changes.into_iter().map(|change| ChangeView::of(change, voice)).collect(),
    };
    view.render(&page, "form-action 'self'")
}

/// The registration of that id, and what there is to see of it.
pub(super) fn find(
    centre: &Centre,
    id: &str,
) -> Result<(Arc<Standing>, ProviderReport), OrderError> {
    let picture = centre.registry.picture();
    let standing = picture.standings.iter().find(|standing| standing.entry.id == id);
    let standing = standing.ok_or(OrderError::NoSuch)?.clone();
    let report = ProviderReport::of(&standing, centre.now());
    Ok((standing, report))
}

/// What has just happened, as the address says.
fn news(query: &str) -> Option<&'static str> {
    query.split('&').find_map(|part| match part {
        "added" => Some("registry-news-added"),
        "changed" => Some("registry-news-changed"),
        _ => None,
    })
}
