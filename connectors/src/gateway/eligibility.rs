//! `POST /v1/eligibility`: is this person's insurance valid on that day?

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::card_key::CardQuery;
use warifu_contract::copay::CopayFit;
use warifu_contract::decision::{self, Found, Register};
use warifu_contract::eligibility::{
    ConnectorEligibilityAnswer, ConnectorEligibilityRequest, Decision, ReasonCheck, ReasonStep,
    TypedCard, Verdict,
};
use warifu_contract::register::Enrolment;
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::caller::Caller;
use super::{Inner, sourced};
use crate::config::ConnectorKind;
use crate::store::{InsurerEntry, MemberId, Store, StoreError};

/// What the access log calls this service.
const SERVICE: &str = "eligibility";

/// Asks whether a person's insurance is valid, and why.
#[utoipa::path(
    post,
    path = "/v1/eligibility",
    request_body = ConnectorEligibilityRequest,
    responses(
        (status = 200, body = ConnectorEligibilityAnswer),
        (status = "4XX", body = ProblemDocument),
    ),
    security(("relay" = [])),
)]
pub(super) async fn post(
    State(inner): State<Arc<Inner>>,
    caller: Caller,
    Json(request): Json<ConnectorEligibilityRequest>,
) -> Result<Json<ConnectorEligibilityAnswer>, Problem> {
    if inner.config.kind != ConnectorKind::Insurer {
        return Err(Problem::new(StatusCode::NOT_FOUND, "service.unknown"));
    }
    caller.require_treatment()?;
    let day = request.target_date;
    let answer = match (&request.typed, caller.pseudonym()) {
        (Some(typed), None) if let Some(source) = &inner.source => {
            sourced::by_number(&inner, source, typed, day, caller.now()).await?
        }
        (None, Some(pseudonym)) if let Some(source) = &inner.source => {
            sourced::by_pseudonym(&inner, source, pseudonym, day, caller.now()).await?
        }
        (Some(typed), None) => by_number(&inner.store, typed, day).await?,
        (None, Some(pseudonym)) => by_pseudonym(&inner.store, pseudonym, day).await?,
        _ => return Err(Problem::new(StatusCode::BAD_REQUEST, "token.subject")),
    };
    let decision = &answer.found.decision;
    let person = answer.found.person.as_deref().and_then(|key| inner.called(key));
    flag_copay(decision);
    let person = person.as_ref().map(MemberId::as_str);
    caller.log(&inner, SERVICE, person, decision.verdict.code()).await?;
    Ok(Json(answer.into_wire(caller.now())))
}

/// An impossible ratio is the insurer's to put right, so its own log says so, without the person.
fn flag_copay(decision: &Decision) {
    let (Some(coverage), Some(copay)) = (&decision.coverage, &decision.copay) else { return };
    if copay.fit == CopayFit::Impossible {
        let insurer = coverage.insurer.number.as_str();
        tracing::warn!(insurer, rule = copay.rule.code(), "copay.impossible");
    }
}

/// What was found; the person by the holder's own key.
pub(super) struct Answer {
    pub(super) found: Found,
    pub(super) pseudonym: Option<String>,
    pub(super) as_of: Option<Timestamp>,
    pub(super) usual_lag_days: Option<u16>,
}

impl Answer {
    fn into_wire(self, now: Timestamp) -> ConnectorEligibilityAnswer {
        ConnectorEligibilityAnswer {
            decision: self.found.decision,
            pseudonym: self.pseudonym,
            // Without any insurer there is nothing older than this answer.
            as_of: self.as_of.unwrap_or(now),
            usual_lag_days: self.usual_lag_days,
        }
    }
}

/// What is typed, made comparable.
pub(super) fn query(typed: &TypedCard) -> Result<CardQuery, Problem> {
    CardQuery::try_from(typed)
        .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.code()))
}

pub(super) async fn by_number(
    store: &Store,
    typed: &TypedCard,
    day: Date,
) -> Result<Answer, Problem> {
    let query = query(typed)?;
    let Some(insurer) = store.insurer(&query.insurer).await? else {
        let found = decision::by_number(&query, day, Register { insurers: &[], enrolments: &[] });
        let as_of = store.insurers_changed_at().await?;
        return Ok(Answer { found, pseudonym: None, as_of, usual_lag_days: None });
    };
    let mut enrolments = store.enrolments_near(&insurer.registered, &query).await?;
    let insurers = [insurer.registered.as_ref().clone()];
    let decide = |enrolments: &[Enrolment]| {
        decision::by_number(&query, day, Register { insurers: &insurers, enrolments })
    };
    let mut found = decide(&enrolments);
    if let (Verdict::Expired, Some(person)) = (found.decision.verdict, &found.person) {
        enrolments.extend(store.enrolments_with(&insurer.registered, person).await?);
        found = decide(&enrolments);
    }
    Ok(Answer {
        pseudonym: pseudonym_of(store, &found).await?,
        found,
        as_of: Some(insurer.changed_at),
        usual_lag_days: insurer.usual_lag_days,
    })
}

async fn pseudonym_of(store: &Store, found: &Found) -> Result<Option<String>, StoreError> {
    match &found.person {
        Some(person) => store.pseudonym_of(person).await,
        None => Ok(None),
    }
}

async fn by_pseudonym(store: &Store, pseudonym: &str, day: Date) -> Result<Answer, Problem> {
    let Some(member) = store.member_of(pseudonym).await? else {
        let as_of = store.insurers_changed_at().await?;
        return Ok(Answer { found: not_linked(), pseudonym: None, as_of, usual_lag_days: None });
    };
    let (enrolments, insurers) = store.enrolments_of(&member).await?;
    let found = decision::by_person(member.as_str(), day, &enrolments);
    let source = source_of(&found, &insurers);
    let as_of = match source {
        Some(insurer) => Some(insurer.changed_at),
        None => store.insurers_changed_at().await?,
    };
    Ok(Answer {
        found,
        pseudonym: Some(pseudonym.to_owned()),
        as_of,
        usual_lag_days: source.and_then(|insurer| insurer.usual_lag_days),
    })
}

/// The insurer whose data decided: that of the coverage shown, else the one most recently
/// changed of those the person was ever with.
fn source_of<'a>(found: &Found, insurers: &'a [InsurerEntry]) -> Option<&'a InsurerEntry> {
    let shown = found.decision.coverage.as_ref().map(|coverage| &coverage.insurer.number);
    let is_shown = |entry: &&InsurerEntry| shown == Some(&entry.registered.insurer.number);
    let of_shown = insurers.iter().find(is_shown);
    of_shown.or_else(|| insurers.iter().max_by_key(|entry| entry.changed_at))
}

pub(super) fn not_linked() -> Found {
    let step = ReasonStep::new(ReasonCheck::Linked, false);
    Found { decision: Decision::bare(Verdict::NotLinked, vec![step]), person: None }
}
