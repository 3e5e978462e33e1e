//! Metadata is brought, read, shown, and counts when somebody has said that it is meant.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use warifu_service::Problem;
use warifu_service::web::Page;

use super::admin;
use super::show::find;
use super::terms::{self, TermsForm};
use super::words::{EntityView, in_groups, name, source};
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::registry::{Draft, MetadataOrder, Order, OrderError, Proposal};
use crate::signed_in::AdminSignedIn;
use crate::store::StoredDraft;
use crate::view::View;

/// What is brought: the metadata in one of three ways, and certificates.
#[derive(Deserialize)]
pub(crate) struct Brought {
    #[serde(default)]
    document: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    entity: String,
    #[serde(default)]
    signer: String,
    #[serde(default)]
    client: String,
}

impl Brought {
    fn order(self) -> Result<Order, Problem> {
        let given =
            |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
        let metadata = match (given(&self.document), given(&self.url), given(&self.entity)) {
            (Some(document), None, None) => MetadataOrder::Document(document.into_bytes()),
            (None, Some(url), None) => MetadataOrder::Url(url),
            (None, None, Some(entity)) => MetadataOrder::Entity(entity),
            _ => return Err(refuse(StatusCode::UNPROCESSABLE_ENTITY, "registry.nothing")),
        };
        let (signer, client_certificate) = (given(&self.signer), given(&self.client));
        Ok(Order { metadata, signer, client_certificate })
    }
}

#[derive(Template)]
#[template(path = "providers/new.html")]
struct NewPage<'a> {
    page: Page<'a>,
    title: String,
    lead: String,
    action: String,
    back: String,
    has_aggregates: bool,
}

#[derive(Template)]
#[template(path = "providers/draft.html")]
struct DraftPage<'a> {
    page: Page<'a>,
    id: &'a str,
    name: String,
    entity_id: String,
    source: String,
    signer: Option<String>,
    entity: EntityView,
    /// None where the terms stay as they are.
    terms: Option<TermsForm>,
    back: String,
}

/// `GET /admin/providers/new`.
pub(crate) async fn ask(
    State(centre): State<Arc<Centre>>,
    _: AdminSignedIn,
    view: View,
) -> Result<Response, Problem> {
    let voice = centre.words.in_(view.language);
    let page = NewPage {
        page: view.page(&centre.words),
        title: voice.say("registry-new-title"),
        lead: voice.say("registry-new-lead"),
        action: "/admin/providers/new".to_owned(),
        back: "/admin/providers".to_owned(),
        has_aggregates: !centre.config.aggregates.is_empty(),
    };
    view.render(&page, "form-action 'self'")
}

/// `GET /admin/providers/{id}/metadata`.
pub(crate) async fn ask_again(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    admin(&centre, &browser).await?;
    let voice = centre.words.in_(view.language);
    let (standing, report) = find(&centre, &id)?;
    if standing.entry.founding {
        return Err(OrderError::InConfiguration.into());
    }
    let provider = name(&report, voice);
    let page = NewPage {
        page: view.page(&centre.words),
        title: voice.say("registry-replace-title"),
        lead: voice.tell("registry-replace-lead", &[("provider", provider.into())]),
        action: format!("/admin/providers/{id}/metadata"),
        back: format!("/admin/providers/{id}"),
        has_aggregates: !centre.config.aggregates.is_empty(),
    };
    view.render(&page, "form-action 'self'")
}

/// `POST /admin/providers/new`.
pub(crate) async fn read(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    Form(brought): Form<Brought>,
) -> Result<Response, Problem> {
    let who = admin(&centre, &browser).await?;
    lay_down(&centre, &who, brought, None).await
}

/// `POST /admin/providers/{id}/metadata`. Certificates that are not brought anew stay.
pub(crate) async fn read_again(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    Path(id): Path<String>,
    Form(mut brought): Form<Brought>,
) -> Result<Response, Problem> {
    let who = admin(&centre, &browser).await?;
    let (standing, _) = find(&centre, &id)?;
    if let Some(known) = standing.registration() {
        let stays = |text: &mut String, known: &Option<String>| {
            if text.trim().is_empty() {
                *text = known.clone().unwrap_or_default();
            }
        };
        stays(&mut brought.signer, &known.signer);
        stays(&mut brought.client, &known.client_certificate);
    }
    lay_down(&centre, &who, brought, Some((id, standing.entry.revision))).await
}

/// Reads what was brought, and lays it down until it is confirmed.
async fn lay_down(
    centre: &Centre,
    who: &str,
    brought: Brought,
    replaces: Option<(String, i64)>,
) -> Result<Response, Problem> {
    let proposal = centre.registry.propose(brought.order()?).await?;
    let draft = Draft { registration: proposal.registration, replaces };
    let draft = serde_json::to_string(&draft).map_err(|cause| Problem::internal(&cause))?;
    let document = proposal.kept.map(|kept| kept.document);
    let (id, stored) = (centre.reference(), StoredDraft { draft, document });
    centre.store.add_draft(&id, who, &stored, centre.now()).await?;
    Ok(Redirect::to(&format!("/admin/providers/draft/{id}")).into_response())
}

/// What was laid down, read once more: it may have run out in the meantime.
async fn taken_up(centre: &Centre, who: &str, id: &str) -> Result<(Draft, Proposal), Problem> {
    let stored = centre.store.draft(id, who, centre.now()).await?;
    let stored = stored.ok_or(OrderError::NoSuch)?;
    let draft: Draft =
        serde_json::from_str(&stored.draft).map_err(|cause| Problem::internal(&cause))?;
    let registration = draft.registration.clone();
    let proposal = centre.registry.propose_registration(registration, stored.document).await?;
    Ok((draft, proposal))
}

/// `GET /admin/providers/draft/{id}`: what was read.
pub(crate) async fn show(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let who = admin(&centre, &browser).await?;
    let (draft, proposal) = taken_up(&centre, &who, &id).await?;
    let voice = centre.words.in_(view.language);
    let report = proposal.report(centre.now()).ok_or(OrderError::NoSuch)?;
    let registration = &proposal.registration;
    let named = report.names.iter().find(|(tag, _)| tag == voice.language.tag());
    let named = named.or(report.names.first()).map(|(_, name)| name.clone());
    let back = draft.replaces.as_ref().map(|(id, _)| format!("/admin/providers/{id}"));
    let terms = TermsForm::of(&registration.terms, voice);
    let page = DraftPage {
        page: view.page(&centre.words),
        id: &id,
        name: named.unwrap_or_else(|| proposal.entity.entity_id.clone()),
        entity_id: proposal.entity.entity_id.clone(),
        source: source(&registration.source.to_string(), voice),
        signer: registration.signer_fingerprint().as_deref().map(in_groups),
        entity: EntityView::of(&report, voice),
        terms: Some(terms).filter(|_| draft.replaces.is_none()),
        back: back.unwrap_or_else(|| "/admin/providers".to_owned()),
    };
    view.render(&page, "form-action 'self'")
}

/// `POST /admin/providers/draft/{id}`: it is meant.
pub(crate) async fn confirm(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    Path(id): Path<String>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let who = admin(&centre, &browser).await?;
    let (draft, proposal) = taken_up(&centre, &who, &id).await?;
    let next = if let Some((provider, revision)) = draft.replaces {
        centre.registry.replace((&provider, revision), &proposal, &who).await?;
        format!("/admin/providers/{provider}?changed")
    } else {
        let mut wanted = proposal.registration.terms.clone();
        terms::apply(&form, &mut wanted);
        let provider = centre.registry.add(&proposal, wanted, &who).await?;
        format!("/admin/providers/{provider}?added")
    };
    centre.store.drop_draft(&id).await?;
    Ok(Redirect::to(&next).into_response())
}
