//! `POST /vouchers`: the relay asks the office to vouch for whoever signed in, to every connector.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use warifu_contract::linking::{Vouchers, VouchersRequest};
use warifu_pki::HolderError;
use warifu_pki::jose::JoseError;
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::OfficeApi;
use super::problem::plain;

const CEREMONY_DIGITS: usize = 32;
/// Seconds after which a card that is just changing may be vouched for again.
const PATIENCE: u32 = 1;

/// One voucher about a person for every connector, sealed to it. For the relay; the person is whom
/// the identity provider says has signed in, with a card in use.
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
    let closed = || Problem::new(StatusCode::NOT_FOUND, "voucher.closed");
    let vouching = api.0.vouching.clone().ok_or_else(closed)?;
    if !is_ceremony(&request.ceremony) {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "voucher.ceremony"));
    }
    let now = api.office().now();
    let holder = vouching.holder(&request.holder, now).map_err(|error| refused(&error))?;
    let attributes = api.office().vouch(&holder.sub).await.map_err(|error| not_vouched(&error))?;
    let surroundings = api.office().surroundings().clone();
    // A key in a module may take its time for each signature.
    let issued = tokio::task::spawn_blocking(move || {
        vouching.issue(&attributes, &request.ceremony, &surroundings)
    });
    let issued = issued.await.map_err(|error| Problem::internal(&error))?;
    let vouchers = issued.map_err(|error| Problem::internal(&error))?;
    tracing::info!(jti = holder.jti, connectors = vouchers.len(), "vouched for a card's holder");
    Ok(Json(Vouchers { vouchers }))
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
