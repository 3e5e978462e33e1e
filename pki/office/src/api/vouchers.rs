//! `POST /vouchers`: the relay asks the office to vouch for whoever signed in, to every connector;
//! `POST /wards`: staff let it prove a ward, for whom it vouches in the same way.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use warifu_contract::identity::FourItems;
use warifu_contract::linking::{Attributes, ProvedWard, Vouchers, VouchersRequest};
use warifu_pki::jose::JoseError;
use warifu_pki::{HolderError, VoucherError};
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::OfficeApi;
use super::caller::Staff;
use super::problem::plain;
use crate::vouchers::Vouching;

const CEREMONY_DIGITS: usize = 32;
/// Bytes of what the register is told instead of the number of an application.
const NAMED: usize = 16;
/// Seconds after which a card that is just changing may be vouched for again.
const PATIENCE: u32 = 1;

/// One voucher about a person for every connector, sealed to it. For the relay; the person is whom
/// the identity provider says has signed in, with a card in use, or a ward whom the office proved.
#[utoipa::path(
    post,
    path = "/vouchers",
    request_body = VouchersRequest,
    responses(
        (status = 200, body = Vouchers),
        (status = 403, description = "peer.unknown, voucher.holder, voucher.expired, voucher.card",
         body = ProblemDocument),
        (status = 422, description = "voucher.ceremony", body = ProblemDocument),
        (status = 429, description = "voucher.too-many", body = ProblemDocument),
        (status = 503, description = "office.moved-on", body = ProblemDocument),
    )
)]
pub(super) async fn give(
    State(api): State<OfficeApi>,
    Json(request): Json<VouchersRequest>,
) -> Result<Json<Vouchers>, Problem> {
    let vouching = vouching(&api)?;
    if !is_ceremony(&request.ceremony) {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "voucher.ceremony"));
    }
    let attributes = meant(&api, &vouching, &request.holder).await?;
    let surroundings = api.office().surroundings().clone();
    // A key in a module may take its time for each signature.
    let issued = tokio::task::spawn_blocking(move || {
        vouching.issue(&attributes, &request.ceremony, &surroundings)
    });
    let issued = issued.await.map_err(|error| Problem::internal(&error))?;
    let vouchers = issued.map_err(|error| Problem::internal(&error))?;
    tracing::info!(connectors = vouchers.len(), "vouched for a person");
    Ok(Json(Vouchers { vouchers }))
}

/// Whom the relay asks about.
async fn meant(api: &OfficeApi, vouching: &Vouching, sealed: &str) -> Result<Attributes, Problem> {
    let now = api.office().now();
    match vouching.ward(sealed, now) {
        Ok(attributes) => return Ok(attributes),
        Err(VoucherError::Token(JoseError::Expired)) => {
            return Err(refused(&HolderError::Token(JoseError::Expired)));
        }
        Err(_) => {}
    }
    let holder = vouching.holder(sealed, now).map_err(|error| refused(&error))?;
    tracing::info!(jti = holder.jti, "asked about a card's holder");
    api.office().vouch(&holder.sub).await.map_err(|error| not_vouched(&error))
}

/// Proves a ward whom papers name, for a clerk or an approver who has them in hand: one resident of
/// the register, beyond doubt. What comes back is for the relay, and nobody but the office reads it.
#[utoipa::path(
    post,
    path = "/wards",
    request_body = FourItems,
    responses(
        (status = 200, body = ProvedWard),
        (status = 403, description = "office.role", body = ProblemDocument),
        (status = 422, description = "office.no-person, office.invalid", body = ProblemDocument),
        (status = 503, description = "office.register-silent", body = ProblemDocument),
    )
)]
pub(super) async fn prove(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    Json(items): Json<FourItems>,
) -> Result<Json<ProvedWard>, Problem> {
    let vouching = vouching(&api)?;
    let surroundings = api.office().surroundings().clone();
    let named = surroundings.hex(NAMED);
    let proved = api.office().prove_ward(&actor, &named, items).await;
    let attributes = proved.map_err(|error| plain(&error))?;
    tracing::info!(named, who = actor.id, "proved a ward");
    let sealed =
        tokio::task::spawn_blocking(move || vouching.seal_ward(attributes, named, &surroundings));
    let sealed = sealed.await.map_err(|error| Problem::internal(&error))?;
    let holder = sealed.map_err(|error| Problem::internal(&error))?;
    Ok(Json(ProvedWard { holder }))
}

fn vouching(api: &OfficeApi) -> Result<Vouching, Problem> {
    let closed = || Problem::new(StatusCode::NOT_FOUND, "voucher.closed");
    api.0.vouching.clone().ok_or_else(closed)
}

fn is_ceremony(text: &str) -> bool {
    text.len() == CEREMONY_DIGITS
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn refused(error: &HolderError) -> Problem {
    let code = match error {
        HolderError::Token(JoseError::Expired) => "voucher.expired",
        _ => "voucher.holder",
    };
    Problem::new(StatusCode::FORBIDDEN, code).caused_by(error)
}

fn not_vouched(error: &crate::OfficeError) -> Problem {
    match error {
        crate::OfficeError::MovedOn { .. } => {
            let busy = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "office.moved-on");
            busy.retry_after(PATIENCE).caused_by(error)
        }
        other => plain(other),
    }
}
