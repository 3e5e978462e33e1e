//! Services as data: what connectors declare, kept; what people read of it and enter into it, told
//! to the connectors on the same grounds, and with the same events, as every other record.

mod applications;
mod enter;
mod manifests;
mod read;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use warifu_contract::history::Purpose;
use warifu_contract::services::{Audience, Catalogue, Declaration, Level, Offered, ServiceId};
use warifu_pki::Purpose as TokenPurpose;
use warifu_service::Problem;

use crate::caller::Caller;
use crate::relay::Relay;

pub(crate) use applications::{
    __path_list as __path_applications, __path_one as __path_application,
    __path_settle as __path_settle_application, list as applications, one as application,
    settle as settle_application,
};
pub(crate) use enter::{__path_enter, enter};
pub(crate) use manifests::Manifests;
pub(crate) use read::{__path_read, read};

/// For whom the services are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    /// `clinic` or `city-clerk`; the person without it.
    audience: Option<Audience>,
    /// By which mandate a proxy looks.
    mandate: Option<String>,
}

/// The services that can be opened with this token.
#[utoipa::path(
    get,
    path = "/services",
    params(Listing),
    responses(
        (status = 200, body = Catalogue),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn list(
    State(relay): State<Relay>,
    caller: Caller,
    Query(listing): Query<Listing>,
) -> Result<Json<Catalogue>, Problem> {
    require_records(&caller)?;
    let forbidden = |code| Problem::new(StatusCode::FORBIDDEN, code);
    let role = || forbidden("role.none");
    let offers: Vec<(ServiceId, Declaration)> =
        relay.manifests().offers(relay.surroundings().now());
    let (subject, offers) = match (listing.mandate, listing.audience) {
        (Some(mandate), _) => {
            let held = relay.proxies().held_one(&caller.grant.subject, &mandate).await?;
            let held = held.ok_or_else(|| forbidden("proxy.none"))?;
            let covered = |id: &ServiceId| held.mandate.terms.declared.contains(id);
            let kept = offers.into_iter().filter(|(id, _)| covered(id));
            (Some(held.principal.clone()), kept.filter(for_purpose(Purpose::OnBehalf)).collect())
        }
        (None, Some(Audience::Clinic)) => {
            caller.grant.desk().ok_or_else(role)?;
            (None, offers.into_iter().filter(for_purpose(Purpose::Care)).collect())
        }
        (None, Some(Audience::CityClerk)) => {
            caller.grant.city_clerk().ok_or_else(role)?;
            (None, offers.into_iter().filter(for_purpose(Purpose::Procedure)).collect::<Vec<_>>())
        }
        (None, _) => {
            let kept = offers.into_iter().filter(for_purpose(Purpose::OwnLook));
            (Some(caller.grant.subject.clone()), kept.collect())
        }
    };
    let links = match subject {
        Some(subject) => relay.links().of(&subject).await?,
        None => Vec::new(),
    };
    let linked = |id: &ServiceId| links.iter().any(|link| link.connector == id.connector());
    let offered = |(id, declaration)| Offered { linked: linked(&id), id, declaration };
    Ok(Json(Catalogue { services: offers.into_iter().map(offered).collect() }))
}

fn for_purpose(purpose: Purpose) -> impl Fn(&(ServiceId, Declaration)) -> bool {
    move |(_, declaration)| declaration.level_of(purpose).is_some()
}

/// Declared services are for people who signed in; a tap alone opens none.
fn require_records(caller: &Caller) -> Result<(), Problem> {
    if caller.grant.purpose == TokenPurpose::Records && caller.grant.level().is_some() {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "token.purpose"))
}

/// The declaration of `service`, as it is in force now.
fn declared(relay: &Relay, service: ServiceId) -> Result<Declaration, Problem> {
    let found = relay.manifests().declaration(service, relay.surroundings().now());
    found.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "service.unknown"))
}

/// The code of the refusal of a sign-in at `level` where `least` is needed.
fn too_low(level: Option<Level>, least: Level) -> Option<&'static str> {
    level.is_none_or(|level| level < least).then_some("level.low")
}
