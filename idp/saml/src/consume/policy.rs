//! What must be true of a response and its assertion: each check small, named, and with an error of
//! its own.

use jiff::{SignedDuration, Timestamp};

use crate::attribute::Attribute;
use crate::consume::assertion::Parsed;
use crate::consume::response::Response;
use crate::consume::{Expectation, Policy, Refusal, ServiceProvider};
use crate::names::{ATTRIBUTE_PAIRWISE_ID, ATTRIBUTE_SUBJECT_ID};
use crate::status::Status;

/// Everything a check may look at.
struct Circumstances<'a> {
    provider: &'a ServiceProvider,
    expected: &'a Expectation<'a>,
    now: Timestamp,
}

type Check<T> = fn(&T, &Circumstances<'_>) -> Result<(), Refusal>;

const OF_RESPONSE: [Check<Response>; 5] =
    [response_issuer, destination, response_in_response_to, response_age, status];

const OF_ASSERTION: [Check<Parsed>; 12] = [
    assertion_issuer,
    assertion_age,
    not_before,
    not_on_or_after,
    audience,
    recipient,
    assertion_in_response_to,
    authenticated_in_the_past,
    authenticated_anew,
    session_not_ended,
    context_class,
    scope,
];

pub(super) fn check_response(
    response: &Response,
    provider: &ServiceProvider,
    expected: &Expectation<'_>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let circumstances = Circumstances { provider, expected, now };
    OF_RESPONSE.iter().try_for_each(|check| check(response, &circumstances))
}

pub(super) fn check_assertion(
    assertion: &Parsed,
    provider: &ServiceProvider,
    expected: &Expectation<'_>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let circumstances = Circumstances { provider, expected, now };
    OF_ASSERTION.iter().try_for_each(|check| check(assertion, &circumstances))
}

/// From when on the assertion is refused in any case, so that a replay of it need not be known.
pub(super) fn expiry(assertion: &Parsed, policy: &Policy) -> Timestamp {
    let of_age = later(assertion.issue_instant, policy.max_age);
    let ends = [assertion.conditions.not_on_or_after, assertion.confirmation.not_on_or_after];
    let first = ends.into_iter().flatten().fold(of_age, Timestamp::min);
    later(first, policy.clock_skew)
}

fn later(instant: Timestamp, by: SignedDuration) -> Timestamp {
    instant.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn demand(holds: bool, refusal: Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal) }
}

fn response_issuer(response: &Response, at: &Circumstances<'_>) -> Result<(), Refusal> {
    demand(response.issuer == at.expected.issuer, Refusal::Issuer)
}

/// A signed message says where it goes (SAML bindings 3.5.5.2).
fn destination(response: &Response, at: &Circumstances<'_>) -> Result<(), Refusal> {
    let right = response.destination.as_deref() == Some(&*at.provider.acs_url);
    demand(right, Refusal::Destination)
}

fn response_in_response_to(response: &Response, at: &Circumstances<'_>) -> Result<(), Refusal> {
    let right = response.in_response_to.as_deref() == Some(at.expected.request_id);
    demand(right, Refusal::InResponseTo)
}

fn response_age(response: &Response, at: &Circumstances<'_>) -> Result<(), Refusal> {
    age(response.issue_instant, at)
}

fn status(response: &Response, _: &Circumstances<'_>) -> Result<(), Refusal> {
    match (response.status, response.has_assertion()) {
        (Status::Success, true) => Ok(()),
        (Status::Success, false) | (_, true) => Err(Refusal::NoAssertion),
        (status, false) => Err(Refusal::Status(status)),
    }
}

fn assertion_issuer(assertion: &Parsed, at: &Circumstances<'_>) -> Result<(), Refusal> {
    demand(assertion.issuer == at.expected.issuer, Refusal::Issuer)
}

fn assertion_age(assertion: &Parsed, at: &Circumstances<'_>) -> Result<(), Refusal> {
    age(assertion.issue_instant, at)
}

fn age(issued: Timestamp, at: &Circumstances<'_>) -> Result<(), Refusal> {
    let policy = &at.provider.policy;
    let age = at.now.duration_since(issued);
    demand(age >= -policy.clock_skew, Refusal::Future)?;
    demand(age <= policy.max_age + policy.clock_skew, Refusal::Stale)
}

fn not_before(assertion: &Parsed, at: &Circumstances<'_>) -> Result<(), Refusal> {
    let begun = |begin| later(at.now, at.provider.policy.clock_skew) >= begin;
    demand(assertion.conditions.not_before.is_none_or(begun), Refusal::NotYetValid)
}

/// Both ends must be given, and neither may be past.
fn not_on_or_after(assertion: &Parsed, at: &Circumstances<'_>) -> Result<(), Refusal> {
    for end in [assertion.conditions.not_on_or_after, assertion.confirmation.not_on_or_after] {
        let end = end.ok_or(Refusal::Endless)?;
        demand(at.now < later(end, at.provider.policy.clock_skew), Refusal::Expired)?;
    }
    Ok(())
}

/// We must be in every list there is, and there must be one.
fn audience(assertion: &Parsed, at: &Circumstances<'_>) -> Result<(), Refusal> {
    let audiences = &assertion.conditions.audiences;
    demand(!audiences.is_empty(), Refusal::NoAudience)?;
    let includes_us = |list: &Vec<String>| list.contains(&at.provider.entity_id);
    demand(audiences.iter().all(includes_us), Refusal::Audience)
}

fn recipient(assertion: &Parsed, at: &Circumstances<'_>) -> Result<(), Refusal> {
    let right = assertion.confirmation.recipient.as_deref() == Some(&*at.provider.acs_url);
    demand(right, Refusal::Recipient)
}

fn assertion_in_response_to(assertion: &Parsed, at: &Circumstances<'_>) -> Result<(), Refusal> {
    let right = assertion.confirmation.in_response_to.as_deref() == Some(at.expected.request_id);
    demand(right, Refusal::InResponseTo)
}

fn authenticated_in_the_past(assertion: &Parsed, at: &Circumstances<'_>) -> Result<(), Refusal> {
    let latest = later(at.now, at.provider.policy.clock_skew);
    demand(assertion.authentication.instant <= latest, Refusal::Future)
}

fn authenticated_anew(assertion: &Parsed, at: &Circumstances<'_>) -> Result<(), Refusal> {
    let instant = later(assertion.authentication.instant, at.provider.policy.clock_skew);
    let fresh = at.expected.authenticated_after.is_none_or(|asked| instant >= asked);
    demand(fresh, Refusal::NotFresh)
}

fn session_not_ended(assertion: &Parsed, at: &Circumstances<'_>) -> Result<(), Refusal> {
    let end = assertion.authentication.session_not_on_or_after;
    demand(end.is_none_or(|end| at.now < end), Refusal::SessionEnded)
}

/// Identifiers that claim to be unique in a scope must stay in one of the identity provider's (SAML
/// subject identifier attributes profile 3.5.1).
fn scope(assertion: &Parsed, at: &Circumstances<'_>) -> Result<(), Refusal> {
    let is_scoped = |attribute: &&Attribute| {
        matches!(&*attribute.name, ATTRIBUTE_PAIRWISE_ID | ATTRIBUTE_SUBJECT_ID)
    };
    let mut values =
        assertion.attributes.iter().filter(is_scoped).flat_map(|attribute| &attribute.values);
    demand(values.all(|value| at.expected.identity_provider.owns(value)), Refusal::Scope)
}

fn context_class(assertion: &Parsed, at: &Circumstances<'_>) -> Result<(), Refusal> {
    let classes = at.expected.context_classes;
    let reached = assertion.authentication.context_class.as_str();
    demand(classes.is_empty() || classes.contains(&reached), Refusal::ContextClass)
}
