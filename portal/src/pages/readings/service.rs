//! One declared service, opened by staff: by the consent that a tap named or whose number the person
//! tells, or in an emergency.

use axum::extract::{Form, State};
use axum::response::Response;
use tower_sessions::Session;
use warifu_contract::records::Basis;
use warifu_service::Problem;

use super::form::{NO_NUMBER, Opening, opening};
use super::{access, back, nobody_here};
use crate::access::ForStaff;
use crate::form::Typed;
use crate::look::{Look, show};
use crate::pages::services::not_told;
use crate::shared::App;
use crate::view::readings::PATH;
use crate::view::services::{ServiceScreen, ServiceView};

/// `POST /desk/records/service`: the record, if the relay lets it out.
pub async fn open(
    State(app): State<App>,
    ForStaff(me): ForStaff,
    session: Session,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let look = look.standing_at(PATH);
    let Opening { service, basis } = match opening(&typed) {
        Ok(opening) => opening,
        Err(NO_NUMBER) => {
            let wrong = typed.at("consent").to_owned();
            return nobody_here(&app, &me, &look, None, Some(wrong)).await;
        }
        Err(said) => return Ok(back(Some(said))),
    };
    let is_emergency = matches!(basis, Basis::Emergency { .. });
    let Some(access) = access(&app, &me, &session, &basis).await? else {
        return Ok(back(Some("ended")));
    };
    let answer = app.relay.service(&access, service, Some(basis)).await;
    let answer = answer.map_err(|cause| not_told(&cause))?;
    let (voice, now) = (look.voice(&app), app.surroundings.now());
    let view = ServiceView::new(voice, service, &answer, now, false);
    show(&ServiceScreen {
        page: look.page(&app),
        site: me.site(voice, me.staff_menu(), PATH),
        view: view.at_desk(voice, &answer, is_emergency),
        errors: Vec::new(),
        sent: None,
    })
}
