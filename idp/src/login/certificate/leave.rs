//! `POST /login/certificate`: leads to the host that asks for a certificate.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::SignedDuration;
use serde::Deserialize;
use warifu_service::Problem;

use super::super::{admit, own_login};
use super::{host_for, off};
use crate::browser::Browser;
use crate::centre::Centre;
use crate::view::{Address, View};

/// How long a ticket leads there: the person chooses a certificate and enters a PIN on the way.
pub(super) const TICKET_LASTS: SignedDuration = SignedDuration::from_mins(5);

/// Names the sign-in.
#[derive(Deserialize)]
pub(crate) struct Which {
    tx: String,
}

/// Makes a ticket in place of the last, and goes there.
pub(crate) async fn leave(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    address: Address,
    view: View,
    Form(which): Form<Which>,
) -> Result<Response, Problem> {
    admit(&centre, &address)?;
    let login = own_login(&centre, &browser, &which.tx).await?;
    if login.outcome.is_some() {
        return Ok(Redirect::to(&format!("/login/done?tx={}", login.id)).into_response());
    }
    let host = host_for(&centre, &login).ok_or_else(off)?;
    let ticket = centre.surroundings.token();
    centre.store.set_visit(&login.id, &ticket, centre.now() + TICKET_LASTS).await?;
    let language = view.language.tag();
    let path = format!("/certificate?tx={}&ticket={ticket}&lang={language}", login.id);
    Ok(Redirect::to(&host.url.at(&path)).into_response())
}
