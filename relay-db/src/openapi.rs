//! The OpenAPI document, generated from the code.

use axum::Json;
use axum::response::IntoResponse;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

/// The relay's HTTP interface.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Warifu relay",
        description = "Mutual TLS; registered parties only. Links, tokens, routing, eligibility."
    ),
    paths(
        crate::token::exchange,
        crate::session_end::receive,
        crate::records::read,
        crate::eligibility::ask,
        crate::batch::list,
        crate::batch::receive,
        crate::batch::show,
        crate::batch::preview,
        crate::batch::start,
        crate::batch::pause,
        crate::batch::resume,
        crate::batch::cancel,
        crate::batch::recheck,
        crate::batch::result,
        crate::batch::errors,
        crate::depositing::list,
        crate::depositing::begin,
        crate::depositing::show,
        crate::depositing::receive,
        crate::depositing::so_far,
        crate::depositing::approve,
        crate::depositing::abandon,
        crate::depositing::faults,
        crate::ratios::ratios,
        crate::slips::answer,
        crate::slips::make,
        crate::checks::checks,
        crate::checks::check_counts,
        crate::checks::check_by_number,
        crate::disputes::disputes,
        crate::disputes::dispute,
        crate::disputes::answer_dispute,
        crate::linking::list,
        crate::linking::discover,
        crate::linking::confirm,
        crate::linking::decline,
        crate::linking::freeze,
        crate::linking::thaw,
        crate::linking::end,
        crate::linking::queue,
        crate::linking::approve,
        crate::linking::compare,
        crate::linking::refuse,
        crate::linking::freeze_rival,
        crate::linking::thaw_rival,
        crate::consents::list,
        crate::consents::readable,
        crate::consents::give,
        crate::consents::withdraw,
        crate::consents::receipt,
        crate::proxies::list,
        crate::proxies::invite,
        crate::proxies::offer,
        crate::proxies::accept,
        crate::proxies::confirm,
        crate::proxies::end,
        crate::proxies::receipt,
        crate::guardians::apply,
        crate::guardians::queue,
        crate::guardians::find,
        crate::guardians::propose,
        crate::guardians::approve,
        crate::guardians::refuse,
        crate::guardians::held,
        crate::guardians::stop,
        crate::guardians::resume,
        crate::guardians::end,
        crate::services::list,
        crate::services::read,
        crate::services::enter,
        crate::services::applications,
        crate::services::application,
        crate::services::settle_application,
        crate::history::page,
        crate::history::proof,
        crate::history::export,
        crate::jwks::tokens,
        crate::jwks::receipts,
        crate::evidence::checkpoint,
        crate::evidence::cosigned,
        crate::evidence::consistency,
        crate::evidence::tile,
        crate::evidence::key,
        crate::evidence::proof,
    )
)]
struct Api;

/// The document, for `warifu` to write out and for the server to give.
pub fn document() -> Document {
    Api::openapi()
}

pub(crate) async fn get() -> impl IntoResponse {
    Json(document())
}
