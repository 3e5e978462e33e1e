//! `GET /admin/refusals`: the refused attempts of the last days, for who runs the federation.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use data_encoding::HEXLOWER;
use jiff::SignedDuration;
use serde::Deserialize;
use warifu_service::Problem;
use warifu_service::web::Page;
use warifu_service::words::{Language, Voice};

use crate::centre::Centre;
use crate::japan::minute;
use crate::provider::Providers;
use crate::signed_in::AdminSignedIn;
use crate::store::{Refusal, Shown};
use crate::view::View;

/// The spans that can be chosen, in hours.
const SPANS: [u16; 4] = [1, 24, 168, 720];
const USUAL_SPAN: u16 = 24;
/// Lines on the page.
const MOST: u16 = 500;
/// The most of a card's name that is shown: enough to tell cards apart.
const CARD_DIGITS: usize = 8;

/// What to show.
#[derive(Deserialize)]
pub(crate) struct Filter {
    hours: Option<u16>,
    code: Option<String>,
}

#[derive(Template)]
#[template(path = "refusals.html")]
struct RefusalsPage<'a> {
    page: Page<'a>,
    spans: Vec<SpanView>,
    code: &'a str,
    lines: Vec<LineView>,
    is_cut: bool,
}

struct SpanView {
    hours: u16,
    name: String,
    is_chosen: bool,
}

/// Attempts that were refused together.
struct LineView {
    at: String,
    code: String,
    what: String,
    address: String,
    provider: String,
    card: String,
    count: i64,
}

/// Shows them to the administrators of the federation; who is not signed in signs in first.
pub(crate) async fn show(
    State(centre): State<Arc<Centre>>,
    _: AdminSignedIn,
    view: View,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let hours = filter.hours.filter(|hours| SPANS.contains(hours)).unwrap_or(USUAL_SPAN);
    let code = filter.code.as_deref().map(str::trim).unwrap_or_default();
    let shown = Shown {
        since: centre.now() - SignedDuration::from_hours(hours.into()),
        code: Some(code).filter(|code| !code.is_empty()),
        most: MOST,
    };
    let refusals = centre.store.refusals(&shown).await?;
    let (voice, providers) = (centre.words.in_(view.language), centre.providers());
    let look = Look { voice, language: view.language, providers: &providers };
    let page = RefusalsPage {
        page: view.page(&centre.words),
        spans: SPANS.iter().map(|&span| look.span(span, hours)).collect(),
        code,
        is_cut: refusals.len() >= usize::from(MOST),
        lines: refusals.iter().map(|refusal| look.at(refusal)).collect(),
    };
    view.render(&page, "form-action 'self'")
}

/// How refusals look in a language.
struct Look<'a> {
    voice: Voice<'a>,
    language: Language,
    providers: &'a Providers,
}

impl Look<'_> {
    fn span(&self, hours: u16, chosen: u16) -> SpanView {
        let name = self.voice.say(&format!("refusals-span-{hours}"));
        SpanView { hours, name, is_chosen: hours == chosen }
    }

    fn at(&self, refusal: &Refusal) -> LineView {
        let card = refusal.card.as_ref().map(|card| HEXLOWER.encode(card));
        let card = card.map(|digits| digits.chars().take(CARD_DIGITS).collect());
        let address = refusal.address.map(|address| address.to_string());
        LineView {
            at: minute(refusal.minute),
            what: self.voice.say(&refusal.code.replace('.', "-")),
            code: refusal.code.clone(),
            address: address.unwrap_or_else(|| self.voice.say("refusals-many")),
            provider: self.provider(refusal),
            card: card.unwrap_or_default(),
            count: refusal.count,
        }
    }

    /// The provider's name; one that is not known any more by its entity id.
    fn provider(&self, refusal: &Refusal) -> String {
        let Some(entity_id) = &refusal.provider else { return String::new() };
        let known = self.providers.find(entity_id);
        known.map_or_else(|| entity_id.clone(), |known| known.name(self.language))
    }
}
