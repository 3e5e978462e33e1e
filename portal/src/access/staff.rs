//! Who looks at the pages of desks and offices, as their routes ask for one.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use warifu_contract::duty::{Duty, May};

use super::door::{with, with_any, with_duty};
use super::{Role, SignedIn};
use crate::shared::App;

/// A member of a clinic's staff, at the desk.
#[derive(Debug, Clone)]
pub struct Clerk(pub SignedIn);

impl FromRequestParts<App> for Clerk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        with_duty(parts, app, Duty::Check, "wrong-role-desk").await.map(|(me, _)| Self(me))
    }
}

/// Somebody who may look through the clinic's checks.
#[derive(Debug, Clone)]
pub struct ChecksReader(pub SignedIn);

impl FromRequestParts<App> for ChecksReader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        with_duty(parts, app, Duty::ReadChecks, "wrong-role-checks").await.map(|(me, _)| Self(me))
    }
}

/// Somebody who may look through what was answered in the insurer's name.
#[derive(Debug, Clone)]
pub struct AnswersReader(pub SignedIn);

impl FromRequestParts<App> for AnswersReader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        with_duty(parts, app, Duty::ReadAnswers, "wrong-role-insurer").await.map(|(me, _)| Self(me))
    }
}

/// Somebody at the insurer who may deposit coverage, or propose it.
#[derive(Debug, Clone)]
pub struct Depositor(pub SignedIn);

impl FromRequestParts<App> for Depositor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        with_duty(parts, app, Duty::Deposit, "wrong-role-upload").await.map(|(me, _)| Self(me))
    }
}

/// Somebody at the insurer who may answer what clinics question, or propose an answer.
#[derive(Debug, Clone)]
pub struct Answerer(pub SignedIn, pub May);

impl FromRequestParts<App> for Answerer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let found = with_duty(parts, app, Duty::AnswerDisputes, "wrong-role-insurer").await;
        found.map(|(me, may)| Self(me, may))
    }
}

/// A member of a clinic's or a city hall's staff, who opens records on consents.
#[derive(Debug, Clone)]
pub struct ForStaff(pub SignedIn);

impl FromRequestParts<App> for ForStaff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let let_in = |me: &SignedIn| me.may(Role::CityClerk) || me.duty(Duty::Check) != May::No;
        with(parts, app, let_in, "wrong-role-readings").await.map(Self)
    }
}

/// Somebody who decides about applications to the own organisation.
#[derive(Debug, Clone)]
pub struct ApplicationsStaff(pub SignedIn);

impl FromRequestParts<App> for ApplicationsStaff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let found = with_duty(parts, app, Duty::Applications, "wrong-role-applications").await;
        found.map(|(me, _)| Self(me))
    }
}

/// Somebody who decides about doubtful links.
#[derive(Debug, Clone)]
pub struct Decider(pub SignedIn);

impl FromRequestParts<App> for Decider {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        with_any(parts, app, &Role::DECIDERS, "wrong-role-links").await.map(Self)
    }
}

/// Somebody of the consortium, who tells everybody what does not work.
#[derive(Debug, Clone)]
pub struct Announcer(pub SignedIn);

impl FromRequestParts<App> for Announcer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let roles = [Role::ConsortiumAdmin];
        with_any(parts, app, &roles, "wrong-role-announcements").await.map(Self)
    }
}

/// A member of staff who sees guardians' papers, and whether they may approve.
#[derive(Debug, Clone)]
pub struct PapersStaff(pub SignedIn, pub May);

impl FromRequestParts<App> for PapersStaff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let let_in = |me: &SignedIn| me.about_papers() != May::No;
        let me = with(parts, app, let_in, "wrong-role-guardians").await?;
        let may = me.about_papers();
        Ok(Self(me, may))
    }
}
