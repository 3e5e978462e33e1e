//! `GET /login/certificate`: back from the card's host. The code is taken before the browser is looked
//! at: one that arrives in another browser than the one that began is used up there.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use warifu_service::Problem;

use super::super::entrance::Entrance;
use super::super::token::attempt::Attempt;
use super::super::token::refuse_token;
use super::super::{admit, own_login};
use super::{host_for, off, require_fit};
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::store::Login;
use crate::view::Address;
use crate::web_eid;

/// What leads back.
#[derive(Deserialize)]
pub(crate) struct Return {
    tx: String,
    code: String,
}

/// Opens the session for the holder of the card that was shown.
pub(crate) async fn arrive(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    address: Address,
    Query(back): Query<Return>,
) -> Result<Response, Problem> {
    admit(&centre, &address)?;
    let now = centre.now();
    let certificate = centre.store.take_visit(&back.tx, &back.code, now).await?;
    let login = own_login(&centre, &browser, &back.tx).await?;
    let certificate = certificate.ok_or_else(|| refuse(StatusCode::CONFLICT, "login.replayed"))?;
    let host = host_for(&centre, &login).ok_or_else(off)?;
    let purpose = login.level.purpose();
    let believed = centre.trust.believed();
    let proof =
        web_eid::verify_held(&believed, &certificate, purpose, now).map_err(refuse_token)?;
    // No card software watches the card.
    let login = Login { watch: None, ..login };
    let entrance = Entrance { centre: &centre, browser: &browser, login: &login, now };
    let attempt = Attempt { entrance, proof: &proof };
    let known = attempt.look_up().await?;
    require_fit(host, &attempt, &known)?;
    let opened = attempt.open_session(&known).await?;
    Ok(opened.into(Redirect::to(&entrance.done()).into_response()))
}
