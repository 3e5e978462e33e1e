//! `GET /openapi.json`: the description of this interface, made from the code.

use axum::Json;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// The interface of a connector.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Warifu connector",
        description = "What a connector answers to the relay, over mutual TLS only."
    ),
    paths(
        super::eligibility::post,
        super::record::post,
        super::manifest::get,
        super::service::manifest,
        super::service::read,
        super::service::enter,
        super::application::list,
        super::application::one,
        super::links::find_member,
        super::card::find_member,
        super::compare::post,
        super::links::confirm,
        super::links::end,
    ),
    modifiers(&RelayToken)
)]
struct Description;

struct RelayToken;

impl Modify for RelayToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.bearer_format = Some("JWT".to_owned());
        scheme.description = Some(
            "Made by the relay for one question: ES256, typ connector+jwt, at most 60 seconds, \
             bound to the relay's client certificate (RFC 8705)."
                .to_owned(),
        );
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("relay", SecurityScheme::Http(scheme));
    }
}

pub(super) async fn get() -> Json<utoipa::openapi::OpenApi> {
    Json(Description::openapi())
}
