//! `GET /checks`, `GET /checks/counts`, `GET /checks/{number}`: for a clinic its own checks, for an
//! insurer what was answered in its name.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use jiff::ToSpan as _;
use serde::Deserialize;
use utoipa::IntoParams;
use warifu_contract::CheckNumber;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::checks::{CheckCounts, CheckEntry, ChecksPage, DayCount};
use warifu_contract::dispute::DisputeState;
use warifu_contract::duty::Duty;
use warifu_log::{Actor, Entry};
use warifu_service::Problem;

use super::index::Party;
use super::view::{number_of, view};
use crate::caller::Caller;
use crate::grants::Staff;
use crate::relay::Relay;
use crate::token::log_problem;

/// Checks on a page when the client does not say.
const PAGE: u32 = 50;
/// Checks on a page at most.
const LONGEST_PAGE: u32 = 200;
/// Days counted when the client does not say.
const DAYS: u16 = 7;
/// Days counted at most.
const MOST_DAYS: u16 = 92;

/// Which page.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChecksQuery {
    /// Only checks before this place; none means the newest.
    before: Option<u64>,
    /// Checks at most: 1 to 200, 50 when absent.
    limit: Option<u32>,
}

/// How far back.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DaysQuery {
    /// Days, today included: 1 to 92, 7 when absent.
    days: Option<u16>,
}

/// What a caller may see, and as whom.
struct Sight {
    reader: Staff,
    /// The holders for which the reader works; none for a clinic's staff.
    holders: Option<Vec<String>>,
}

impl Sight {
    fn of(relay: &Relay, caller: &Caller) -> Result<Self, Problem> {
        if let Some((reader, _)) = caller.grant.staff(Duty::ReadChecks) {
            return Ok(Self { reader, holders: None });
        }
        let none = || Problem::new(StatusCode::FORBIDDEN, "duty.none");
        let (reader, _) = caller.grant.staff(Duty::ReadAnswers).ok_or_else(none)?;
        let holders = holders_of(relay, &reader);
        if holders.is_empty() { Err(none()) } else { Ok(Self { reader, holders: Some(holders) }) }
    }

    fn parties(&self) -> Vec<Party<'_>> {
        match &self.holders {
            None => vec![Party::Clinic(&self.reader.organization.code)],
            Some(holders) => holders.iter().map(|id| Party::Holder(id)).collect(),
        }
    }

    fn covers(&self, entry: &Entry) -> bool {
        match (&self.holders, &entry.actor, &entry.source) {
            (None, Actor::Staff { code, .. }, _) => *code == self.reader.organization.code,
            (Some(holders), _, Some(source)) => holders.contains(source),
            _ => false,
        }
    }
}

/// The insurers for which `staff` works, by their identifiers.
pub(crate) fn holders_of(relay: &Relay, staff: &Staff) -> Vec<String> {
    let code = staff.organization.code.as_str();
    let own = relay.directory().holders().filter(|one| one.organization() == Some(code));
    own.filter(|one| one.insures()).map(|one| one.id().to_owned()).collect()
}

/// A page of checks, newest first.
#[utoipa::path(
    get,
    path = "/checks",
    params(ChecksQuery),
    responses(
        (status = 200, body = ChecksPage),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn checks(
    State(relay): State<Relay>,
    caller: Caller,
    Query(query): Query<ChecksQuery>,
) -> Result<Json<ChecksPage>, Problem> {
    let sight = Sight::of(&relay, &caller)?;
    relay.checks().follow(relay.log()).await?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let mut places = Vec::new();
    for party in sight.parties() {
        places.extend(relay.checks().of(party, query.before, limit).await?);
    }
    places.sort_unstable_by(|a, b| b.cmp(a));
    places.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let full = places.len() == usize::try_from(limit).unwrap_or(usize::MAX);
    let before = places.last().copied().filter(|_| full);
    let logged = relay.log().all_at(&places).await.map_err(|error| log_problem(&error))?;
    let entries: Vec<Entry> = logged.into_iter().rev().filter_map(|one| one.entry).collect();
    let erased = u32::try_from(places.len() - entries.len()).unwrap_or(u32::MAX);
    Ok(Json(ChecksPage { checks: shown(&relay, &sight, &entries).await?, erased, before }))
}

/// How many checks of the last days came to which result.
#[utoipa::path(
    get,
    path = "/checks/counts",
    params(DaysQuery),
    responses(
        (status = 200, body = CheckCounts),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn check_counts(
    State(relay): State<Relay>,
    caller: Caller,
    Query(query): Query<DaysQuery>,
) -> Result<Json<CheckCounts>, Problem> {
    let sight = Sight::of(&relay, &caller)?;
    relay.checks().follow(relay.log()).await?;
    let back = i64::from(query.days.unwrap_or(DAYS).clamp(1, MOST_DAYS)) - 1;
    let today = today_in_japan(relay.surroundings().now());
    let first = today.checked_sub(back.days()).unwrap_or(today);
    let mut counts: Vec<DayCount> = Vec::new();
    for party in sight.parties() {
        for one in relay.checks().counts(party, first).await? {
            let same = |kept: &&mut DayCount| kept.day == one.day && kept.verdict == one.verdict;
            match counts.iter_mut().find(same) {
                Some(kept) => kept.count += one.count,
                None => counts.push(one),
            }
        }
    }
    counts.sort_by(|a, b| b.day.cmp(&a.day).then(b.count.cmp(&a.count)));
    Ok(Json(CheckCounts { counts }))
}

/// The check with this 認証番号.
#[utoipa::path(
    get,
    path = "/checks/{number}",
    params(("number" = String, Path, description = "認証番号, 20 digits")),
    responses(
        (status = 200, body = CheckEntry),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn check_by_number(
    State(relay): State<Relay>,
    caller: Caller,
    Path(number): Path<String>,
) -> Result<Json<CheckEntry>, Problem> {
    let sight = Sight::of(&relay, &caller)?;
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "check.unknown");
    let number: CheckNumber = number.parse().map_err(|_| unknown())?;
    let entry = entry_of(&relay, &number).await?.filter(|entry| sight.covers(entry));
    let entry = entry.ok_or_else(unknown)?;
    let shown = shown(&relay, &sight, std::slice::from_ref(&entry)).await?;
    shown.into_iter().next().map(Json).ok_or_else(unknown)
}

/// What the log has of the check with this number.
pub(crate) async fn entry_of(
    relay: &Relay,
    number: &CheckNumber,
) -> Result<Option<Entry>, Problem> {
    let logged = relay.log().by_check_number(number.as_str()).await;
    Ok(logged.map_err(|error| log_problem(&error))?.and_then(|logged| logged.entry))
}

/// The entries, each with how the dispute about it stands: however many, one statement.
async fn shown(
    relay: &Relay,
    sight: &Sight,
    entries: &[Entry],
) -> Result<Vec<CheckEntry>, Problem> {
    let numbers: Vec<CheckNumber> = entries.iter().filter_map(number_of).collect();
    let disputes = relay.disputes().about(&numbers).await?.into_iter().map(|kept| kept.dispute);
    let states: HashMap<CheckNumber, DisputeState> =
        disputes.map(|dispute| (dispute.check_number.clone(), dispute.state())).collect();
    let state = |entry: &Entry| states.get(&number_of(entry)?).copied();
    let views = entries.iter().map(|entry| view(relay, &sight.reader, entry, state(entry)));
    Ok(views.flatten().collect())
}
