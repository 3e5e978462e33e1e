//! What people decide: two, who agree on the same candidate; or one, that nobody is meant.

use axum::Json;
use axum::extract::{Path, State as Part};
use axum::http::StatusCode;
use warifu_contract::linking::EndReason;
use warifu_contract::linking::portal::{
    ApproveRequest, Doubt, DoubtCandidate, DoubtList, FrozenBy, LinkStep, RefuseRequest,
};
use warifu_log::{Action, Event, Outcome};
use warifu_service::Problem;

use super::access::{Step, conflict, decides, problem, unknown};
use super::steps::told;
use super::{Approval, Ceremony, Read, State, notices};
use crate::caller::Caller;
use crate::directory::Answerer;
use crate::events::{self, LinkActor};
use crate::grants::Staff;
use crate::idempotency::require_key;
use crate::links::{Link, Terms};
use crate::relay::Relay;

/// People who must find the same.
const EYES: usize = 2;

/// A doubt and who decides on it.
pub(super) struct Case<'a> {
    relay: &'a Relay,
    caller: &'a Caller,
    pub staff: Staff,
    pub holder: Answerer,
    pub subject: String,
    pub read: Read,
    key: &'a str,
}

/// What waits for the caller's organisation; for the consortium's people, everything.
#[utoipa::path(
    get,
    path = "/links/doubts",
    responses(
        (status = 200, body = DoubtList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn queue(
    Part(relay): Part<Relay>,
    caller: Caller,
) -> Result<Json<DoubtList>, Problem> {
    let (staff, holders) = decides(&relay, &caller)?;
    let mut list = DoubtList { doubts: Vec::new(), more: false };
    for holder in holders {
        let (waiting, more) = relay.links().doubts(holder.id()).await?;
        list.more |= more;
        let own = waiting.iter().filter(|(subject, _)| *subject != staff.member);
        list.doubts.extend(own.map(|(_, read)| doubt(&holder, &staff, &read.ceremony)));
    }
    Ok(Json(list))
}

/// This candidate is the person. The second who says so lets the person be asked.
#[utoipa::path(
    post,
    path = "/links/doubts/{id}/approve",
    request_body = ApproveRequest,
    responses(
        (status = 204, description = "Noted"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn approve(
    Part(relay): Part<Relay>,
    caller: Caller,
    Path(id): Path<String>,
    Json(request): Json<ApproveRequest>,
) -> Result<StatusCode, Problem> {
    let case = Case::find(&relay, &caller, &id, &request.idempotency_key).await?;
    let next = case.approved(request.candidate).await?;
    let said = Outcome::Answered(format!("candidate-{}", request.candidate));
    case.take(("approve", Action::LinkApproved), (said, None), &next, None).await
}

/// Nobody here is the person; or, of a match that the person declined: looked into, and closed.
#[utoipa::path(
    post,
    path = "/links/doubts/{id}/refuse",
    request_body = RefuseRequest,
    responses(
        (status = 204, description = "Noted"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn refuse(
    Part(relay): Part<Relay>,
    caller: Caller,
    Path(id): Path<String>,
    Json(request): Json<RefuseRequest>,
) -> Result<StatusCode, Problem> {
    if !request.is_sound() {
        return Err(problem(StatusCode::UNPROCESSABLE_ENTITY, "request.unreadable"));
    }
    let case = Case::find(&relay, &caller, &id, &request.idempotency_key).await?;
    let next = case.read.ceremony.in_state(State::Refused, relay.surroundings().now());
    let why = Some(EndReason::Refused);
    let found = Outcome::Answered(request.reason.as_str().to_owned());
    case.take(("refuse", Action::LinkRefused), (found, request.note), &next, why).await
}

/// Stops the links that stand on the candidates already, until it is known who is who.
#[utoipa::path(
    post,
    path = "/links/doubts/{id}/freeze",
    request_body = LinkStep,
    responses(
        (status = 204, description = "Stopped"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn freeze_rival(
    Part(relay): Part<Relay>,
    caller: Caller,
    Path(id): Path<String>,
    Json(step): Json<LinkStep>,
) -> Result<StatusCode, Problem> {
    let case = Case::find(&relay, &caller, &id, &step.idempotency_key).await?;
    case.rivals(("freeze-rival", Action::LinkFrozen), Some(FrozenBy::Staff)).await
}

/// Lets the links go on that staff stopped.
#[utoipa::path(
    post,
    path = "/links/doubts/{id}/thaw",
    request_body = LinkStep,
    responses(
        (status = 204, description = "They go on"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn thaw_rival(
    Part(relay): Part<Relay>,
    caller: Caller,
    Path(id): Path<String>,
    Json(step): Json<LinkStep>,
) -> Result<StatusCode, Problem> {
    let case = Case::find(&relay, &caller, &id, &step.idempotency_key).await?;
    case.rivals(("thaw-rival", Action::LinkThawed), None).await
}

fn doubt(holder: &Answerer, staff: &Staff, ceremony: &Ceremony) -> Doubt {
    let first = ceremony.approvals.first();
    let candidate = |one: &warifu_contract::linking::Candidate| DoubtCandidate {
        target: one.target.clone(),
        level: one.level,
        items: one.items,
        by_former_name: one.by_former_name,
        is_taken: one.held_as.is_some(),
    };
    Doubt {
        id: ceremony.id.clone(),
        connector: holder.id().to_owned(),
        name: holder.name().clone(),
        since: ceremony.since,
        declined: ceremony.state == State::Declined,
        candidates: ceremony.candidates.iter().map(candidate).collect(),
        count: ceremony.count,
        approved: first.map(|approval| approval.candidate),
        approved_by_you: first.is_some_and(|approval| approval.member == staff.member),
    }
}

impl<'a> Case<'a> {
    pub async fn find(
        relay: &'a Relay,
        caller: &'a Caller,
        id: &str,
        key: &'a str,
    ) -> Result<Self, Problem> {
        require_key(key)?;
        let (staff, holders) = decides(relay, caller)?;
        for holder in holders {
            if let Some((subject, read)) = relay.links().doubt(holder.id(), id).await? {
                if subject == staff.member {
                    return Err(problem(StatusCode::FORBIDDEN, "link.own"));
                }
                return Ok(Self { relay, caller, staff, holder, subject, read, key });
            }
        }
        Err(unknown())
    }

    /// The ceremony with one more person's word.
    async fn approved(&self, candidate: u32) -> Result<Ceremony, Problem> {
        let ceremony = &self.read.ceremony;
        if ceremony.state != State::Doubtful {
            return Err(conflict("link.state"));
        }
        let chosen = ceremony.candidate(candidate).ok_or_else(|| conflict("link.state"))?;
        if self.is_still_taken(chosen.held_as.as_deref()).await? {
            return Err(conflict("link.taken"));
        }
        if ceremony.approvals.iter().any(|approval| approval.candidate != candidate) {
            return Err(conflict("link.other-candidate"));
        }
        let member = self.staff.member.clone();
        let mut approvals = ceremony.approvals.clone();
        if approvals.iter().any(|approval| approval.member == member) {
            return Err(conflict("link.same-eyes"));
        }
        approvals.push(Approval { member, candidate });
        let is_agreed = approvals.len() >= EYES;
        let state =
            if is_agreed { State::Confirming { candidate } } else { ceremony.state.clone() };
        let now = self.relay.surroundings().now();
        Ok(Ceremony { approvals, ..ceremony.in_state(state, now) })
    }

    async fn is_still_taken(&self, held_as: Option<&str>) -> Result<bool, Problem> {
        let Some(pseudonym) = held_as else { return Ok(false) };
        Ok(self.relay.links().subject_of(self.holder.id(), pseudonym).await?.is_some())
    }

    fn step<'s>(&'s self, name: &'static str) -> Step<'s> {
        let (relay, caller, key) = (self.relay, self.caller, self.key);
        Step { relay, caller, name, id: &self.read.ceremony.id, key }
    }

    async fn take(
        &self,
        (name, action): (&'static str, Action),
        (outcome, note): (Outcome, Option<String>),
        next: &Ceremony,
        why: Option<EndReason>,
    ) -> Result<StatusCode, Problem> {
        let about = (self.caller.party.as_str(), self.subject.as_str(), self.holder.id());
        let event = events::link((action, LinkActor::Staff(&self.staff)), about, outcome);
        let event = Event { ground: note, ..event };
        self.step(name).log(event).await?;
        let told = why.map(|why| told(&next.errand, None, why));
        let from = (self.holder.id(), self.read.version);
        if !self.relay.links().step(&self.subject, from, next, told.as_ref()).await? {
            return Err(conflict("link.changed"));
        }
        notices::tell_soon(self.relay);
        Ok(StatusCode::NO_CONTENT)
    }

    /// Freezes or thaws the links that stand on the candidates.
    async fn rivals(
        &self,
        (name, action): (&'static str, Action),
        frozen_by: Option<FrozenBy>,
    ) -> Result<StatusCode, Problem> {
        for pseudonym in self.read.ceremony.candidates.iter().filter_map(|one| one.held_as.as_ref())
        {
            let Some((subject, link)) = self.link_as(pseudonym).await? else { continue };
            let is_ours = link.terms.frozen_by.is_none_or(|by| by == FrozenBy::Staff);
            if !is_ours || link.terms.frozen_by == frozen_by {
                continue;
            }
            let about = (self.caller.party.as_str(), subject.as_str(), link.connector.as_str());
            let who = LinkActor::Staff(&self.staff);
            let event = events::link((action, who), about, Outcome::Done);
            Step { id: &link.terms.id, ..self.step(name) }.log(event).await?;
            let terms = Terms { frozen_by, ..link.terms.clone() };
            self.relay.links().change(&subject, &Link { terms, ..link }).await?;
        }
        Ok(StatusCode::NO_CONTENT)
    }

    async fn link_as(&self, pseudonym: &str) -> Result<Option<(String, Link)>, Problem> {
        let id = self.holder.id();
        let Some(subject) = self.relay.links().subject_of(id, pseudonym).await? else {
            return Ok(None);
        };
        let links = self.relay.links().of(&subject).await?;
        let link = links.into_iter().find(|link| link.connector == id);
        Ok(link.map(|link| (subject, link)))
    }
}
