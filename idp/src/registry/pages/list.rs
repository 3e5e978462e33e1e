//! `GET /admin/providers`: all of them.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use warifu_service::Problem;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::words::{ChangeView, Said, mood, name, source, state};
use crate::centre::Centre;
use crate::japan::minute;
use crate::registry::{AggregateStanding, ProviderReport};
use crate::signed_in::AdminSignedIn;
use crate::view::View;

/// With fewer, nobody has to search.
const FEW: usize = 8;
/// Rows of a page; the search finds the others.
const MOST_ROWS: usize = 200;
/// Lines of the latest changes.
const LATEST: usize = 20;

/// What is looked for, and what has just happened.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
    removed: Option<String>,
}

#[derive(Template)]
#[template(path = "providers/list.html")]
struct ListPage<'a> {
    page: Page<'a>,
    was_removed: bool,
    is_empty: bool,
    searches: bool,
    word: &'a str,
    count: String,
    rows: Vec<RowView>,
    aggregates: Vec<AggregateView>,
    changes: Vec<ChangeView>,
}

struct RowView {
    id: String,
    name: String,
    entity_id: String,
    mood: &'static str,
    state: String,
    why: String,
    source: String,
    in_configuration: bool,
    until: String,
}

struct AggregateView {
    place: String,
    mood: &'static str,
    text: String,
    read_at: String,
}

/// Shows them; who is not signed in signs in first.
pub(crate) async fn show(
    State(centre): State<Arc<Centre>>,
    _: AdminSignedIn,
    view: View,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (voice, word) = (centre.words.in_(view.language), asked.q.trim());
    let mut all = centre.registry.reports();
    all.sort_by_cached_key(|report| (report.state.is_in_use(), name(report, voice)));
    let (total, changes) = (all.len(), centre.registry.store.latest_changes().await?);
    all.retain(|report| word.is_empty() || report.has(word));
    let picture = centre.registry.picture();
    let page = ListPage {
        page: view.page(&centre.words),
        was_removed: asked.removed.is_some(),
        is_empty: total == 0,
        searches: total > FEW || !word.is_empty(),
        word,
        count: voice.tell("registry-count", &[("n", all.len().into())]),
        rows: all.iter().take(MOST_ROWS).map(|report| row(report, voice)).collect(),
        aggregates: picture.aggregates.iter().map(|it| aggregate(it, voice)).collect(),
        changes: changes.into_iter().take(LATEST).map(|it| ChangeView::of(it, voice)).collect(),
    };
    view.render(&page, "form-action 'self'")
}

fn row(report: &ProviderReport, voice: Voice<'_>) -> RowView {
    let why = report.fault.or(report.trouble);
    let until = report.metadata.as_ref().and_then(|metadata| metadata.valid_until);
    RowView {
        id: report.id.clone(),
        name: name(report, voice),
        entity_id: report.entity_id.clone().unwrap_or_default(),
        mood: mood(report.state),
        state: state(report.state, voice),
        why: why.map(|code| Said::of(code, voice).title).unwrap_or_default(),
        source: source(report.source.as_deref().unwrap_or_default(), voice),
        in_configuration: report.in_configuration,
        until: until.map(minute).unwrap_or_default(),
    }
}

fn aggregate(standing: &AggregateStanding, voice: Voice<'_>) -> AggregateView {
    let (mood, text) = match (&standing.entities, &standing.trouble) {
        (Ok(count), None) => {
            ("ok", voice.tell("registry-aggregate-count", &[("n", (*count).into())]))
        }
        (Ok(_), Some(trouble)) => ("warn", Said::of(trouble.code(), voice).title),
        (Err(fault), _) => ("bad", Said::of(fault.code(), voice).title),
    };
    let read_at = standing.read_at.map(minute).unwrap_or_default();
    AggregateView { place: standing.place.clone(), mood, text, read_at }
}
