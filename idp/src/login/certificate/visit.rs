//! `GET /certificate` at the card's host: whose certificate it is, and whether it signs in. Refused,
//! the ticket stays good, so that another certificate can be shown: it is the handshake that is new
//! each time.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use warifu_service::Problem;
use warifu_service::tls::ShownCertificate;

use super::super::entrance::{Entrance, forbidden};
use super::super::token::attempt::Attempt;
use super::super::token::refuse_token;
use super::super::{admit, stale};
use super::{host_for, off, require_fit};
use crate::browser::Browser;
use crate::centre::Centre;
use crate::store::{Login, Passage};
use crate::view::{Address, View};
use crate::web_eid;

/// How long a code leads back: the browser follows at once.
pub(super) const CODE_LASTS: SignedDuration = SignedDuration::from_mins(1);

/// What leads here.
#[derive(Deserialize)]
pub(crate) struct Visit {
    #[serde(default)]
    tx: String,
    #[serde(default)]
    ticket: String,
}

/// Judges the certificate, and leads back with a code.
pub(crate) async fn visit(
    State(centre): State<Arc<Centre>>,
    address: Address,
    view: View,
    Query(visit): Query<Visit>,
    shown: Option<Extension<ShownCertificate>>,
) -> Result<Response, Problem> {
    admit(&centre, &address)?;
    let now = centre.now();
    let login = centre.store.visiting(&visit.tx, &visit.ticket, now).await?.ok_or_else(stale)?;
    let Extension(ShownCertificate(certificate)) =
        shown.ok_or_else(|| forbidden("certificate.none"))?;
    judge(&centre, &login, &certificate, now).await?;
    let code = centre.surroundings.token();
    let (ticket, expires_at) = (visit.ticket.as_str(), now + CODE_LASTS);
    let passage = Passage { ticket, code: &code, certificate: &certificate, expires_at };
    if !centre.store.lead_back(&login.id, &passage).await? {
        return Err(stale());
    }
    let language = view.language.tag();
    let path = format!("/login/certificate?tx={}&code={code}&lang={language}", login.id);
    Ok(Redirect::to(&centre.config.public_url.at(&path)).into_response())
}

async fn judge(
    centre: &Centre,
    login: &Login,
    certificate: &[u8],
    now: Timestamp,
) -> Result<(), Problem> {
    let host = host_for(centre, login).ok_or_else(off)?;
    let purpose = login.level.purpose();
    let believed = centre.trust.believed();
    let proof = web_eid::verify_held(&believed, certificate, purpose, now).map_err(refuse_token)?;
    // The browser that began is asked for its cookie when it comes back.
    let entrance = Entrance { centre, browser: &Browser::default(), login, now };
    let attempt = Attempt { entrance, proof: &proof };
    require_fit(host, &attempt, &attempt.known().await?)
}
