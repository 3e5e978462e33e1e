//! `/staff/services`: what a clinic's or a city hall's staff may open of declared services, on the
//! consent whose number the person tells them.

use axum::extract::{Form, State};
use axum::response::Response;
use serde::Deserialize;
use warifu_contract::duty::{Duty, May};
use warifu_contract::history::Purpose;
use warifu_contract::records::Basis;
use warifu_contract::services::{Catalogue, Offered, ServiceId};
use warifu_service::Problem;

use super::services::not_told;
use crate::access::{ForStaff, Role, SignedIn};
use crate::look::{Look, show};
use crate::shared::{App, Shared};
use crate::view::display_name;
use crate::view::services::{ServiceLink, ServiceScreen, ServiceView, StaffServicesScreen};
use crate::view::site::Menu;

/// The page's own path.
const PATH: &str = "/staff/services";
/// Digits of a consent's number.
const NUMBER: usize = 32;

/// What is to be opened.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    consent: String,
    service: ServiceId,
    purpose: Option<String>,
}

/// `GET /staff/services`.
pub async fn page(
    State(app): State<App>,
    ForStaff(me): ForStaff,
    look: Look,
) -> Result<Response, Problem> {
    form(&app, &me, &look, None).await
}

/// `POST /staff/services`: the record, if the consent lets it out.
pub async fn open(
    State(app): State<App>,
    ForStaff(me): ForStaff,
    look: Look,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Problem> {
    let look = look.standing_at(PATH);
    let number: String = wanted.consent.chars().filter(|c| !c.is_whitespace()).collect();
    let number = number.to_ascii_lowercase();
    let is_number = number.len() == NUMBER && number.bytes().all(|b| b.is_ascii_hexdigit());
    let Ok(access) = me.access(app.surroundings.now()) else {
        return form(&app, &me, &look, None).await;
    };
    if !is_number {
        return form(&app, &me, &look, Some(wanted.consent)).await;
    }
    let purpose = match (menu(&me), wanted.purpose.as_deref()) {
        (Menu::City, _) => Purpose::Procedure,
        (_, Some("health-guidance")) => Purpose::HealthGuidance,
        _ => Purpose::Care,
    };
    let basis = Basis::Consent { id: number, purpose };
    let answer = app.relay.service(access, wanted.service, Some(basis)).await;
    let answer = answer.map_err(|cause| not_told(&cause))?;
    let voice = look.voice(&app);
    let now = app.surroundings.now();
    let view = ServiceView::new(voice, wanted.service, &answer, now, false).at_desk();
    show(&ServiceScreen {
        page: look.page(&app),
        site: me.site(voice, menu(&me), PATH),
        view,
        errors: Vec::new(),
        sent: None,
    })
}

async fn form(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    wrong: Option<String>,
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let clinic = menu(me) == Menu::Desk;
    let audience = if clinic { "clinic" } else { "city-clerk" };
    let access = me.access(app.surroundings.now());
    let catalogue = match access {
        Ok(access) => app.relay.catalogue(access, &[("audience", audience)]).await,
        Err(_) => Ok(Catalogue::default()),
    };
    let catalogue = catalogue.map_err(|cause| not_told(&cause))?;
    let (sites, records): (Vec<&Offered>, Vec<&Offered>) =
        catalogue.services.iter().partition(|one| one.declaration.elsewhere.is_some());
    let name = |one: &Offered| display_name(voice.language, &one.declaration.name);
    let site = |one: &&Offered| {
        let elsewhere = one.declaration.elsewhere.as_ref()?;
        let text = display_name(voice.language, &elsewhere.words);
        Some(ServiceLink { href: elsewhere.url.clone(), name: name(one), text, note: None })
    };
    show(&StaffServicesScreen {
        page: look.page(app),
        site: me.site(voice, menu(me), PATH),
        no_records: access.err(),
        choices: records.iter().map(|one| (one.id.to_string(), name(one))).collect(),
        clinic,
        wrong: wrong.is_some(),
        consent: wrong.unwrap_or_default(),
        sites: sites.iter().filter_map(site).collect(),
    })
}

fn menu(me: &SignedIn) -> Menu {
    let at_desk = me.duty(Duty::Check) != May::No;
    if !at_desk && me.may(Role::CityClerk) { Menu::City } else { Menu::Desk }
}
