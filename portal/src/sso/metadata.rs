//! The portal's own SAML metadata.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;
use warifu_saml::metadata::{LocalizedText, SpDescription};
use warifu_saml::{IssueError, SignatureAlgorithm, XmlSigner as _};
use warifu_service::words::{Language, Words};
use warifu_service::{Problem, Surroundings};

use super::Own;
use crate::shared::App;

/// How long a copy of the metadata may be used.
const VALIDITY: SignedDuration = SignedDuration::from_hours(24 * 30);

/// `GET /saml/metadata`.
pub async fn metadata(State(app): State<App>) -> Result<Response, Problem> {
    let xml = describe(&app.saml.own, &app.words, &app.surroundings)
        .map_err(|cause| Problem::internal(&cause))?;
    Ok(([(header::CONTENT_TYPE, "application/samlmetadata+xml")], xml).into_response())
}

/// The signed description of the portal.
pub fn describe(
    own: &Own,
    words: &Words,
    surroundings: &Surroundings,
) -> Result<String, IssueError> {
    let mut random = |bytes: &mut [u8]| surroundings.entropy.fill(bytes);
    let named = |language: Language| LocalizedText {
        language: language.tag().to_owned(),
        text: words.in_(language).say("site-name"),
    };
    let description = SpDescription {
        entity_id: own.provider.entity_id.clone(),
        valid_until: surroundings.now() + VALIDITY,
        display_names: Language::ALL.map(named).to_vec(),
        signing: vec![own.signer.certificate().clone()],
        encryption: vec![own.encryption.clone()],
        acs: vec![own.provider.acs_url.clone()],
        slo_redirect: Some(own.slo_url.clone()),
        slo_soap: Some(own.slo_url.clone()),
        signing_methods: vec![SignatureAlgorithm::EcdsaSha256, SignatureAlgorithm::RsaSha256],
        contact: None,
    };
    description.to_xml(&own.signer, &mut random)
}
