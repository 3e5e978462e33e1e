//! `POST /links/discover`: every holder not yet linked is asked whether it knows the person; the
//! answer does not wait for any of them. `GET /links` tells how far each has come.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State as Part;
use axum::http::StatusCode;
use warifu_contract::linking::portal::{DiscoverRequest, LinkList};
use warifu_pki::voucher::errand;
use warifu_service::Problem;

use super::access::{Step, conflict, problem};
use super::search::{Search, Started, search};
use super::{Ceremony, Read, State, view};
use crate::caller::Caller;
use crate::directory::Answerer;
use crate::events::{self, LinkActor};
use crate::idempotency::require_key;
use crate::relay::Relay;
use warifu_log::{Action, Outcome};

/// Bytes of a ceremony's random name.
const NAME: usize = 16;
/// Holders that are asked for one person.
const MOST_HOLDERS: usize = 64;

/// Asks every holder not yet linked, without waiting for any.
#[utoipa::path(
    post,
    path = "/links/discover",
    request_body = DiscoverRequest,
    responses(
        (status = 202, description = "Holders are being asked; GET /links tells", body = LinkList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
        (status = 503, description = "Too many at once, or the log is busy",
         body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn discover(
    Part(relay): Part<Relay>,
    caller: Caller,
    Json(request): Json<DiscoverRequest>,
) -> Result<(StatusCode, Json<LinkList>), Problem> {
    require_key(&request.idempotency_key)?;
    caller.require_own()?;
    let closed = || problem(StatusCode::NOT_FOUND, "link.closed");
    let office = relay.office().ok_or_else(closed)?.clone();
    let holder = caller.grant.holder.clone().ok_or_else(|| conflict("link.no-holder"))?;
    let busy = problem(StatusCode::SERVICE_UNAVAILABLE, "link.busy").retry_after(5);
    let place = relay.searches().try_acquire_owned().map_err(|_| busy)?;
    let ceremony = relay.surroundings().hex(NAME);
    let started = start(&relay, &caller, &request, &ceremony).await?;
    if !started.is_empty() {
        let subject = caller.grant.subject.clone();
        let client = caller.party.clone();
        let all = Search { subject, client, holder, ceremony, started, office };
        tokio::spawn(search(relay.clone(), all, place));
    }
    let list = view::list(&relay, &caller.grant.subject).await?;
    Ok((StatusCode::ACCEPTED, Json(list)))
}

/// How every holder stands to the person.
#[utoipa::path(
    get,
    path = "/links",
    responses(
        (status = 200, body = LinkList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn list(
    Part(relay): Part<Relay>,
    caller: Caller,
) -> Result<Json<LinkList>, Problem> {
    caller.require_own()?;
    Ok(Json(view::list(&relay, &caller.grant.subject).await?))
}

async fn start(
    relay: &Relay,
    caller: &Caller,
    request: &DiscoverRequest,
    ceremony: &str,
) -> Result<Vec<Started>, Problem> {
    let mut started = Vec::new();
    for (holder, version) in wanted(relay, caller, request).await? {
        let next = Ceremony::begun(
            relay.surroundings().hex(NAME),
            errand(ceremony, holder.id()),
            relay.surroundings().now(),
        );
        let (name, id, key) = ("discover", holder.id(), &request.idempotency_key);
        let who = LinkActor::Oneself;
        let event = events::link(
            (Action::LinkStarted, who),
            (&caller.party, &caller.grant.subject, holder.id()),
            Outcome::Done,
        );
        Step { relay, caller, name, id, key }.log(event).await?;
        let from = (holder.id(), version);
        if relay.links().step(&caller.grant.subject, from, &next, None).await? {
            started.push(Started { holder, version: version + 1, ceremony: next });
        }
    }
    Ok(started)
}

/// The holders to ask, each with the version of what came of it before.
async fn wanted(
    relay: &Relay,
    caller: &Caller,
    request: &DiscoverRequest,
) -> Result<Vec<(Answerer, i64)>, Problem> {
    let subject = &caller.grant.subject;
    let linked = relay.links().of(subject).await?;
    let ceremonies = relay.links().ceremonies(subject).await?;
    let known: BTreeMap<&str, &Read> =
        ceremonies.iter().map(|read| (read.connector.as_str(), read)).collect();
    let now = relay.surroundings().now();
    let named = request.connectors.as_ref();
    let wanted = relay.directory().linked().filter_map(|holder| {
        let id = holder.id();
        let is_named = named.is_some_and(|ids| ids.iter().any(|named| named == id));
        if linked.iter().any(|link| link.connector == id) || named.is_some() != is_named {
            return None;
        }
        let before = known.get(id);
        let may = before.is_none_or(|read| may_restart(&read.ceremony, is_named, now));
        may.then(|| (holder.clone(), before.map_or(0, |read| read.version)))
    });
    Ok(wanted.take(MOST_HOLDERS).collect())
}

/// By itself only what failed is tried again; what somebody decided, only when asked for. What is
/// on its way, or with people, goes on.
fn may_restart(ceremony: &Ceremony, is_named: bool, now: jiff::Timestamp) -> bool {
    match ceremony.state {
        State::Searching => ceremony.is_broken_off(now),
        State::Failed { .. } => true,
        State::NotFound | State::Refused | State::Ended => is_named,
        State::Doubtful | State::Confirming { .. } | State::Declined => false,
    }
}
