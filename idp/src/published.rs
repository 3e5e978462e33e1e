//! What the identity provider tells everybody: its metadata and its public keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;
use serde_json::{Value, json};
use warifu_saml::metadata::{Contact, IdpDescription, LocalizedText};
use warifu_saml::names::{NAMEID_PERSISTENT, NAMEID_TRANSIENT};
use warifu_saml::{IssueError, XmlSigner};
use warifu_service::words::{Language, Words, WordsError};
use warifu_service::{Problem, Surroundings};

use crate::centre::Centre;
use crate::config::{IdpConfig, SigningChoice};
use crate::keys::{KeysError, saml_keys};
use crate::words::words;

/// How long a copy of the metadata may be believed.
const METADATA_HOLDS: SignedDuration = SignedDuration::from_hours(24 * 14);

/// Why there is no metadata.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// A signing key cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The document could not be written or signed.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The catalogues do not fit together.
    #[error(transparent)]
    Words(#[from] WordsError),
}

/// The identity provider's metadata, signed, from its configuration alone: for peers to be set up
/// before it runs. Only the public address, the contact and the SAML keys are looked at.
pub fn metadata_xml(
    config: &IdpConfig,
    surroundings: &Surroundings,
) -> Result<String, DescribeError> {
    let keys = saml_keys(config)?;
    let signers: Vec<&dyn XmlSigner> = keys.iter().map(|key| key as &dyn XmlSigner).collect();
    Ok(describe(config, &signers, display_names(&words()?), surroundings)?)
}

/// `GET /saml/metadata`.
pub(crate) async fn metadata(State(centre): State<Arc<Centre>>) -> Result<Response, Problem> {
    let signers = [SigningChoice::P256, SigningChoice::Rsa].map(|choice| centre.keys.saml(choice));
    let names = display_names(&centre.words);
    let xml = describe(&centre.config, &signers, names, &centre.surroundings)
        .map_err(|cause| Problem::internal(&cause))?;
    let kind = (CONTENT_TYPE, "application/samlmetadata+xml");
    Ok(([kind, (CACHE_CONTROL, "public, max-age=3600")], xml).into_response())
}

/// Both signing certificates; the first signs the metadata, too.
fn describe(
    config: &IdpConfig,
    signers: &[&dyn XmlSigner],
    display_names: Vec<LocalizedText>,
    surroundings: &Surroundings,
) -> Result<String, IssueError> {
    let description = IdpDescription {
        entity_id: config.entity_id(),
        valid_until: surroundings.now() + METADATA_HOLDS,
        display_names,
        signing: signers.iter().map(|signer| signer.certificate().clone()).collect(),
        name_id_formats: [NAMEID_TRANSIENT, NAMEID_PERSISTENT].map(str::to_owned).into(),
        sso_redirect: config.sso_url(),
        slo_redirect: Some(config.slo_url()),
        slo_soap: None,
        error_url: Some(config.public_url.at("/")),
        scopes: vec![config.public_url.host().to_owned()],
        want_authn_requests_signed: false,
        contact: config
            .contact
            .email
            .clone()
            .map(|email| Contact { given_name: "Warifu IdP".to_owned(), email }),
    };
    let Some(signer) = signers.first() else { return Ok(String::new()) };
    description.to_xml(*signer, &mut |bytes| surroundings.entropy.fill(bytes))
}

fn display_names(words: &Words) -> Vec<LocalizedText> {
    let name = |language: Language| LocalizedText {
        language: language.tag().to_owned(),
        text: words.in_(language).say("site-tagline"),
    };
    Language::ALL.map(name).into()
}

/// `GET /jwks.json` (RFC 7517 §5): the keys that sign tickets, requests to card agents, security
/// events.
pub(crate) async fn jwks(State(centre): State<Arc<Centre>>) -> Result<Json<Value>, Problem> {
    let keys = centre.keys.published().iter().map(|key| key.jwk("sig"));
    let keys: Vec<_> = keys.collect::<Result<_, _>>().map_err(|cause| Problem::internal(&cause))?;
    Ok(Json(json!({ "keys": keys })))
}

#[cfg(test)]
mod tests {
    use crate::metadata_xml;
    use crate::testing::Rig;
    use warifu_saml::names::BINDING_REDIRECT;

    #[tokio::test]
    async fn the_metadata_says_what_peers_need() {
        let rig = Rig::new().await;
        let entity = rig.idp_metadata();
        assert_eq!(entity.entity_id, "https://idp.example/saml/metadata");
        assert!(entity.valid_until.unwrap() > rig.now());
        let role = entity.idp.unwrap();
        assert_eq!(role.signing.len(), 2, "P-256 and RSA");
        let sso = role.sso_at(BINDING_REDIRECT).unwrap();
        assert_eq!(sso.location, "https://idp.example/saml/sso");
        let slo = role.slo_at(BINDING_REDIRECT).unwrap();
        assert_eq!(slo.location, "https://idp.example/saml/slo");
        assert_eq!(role.scopes, ["idp.example"]);
        assert_eq!(role.display_names.len(), 2);
    }

    #[tokio::test]
    async fn what_is_served_is_what_is_handed_out() {
        let rig = Rig::new().await;
        let served = rig.tab().get("/saml/metadata").await;
        let entity = crate::testing::read_idp(&served.body, rig.now());
        assert_eq!(entity, rig.idp_metadata());
        assert!(metadata_xml(&rig.config, &rig.surroundings).unwrap().contains("IDPSSODescriptor"));
    }

    #[tokio::test]
    async fn the_public_keys_are_there_and_nothing_private() {
        let rig = Rig::new().await;
        let keys = rig.tab().get("/jwks.json").await.json();
        let keys = keys["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 3);
        for key in keys {
            assert_eq!((&key["kty"], &key["use"]), (&"EC".into(), &"sig".into()));
            assert!(key.get("d").is_none());
        }
    }
}
