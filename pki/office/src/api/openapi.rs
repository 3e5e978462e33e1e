//! The OpenAPI document, generated from the code.

use axum::Json;
use axum::response::IntoResponse;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

/// The card office's HTTP interface.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Warifu card office",
        description = "Mutual TLS. Staff through a portal, with `Authorization: Bearer` and the \
                       office ticket of the identity provider: high assurance, bound to the \
                       portal's certificate, with the role urn:warifu:role:card-clerk, \
                       urn:warifu:role:card-approver or urn:warifu:role:call-centre."
    ),
    paths(
        super::cards::apply,
        super::cards::list,
        super::cards::ending,
        super::cards::search,
        super::cards::card,
        super::cards::history,
        super::cards::act,
        super::cards::end_person,
        super::papers::face,
        super::papers::letter,
        super::papers::cover,
        super::calls::identify,
        super::batches::make,
        super::batches::batch,
        super::papers::faces,
        super::events::take,
        super::vouchers::give,
        super::vouchers::prove,
    )
)]
struct Api;

/// The document, for `warifu` to write out and for the server to give.
pub fn document() -> Document {
    Api::openapi()
}

pub(super) async fn get() -> impl IntoResponse {
    Json(document())
}
